"""`set`: options for the next enqueue, on a job class or on one job."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from jobcheck.runtime.options import read_options

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

JobT = TypeVar("JobT", bound="Job")


class ConfiguredJob(Generic[JobT]):
    """A job class together with options for its enqueues. A `wait` counts from each enqueue, not from `set`."""

    def __init__(self, job_class: type[JobT], options: dict[str, Any]) -> None:
        read_options(options)  # a bad option is refused where it is written
        self._job_class = job_class
        self._options = options

    def perform_later(self, /, *args: Any, **kwargs: Any) -> JobT | Literal[False]:
        """As `Job.perform_later`, with the options."""
        return self._job_class(*args, **kwargs).enqueue(**self._options)

    def perform_now(self, /, *args: Any, **kwargs: Any) -> Any:
        """As `Job.perform_now`; the options tell the job its queue and priority, nothing waits."""
        from jobcheck.runtime.execution import run

        return run(_with_options(self._job_class(*args, **kwargs), self._options))


class SetOptions:
    """`ChargeOrder.set(wait=60)` gives a ConfiguredJob; `ChargeOrder(7).set(wait=60)` the same job, its options set.

    Options: `wait` (seconds or timedelta), `wait_until` (aware datetime), `queue`, `priority`. Raises OptionError.
    """

    @overload
    def __get__(self, job: None, owner: type[JobT]) -> Callable[..., ConfiguredJob[JobT]]: ...
    @overload
    def __get__(self, job: JobT, owner: type[JobT]) -> Callable[..., JobT]: ...
    def __get__(self, job: JobT | None, owner: type[JobT]) -> Callable[..., ConfiguredJob[JobT] | JobT]:
        def set_options(**options: Any) -> ConfiguredJob[JobT] | JobT:
            return ConfiguredJob(owner, options) if job is None else _with_options(job, options)

        return set_options


def _with_options(job: JobT, options: dict[str, Any]) -> JobT:
    job.apply(read_options(options))
    return job
