"""`@job`: a function as a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from jobcheck.runtime import marks
from jobcheck.runtime.handlers import Rescue
from jobcheck.runtime.job import Job

_OPTIONS = frozenset(
    "queue_as priority wire queue_name_prefix queue_name_delimiter retry_jitter enqueue_after_commit log_arguments".split()
)
Function = Callable[..., Any]
QueueAs = str | Callable[[Any], str]
Priority = int | Callable[[Any], int | None] | None


@overload
def job(function: Function, /) -> type[Job]: ...
@overload
def job(
    *,
    queue_as: QueueAs = ...,
    priority: Priority = ...,
    wire: str = ...,
    queue_name_prefix: str | None = ...,
    queue_name_delimiter: str = ...,
    retry_jitter: float = ...,
    enqueue_after_commit: bool = ...,
    log_arguments: bool = ...,
) -> Callable[[Function], type[Job]]: ...
def job(function: Function | None = None, /, **declared: Any) -> type[Job] | Callable[[Function], type[Job]]:
    """Make a job class of a function, its `perform`: `@job`, or `@job(queue_as="mail", wire="activejob")`.

    Options: `queue_as`, `priority`, `wire`, `queue_name_prefix`, `queue_name_delimiter`, `retry_jitter`,
    `enqueue_after_commit`, `log_arguments`, as the attributes of a job class. The name then stands for the class:
    `notify(7)` is a job that is not enqueued yet, `notify.perform(7)` calls the function.
    Raises TypeError for what is no function or no option, OptionError for a bad value.
    """
    unknown = declared.keys() - _OPTIONS
    if unknown:
        raise TypeError(f"job() got unknown options: {', '.join(sorted(unknown))}")
    if function is not None:
        return _job_class(function, declared)
    return lambda function: _job_class(function, declared)


def _job_class(function: Function, declared: dict[str, Any]) -> type[Job]:
    if isinstance(function, type) or not hasattr(function, "__qualname__"):
        raise TypeError(f"@job belongs on a function, not on {function!r}; a job class derives from Job")
    body = {
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "perform": staticmethod(function),
        **declared,
    }
    written = marks.own_marks(function)
    if "callbacks" in written or "after_discard" in written:
        raise TypeError(f"{function.__qualname__}: callbacks are methods of a job class; write one that derives from Job")
    if any(isinstance(handler, Rescue) and handler.callback is None for handler in written.get("handlers", ())):
        raise TypeError(f"{function.__qualname__}: rescue_from on a function takes a callback=")
    cls = type(function.__name__, (Job,), body)
    for kind, found in written.items():
        marks.add(cls, kind, *found)
    return cls
