"""Whether a call fits a job: its arguments bound to `perform`, as Python would bind them in the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobcheck.runtime.errors import KeywordArgumentsError, SignatureError
from jobcheck.runtime.names import name_of

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job


def check_keywords(job: Job, wire: str) -> None:
    """Refuse keyword arguments for a wire that has no place for them, in the call and in the job itself.

    Raises KeywordArgumentsError. A `perform` with keyword-only or `**` parameters is refused however it is called.
    """
    if job.kwargs:
        names = ", ".join(job.kwargs)
        raise KeywordArgumentsError(f"{name_of(type(job))}: the {wire} wire carries no keyword arguments ({names})")
    parameters = _signature(job).parameters.values()
    named = [str(p) for p in parameters if p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    if named:
        raise KeywordArgumentsError(
            f"{name_of(type(job))}: perform has keyword parameters ({', '.join(named)}) that {wire} cannot fill"
        )


def check_call(job: Job) -> None:
    """Bind the job's arguments to its `perform`. Raises SignatureError when they do not fit, or `perform` is async."""
    import inspect

    if inspect.iscoroutinefunction(job.perform):
        raise SignatureError(f"{name_of(type(job))}: perform is async, and a worker calls it without awaiting")
    try:
        _signature(job).bind(*job.args, **job.kwargs)
    except TypeError as error:
        raise SignatureError(f"{name_of(type(job))}: {error}, for perform{_signature(job)}") from None


def _signature(job: Job) -> Any:
    # inspect takes longer to import than all the rest; only programs that enqueue need it.
    import inspect

    from jobcheck.runtime.job import Job

    if type(job).perform is Job.perform:
        raise SignatureError(f"{name_of(type(job))} has no perform")
    return inspect.signature(job.perform)
