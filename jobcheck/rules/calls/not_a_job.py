"""
## What it finds
`.delay`, `.apply_async` or `.perform_later` on a plain function, method or class of the project, which has no such attribute
(its decorator or base class was lost), on a name that the module does not have (the job was renamed or moved), or on a job
of a framework that has another verb (`.delay` of a Dramatiq actor or a Huey task).

## Why it matters
The call raises AttributeError where the job should be enqueued, in the request or in another job, and only on the path
that reaches it. Tests that replace the function by a mock do not see it.

## Example
```python
def send_receipt(order_id): ...

send_receipt.delay(order.pk)
```

## Use instead
```python
@shared_task
def send_receipt(order_id): ...

send_receipt.delay(order.pk)
```

## How to fix
Put the decorator back, or call the job by the name that it has now.

## Options
None.

## Known limits
Functions under a decorator that jobcheck does not know, attributes that are set from outside, modules with
`__getattr__` and tests are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import MissingJob
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity

_SORTS = {"plain-function": "a plain function", "plain-class": "a plain class", "plain-method": "a plain method"}
_FIX = {
    "other-verb": "Enqueue it as its framework does.",
    "plain-function": "Declare it as a job, or call it.",
    "plain-class": "Give it the base class of a job.",
    "plain-method": "Enqueue a job that calls it.",
    "no-such-name": "Use the name that the job has now.",
}


class NotAJob(Rule):
    """JOB212."""

    code = "JOB212"
    severity = Severity.ERROR
    subject = MissingJob

    def check(self, missing: MissingJob, context: Context) -> Iterator[FindingBuilder]:
        if missing.in_test:
            return
        builder = context.finding(
            self, missing.origin, _message(missing, context), framework=missing.framework, subject=missing.name,
            what_happens="The call raises AttributeError and nothing is enqueued.", how_to_fix=_FIX[missing.why],
        )  # fmt: skip
        if missing.declared is not None:
            is_job = missing.why == "other-verb"
            note = f"`{missing.name}` is declared here, " + ("with another framework" if is_job else "and is no job")
            builder.relate(context.place(missing.declared), note)
        yield builder


def _message(missing: MissingJob, context: Context) -> str:
    func = missing.site.call.func
    verb = func.attr if isinstance(func, ir.Attribute) else ""
    if missing.why == "other-verb":
        whose = context.display(missing.framework)
        return f"`{missing.name}` is a job of {whose}, which has no `.{verb}`: it raises AttributeError"
    if missing.why == "no-such-name":
        text = context.text(missing.origin)
        return f"`{text}.{verb}` raises AttributeError: the module has no `{missing.name}`"
    return f"`{missing.name}` is {_SORTS[missing.why]}, not a job: `.{verb}` raises AttributeError"
