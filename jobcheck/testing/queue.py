"""What waits in the test adapter and what was performed, asserted (ACTIVEJOB.md A8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from jobcheck.runtime import Job, JobError
from jobcheck.runtime.adapters.test import Enqueued, TestAdapter
from jobcheck.runtime.events import adapter_name
from jobcheck.runtime.execution import read_arguments
from jobcheck.runtime.names import name_of
from jobcheck.runtime.payload import load
from jobcheck.runtime.settings import settings

Jobs = type[Job] | tuple[type[Job], ...] | None
Args = Sequence[Any] | Callable[..., bool] | None
_TOLERANCE = 1.0  # seconds between the moment that was meant and the one that was noted


def assert_enqueued(
    job: Jobs = None,
    *,
    args: Args = None,
    kwargs: dict[str, Any] | None = None,
    queue: str | None = None,
    priority: int | None = None,
    at: datetime | float | None = None,
    count: int | None = None,
) -> list[Job]:
    """Assert that such jobs wait: at least one, or exactly `count`. Return them, their arguments read back.

    `job` is a class or a tuple of classes. `args` are the positional arguments as the job will get them, or a callable
    of them; `at` is when it is due, to the second. None asks nothing. Raises TypeError without the test adapter.
    """
    return _assert("enqueued", _adapter().enqueued_jobs, _Wanted(job, args, kwargs, queue, priority, at), count)


def assert_no_enqueued(job: Jobs = None, *, queue: str | None = None) -> None:
    """Assert that no such job waits."""
    assert_enqueued(job, queue=queue, count=0)


def assert_performed(
    job: Jobs = None,
    *,
    args: Args = None,
    kwargs: dict[str, Any] | None = None,
    queue: str | None = None,
    priority: int | None = None,
    at: datetime | float | None = None,
    count: int | None = None,
) -> list[Job]:
    """As `assert_enqueued`, of the jobs that the test adapter has performed; each run counts."""
    return _assert("performed", _adapter().performed_jobs, _Wanted(job, args, kwargs, queue, priority, at), count)


def assert_no_performed(job: Jobs = None, *, queue: str | None = None) -> None:
    """Assert that no such job was performed."""
    assert_performed(job, queue=queue, count=0)


def perform_enqueued_jobs(
    *, only: type[Job] | None = None, queue: str | None = None, at: datetime | float | None = None, children: bool = False
) -> int:
    """Perform what waits now and return how many jobs that were; with `children` also what these enqueue, retries too.

    `at` leaves what is due later; without it nothing is waited for. What a job raises comes out.
    """
    due = at.timestamp() if isinstance(at, datetime) else at
    runs = _adapter().perform_enqueued_jobs(only=only, queue=queue, at=due)
    while children and (more := _adapter().perform_enqueued_jobs(only=only, queue=queue, at=due)):
        runs += more
    return runs


class _Wanted:
    """What is asked of a job."""

    def __init__(
        self,
        job: Jobs,
        args: Args,
        kwargs: dict[str, Any] | None,
        queue: str | None,
        priority: int | None,
        at: datetime | float | None,
    ) -> None:
        self.classes = (job,) if isinstance(job, type) else job
        self.args = args if args is None or callable(args) else tuple(args)
        self.kwargs, self.queue, self.priority = kwargs, queue, priority
        self.at = at.timestamp() if isinstance(at, datetime) else at

    def is_class_of(self, entry: Enqueued) -> bool:
        return self.classes is None or entry.data["job_class"] in {name_of(cls) for cls in self.classes}

    def fits(self, entry: Enqueued) -> bool:
        return (
            self.is_class_of(entry)
            and self.queue in (None, entry.data["queue_name"])
            and self.priority in (None, entry.data["priority"])
            and (self.at is None or (entry.at is not None and abs(entry.at - self.at) <= _TOLERANCE))
            and self._fits_call(entry)
        )

    def _fits_call(self, entry: Enqueued) -> bool:
        if self.args is None and self.kwargs is None:
            return True
        job = _read(entry)
        if callable(self.args):
            return bool(self.args(*job.args))
        return self.args in (None, tuple(job.args)) and self.kwargs in (None, job.kwargs)

    def __str__(self) -> str:
        names = "any class" if self.classes is None else " or ".join(cls.__qualname__ for cls in self.classes)
        asked = {key: value for key, value in vars(self).items() if key != "classes" and value is not None}
        return names + "".join(f", {key}={value!r}" for key, value in asked.items())


def _assert(what: str, entries: list[Enqueued], wanted: _Wanted, count: int | None) -> list[Job]:
    found = [entry for entry in entries if wanted.fits(entry)]
    if (not found) if count is None else len(found) != count:
        expected = "at least 1" if count is None else str(count)
        raise AssertionError(f"{expected} {what} of {wanted}; there are {len(found)}.\n{_others(what, entries, wanted)}")
    return [_read(entry) for entry in found]


def _others(what: str, entries: Iterable[Enqueued], wanted: _Wanted) -> str:
    near = [entry for entry in entries if wanted.is_class_of(entry)]
    if near:
        return "\n".join(["Potential matches:", *(f"  {_shown(entry)}" for entry in near)])
    classes = Counter(entry.data["job_class"] for entry in entries)
    return f"Jobs {what}: {', '.join(f'{count} {name}' for name, count in classes.items()) or 'none'}"


def _shown(entry: Enqueued) -> str:
    data = entry.data
    return (
        f"{data['job_class']} {data['arguments']!r}, queue={data['queue_name']!r}, priority={data['priority']!r}, at={entry.at!r}"
    )


def _read(entry: Enqueued) -> Job:
    """The job of a message, with its arguments where they can be read."""
    job = load(entry.data)
    try:
        read_arguments(job)
    except JobError:
        job.args = tuple(entry.data["arguments"])
    return job


def _adapter() -> TestAdapter:
    if not isinstance(settings.adapter, TestAdapter):
        name = adapter_name(settings.adapter)
        raise TypeError(f"this needs the test adapter, configure(adapter='test'); the one in force is {name}")
    return settings.adapter
