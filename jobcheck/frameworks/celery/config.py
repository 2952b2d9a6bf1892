"""Celery: what the project's configuration says of serializers, and its beat schedule, read without importing it."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from jobcheck.frameworks.celery import names
from jobcheck.solve.kinds import Literal, Origin, Value
from jobcheck.values import dataclass
from jobcheck.wire.tables import ends

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_NEEDLES = {name.encode(): setting for name, setting in names.SETTINGS.items()}
_USE = re.compile(rb"\b(" + b"|".join(_NEEDLES) + rb")\b[\"']?\s*(\)|\])?\s*([:=])(?!=)\s*([^\n#]*)")

# A look-up in the environment, with its default where it has one.
_CALL = re.compile(rb"(?!str\()[A-Za-z_][\w.]*\(\s*[\"'](\w+)[\"']\s*(?:,\s*(?:\w+\s*=\s*)?[\"']([\w./+-]+)[\"'])?")


@dataclass(slots=True)
class Setting:
    """Every value that the project gives a setting; `unreadable` when one of them is no literal, or
    the environment may give another one."""

    values: dict[str, Origin] = field(default_factory=dict)
    unreadable: bool = False


@dataclass(slots=True)
class Config:
    """The settings that matter. A serializer that is not set is Celery's default, json."""

    task_serializer: Setting = field(default_factory=Setting)
    result_serializer: Setting = field(default_factory=Setting)

    @classmethod
    def read(cls, solver: Solver) -> Config:
        """Look for the settings in every file that names them: assignments, keywords and dict entries alike.

        A textual look is enough: the names are Celery's own, and a value that is not a plain string counts as
        unreadable.
        """
        config = cls()
        for filename in solver.project.filenames:
            if solver.is_test(filename):
                continue
            data = solver.raw(filename)
            if data is None or not any(needle in data for needle in _NEEDLES):
                continue
            for match in _USE.finditer(data):
                text = match[4] if _CALL.match(match[4]) is None else _default(match[4], data)
                config._note(_NEEDLES[match[1]], text, Origin(filename, match.start(), match.end()), match[4] != text)
        return config

    def _note(self, setting: str, text: bytes, origin: Origin, defaulted: bool) -> None:
        found: Setting = getattr(self, setting)
        found.unreadable = found.unreadable or defaulted
        literal = re.match(rb"[\"']([\w./+-]+)[\"']", text)
        if literal:
            found.values.setdefault(literal[1].decode(), origin)
        elif not text.startswith((b"str", b"Optional")):
            found.unreadable = True


def _default(text: bytes, data: bytes) -> bytes:
    """The default of `os.environ.get("NAME", "json")`, `env("NAME", default="json")`, or `env("NAME")` where the file says
    `NAME=(str, "json")` as django-environ does; the text itself when there is none."""
    match = _CALL.match(text)
    if match is None:
        return text
    if match[2]:
        return b'"' + match[2] + b'"'
    said = re.search(rb"\b" + match[1] + rb"[\"']?\s*[=:]\s*\(\s*str\s*,\s*([\"'][\w./+-]+[\"'])", data)
    return said[1] if said else text


def serializer_names(value: Value) -> tuple[str, ...] | None:
    """The serializers that a `serializer=` option may name; None when it is not known."""
    if value.open or value.unknown:
        return None
    found = []
    for kind in value.kinds():
        if not isinstance(kind, Literal) or not isinstance(kind.value, (str, type(None))):
            return None
        if kind.value is not None:
            found.append(kind.value)
    return tuple(found) or None


def default_wire(solver: Solver) -> str:
    """The serializer of a project that names none: pickle before Celery 4."""
    major = re.match(r"\d+", solver.versions.get("celery", ""))
    return "celery-pickle" if major and int(major[0]) < 4 else "celery-json"


def older(solver: Solver, than: tuple[int, int]) -> bool:
    """Whether the project says that its Celery is older than that; what it does not say is the newest."""
    found = re.match(r"(\d+)(?:\.(\d+))?", ends(solver.versions.get("celery", ""))[1])
    return found is not None and (int(found[1]), int(found[2] or 0)) < than
