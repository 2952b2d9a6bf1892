"""
## What it finds
A job that is given the id of a record which the same function saves only afterwards: a new one, whose id is None or
whose row does not exist yet, or a changed one, whose new values the job reads from the database; and a receiver of
`pre_save` that enqueues.

## Why it matters
The message is on its way before the row is. With an id of None the job finds nothing, each time. With a changed field it
is a race: the worker mostly reads the old value, and does with it what was meant for the new one.

## Example
```python
order = Order(customer=customer)
send_invoice.delay(order.pk)
order.save()
```

## Use instead
```python
order = Order(customer=customer)
order.save()
send_invoice.delay(order.pk)
```

## How to fix
Enqueue after the save: after `save()`, `session.commit()`, in a receiver of `post_save`; and inside a transaction
when it is committed (`transaction.on_commit`).

## Options
None.

## Known limits
Nothing is said when something that cannot be seen into is given the record before the enqueue. A changed record
counts only where the job is seen to read the changed field. A row that is saved whole after the enqueue counts where
the job writes it at once: before it has waited for another machine, gone through a loop or asked the database a few
times.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Message
from jobcheck.rules.arguments.trips import placed
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.timing import sending, waits
from jobcheck.rules.timing.unsaved import Case, Unsaved
from jobcheck.solve.sites import Site
from jobcheck.solve.sources import Source
from jobcheck.solve.transactions.rows import Key
from jobcheck.solve.transactions.writes import Writes


class EnqueueBeforeSave(Rule):
    """JOB502."""

    code = "JOB502"
    severity = Severity.ERROR
    subject = Message

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        site = sending.sending(message.enqueue, context)
        if site is None:
            found = list(_early(message, context)) if sending.reads_now(message.enqueue) else []
        elif waits.waits(message.enqueue):
            found = list(_early(message, context))  # a row that it waits for; a key that is not there yet stays away
        else:
            found = [case for case in _cases(message, site, context) if case is not None]
        if found:
            case = max(found, key=lambda c: c.confidence)
            yield self._finding(message, case, context)

    def _finding(self, message: Message, case: Unsaved, context: Context) -> FindingBuilder:
        job = message.job
        builder = context.finding(
            self, message.enqueue.origin, f"`{job.label}` is enqueued {case.text}", confidence=case.confidence, job=job,
            framework=message.enqueue.framework, subject=job.label, how_to_fix="Enqueue after the record is saved.",
        )  # fmt: skip
        builder.relate(context.place(case.later), case.note)
        if case.change is not None:
            builder.relate(context.place(case.change), "it is changed here")
        if case.read is not None:
            builder.relate(context.place(case.read), "the job's side of it")
        return builder


def _early(message: Message, context: Context) -> Iterator[Unsaved]:
    """What is sent later, with arguments that are read now: `on_commit(partial(job.delay, order.pk))`."""
    for key, record, parameter in _keys(message, context):
        case = Case(message, message.enqueue.site, key, record, parameter, context).new(early=True)
        if case is not None:
            yield case


def _keys(message: Message, context: Context) -> Iterator[tuple[Key, Source, str | None]]:
    writes = context.once("writes", lambda: Writes(context.solver))
    for given, parameter, _ in placed(message):
        for key in writes.keys(given.node, message.enqueue.site.env) if given.node is not None else ():
            if key.record is not None and not key.parent:
                yield key, key.record, parameter


def _cases(message: Message, site: Site, context: Context) -> Iterator[Unsaved | None]:
    writes = context.once("writes", lambda: Writes(context.solver))
    for key, record, parameter in _keys(message, context):
        case = Case(message, site, key, record, parameter, context)
        yield case.new()
        yield case.changed()
        yield case.overwritten()
        yield case.overridden()
        for path in context.solver.transactions.at(site).paths:
            yield case.announced(path, writes)
