"""What happens to jobs, told as it happens: to `logging`, and to whoever subscribes (ACTIVEJOB.md A9)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.options import suggestion
from jobcheck.runtime.settings import settings

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

Name = Literal["enqueue", "enqueue_all", "perform_start", "perform", "enqueue_retry", "retry_stopped", "discard"]
NAMES: tuple[Name, ...] = ("enqueue", "enqueue_all", "perform_start", "perform", "enqueue_retry", "retry_stopped", "discard")


class Event(NamedTuple):
    """Something that happened to a job; `duration` in seconds is that of the enqueue or the run."""

    name: Name
    job: Job
    duration: float = 0.0
    adapter: str = ""
    error: BaseException | None = None  # what the run raised, the handler took, or the queue said
    wait: float | None = None  # enqueue_retry: seconds until the next run
    halted: bool = False  # a callback raised Halt
    jobs: tuple[Job, ...] = ()  # enqueue_all: all of them


Listener = Callable[[Event], None]
_listeners: list[tuple[Listener, tuple[str, ...]]] = []


def subscribe(listener: Listener, *names: Name) -> Callable[[], None]:
    """Call the listener with each event of these names, or with every event; return what ends it.

    It is called in the thread in which the event happens. What it raises is logged, and harms no job.
    Raises OptionError for an unknown name.
    """
    for name in names:
        if name not in NAMES:
            raise OptionError(f"unknown event {name!r}{suggestion(name, NAMES)}")
    entry = (listener, names)
    _listeners.append(entry)

    def unsubscribe() -> None:
        if entry in _listeners:
            _listeners.remove(entry)

    return unsubscribe


def emit(name: Name, job: Job, started: float | None = None, **details: Any) -> None:
    """Tell of an event; `started` is the `clock` of the moment at which it began."""
    duration = 0.0 if started is None else clock() - started
    event = Event(name, job, duration, adapter_name(settings.snapshot()[1]), **details)
    from jobcheck.runtime import logs  # it brings logging along, which a program that only declares jobs can spare

    logs.write(event)
    for listener, names in tuple(_listeners):
        if not names or name in names:
            try:
                listener(event)
            except Exception:
                logs.logger.exception("A subscriber failed on %s of %r", name, job)


def clock() -> float:
    """Seconds, for durations."""
    return time.perf_counter()


def adapter_name(adapter: object) -> str:
    """Its `name`, else that of its class; None is the default, not made yet."""
    if adapter is None:
        return "async"
    name = getattr(adapter, "name", None)
    return name if isinstance(name, str) else type(adapter).__name__
