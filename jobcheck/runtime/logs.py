"""Log lines about jobs, in the words of Active Job (ACTIVEJOB.md A9), to the logger `jobcheck.runtime`.

Each record carries `event`, `job_class` and `job_id`. A class with `log_arguments = False` keeps its arguments to itself.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jobcheck.runtime.names import name_of
from jobcheck.runtime.wires import records

if TYPE_CHECKING:
    from jobcheck.runtime.events import Event
    from jobcheck.runtime.job import Job

logger = logging.getLogger("jobcheck.runtime")
_LONGEST = 300  # characters of one line's arguments


def write(event: Event) -> None:
    """Log one event."""
    level, text = _LINES[event.name](event)
    if logger.isEnabledFor(level):
        extra = {"event": event.name, "job_class": name_of(type(event.job)), "job_id": event.job.job_id}
        failed = event.name == "perform" and event.error is not None
        logger.log(level, "%s", text() if callable(text) else text, extra=extra, exc_info=event.error if failed else None)


def _enqueue(event: Event) -> tuple[int, Any]:
    job = event.job
    if event.halted:
        return logging.INFO, f"Failed enqueuing {_job(job)} to {_queue(event)}, a before_enqueue callback halted it"
    if event.error is not None:
        return logging.ERROR, f"Failed enqueuing {_job(job)} to {_queue(event)}: {_error(event.error)}"
    at = "" if job.scheduled_at is None else f" at {job.scheduled_at.isoformat(timespec='milliseconds')}"
    return logging.INFO, lambda: f"Enqueued {_job(job)} to {_queue(event)}{at}{_arguments(job)}"


def _enqueue_all(event: Event) -> tuple[int, str]:
    good = [job for job in event.jobs if job.successfully_enqueued]
    if not good:
        return logging.ERROR, f"Failed enqueuing {_jobs(len(event.jobs))} to {event.adapter}"
    counted = Counter(type(job).__qualname__ for job in good)
    classes = ", ".join(f"{count} {name}" for name, count in counted.items())
    some = f" out of {len(event.jobs)}" if len(good) < len(event.jobs) else ""
    return logging.INFO, f"Enqueued {_jobs(len(good))}{some} to {event.adapter} ({classes})"


def _perform_start(event: Event) -> tuple[int, Any]:
    job = event.job
    since = "" if job.enqueued_at is None else f" enqueued at {job.enqueued_at.isoformat(timespec='milliseconds')}"
    return logging.INFO, lambda: f"Performing {_job(job)} from {_queue(event)}{since}{_arguments(job)}"


def _perform(event: Event) -> tuple[int, str]:
    what = f"{_job(event.job)} from {_queue(event)} in {event.duration * 1000:.1f} ms"
    if event.halted:
        return logging.ERROR, f"Error performing {what}: a before_perform callback halted the run"
    if event.error is not None:
        return logging.ERROR, f"Error performing {what}: {_error(event.error)}"
    return logging.INFO, f"Performed {what}"


def _enqueue_retry(event: Event) -> tuple[int, str]:
    runs = event.job.executions
    due = "" if event.error is None else f", due to a {_error(event.error)}"
    when = f"{event.wait or 0:g} seconds"
    return logging.INFO, f"Retrying {_job(event.job)} after {runs} attempt{'s' * (runs != 1)} in {when}{due}"


def _retry_stopped(event: Event) -> tuple[int, str]:
    runs = f"{event.job.executions} attempt{'s' * (event.job.executions != 1)}"
    return logging.ERROR, f"Stopped retrying {_job(event.job)} due to a {_error(event.error)}, which reoccurred on {runs}"


def _discard(event: Event) -> tuple[int, str]:
    return logging.ERROR, f"Discarded {_job(event.job)} due to a {_error(event.error)}"


_LINES = {
    "enqueue": _enqueue,
    "enqueue_all": _enqueue_all,
    "perform_start": _perform_start,
    "perform": _perform,
    "enqueue_retry": _enqueue_retry,
    "retry_stopped": _retry_stopped,
    "discard": _discard,
}


def _job(job: Job) -> str:
    return f"{name_of(type(job))} (Job ID: {job.job_id})"


def _queue(event: Event) -> str:
    return f"{event.adapter}({event.job.queue_name})"


def _jobs(count: int) -> str:
    return f"{count} job{'s' * (count != 1)}"


def _error(error: BaseException | None) -> str:
    return f"{type(error).__qualname__} ({error})"


def _arguments(job: Job) -> str:
    if not job.log_arguments or not (job.args or job.kwargs):
        return ""
    text = ", ".join(_texts(job))
    return f" with arguments: {text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'}"


def _texts(job: Job) -> Iterator[str]:
    yield from map(_shown, job.args)
    yield from (f"{name}={_shown(value)}" for name, value in job.kwargs.items())


def _shown(value: Any) -> str:
    try:
        # A record's own repr may ask the database, or show what does not belong in a log.
        reference = records.reference(value, "")
        if reference is None and type(value) in (list, tuple):
            return f"[{', '.join(map(_shown, value))}]"
        if reference is None and type(value) is dict:
            return f"{{{', '.join(f'{key!r}: {_shown(item)}' for key, item in value.items())}}}"
        return reference or repr(value)
    except Exception:  # a line in a log is not worth a job
        return f"<{type(value).__qualname__}>"
