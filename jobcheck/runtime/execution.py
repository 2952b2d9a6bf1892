"""One run of a job: arguments read back, `perform` called, errors given to the job's handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobcheck.runtime.errors import DeserializationError
from jobcheck.runtime.handlers import rescue
from jobcheck.runtime.payload import JobData, load
from jobcheck.runtime.wires import wire_named

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job


def execute(data: JobData) -> Any:
    """What a worker does with a message: perform its job. Returns and raises as `run`, and UnknownJobClassError."""
    return run(load(data))


def run(job: Job) -> Any:
    """Perform a job once; return the result of `perform`, or the error that one of the job's handlers took.

    Raises the error when no handler takes it, or when its retries are used up.
    """
    job.executions += 1
    try:
        job.settle()
        _read_arguments(job)
        return job.perform(*job.args, **job.kwargs)
    except BaseException as error:  # a handler may be declared for any of them; the others are raised again
        failure = error
    return rescue(job, failure)


def _read_arguments(job: Job) -> None:
    if job.stored_arguments is None:
        return
    try:
        job.args, job.kwargs = wire_named(job.wire).load(job.stored_arguments)
    except DeserializationError:
        raise
    except Exception as error:
        raise DeserializationError(f"Error while trying to deserialize arguments: {error!r}") from error
    job.stored_arguments = None
