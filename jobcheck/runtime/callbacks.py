"""Callbacks of a job class: `@before_enqueue`, `@around_perform` and their sisters, on its methods (ACTIVEJOB.md A4).

Befores and the entering halves of arounds run in the order of declaration, afters and the leaving halves in the reverse
order. A base's callbacks are declared before those of its subclasses; a method that is overridden keeps its place.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from jobcheck.runtime import marks
from jobcheck.runtime.errors import Halt

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

Moment = Literal["enqueue", "perform"]
When = Literal["before", "around", "after"]
Method = TypeVar("Method", bound=Callable[..., Any])
_GENERATOR, _COROUTINES = 0x20, 0x80 | 0x200  # inspect.CO_GENERATOR ..., without the import


class Callback(NamedTuple):
    """What a decorator wrote on a method."""

    moment: Moment
    when: When


class Outcome(NamedTuple):
    """What became of the body: its result, or None because a callback halted it or an around did not yield."""

    result: Any
    halted: bool


def before_enqueue(method: Method) -> Method:
    """Call the method before the job is handed to the adapter; it may change the job, or raise Halt."""
    return _declare(method, "enqueue", "before")


def around_enqueue(method: Method) -> Method:
    """Run the method, a generator, around the enqueue, which happens where it yields."""
    return _declare(method, "enqueue", "around")


def after_enqueue(method: Method) -> Method:
    """Call the method when the adapter was asked, also when it refused: see `successfully_enqueued`."""
    return _declare(method, "enqueue", "after")


def before_perform(method: Method) -> Method:
    """Call the method before `perform`, with the arguments read back; it may raise Halt."""
    return _declare(method, "perform", "before")


def around_perform(method: Method) -> Method:
    """Run the method, a generator, around `perform`, which runs where it yields and gives its result to the `yield`."""
    return _declare(method, "perform", "around")


def after_perform(method: Method) -> Method:
    """Call the method after a `perform` that raised nothing."""
    return _declare(method, "perform", "after")


def run(job: Job, moment: Moment, body: Callable[[], Any]) -> Outcome:
    """Call the body inside the callbacks of that moment. Errors of the body and of callbacks come out; Halt does not."""
    chain = _Chain(job, _of(type(job), moment), body)
    result = chain.run(0)
    return Outcome(None if chain.halted else result, chain.halted)


class _Chain:
    def __init__(self, job: Job, callbacks: list[tuple[When, str]], body: Callable[[], Any]) -> None:
        self.job, self.callbacks, self.body = job, callbacks, body
        self.halted = False

    def run(self, index: int) -> Any:
        if index == len(self.callbacks):
            return self.body()
        when, name = self.callbacks[index]
        method = getattr(self.job, name)
        if when == "around":
            return self._around(method(), index)
        if when == "before":
            return None if self._halts(method) else self.run(index + 1)
        result = self.run(index + 1)
        if not self.halted:
            method()
        return result

    def _halts(self, entering: Callable[[], Any]) -> bool:
        try:
            entering()
        except Halt:
            self.halted = True
        return self.halted

    def _around(self, halves: Generator[None, Any, None], index: int) -> Any:
        try:
            if self._halts(lambda: next(halves)):
                return None
        except StopIteration:
            return None  # it did not yield: nothing inside runs, and what was declared before it goes on
        try:
            result = self.run(index + 1)
        except BaseException as error:
            _leave(halves.throw, error)
            return None  # it took the error, as `except` around the yield does
        _leave(halves.send, result)
        return result


def _leave(leaving: Callable[[Any], Any], given: Any) -> None:
    try:
        leaving(given)
    except StopIteration:
        return
    raise RuntimeError("an around callback yields once")


def _declare(method: Method, moment: Moment, when: When) -> Method:
    code = getattr(method, "__code__", None)
    name = f"{when}_{moment}"
    if code is None:
        raise TypeError(f"@{name} belongs on a method of a job class, not on {method!r}")
    if code.co_flags & _COROUTINES:
        raise TypeError(f"{method.__qualname__} is async, and nobody would await it")
    if bool(code.co_flags & _GENERATOR) != (when == "around"):
        wanted = "yields where the job runs" if when == "around" else "does not yield; @around_" + moment + " does"
        raise TypeError(f"@{name}: {method.__qualname__} must be a method that {wanted}")
    marks.add(method, "callbacks", Callback(moment, when))
    return method


def _of(job_class: type[Job], moment: Moment) -> list[tuple[When, str]]:
    found: dict[tuple[When, str], None] = {}
    for name, callback in marks.on_methods(job_class, "callbacks"):
        if callback.moment == moment:
            found.pop((callback.when, name), None)  # declared again is declared later
            found[callback.when, name] = None
    return list(found)
