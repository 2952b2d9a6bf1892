"""`retry_on`, `discard_on`, `rescue_from`, `after_discard`: what an error means for a job (ACTIVEJOB.md A5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from jobcheck.runtime import enqueuing, events
from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.marks import add, marker, on_methods, on_own_methods, own_marks
from jobcheck.runtime.options import check_priority, check_queue, seconds

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

Wait = int | float | timedelta | Callable[[int], int | float | timedelta] | Literal["polynomially_longer"]
Callback = Callable[[Any, Any], Any]  # of the job and the error
Declared = TypeVar("Declared", bound=Callable[..., Any])


class Retry(NamedTuple):
    """A declared `retry_on`; `attempts` None is without end, `jitter` None is the job's `retry_jitter`."""

    errors: tuple[type[BaseException], ...]
    wait: Wait
    attempts: int | None
    options: dict[str, Any]
    jitter: float | None
    callback: Callback | None = None

    def handle(self, job: Job, error: BaseException) -> BaseException:
        """Enqueue the job again and return the error; when this was the last attempt, tell the callback or raise it."""
        count = self._count(job)
        if self.attempts is not None and count >= self.attempts:
            return self._stop(job, error)
        try:
            wait = self.delay(count, type(job).retry_jitter)
            enqueued = enqueuing.enqueue_again(job, {"wait": wait, **self.options}, error)
        except Exception as bad:
            raise bad from error  # the retry is at fault, but the job's own error must stay in sight
        if not enqueued:
            given_up(job, error)
            raise error  # the retry was refused; in silence the job would be lost
        return error

    def _stop(self, job: Job, error: BaseException) -> BaseException:
        events.emit("retry_stopped", job, error=error)
        if self.callback is not None:
            self.callback(job, error)
        given_up(job, error)
        if self.callback is None:
            raise error
        return error

    def delay(self, count: int, jitter: float = 0.0) -> float:
        """Seconds to wait after the run that was number `count` to fail so, counted from 1; `jitter` is the class's."""
        share = self.jitter if self.jitter is not None else jitter
        if callable(self.wait):
            return seconds(self.wait(count))  # its own arithmetic, so no jitter on top
        if self.wait == "polynomially_longer":
            return count**4 * _spread(share) + 2
        return seconds(self.wait) * _spread(share)

    def _count(self, job: Job) -> int:
        if job.exception_executions is None:
            return job.executions  # enqueued before there were counters
        # The key is the declaration: errors declared together share a counter, and it survives a deploy by their names.
        key = f"[{', '.join(error.__qualname__ for error in self.errors)}]"
        job.exception_executions[key] = job.exception_executions.get(key, 0) + 1
        return job.exception_executions[key]


class Discard(NamedTuple):
    """A declared `discard_on`."""

    errors: tuple[type[BaseException], ...]
    callback: Callback | None = None

    def handle(self, job: Job, error: BaseException) -> BaseException:
        """The job is over; what the callback raises comes out, and nothing after it happens."""
        events.emit("discard", job, error=error)
        if self.callback is not None:
            self.callback(job, error)
        given_up(job, error)
        return error


class Rescue(NamedTuple):
    """A declared `rescue_from`; without a callback it stands on the method that is one."""

    errors: tuple[type[BaseException], ...]
    callback: Callback | None = None

    def handle(self, job: Job, error: BaseException) -> BaseException:
        """The callback has the last word."""
        if self.callback is not None:
            self.callback(job, error)
        return error


def retry_on(
    *errors: type[BaseException],
    wait: Wait = 3,
    attempts: int | Literal["unlimited"] = 5,
    queue: str | None = None,
    priority: int | None = None,
    jitter: float | None = None,
    callback: Callback | None = None,
) -> Callable[[Declared], Declared]:
    """Perform the job again when it raises one of these errors, or an error caused by one of them.

    `wait` is seconds, a timedelta, a callable of the number of failures so far, or "polynomially_longer" (n**4 + 2 s);
    `attempts` counts the first run, so 3 means two retries; `jitter` adds up to that share of the wait at random (None:
    the job's `retry_jitter`). After the last attempt the error is raised, or else given to `callback(job, error)`. Of
    several declarations the topmost that matches is used, like `except`: first the class's, then those on its methods.
    Raises OptionError for a bad option, TypeError for what is no exception class, both when the job is declared.
    """
    options = {"queue": check_queue(queue), "priority": check_priority(priority)}
    share = None if jitter is None else seconds(jitter, "jitter")
    checked = _checked(errors), _wait(wait), _attempts(attempts)
    return marker("handlers", Retry(*checked, options, share, _callback(callback)))


def discard_on(*errors: type[BaseException], callback: Callback | None = None) -> Callable[[Declared], Declared]:
    """Give the job up, without an error, when it raises one of these errors or an error caused by one of them.

    `callback(job, error)` is told. Raises TypeError for what is no exception class.
    """
    return marker("handlers", Discard(_checked(errors), _callback(callback)))


def rescue_from(*errors: type[BaseException], callback: Callback | None = None) -> Callable[[Declared], Declared]:
    """Let a method of the job class take these errors: `@rescue_from(QuotaError) def wait(self, error): ...`.

    With `callback(job, error)` it stands on the job itself, class or function. What is taken counts as handled: the job
    neither fails nor is run again, unless the method says `self.retry_job(...)`. Raises TypeError for no exception class.
    """
    rescue = Rescue(_checked(errors), _callback(callback))

    def decorate(declared: Declared) -> Declared:
        if isinstance(declared, type) and callback is None:
            raise TypeError("rescue_from stands on a method, or gets a callback=")
        return marker("handlers", rescue)(declared)

    return decorate


def after_discard(method: Declared) -> Declared:
    """Call a method of the job class with the error when the job is given up: discarded, out of retries, or failed.

    Each of several is called, the last error raised in one of them comes out.
    """
    if isinstance(method, type) or not hasattr(method, "__code__"):
        raise TypeError(f"@after_discard belongs on a method of a job class, not on {method!r}")
    add(method, "after_discard", True)
    return method


def rescue(job: Job, error: BaseException) -> BaseException:
    """Give an error to the handler that takes it or else the error behind it; return the error that was taken.

    Raises the error when no handler takes it.
    """
    handlers = list(_handlers(job))
    for candidate in _chain(error):
        for handler in handlers:
            if isinstance(candidate, handler.errors):
                return handler.handle(job, candidate)
    given_up(job, error)
    raise error


def given_up(job: Job, error: BaseException) -> None:
    """Call the methods under `after_discard`, all of them, and raise the last error that one of them raised."""
    failure = None
    for name in dict.fromkeys(name for name, _ in on_methods(type(job), "after_discard")):
        try:
            getattr(job, name)(error)
        except Exception as bad:
            failure = bad
    if failure is not None:
        raise failure


def check_methods(job_class: type[Job]) -> None:
    """Raise TypeError for a declaration that stands on a method and means the whole job."""
    for name, handler in on_own_methods(job_class, "handlers"):
        if not isinstance(handler, Rescue) or handler.callback is not None:
            what = type(handler).__name__.lower()
            raise TypeError(f"{job_class.__qualname__}.{name}: {_SPELT[what]} stands above the class, not on a method")


_SPELT = {"retry": "retry_on", "discard": "discard_on", "rescue": "rescue_from with a callback"}


def _handlers(job: Job) -> Iterator[Retry | Discard | Rescue]:
    """As they stand in the text: of each class what is above it, then what is in it; a class before its bases."""
    for cls in type(job).__mro__:
        yield from own_marks(cls).get("handlers", ())
        for name, handler in on_own_methods(cls, "handlers"):
            yield handler._replace(callback=_of_method(name))


def _of_method(name: str) -> Callback:
    return lambda job, error: getattr(job, name)(error)


def _spread(jitter: float) -> float:
    if not jitter:
        return 1
    import random

    return 1 + random.random() * jitter


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


def _callback(callback: Callback | None) -> Callback | None:
    if callback is not None and not callable(callback):
        raise TypeError(f"callback takes (job, error); {callback!r} cannot be called")
    return callback


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
