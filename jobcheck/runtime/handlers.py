"""`retry_on` and `discard_on`: what an error means for a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.marks import marker, marks_of
from jobcheck.runtime.options import check_priority, check_queue, seconds

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

Wait = int | float | timedelta | Callable[[int], int | float | timedelta] | Literal["polynomially_longer"]
Declared = TypeVar("Declared", bound=Callable[..., Any])


class Retry(NamedTuple):
    """A declared `retry_on`; `attempts` None is without end."""

    errors: tuple[type[BaseException], ...]
    wait: Wait
    attempts: int | None
    options: dict[str, Any]
    jitter: float

    def handle(self, job: Job, error: BaseException) -> BaseException:
        """Enqueue the job again and return the error; raise it when this was the last attempt."""
        count = self._count(job)
        if self.attempts is not None and count >= self.attempts:
            raise error
        try:
            enqueued = job.retry_job(wait=self.delay(count), **self.options)
        except Exception as bad:
            raise bad from error  # the retry is at fault, but the job's own error must stay in sight
        if not enqueued:
            raise error  # the queue refused the retry; in silence the job would be lost
        return error

    def delay(self, count: int) -> float:
        """Seconds to wait after the run that was number `count` to fail so, counted from 1."""
        if callable(self.wait):
            return seconds(self.wait(count))  # its own arithmetic, so no jitter on top
        if self.wait == "polynomially_longer":
            return count**4 * self._spread() + 2
        return seconds(self.wait) * self._spread()

    def _spread(self) -> float:
        if not self.jitter:
            return 1
        import random

        return 1 + random.random() * self.jitter

    def _count(self, job: Job) -> int:
        # The key is the declaration: errors declared together share a counter, and it survives a deploy by their names.
        key = f"[{', '.join(error.__qualname__ for error in self.errors)}]"
        job.exception_executions[key] = job.exception_executions.get(key, 0) + 1
        return job.exception_executions[key]


class Discard(NamedTuple):
    """A declared `discard_on`."""

    errors: tuple[type[BaseException], ...]

    def handle(self, job: Job, error: BaseException) -> BaseException:
        """The job is over, and nobody is told."""
        return error


def retry_on(
    *errors: type[BaseException],
    wait: Wait = 3,
    attempts: int | Literal["unlimited"] = 5,
    queue: str | None = None,
    priority: int | None = None,
    jitter: float = 0.0,
) -> Callable[[Declared], Declared]:
    """Perform the job again when it raises one of these errors, or an error caused by one of them.

    `wait` is seconds, a timedelta, a callable of the number of failures so far, or "polynomially_longer" (n**4 + 2 s);
    `attempts` counts the first run, so 3 means two retries; `jitter` adds up to that share of the wait at random.
    After the last attempt the error is raised. Of several declarations the topmost that matches is used, like `except`.
    Raises OptionError for a bad option, TypeError for what is no exception class, both when the job is declared.
    """
    options = {"queue": check_queue(queue), "priority": check_priority(priority)}
    return marker(
        "handlers", Retry(_checked(errors), _wait(wait), _attempts(attempts), options, seconds(jitter, "jitter"))
    )


def discard_on(*errors: type[BaseException]) -> Callable[[Declared], Declared]:
    """Give the job up, without an error, when it raises one of these errors or an error caused by one of them.

    Raises TypeError for what is no exception class.
    """
    return marker("handlers", Discard(_checked(errors)))


def rescue(job: Job, error: BaseException) -> BaseException:
    """Give an error to the handler that takes it or else the error behind it; return the error that was taken.

    Raises the error when no handler takes it.
    """
    for candidate in _chain(error):
        for handler in marks_of(type(job), "handlers"):
            if isinstance(candidate, handler.errors):
                taken: BaseException = handler.handle(job, candidate)
                return taken
    raise error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        # What the traceback calls the cause or "during handling of"; Ruby's `cause` is both.
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _checked(errors: tuple[Any, ...]) -> tuple[type[BaseException], ...]:
    if not errors:
        raise TypeError("name at least one exception class")
    for error in errors:
        if not isinstance(error, type) or not issubclass(error, BaseException):
            raise TypeError(f"{error!r} is no exception class")
    return errors


def _wait(wait: Wait) -> Wait:
    if isinstance(wait, str) and wait != "polynomially_longer":
        raise OptionError(f"unknown wait {wait!r}; the one that has a name is 'polynomially_longer'")
    if not isinstance(wait, str) and not callable(wait):
        seconds(wait)
    return wait


def _attempts(attempts: object) -> int | None:
    if attempts == "unlimited":
        return None
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
        raise OptionError(f"attempts counts the first run: 1 or more, or 'unlimited', not {attempts!r}")
    return attempts
