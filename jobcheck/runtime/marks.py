"""What decorators write on a job: on its class, on its methods, or on the function that `@job` will make one of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

Declared = TypeVar("Declared", bound=Callable[..., Any])
_ATTRIBUTE = "__jobcheck_marks__"


def marker(kind: str, mark: Any) -> Callable[[Declared], Declared]:
    """A decorator that adds a mark of this kind. It raises TypeError on a class that is no job, or on no function."""

    def decorate(declared: Declared) -> Declared:
        from jobcheck.runtime.job import Job

        is_job = isinstance(declared, type) and issubclass(declared, Job)
        if not is_job and (isinstance(declared, type) or not hasattr(declared, "__dict__")):
            raise TypeError(f"a job class or function belongs here, not {declared!r}")
        add(declared, kind, mark)
        return declared

    return decorate


def add(declared: Any, kind: str, *marks: Any) -> None:
    """Put marks before those of the same kind, as the topmost decorator is applied last and reads first."""
    own = dict(vars(declared).get(_ATTRIBUTE, {}))
    own[kind] = (*marks, *own.get(kind, ()))
    setattr(declared, _ATTRIBUTE, own)


def own_marks(declared: Any) -> dict[str, tuple[Any, ...]]:
    """The marks by kind that are written on this very class or function."""
    marks: dict[str, tuple[Any, ...]] = vars(declared).get(_ATTRIBUTE, {})
    return marks


def marks_of(job_class: type[Job], kind: str) -> Iterator[Any]:
    """The marks of a kind from the topmost down, then those of the classes it comes from."""
    for cls in job_class.__mro__:
        yield from own_marks(cls).get(kind, ())


def on_methods(job_class: type[Job], kind: str) -> Iterator[tuple[str, Any]]:
    """(method, mark) as the methods are declared, top to bottom, those of bases first."""
    for cls in reversed(job_class.__mro__):
        yield from on_own_methods(cls, kind)


def on_own_methods(cls: type, kind: str) -> Iterator[tuple[str, Any]]:
    """(method, mark) for the methods that stand in this very class."""
    for name, value in vars(cls).items():
        own = getattr(value, "__dict__", {}).get(_ATTRIBUTE)
        if own and not isinstance(value, type):
            yield from ((name, mark) for mark in own.get(kind, ()))
