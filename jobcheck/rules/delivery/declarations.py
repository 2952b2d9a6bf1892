"""What can be wrong with retries that are declared: for retry-misuse."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.frameworks.arguments import literal, truth
from jobcheck.registry import Argument, Handler, Job, Option
from jobcheck.rules.base import Confidence, Context, Severity
from jobcheck.rules.delivery.misuse import Misuse
from jobcheck.rules.delivery.misuses import is_error, limit, negative
from jobcheck.solve.exceptions import is_exception, of_value
from jobcheck.solve.kinds import ClassObject, External, Kind, Literal, Mapping, Sequence, Value
from jobcheck.solve.operators import plain_name

_ENDS = frozenset({"SystemExit", "KeyboardInterrupt", "GeneratorExit"})
_AUTOMATIC = ("retry_backoff", "retry_kwargs", "retry_backoff_max")
_TUPLE = "Give a tuple of exception classes: (ValueError,)"
_ATTEMPTS = 'attempts counts the first run: give a number from 1 on, or "unlimited"'
_REFUSED = "The module cannot be imported: {error}."


def of_job(job: Job, context: Context) -> Iterator[Misuse]:
    """What is wrong with the declarations of one job."""
    if job.framework == "celery":
        yield from _errors_option(job, context)
        yield from _limits(job)
        yield from _idle(job, context)
    for handler in job.handlers:
        for error in handler.errors:
            yield from _item(job, handler, error, context)
        if handler.form in ("retry_on", "discard_on"):
            yield from _refused(job, handler)


# --- Celery --------------------------------------------------------------------------------------------------------


def _errors_option(job: Job, context: Context) -> Iterator[Misuse]:
    option = job.options.get("autoretry_for")
    if option is None or option.value.open or not option.value.alts:
        return
    kinds = option.value.kinds()
    if all(_is_class(kind, context) for kind in kinds):
        text = f"autoretry_for of `{job.label}` is a class, not a tuple: the comma is missing"
        happens = "Celery raises TypeError (object is not iterable) when the worker starts."
        yield Misuse("autoretry_for", option.origin, text, happens, _TUPLE)
    elif all(plain_name(kind) == "str" for kind in kinds):
        text = f"autoretry_for of `{job.label}` is text, not a tuple of exception classes"
        yield Misuse("autoretry_for", option.origin, text, _NO_CLASS, _TUPLE)
    elif all(plain_name(kind) in ("bool", "int", "float") or is_error(kind, context) for kind in kinds):
        text = f"autoretry_for of `{job.label}` is {context.describe(kinds[0])}, not a tuple of exception classes"
        happens = "Celery raises TypeError (object is not iterable) when the worker starts."
        yield Misuse("autoretry_for", option.origin, text, happens, _TUPLE)


_NO_CLASS = "When the job fails, TypeError (catching classes that do not inherit from BaseException) takes its place."


def _is_class(kind: Kind, context: Context) -> bool:
    if isinstance(kind, ClassObject):
        return is_exception(context.solver, kind.cls) is True
    return isinstance(kind, External) and kind.qualname.endswith(("Error", "Exception", "Timeout", "Exit"))


def _limits(job: Job) -> Iterator[Misuse]:
    own = job.options.get("max_retries")
    if own is not None:
        yield from negative(job, own.value, own.origin)
    given = job.options.get("retry_kwargs")
    only = given.value.only if given is not None else None
    if given is None or not isinstance(only, Mapping):
        return
    for key, value in only.entries:
        if key.only == Literal("max_retries"):
            argument = Argument(value, given.origin)
            bound = job.handlers[0].bound if job.handlers else "unknown"
            yield from limit(job, argument, "retry_kwargs", bound)


def _idle(job: Job, context: Context) -> Iterator[Misuse]:
    """Options of automatic retries where no error is retried automatically."""
    if job.handlers or "autoretry_for" in job.options:
        return
    option = next((job.options[name] for name in _AUTOMATIC if name in job.options), None)
    if option is None or truth(option) is False or _read_elsewhere(job, option.name, context):
        return
    text = f"{option.name} of `{job.label}` does nothing without autoretry_for"
    happens = "It belongs to automatic retries; `self.retry()` waits for countdown= or default_retry_delay, 180 seconds."
    fix = "Name the errors in autoretry_for, or give retry() a countdown="
    yield Misuse("idle", option.origin, text, happens, fix, severity=Severity.WARNING)


def _read_elsewhere(job: Job, name: str, context: Context) -> bool:
    """Whether the job's file, that of its base class, or a function that the job hands itself to may read the option."""
    files = {job.filename, job.base.filename if job.base is not None else None}
    if _hands_itself_on(job, context):
        files.update(f for f in context.solver.callers.mentions.files(name) if not context.solver.is_test(f))
    word = f".{name}".encode()
    return any(word in (context.solver.raw(filename) or b"") for filename in files if filename is not None)


def _hands_itself_on(job: Job, context: Context) -> bool:
    """`again(self, error)` in a job that is bound."""
    unit = context.solver.function_unit(job.function) if job.function is not None else None
    function = unit.function if unit is not None else None
    params = [*function.params.posonly, *function.params.args] if function is not None else []
    calls = (node for node in unit.nodes if isinstance(node, ir.Call)) if unit is not None and params else ()
    return any(isinstance(arg.value, ir.Name) and arg.value.id == params[0].name for call in calls for arg in call.args)


# --- both ----------------------------------------------------------------------------------------------------------


def _item(job: Job, handler: Handler, error: Argument, context: Context) -> Iterator[Misuse]:
    """One thing that is listed as an error."""
    kinds = error.value.kinds()
    known = bool(kinds) and not error.value.open
    if known and all(_no_class(kind, context) for kind in kinds):
        text = f"{context.describe(kinds[0])} in {handler.form} of `{job.label}` is no exception class"
        happens = _NO_CLASS if handler.form == "autoretry_for" else _REFUSED.format(error="TypeError, no exception class")
        yield Misuse("error", error.origin, text, happens, "Name the class itself")
        return
    names = of_value(error.value, error.node).names & _ENDS
    if names and handler.form == "autoretry_for":
        name = next(iter(names))
        text = f"{name} in autoretry_for of `{job.label}` ends the worker's process once the retries are used up"
        happens = "It is no Exception: raised after the last retry, it takes the worker's process with it."
        fix = "Turn it into an Exception in the job, and name that"
        yield Misuse("error", error.origin, text, happens, fix, Confidence.MEDIUM, Severity.WARNING)


def _no_class(kind: Kind, context: Context) -> bool:
    if isinstance(kind, ClassObject):
        return is_exception(context.solver, kind.cls) is False
    return plain_name(kind) in ("str", "int", "float", "bool", "dict") or is_error(kind, context)


# --- the reference API ---------------------------------------------------------------------------------------------


def _refused(job: Job, handler: Handler) -> Iterator[Misuse]:
    if not handler.errors and not handler.open:
        text = f"{handler.form} of `{job.label}` names no error"
        happens = _REFUSED.format(error="TypeError, name at least one exception class")
        yield Misuse("errors", handler.origin, text, happens, "Name the errors that it is about")
    attempts, wait = handler.options.get("attempts"), handler.options.get("wait")
    if attempts is not None and _bad_attempts(attempts.value):
        text = f"attempts of `{job.label}` is no number of runs"
        yield _option("attempts", attempts, text, _ATTEMPTS)
    if wait is not None and _bad_wait(wait.value):
        text = f"wait of `{job.label}` is no time and no callable, and the one that has a name is polynomially_longer"
        yield _option("wait", wait, text, 'Give seconds, a timedelta, a callable, or "polynomially_longer"')


def _option(name: str, option: Option, text: str, fix: str) -> Misuse:
    return Misuse(name, option.origin, text, _REFUSED.format(error="OptionError"), fix)


def _bad_attempts(value: Value) -> bool:
    only = value.only
    if not isinstance(only, Literal):
        return False
    said = only.value
    if isinstance(said, int) and not isinstance(said, bool):
        return said < 1
    return said != "unlimited"


def _bad_wait(value: Value) -> bool:
    only = value.only
    if isinstance(only, (Sequence, Mapping)):
        return True
    if not isinstance(only, Literal):
        return False
    said = literal(value)
    if isinstance(said, (int, float)) and not isinstance(said, bool):
        return said < 0
    return said != "polynomially_longer"
