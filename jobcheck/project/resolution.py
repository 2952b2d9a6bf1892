"""What a name can turn out to mean. Unknown is never absent: only `Missing` says that there is no such thing."""

from __future__ import annotations

from jobcheck.project.shape import Declaration
from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Declared:
    """Functions, classes or assignments of a project file. Several when conditional, the last one first."""

    filename: str
    decls: tuple[Declaration, ...]

    @property
    def decl(self) -> Declaration:
        """The most likely one."""
        return self.decls[0]


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project; `filename` is None for a namespace package, whose `directories` it then has."""

    filename: str | None
    dotted: str
    directories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class External:
    """A name from outside of the project, spelled by where it was imported from: "celery.shared_task"."""

    qualname: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The module was read wholly and has no such name."""

    filename: str
    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Cannot be said."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several meanings from different modules (`try: import a ... except ImportError: import b`), the likeliest first.

    Never nested, never with fewer than two candidates, and never with `Missing` among them.
    """

    candidates: tuple[Single, ...]


Single = Declared | Module | External | Missing | Unknown
Resolution = Single | Ambiguous


def candidates(resolution: Resolution) -> tuple[Single, ...]:
    """All that the name can mean, the likeliest first."""
    return resolution.candidates if isinstance(resolution, Ambiguous) else (resolution,)


def merged(found: list[Resolution]) -> Resolution:
    """One resolution of several. What is missing in one branch only is left out; declarations of a file are joined."""
    singles: list[Single] = []
    for single in (s for resolution in found for s in candidates(resolution)):
        if single not in singles and not isinstance(single, Missing):
            _add(singles, single)
    if not singles:
        return found[0] if found else Unknown()
    return singles[0] if len(singles) == 1 else Ambiguous(tuple(singles))


def _add(singles: list[Single], single: Single) -> None:
    if isinstance(single, Declared):
        for place, other in enumerate(singles):
            if isinstance(other, Declared) and other.filename == single.filename:
                more = tuple(d for d in single.decls if d not in other.decls)
                singles[place] = Declared(other.filename, other.decls + more)
                return
    singles.append(single)
