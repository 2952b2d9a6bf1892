"""One run of a job: arguments read back, `perform` called inside its callbacks, errors given to the job's handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobcheck.runtime import ambient, callbacks, events
from jobcheck.runtime.errors import DeserializationError, Killed
from jobcheck.runtime.handlers import rescue
from jobcheck.runtime.names import name_of
from jobcheck.runtime.payload import JobData, load
from jobcheck.runtime.settings import settings
from jobcheck.runtime.wires import wire_named

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job


def execute(message: JobData | str | bytes) -> Any:
    """What a worker does with a message, as a mapping or as JSON text: perform its job.

    Returns and raises as `run`; before that PayloadError or UnknownJobClassError, which are no failures of the job: the
    message cannot be read here, and a worker puts it aside.
    """
    return run(load(message))


def run(job: Job) -> Any:
    """Perform a job once; return the result of `perform`, the error that one of the job's handlers took, or False when
    a callback halted it.

    Raises the error when no handler takes it, or when its retries are used up.
    """
    with ambient.restored(job):
        started = events.clock()
        try:
            result, halted = _attempt(job)
        except BaseException as error:
            if not isinstance(error, Killed):
                events.emit("perform", job, started, error=error)
            raise
        events.emit("perform", job, started, halted=halted)
    return False if halted else result


def _attempt(job: Job) -> tuple[Any, bool]:
    job.executions += 1
    try:
        job.settle()
        read_arguments(job)
        events.emit("perform_start", job)
        return callbacks.run(job, "perform", lambda: job.perform(*job.args, **job.kwargs))
    except Killed:
        raise
    except BaseException as error:  # a handler may be declared for any of them; the others are raised again
        failure = error
    return rescue(job, failure), False


def read_arguments(job: Job) -> None:
    """Turn the stored arguments of a job from a message into `args` and `kwargs`. Raises DeserializationError."""
    if job.stored_arguments is None:
        return
    try:
        job.args, job.kwargs = _arrived(job, job.stored_arguments)
    except DeserializationError as error:
        error.args = (f"{error} ({_which(job)})",)
        raise
    except Exception as error:
        raise DeserializationError(f"Error while trying to deserialize arguments: {error!r} ({_which(job)})") from error
    job.stored_arguments = None


def _arrived(job: Job, arguments: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    wire = wire_named(job.wire)
    if settings.strict:
        from jobcheck.runtime.wires import jsontext

        jsontext.check_arrived(arguments, plain=not wire.keywords)
    return wire.load(arguments)


def _which(job: Job) -> str:
    return f"{name_of(type(job))}, Job ID: {job.job_id}"
