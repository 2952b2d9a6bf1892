"""The test adapter: keeps what was enqueued until the test performs it."""

from __future__ import annotations

from typing import NamedTuple

from jobcheck.runtime.execution import execute
from jobcheck.runtime.names import name_of
from jobcheck.runtime.payload import JobData


class Enqueued(NamedTuple):
    """A message, and when it is due in seconds since the epoch; None is as soon as possible."""

    data: JobData
    at: float | None


class TestAdapter:
    """`enqueued_jobs` waits, in the order of the enqueues; `performed_jobs` was started. Not for use from threads."""

    name = "test"
    __test__ = False  # pytest takes classes of that name for tests

    def __init__(self) -> None:
        self.enqueued_jobs: list[Enqueued] = []
        self.performed_jobs: list[Enqueued] = []

    def enqueue(self, data: JobData) -> None:
        """Keep the job."""
        self.enqueued_jobs.append(Enqueued(data, None))

    def enqueue_at(self, data: JobData, at: float) -> None:
        """Keep the job and its time."""
        self.enqueued_jobs.append(Enqueued(data, at))

    def perform_enqueued_jobs(self, *, only: type | None = None, queue: str | None = None, at: float | None = None) -> int:
        """Perform what waits now, and return how many jobs that were; what they enqueue, retries too, is left waiting.

        `only` is a job class, `queue` a name; `at` leaves jobs that are due later, else nothing is waited for.
        What a job raises ends it: that job is gone, those behind it wait still.
        """
        chosen = [job for job in self.enqueued_jobs if _fits(job, only, queue, at)]
        for job in chosen:
            self.enqueued_jobs = [other for other in self.enqueued_jobs if other is not job]
            self.performed_jobs.append(job)
            execute(job.data)
        return len(chosen)

    def drain(self) -> int:
        """Perform until nothing waits, jobs enqueued by jobs and retries included; return how many runs that took."""
        runs = 0
        while self.enqueued_jobs:
            runs += self.perform_enqueued_jobs()
        return runs


def _fits(job: Enqueued, only: type | None, queue: str | None, at: float | None) -> bool:
    return (
        (only is None or job.data["job_class"] == name_of(only))
        and (queue is None or job.data["queue_name"] == queue)
        and (at is None or job.at is None or job.at <= at)
    )
