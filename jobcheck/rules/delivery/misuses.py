"""What can be wrong with a call of `retry`: for retry-misuse."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks.arguments import literal
from jobcheck.registry import Argument, Enqueue, Job, Retry, Signal
from jobcheck.rules.base import Context
from jobcheck.rules.delivery import unreachable
from jobcheck.rules.delivery.misuse import Misuse
from jobcheck.solve.exceptions import is_exception
from jobcheck.solve.kinds import Instance, Kind, Literal, Origin, Plain, Value
from jobcheck.solve.operators import plain_name

_BY_NAME = "Give it by name: exc= the exception, countdown= seconds"
_NO_ERROR = frozenset({"str", "bytes", "int", "float", "bool", "dict", "list", "tuple", "set"})

_NO_SECONDS = frozenset({"timedelta", "datetime", "date", "str", "bytes", "dict"})


def of_call(job: Job, retry: Retry, context: Context) -> Iterator[Misuse]:
    """What is wrong with one call."""
    yield from _positional(job, retry, context)
    yield from _error(job, retry, context)
    yield from _keywords(job, retry, context)
    yield from limit(job, retry.arguments.get("max_retries"), "retry()", retry.bound)
    yield from _seconds(job, retry, context)
    if retry.raises:
        yield from unreachable.behind(job, retry, context)


def uncalled(job: Job, signal: Signal) -> Misuse:
    """`raise self.retry`."""
    raised = isinstance(signal.exit.stmt, ir.Raise)
    happens = "It raises TypeError: exceptions must derive from BaseException." if raised else "The job is not retried."
    return Misuse("uncalled", signal.origin, f"`{job.label}` names its retry and does not call it", happens, "Call it")


def is_error(kind: Kind, context: Context) -> bool:
    """Whether a value of this kind is an exception."""
    if isinstance(kind, Instance):
        return is_exception(context.solver, kind.cls) is True
    return kind == Plain("exception")


def all_errors(value: Value, context: Context) -> bool:
    """Whether a value is an exception, whatever else is not known of it."""
    return bool(value.alts) and all(is_error(kind, context) for kind in value.kinds())


def _positional(job: Job, retry: Retry, context: Context) -> Iterator[Misuse]:
    """`self.retry(error)`: the first parameter is the job's own `args`."""
    if "args" not in retry.positional:
        return
    given = retry.arguments["args"]
    if _caught(retry, given, context) or all_errors(given.value, context):
        text = f"the error that `{job.label}` gives to retry() by position is taken for the job's arguments"
        happens = "It raises TypeError (not iterable) instead of the retry: the job is not tried again."
        yield Misuse("args", given.origin, text, happens, _BY_NAME)
    elif retry.enqueue is not None and _single(given, retry.enqueue):
        what = context.describe(given.value.kinds()[0])
        text = f"{what} that `{job.label}` gives to retry() by position is taken for the job's arguments"
        happens = "A number raises TypeError instead of the retry; text becomes one argument for each character."
        yield Misuse("args", given.origin, text, happens, _BY_NAME)


def _single(given: Argument, again: Enqueue) -> bool:
    return bool(given.value.alts) and any(m.what in ("not-iterable", "string") for m in again.malformed)


def _caught(retry: Retry, given: Argument, context: Context) -> bool:
    """Whether an argument is the name that an `except` around the retry binds."""
    handler = retry.site.enclosing("handler")
    part = handler.part if handler is not None else None
    return isinstance(part, ir.Handler) and isinstance(given.node, ir.Name) and given.node.id == part.name


def _error(job: Job, retry: Retry, context: Context) -> Iterator[Misuse]:
    given = retry.arguments.get("exc")
    if given is None or given.value.open or not given.value.alts:
        return
    if all(plain_name(kind) in _NO_ERROR for kind in given.value.kinds()):
        text = f"`{job.label}` gives retry() {context.describe(given.value.kinds()[0])} as exc, which is no exception"
        happens = "After the last retry it raises TypeError (exceptions must derive from BaseException), not the error."
        yield Misuse("exc", given.origin, text, happens, "Give it the exception itself, or leave exc out")


def _keywords(job: Job, retry: Retry, context: Context) -> Iterator[Misuse]:
    for name, near in retry.unknown.items():
        given = retry.arguments[name]
        if job.signature is not None and job.signature.parameter(name):
            continue  # an argument of the job in the wrong place, which is another rule's
        meant = f"; {near} was meant, perhaps" if near else ""
        text = f"`{job.label}` gives retry() the keyword {name}, which it does not have{meant}"
        happens = "It becomes a property of the message, which nothing reads."
        level = Confidence.HIGH if near else Confidence.LOW  # a transport may read it: SQS has MessageGroupId
        if _caught(retry, given, context) or all_errors(given.value, context):
            happens = "The error goes into the message, which cannot be encoded: the job is rejected and lost."
            level = max(level, Confidence.MEDIUM)
        fix = f"Write {near}=" if near else "Leave it out"
        yield Misuse(name, given.origin, text, happens, fix, level)


def _seconds(job: Job, retry: Retry, context: Context) -> Iterator[Misuse]:
    """`RetryableJobError(..., seconds=timedelta(minutes=5))`."""
    given = retry.arguments.get("seconds")
    if given is None or "seconds" in retry.unknown or given.value.open or not given.value.alts:
        return
    if all(plain_name(kind) in _NO_SECONDS for kind in given.value.kinds()):
        what = context.describe(given.value.kinds()[0])
        text = f"`{job.label}` asks for another run after {what}, where a number of seconds is meant"
        happens = "It raises TypeError when the job is put off: its row stays `started`, until the runner takes the job for dead."
        yield Misuse("seconds", given.origin, text, happens, "Give it a number of seconds")


def limit(job: Job, given: Argument | None, where: str, bound: str) -> Iterator[Misuse]:
    """`max_retries` as `retry()` gets it."""
    if given is None:
        return
    if given.value.only == Literal(None) and bound == "some":
        text = f'max_retries=None in {where} is not "no limit" for `{job.label}`: it means the job\'s own'
        happens = "None is the default of that parameter: the job's max_retries holds, which is 3 where it says nothing."
        yield Misuse("max_retries", given.origin, text, happens, "Leave it out, or set max_retries on the job")
    yield from negative(job, given.value, given.origin)


def negative(job: Job, value: Value, origin: Origin) -> Iterator[Misuse]:
    """A limit below zero."""
    number = literal(value)
    if isinstance(number, int) and not isinstance(number, bool) and number < 0:
        text = f"max_retries={number} means that `{job.label}` is never retried"
        happens = "The first failure is past the limit already; None, on the job, is what means no limit."
        yield Misuse("negative", origin, text, happens, "Give the number of retries")
