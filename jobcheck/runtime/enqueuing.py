"""From a job to the adapter: one job, the same job again, many jobs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from jobcheck.runtime import callbacks, events
from jobcheck.runtime.errors import EnqueueError
from jobcheck.runtime.options import read_options
from jobcheck.runtime.payload import JobData, dump
from jobcheck.runtime.settings import settings

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

JobT = TypeVar("JobT", bound="Job")


def enqueue(job: JobT, options: Mapping[str, Any] | None = None) -> JobT | Literal[False]:
    """Hand one job to the adapter; return it, or False when a callback halted it or the adapter raised EnqueueError.

    Nothing reaches the adapter unless options, call and arguments were found good. A job that waits for a commit is
    returned as enqueued, and may turn out not to be.
    """
    job.apply(read_options(options or {}))
    if not type(job).enqueue_after_commit:
        return _enqueue(job)
    from jobcheck.runtime.commits import after_commit

    dump(job)  # so that a bad call is refused where it stands, and not at the commit
    if not after_commit(lambda: _enqueue(job)):
        return _enqueue(job)
    job.successfully_enqueued = True
    return job


def enqueue_again(job: JobT, options: Mapping[str, Any], error: BaseException | None = None) -> JobT | Literal[False]:
    """Enqueue a running job once more, under the same id; afterwards the job in memory is as it was.

    It waits for no commit: what the failed run wrote may be rolled back, and the retry with it.
    """
    before = job.queue_name, job.priority, job.scheduled_at
    started = events.clock()
    try:
        # The moment of the run that failed says nothing about the next one.
        job.scheduled_at = None
        job.apply(read_options(options))
        enqueued = _enqueue(job)
        if enqueued:
            events.emit("enqueue_retry", job, started, error=error, wait=_seconds_until(job.scheduled_at))
        return enqueued
    finally:
        job.queue_name, job.priority, job.scheduled_at = before


def perform_all_later(*jobs: Job | Iterable[Job]) -> None:
    """Enqueue many jobs, given one by one or in iterables. All are checked before the first one is handed over.

    Runs no callbacks of the enqueue. Returns nothing; each job's `successfully_enqueued` tells. Raises as
    `Job.perform_later`, and TypeError for no job.
    """
    every = list(_flatten(jobs))
    messages = [dump(job) for job in every]
    waiting: list[tuple[Job, JobData]] = []
    ready: list[tuple[Job, JobData]] = []
    for job, data in zip(every, messages, strict=True):
        (waiting if type(job).enqueue_after_commit else ready).append((job, data))
    if waiting:
        from jobcheck.runtime.commits import after_commit

        if after_commit(lambda: _hand_over_all(waiting)):
            for job, _ in waiting:
                job.successfully_enqueued = True
        else:
            ready = list(zip(every, messages, strict=True))
    _hand_over_all(ready)


def _enqueue(job: JobT) -> JobT | Literal[False]:
    job.successfully_enqueued, job.enqueue_error = False, None
    started = events.clock()
    try:
        outcome = callbacks.run(job, "enqueue", lambda: _hand_over(job, dump(job)))
    except Exception as error:
        events.emit("enqueue", job, started, error=error)
        raise
    events.emit("enqueue", job, started, error=job.enqueue_error, halted=outcome.halted)
    return job if job.successfully_enqueued else False


def _hand_over(job: Job, data: JobData) -> None:
    adapter = settings.adapter
    try:
        if job.scheduled_at is None:
            provider_job_id = adapter.enqueue(data)
        else:
            provider_job_id = adapter.enqueue_at(data, job.scheduled_at.timestamp())
    except EnqueueError as error:
        _refused(job, error)
    else:
        _accepted(job, provider_job_id)


def _hand_over_all(pairs: list[tuple[Job, JobData]]) -> None:
    if not pairs:
        return
    started = events.clock()
    bulk = getattr(settings.adapter, "enqueue_all", None)
    if bulk is None:
        for job, data in pairs:
            _hand_over(job, data)
    else:
        given = [(data, job.scheduled_at.timestamp() if job.scheduled_at else None) for job, data in pairs]
        for (job, _), answer in zip(pairs, bulk(given), strict=True):
            _refused(job, answer) if isinstance(answer, EnqueueError) else _accepted(job, answer)
    jobs = tuple(job for job, _ in pairs)
    events.emit("enqueue_all", jobs[0], started, jobs=jobs)


def _accepted(job: Job, provider_job_id: str | None) -> None:
    job.provider_job_id = provider_job_id or job.provider_job_id
    job.successfully_enqueued, job.enqueue_error = True, None


def _refused(job: Job, error: EnqueueError) -> None:
    job.successfully_enqueued, job.enqueue_error = False, error


def _seconds_until(moment: datetime | None) -> float | None:
    return None if moment is None else max(0.0, round(moment.timestamp() - time.time(), 3))


def _flatten(jobs: Iterable[Any]) -> Iterator[Job]:
    from jobcheck.runtime.job import Job

    for item in jobs:
        if isinstance(item, Job):
            yield item
        elif isinstance(item, Iterable) and not isinstance(item, (str, bytes)):
            yield from _flatten(item)
        else:
            raise TypeError(f"perform_all_later takes jobs such as ChargeOrder(7), not {item!r}")
