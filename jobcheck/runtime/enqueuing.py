"""From a job to the adapter: one job, the same job again, many jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from jobcheck.runtime.errors import EnqueueError
from jobcheck.runtime.options import read_options
from jobcheck.runtime.payload import JobData, dump
from jobcheck.runtime.settings import settings

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

JobT = TypeVar("JobT", bound="Job")


def enqueue(job: JobT, options: Mapping[str, Any] | None = None) -> JobT | Literal[False]:
    """Hand one job to the adapter; return it, or False when the adapter raised EnqueueError.

    Nothing reaches the adapter unless options, call and arguments were found good.
    """
    job.apply(read_options(options or {}))
    return job if _hand_over(job, dump(job)) else False


def enqueue_again(job: JobT, options: Mapping[str, Any]) -> JobT | Literal[False]:
    """Enqueue a running job once more, under the same id; afterwards the job in memory is as it was."""
    before = job.queue_name, job.priority, job.scheduled_at
    try:
        # The moment of the run that failed says nothing about the next one.
        job.scheduled_at = None
        return enqueue(job, options)
    finally:
        job.queue_name, job.priority, job.scheduled_at = before


def perform_all_later(*jobs: Job | Iterable[Job]) -> None:
    """Enqueue many jobs, given one by one or in iterables. All are checked before the first one is handed over.

    Returns nothing; each job's `successfully_enqueued` tells. Raises as `Job.perform_later`, and TypeError for no job.
    """
    for job, data in [(job, dump(job)) for job in _flatten(jobs)]:
        _hand_over(job, data)


def _hand_over(job: Job, data: JobData) -> bool:
    job.successfully_enqueued, job.enqueue_error = False, None
    adapter = settings.adapter
    try:
        if job.scheduled_at is None:
            provider_job_id = adapter.enqueue(data)
        else:
            provider_job_id = adapter.enqueue_at(data, job.scheduled_at.timestamp())
    except EnqueueError as error:
        job.enqueue_error = error
        return False
    job.provider_job_id = provider_job_id or job.provider_job_id
    job.successfully_enqueued = True
    return True


def _flatten(jobs: Iterable[Any]) -> Iterator[Job]:
    from jobcheck.runtime.job import Job

    for item in jobs:
        if isinstance(item, Job):
            yield item
        elif isinstance(item, Iterable) and not isinstance(item, (str, bytes)):
            yield from _flatten(item)
        else:
            raise TypeError(f"perform_all_later takes jobs such as ChargeOrder(7), not {item!r}")
