"""What Celery's objects are to the solver: decorators, signatures, canvases, and calls on them."""

from __future__ import annotations

from dataclasses import field

from jobcheck.registry import Job, Option
from jobcheck.solve.kinds import UNKNOWN, ClassRef, FrameworkValue, Kind, Literal, Origin, Value, known
from jobcheck.values import dataclass

NAME = "celery"


@dataclass(eq=False, slots=True)
class Decorator:
    """`app.task` or `app.task(...)`; `open` when it passes options that cannot be seen."""

    options: dict[str, Option] = field(default_factory=dict)
    open: bool = False
    called: bool = False


@dataclass(eq=False, slots=True)
class Signature:
    """A signature that `job.s(...)` or `signature(name)` made at `origin`.

    `uses`: what is known of where its first argument comes from: a number of results put before its arguments, or
    the canvas whose own place decides. `immutable` is None when that is not known. `extended`: more arguments were
    given when it was sent or cloned. `options` are those that `set` and the sending call add. `feeds`: its result is
    given to the next link of a chain.
    """

    origin: Origin
    jobs: tuple[Job, ...]
    name: str | None
    immutable: bool | None
    uses: list[int | Canvas | None] = field(default_factory=list)
    extended: bool = False
    options: dict[str, Option] = field(default_factory=dict)
    feeds: bool = False


@dataclass(eq=False, slots=True)
class Canvas:
    """chain, group or chord. `parts` in order (a chord's header is its first part, its body the second)."""

    what: str
    origin: Origin
    parts: list[Value]
    open: bool = False
    uses: list[int | Canvas | None] = field(default_factory=list)
    immutable: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What an enqueue of known jobs returned; `immediate` when they were performed on the spot (`apply`)."""

    jobs: tuple[Job, ...]
    immediate: bool = False


@dataclass(frozen=True, slots=True)
class Tasks:
    """The jobs of an app by name: `app.tasks`."""

    def under(self, key: Kind | None) -> Value:
        """The job of that name."""
        if isinstance(key, Literal) and isinstance(key.value, str):
            return known(FrameworkValue(NAME, "named", key.value))
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class Bound:
    """`owner.verb`, not called yet."""

    owner: Kind
    verb: str


def app(custom: bool = False, cls: ClassRef | None = None) -> Value:
    """A Celery app; `custom` when its class may declare jobs in its own way, `cls` where that class is the project's."""
    return known(FrameworkValue(NAME, "app", cls or ("custom" if custom else None)))


def job(found: Job) -> Value:
    """A job."""
    return known(FrameworkValue(NAME, "job", found), found.origin)


def decorator(data: Decorator) -> Value:
    """A decorator that makes jobs."""
    return known(FrameworkValue(NAME, "decorator", data))


def made(data: Decorator) -> Value:
    """What a decorator makes of a function that is not seen, or is written inside another one: a job, yet none by itself."""
    return known(FrameworkValue(NAME, "made", data))


def bound(owner: Kind, verb: str) -> Value:
    """A method of a job, app, signature, canvas or result."""
    return known(FrameworkValue(NAME, "method", Bound(owner, verb)))


def signature(data: Signature) -> Value:
    """A signature."""
    return known(FrameworkValue(NAME, "signature", data), data.origin)


def canvas(data: Canvas) -> Value:
    """A chain, group or chord."""
    return known(FrameworkValue(NAME, "canvas", data), data.origin)


def result(data: Result | None = None) -> Value:
    """What an enqueue returns."""
    return known(FrameworkValue(NAME, "result", data))


def data_of(kind: Kind, role: str) -> object | None:
    """The data of one of Celery's own values in that role."""
    return kind.data if isinstance(kind, FrameworkValue) and kind.framework == NAME and kind.role == role else None
