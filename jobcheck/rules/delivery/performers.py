"""From a piece of code to the job whose work it is."""

from __future__ import annotations

from jobcheck.registry import Job, Retry
from jobcheck.rules.base import Context
from jobcheck.solve.units import Unit


def job_of(context: Context, unit: Unit) -> Job | None:
    """The job that a unit performs, if it is the function of one."""
    return next((job for job in context.registry.jobs if performs(job, unit)), None)


def performs(job: Job, unit: Unit) -> bool:
    """Whether a unit is the function of a job."""
    return job.function is not None and (job.function.filename, job.function.start) == (unit.filename, unit.offset)


def retries_of(context: Context, job: Job) -> list[Retry]:
    """The places where a job retries itself by hand, in its own function."""
    return [r for r in context.registry.retries if r.job is job and performs(job, r.site.unit)]
