"""
## What it finds
A job that is enqueued once for each turn of a `for` loop or comprehension, with the loop's item among its arguments.

## Why it matters
Every enqueue is a round trip to the broker, in the middle of a request or a transaction: ten thousand rows are ten
thousand of them, and ten thousand messages that each cost a worker more than the work in it. When the loop fails half
way, half of the jobs are queued, and running it again enqueues these twice.

## Example
```python
for order in orders:
    index.delay(order.pk)
```

## Use instead
```python
perform_all_later(IndexOrder(pk) for pk in pks)           # the reference API: one call
index.chunks([(pk,) for pk in pks], 100).apply_async()    # Celery: a hundred runs in a message
index_many.delay(pks)
```

## How to fix
Use the framework's bulk form, or a job that takes a list of ids in bounded pieces.

## Options
Off by default: `extend-select = ["enqueue-in-loop"]`. One message per row is a fair choice where rows are few, or where
each must succeed and be retried by itself.

## Known limits
Loops over a handful of items written in the code are left alone, so are loops that spread the runs over time (a
`countdown` or `eta` that changes with the item), and enqueues in functions that a loop calls are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Enqueue
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.timing import closures
from jobcheck.solve.kinds import Sequence

_BULK = {
    "celery": "`chunks()`, or a job that takes a list of ids",
    "reference": "`perform_all_later(...)`",
}
_SPREADS = ("countdown", "eta", "wait", "wait_until")
_FEW = 12

Loop = ir.For | ir.Comprehension


class EnqueueInLoop(Rule):
    """JOB506."""

    code = "JOB506"
    severity = Severity.INFO
    subject = Enqueue

    def check(self, enqueue: Enqueue, context: Context) -> Iterator[FindingBuilder]:
        if not enqueue.sent or enqueue.immediate or enqueue.in_test or enqueue.form in ("beat", "perform_all_later"):
            return
        loop = next(closures.loops_around(enqueue.site.around), None)
        if not isinstance(loop, (ir.For, ir.Comprehension)) or closures.leaves(loop, enqueue.site.stmt):
            return
        changing = closures.targets_of(loop) | closures.assigned_in(loop)
        if not _reads(enqueue.site.call, changing) or _spread(enqueue, changing) or _few(loop, enqueue, context):
            return
        job = enqueue.jobs[0] if len(enqueue.jobs) == 1 else None
        name = job.label if job else enqueue.job_name or "a job"
        yield context.finding(
            self,
            enqueue.origin,
            f"`{name}` is enqueued once for each item of the loop: one message and one round trip per item",
            job=job,
            framework=enqueue.framework,
            what_happens="The loop waits for the broker each time; when it fails half way, half of the jobs are queued.",
            how_to_fix=f"Use {_BULK.get(enqueue.framework, 'the bulk form')}.",
        )


def _reads(node: ir.Node, names: set[str]) -> bool:
    return any(isinstance(part, ir.Name) and part.id in names for part in walk(node))


def _spread(enqueue: Enqueue, changing: set[str]) -> bool:
    """Whether the runs are spread over time: that takes a message of its own for each."""
    given = (enqueue.options.get(name) for name in _SPREADS)
    return any(option is not None and option.node is not None and _reads(option.node, changing) for option in given)


def _few(loop: Loop, enqueue: Enqueue, context: Context) -> bool:
    """Whether the items are a handful that the code itself lists."""
    source = loop.iter if isinstance(loop, ir.For) else loop.clauses[0].iter
    only = context.solver.value(source, enqueue.site.env).only
    return isinstance(only, Sequence) and only.items is not None and len(only.items) <= _FEW
