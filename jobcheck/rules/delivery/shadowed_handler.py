"""
## What it finds
A handler of an error that can never run, because another one takes the error first: of two `@retry_on`, `@discard_on` or
`@rescue_from` on one job the lower one (what stands above a class comes before what stands on its methods), an error in
Celery's `autoretry_for` that `dont_autoretry_for` takes out, an `except` in a job below one for a wider class. And a
`@discard_on` for errors that are the program's own mistakes.

## Why it matters
What was meant to be retried is lost, or retried although waiting does not help, and the code says otherwise. In the
reference API the topmost declaration that matches is used, like `except` (Active Job reads them from the bottom up), first
of those above the class, then of those on its methods. Celery
looks at `dont_autoretry_for` first. An error that is discarded leaves no failed job behind: with `discard_on(Exception)` a typo
in the job makes all of them vanish in silence.

## Example
```python
@discard_on(Exception)
@retry_on(TimeoutError, attempts=5)
class ChargeOrder(Job): ...
```

## Use instead
```python
@retry_on(TimeoutError, attempts=5)
@discard_on(RecordNotFound)
class ChargeOrder(Job): ...
```

## How to fix
Put the narrower class first, or take out the handler that is not meant. Discard what means that there is nothing left to
do, such as a record that is gone.

## Options
None.

## Known limits
Classes whose bases cannot be seen are not compared, nor are handlers that a job inherits with those of its own: there the
own ones are meant to win.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Handler, Job
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import catching
from jobcheck.solve.defs import dotted
from jobcheck.solve.exceptions import MISSING_ROW, Errors, lineage, of_value
from jobcheck.solve.kinds import ClassRef, Origin

_BUGS = frozenset({"TypeError", "AttributeError", "NameError", "ImportError", "NotImplementedError", "SyntaxError"})


class ShadowedHandler(Rule):
    """JOB410."""

    code = "JOB410"
    severity = Severity.ERROR
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        if context.solver.is_test(job.filename):
            return
        yield from self._declared(job, context)
        yield from self._discarding(job, context)
        yield from self._refused(job, context)
        yield from self._caught(job, context)

    def _declared(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        """Of `@retry_on`, `@discard_on` and `@rescue_from` the topmost that matches is used."""
        own = [handler for handler in job.handlers if handler.form in ("retry_on", "discard_on", "rescue_from")]
        places = {id(handler.origin): _declaring(job, handler, context) for handler in own}
        for index, lower in enumerate(own):
            uppers = [upper for upper in own[:index] if places[id(upper.origin)] == places[id(lower.origin)]]
            taken = _taken(lower, uppers, context)
            if taken is not None:
                upper, name = taken
                text = f"`{lower.form}({name})` of `{job.label}` never runs: `{upper.form}` above it takes these errors"
                builder = self._finding(job, lower.origin, text, context, "The topmost declaration that matches is used.")
                yield builder.relate(context.place(upper.origin), "this one takes them first")

    def _discarding(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        for handler in job.handlers:
            if handler.what != "discard" or handler.origin.filename != job.filename:
                continue
            names = [n for error in handler.errors for n in sorted(of_value(error.value, error.node).names)]
            wrong = next((n for n in names if n in catching.BROAD or n in _BUGS), None)
            if wrong is not None:
                what = "every error" if wrong in catching.BROAD else f"{wrong}, which is a mistake in the program"
                builder = self._finding(
                    job, handler.origin, f"`{job.label}` discards {what}: the work is lost and nobody is told", context,
                    "A discarded job is over: no failed job, no retry.", severity=Severity.WARNING,
                )  # fmt: skip
                yield builder

    def _refused(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        """Celery asks `dont_autoretry_for` before `autoretry_for`."""
        option = job.options.get("dont_autoretry_for")
        if option is None:
            return
        refused = of_value(option.value, option.node)
        for handler in job.handlers:
            for error in handler.errors if handler.form == "autoretry_for" else ():
                found = _all_below(of_value(error.value, error.node), refused, context)
                if found is not None:
                    text = f"`{job.label}` is never retried on {_short(found)}: dont_autoretry_for takes it out"
                    builder = self._finding(job, handler.origin, text, context, "Celery asks dont_autoretry_for first.")
                    yield builder.relate(context.place(option.origin), "it is taken out here")

    def _caught(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        """`except` clauses of the job's function, in the order in which Python asks them."""
        body = catching.body(context, job)
        for node in walk(body[2].body) if body else ():
            env = body[1].entered.get(id(node)) if body else None
            if not isinstance(node, ir.Try) or node.star or env is None or body is None:
                continue
            above: list[tuple[ir.Handler, Errors]] = []
            for handler in node.handlers:
                errors = catching.errors_of(context, handler, env)
                first = next((h for h, e in above if _all_below(errors, e, context) and not _own_rows(h, handler)), None)
                if first is not None:
                    origin = catching.handler_origin(body[0], handler)
                    text = f"this `{context.text(origin)}` of `{job.label}` never runs: one above it takes these errors"
                    builder = self._finding(job, origin, text, context, "Python takes the first `except` that matches.")
                    yield builder.relate(context.place(catching.handler_origin(body[0], first)), "this one takes them first")
                above.append((handler, errors))

    def _finding(
        self, job: Job, origin: Origin, text: str, context: Context, happens: str, severity: Severity | None = None
    ) -> FindingBuilder:
        return context.finding(
            self, origin, text, confidence=Confidence.HIGH, severity=severity, job=job, what_happens=happens,
            how_to_fix="Put the narrower class first, or take out the handler that is not meant.",
        )  # fmt: skip


def _declaring(job: Job, handler: Handler, context: Context) -> ClassRef | None:
    """The class that a declaration stands on, or on a method of; None: on the job's function."""
    info = context.solver.classes.info(job.cls) if job.cls is not None else None
    for ancestor in info.ancestors if info is not None else ():
        above = context.solver.classes.info(ancestor)
        if above is None or above.filename != handler.origin.filename:
            continue
        decorators = (*above.decl.decorators, *(d for function in above.decl.functions for d in function.decorators))
        if any(decorator.start == handler.origin.start for decorator in decorators):
            return ancestor
    return None


def _taken(lower: Handler, uppers: list[Handler], context: Context) -> tuple[Handler, str] | None:
    """The declaration above that takes all the errors of this one, and their names."""
    if lower.open or not lower.errors:
        return None
    errors = [of_value(error.value, error.node) for error in lower.errors]
    for upper in uppers:
        named = [of_value(error.value, error.node) for error in upper.errors]
        wide = Errors(tuple(c for e in named for c in e.classes))
        if all(_all_below(error, wide, context) for error in errors):
            return upper, ", ".join(_short(c) for e in errors for c in e.classes)
    return None


def _all_below(errors: Errors, wide: Errors, context: Context) -> ClassRef | None:
    """The first of the errors, when every one of them is surely a kind of what `wide` names."""
    if errors.open or not errors.classes:
        return None
    if all(lineage(context.solver, cls) & wide.names for cls in errors.classes):
        return errors.classes[0]
    return None


def _own_rows(first: ir.Handler, second: ir.Handler) -> bool:
    """`Order.DoesNotExist` and `User.DoesNotExist`: both are known only as the error of a missing row."""
    above = {dotted(part) for part in _parts(first.type)}
    below = {dotted(part) for part in _parts(second.type)}
    return any(name.endswith(".DoesNotExist") for name in above) and not below <= above


def _parts(node: ir.Expr | None) -> list[ir.Expr]:
    if isinstance(node, (ir.TupleExpr, ir.ListExpr)):
        return list(node.elements)
    return [node] if node is not None else []


def _short(cls: ClassRef) -> str:
    return "a missing row" if cls.qualname == MISSING_ROW else cls.name
