"""
## What it finds
A job that fetches a record by the key it was given, in a way that raises when there is none, and has no answer to that: no
`except`, no `discard_on`. Off by default.

## Why it matters
Between enqueue and perform the record may be deleted. The fetch then raises, and under retries it raises each time again: no
retry brings a row back. The error report is noise, and the retries keep a worker busy.

## Example
```python
@app.task(autoretry_for=(Exception,))
def index(order_id):
    order = Order.objects.get(pk=order_id)
    search.add(order)
```

## Use instead
```python
@app.task(autoretry_for=(ConnectionError,))
def index(order_id):
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return
    search.add(order)
```

## How to fix
Say what a missing record means: `except Order.DoesNotExist: return`, `.filter(...).first()`, or
`@discard_on(Order.DoesNotExist)`. Let retries be about errors that pass.

## Options
None.

## Known limits
Only fetches in the job's own function are judged, and of SQLAlchemy only those that raise. Where the job retries on that
error confidence is medium, else low: the job then fails once, which may be what is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import Handler, Job
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state import keys
from jobcheck.solve.escape import escapes, meets
from jobcheck.solve.exceptions import MISSING_ROW, Errors, of_value
from jobcheck.solve.orm.base import Operation

_RAISING = frozenset({"get", "aget", "get_object_or_404", "aget_object_or_404", "get_or_404", "get_one", "earliest", "latest"})
_MISSING = frozenset({MISSING_ROW, "django.http.Http404", "sqlalchemy.exc.NoResultFound", "LookupError"})


class VanishedRecord(Rule):
    """JOB306."""

    code = "JOB306"
    severity = Severity.WARNING
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        unit = context.solver.function_unit(job.function) if job.function is not None else None
        if unit is None or unit.refused or unit.function is None or context.solver.is_test(job.filename):
            return
        for site in context.solver.flow(unit).sites:
            operation = context.solver.records.operation(site)
            if operation is None or not _raises(operation) or not self._by_parameter(operation, unit.function, context):
                continue
            if escapes(context.solver, site.around, _MISSING) and not self._discards(job, context):
                yield self._finding(job, operation, context)

    def _by_parameter(self, operation: Operation, function: ir.FunctionDef, context: Context) -> bool:
        key = keys.lookup_key(context.solver, operation) if operation.by_key else None
        return key is not None and keys.parameter(key, function) is not None

    def _discards(self, job: Job, context: Context) -> bool:
        """Whether a declaration gives the job up for this error, or takes it, before one retries it."""
        first = next((h for h in job.handlers if self._takes(h, context)), None)
        return first is not None and first.what in ("discard", "rescue")

    def _takes(self, handler: Handler, context: Context) -> bool:
        errors: list[Errors] = [of_value(error.value, error.node) for error in handler.errors]
        return any(meets(context.solver, found.classes, _MISSING) for found in errors)

    def _finding(self, job: Job, operation: Operation, context: Context) -> FindingBuilder:
        model = operation.model.name if operation.model is not None else "record"
        retried = next((h for h in job.handlers if h.what == "retry" and self._takes(h, context)), None)
        again = ", and is retried, which brings no row back" if retried is not None else ""
        builder = context.finding(
            self,
            operation.site.unit.origin(operation.site.call),
            f"`{job.label}` fails when its {model} was deleted after the enqueue{again}",
            confidence=Confidence.MEDIUM if retried is not None else Confidence.LOW,
            job=job,
            subject=model,
            how_to_fix="Say what a missing record means: `except ...DoesNotExist`, `.first()` and a test, or a discard.",
        )
        return builder.relate(context.place(retried.origin), "it is retried for this error") if retried is not None else builder


def _raises(operation: Operation) -> bool:
    func = operation.site.call.func
    name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    if operation.act not in ("fetch", "lock") or name not in _RAISING:
        return False
    return operation.orm != "sqlalchemy" or name in ("get_or_404", "get_one")
