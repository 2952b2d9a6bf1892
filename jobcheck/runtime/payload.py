"""A job as a message, and back: what an adapter stores, and what a worker starts from."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypedDict

from jobcheck.runtime import ambient, messages, signature
from jobcheck.runtime.errors import SerializationError, UnknownJobClassError
from jobcheck.runtime.names import locate, name_of
from jobcheck.runtime.settings import settings
from jobcheck.runtime.wires import UnserializableError, wire_named

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job


VERSION = 1  # of messages; a key that an older worker may not ignore makes it a new one


class JobData(TypedDict):
    """A message: JSON values only, the keys of Active Job and a version. Times are ISO 8601 in UTC.

    Keys that this release does not know are kept, and written again when the job is enqueued again.
    """

    job_class: str
    job_id: str
    provider_job_id: str | None
    queue_name: str
    priority: int | None
    arguments: list[Any]
    executions: int
    exception_executions: dict[str, int] | None
    locale: str | None
    timezone: str | None
    enqueued_at: str
    scheduled_at: str | None
    version: int


def dump(job: Job) -> JobData:
    """The message for a job as it stands now.

    Raises KeywordArgumentsError, SignatureError (strict mode) or SerializationError, in this order.
    """
    job.settle()
    counted = job.exception_executions
    data: JobData = {
        "job_class": name_of(type(job)),
        "job_id": job.job_id,
        "provider_job_id": job.provider_job_id,
        "queue_name": job.queue_name,
        "priority": job.priority,
        "arguments": _arguments(job),
        "executions": job.executions,
        "exception_executions": None if counted is None else dict(counted),
        "locale": ambient.captured("locale") or job.locale,
        "timezone": job.timezone,
        "enqueued_at": datetime.now(timezone.utc).isoformat(timespec="microseconds"),
        "scheduled_at": None if job.scheduled_at is None else job.scheduled_at.isoformat(timespec="microseconds"),
        "version": VERSION,
    }
    return {**job.unknown_keys, **data}  # type: ignore[typeddict-item]


def load(message: JobData | str | bytes) -> Job:
    """The job of a message, its arguments still as they were stored.

    Reading them back is left to the run, so that its error handlers see what goes wrong there.
    Raises PayloadError, which says which job as far as that can be told, and UnknownJobClassError.
    """
    data = messages.read(message, VERSION)
    found = _class_of(data)
    if found is None:
        said = f"Failed to instantiate job, class `{data['job_class']}` doesn't exist (Job ID: {data['job_id']})"
        raise UnknownJobClassError(said)
    job = found()
    job.restore(data)
    job.unknown_keys = {key: value for key, value in data.items() if key not in JobData.__annotations__}
    return job


def _class_of(data: JobData) -> type[Job] | None:
    try:
        return declared_as(data["job_class"])
    except (Exception, SystemExit) as error:  # of a module, while it is imported
        said = f"Failed to import the module of class `{data['job_class']}` (Job ID: {data['job_id']}): {error!r}"
        raise UnknownJobClassError(said) from error


def _arguments(job: Job) -> list[Any]:
    if job.stored_arguments is not None:
        # Never read back, so there is nothing newer to say: the retry of a DeserializationError.
        return job.stored_arguments
    wire = wire_named(job.wire)
    if not wire.keywords:
        signature.check_keywords(job, wire.name)
    if settings.strict:
        signature.check_call(job)
    try:
        return wire.dump(job.args, job.kwargs, strict=settings.strict)
    except UnserializableError as bad:
        name = name_of(type(job))
        raise SerializationError(name, wire.name, bad.path, type(bad.value).__qualname__, bad.reason) from bad.__cause__


def declared_as(name: str) -> type[Job] | None:
    """The job class of that name, its module imported when it must be."""
    from jobcheck.runtime.job import Job, declared

    found = declared(name) or locate(name)
    return found if isinstance(found, type) and issubclass(found, Job) else None
