"""What can go wrong with a job, by the moment it goes wrong: declaring, enqueuing, performing."""

from __future__ import annotations


class JobError(Exception):
    """Base of every error this package raises on its own account."""


class OptionError(JobError, ValueError):
    """An option (`wait`, `wait_until`, `queue`, `priority`, `attempts` ...) that is unknown or has a bad value."""


class SignatureError(JobError, TypeError):
    """The call does not fit the job's `perform`: too few, too many or unknown arguments. Raised at enqueue."""


class KeywordArgumentsError(SignatureError):
    """Keyword arguments on a wire that carries none, in the call or in the `perform` it meets. Raised at enqueue."""


class SerializationError(JobError, TypeError):
    """The wire cannot carry an argument. Raised at enqueue, before the adapter sees the job.

    `job` is the job's name, `path` the place of the value such as `args[0]['widget']`, `type` the name of its type.
    """

    def __init__(self, job: str, wire: str, path: str, type: str, reason: str) -> None:  # noqa: A002
        super().__init__(f"{job}: {path} ({type}) cannot travel on the {wire} wire: {reason}")
        self.job = job
        self.wire = wire
        self.path = path
        self.type = type
        self.reason = reason

    def __reduce__(self) -> tuple[type[SerializationError], tuple[str, ...]]:
        return type(self), (self.job, self.wire, self.path, self.type, self.reason)


class DeserializationError(JobError):
    """Stored arguments could not be read back. Raised in the worker, where `retry_on` and `discard_on` see it.

    The original error is its `__cause__`.
    """


class RecordNotFound(DeserializationError):  # noqa: N818 - the name of the notes
    """The record that an argument refers to is gone, which is not the same as a failing database."""


class UnknownJobClassError(JobError):
    """The stored name is no job in this process: it was renamed, removed, or its module cannot be imported."""


class PayloadError(JobError):
    """A message that this process cannot read: no JSON, keys missing, or written by a later version. It says which job."""


class Halt(JobError):  # noqa: N818 - what it does, not what went wrong
    """For a before callback, or an around callback ahead of its `yield`, to raise: the enqueue or the run does not happen."""


class Killed(BaseException):
    """Stands for the death of the process in a test: no handler and no callback of the job is asked about it."""


class EnqueueError(JobError):
    """For adapters to raise when the queue refuses a job: `perform_later` then returns False instead of raising."""
