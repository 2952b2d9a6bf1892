"""
## What it finds
A caller that changes a field of a record, saves it and enqueues the record's id, and a job that fetches the record anew
and *reports* that field: in a mail, a message, a webhook, a log line or a row of a journal. Both ends are seen: the change and
the read.

## Why it matters
Between enqueue and perform the row moves on: another request, another job, a retry an hour later. The job then reports
the newer value as if it were the one that was the reason for the report: the mail about "shipped" says "returned", two
mails say the same and none tells of the first change, the log has the wrong `updated_at`. It happens with every
framework, since the message holds the id alone. (With records that travel as references, the `activejob` wire, the job
fetches the row anew as well.)

Acting on the current data is another thing, and right: syncing, indexing, computing, a check of the status before the work.

## Example
```python
def ship(order):
    order.status = "shipped"
    order.save()
    tell_customer.delay(order.pk)

@app.task
def tell_customer(order_id):
    order = Order.objects.get(pk=order_id)
    send_mail("Your order", f"It is {order.status} now.", SHOP, [order.email])
```

## Use instead
```python
def ship(order):
    order.status = "shipped"
    order.save()
    tell_customer.delay(order.pk, order.status)
```

## How to fix
Pass the value that is reported, beside the id: `tell_customer.delay(order.pk, order.status)`. Where the report is only
right while the value still holds, compare it with the record's in the job and leave when it differs.

## Options
None.

## Known limits
Templates that are given the whole record are not read. The change is sought in the function that enqueues, in its callers
and in the helpers that it hands the record to, two levels each. A field that the job tests is what it acts on, and quiet; so is
one that it works with and only logs besides. Records that may be new where they are enqueued have no
older state. A field of bytes is the content that is sent, and so is what a streamed request (`stream=True`) is given.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.registry import Argument, Message
from jobcheck.rules.arguments.trips import placed
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state import keys, reports
from jobcheck.rules.state.changes import Change, Changes
from jobcheck.rules.state.fresh import Fresh, Telling, Told
from jobcheck.solve.defs import ExprDef
from jobcheck.solve.operators import plain_name


class StaleRead(Rule):
    """JOB301."""

    code = "JOB301"
    severity = Severity.WARNING
    subject = Message

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue, job = message.enqueue, message.job
        if enqueue.in_test or enqueue.immediate or job.function is None or message.converted:
            return
        for argument, parameter, _ in placed(message):
            if parameter is None or argument.node is None or argument.star:
                continue
            changes = Changes(context.solver).before(enqueue.site, argument.node)
            if changes:
                yield from self._compare(message, argument, parameter, changes, context)

    def _compare(
        self, message: Message, argument: Argument, parameter: str, changes: list[Change], context: Context
    ) -> Iterator[FindingBuilder]:
        telling = _telling(message, argument, parameter, context)
        for change in changes:
            told = next((t for t in telling.told if _is_of(t, change, telling)), None)
            if told is None or change.field in telling.tested or _passed(message, change):
                continue
            if not _content(change, context):
                yield self._finding(message, argument, change, told, context)

    def _finding(self, message: Message, argument: Argument, change: Change, told: Told, context: Context) -> FindingBuilder:
        job = message.job
        model = change.model.name
        builder = context.finding(
            self,
            argument.origin,
            f"`{job.label}` {reports.verb(told.kind)} `{change.field}` of the {model} as it is when it runs, not as it was "
            "changed here",
            confidence=min(message.confidence, Confidence.HIGH if change.sure else Confidence.MEDIUM),
            job=job,
            subject=f"{job.name}:{change.field}",
            what_happens="The job fetches the row anew: a change in between, or before a retry, is reported instead of this one.",
            how_to_fix=f"Pass the value of `{change.field}` to the job beside the id, and report that.",
        )
        what = f"saving sets `{change.field}` here" if change.automatic else f"`{change.field}` is changed here"
        builder.relate(context.place(change.origin), what)
        builder.relate(context.place(told.read), f"the job reads `{change.field}` here")
        builder.relate(context.place(told.fetch), "it fetches the record here")
        context.relate_enqueue(builder, message.enqueue)
        return builder


def _is_of(told: Told, change: Change, telling: Telling) -> bool:
    """Whether a report is of the changed field; a log line is only one where the job does nothing else with the field."""
    same = told.field == change.field and told.model in (None, change.model)
    return same and not (told.kind == "log" and told.field in telling.used)


def _telling(message: Message, argument: Argument, parameter: str, context: Context) -> Telling:
    """What the job reports of the record of a parameter."""
    function, given = message.job.function, _refetched(message, argument, context)
    assert function is not None
    return context.once(("telling", function, parameter, given), Fresh(context.solver, function, parameter, given).telling)


def _refetched(message: Message, argument: Argument, context: Context) -> bool:
    """Whether the argument is a record that travels as a reference, for the worker to fetch."""
    assert argument.node is not None
    references = bool(message.wires) and all(name.endswith("activejob") for name in message.wires)
    return references and keys.model_of(context.solver, argument.node, message.enqueue.site.env) is not None


def _content(change: Change, context: Context) -> bool:
    """Whether the field holds bytes: the content to be sent, which does not belong into a message, and no state."""
    field = context.solver.records.field(change.model, change.field)
    only = field.value.only if field is not None else None
    return only is not None and plain_name(only) == "bytes"


def _passed(message: Message, change: Change) -> bool:
    """Whether the message holds the changed value too: by the name of a parameter, an attribute or what was read of one."""
    for argument in message.enqueue.arguments:
        node = argument.node
        if argument.name == change.field or change.field in (getattr(node, "attr", ""), getattr(node, "id", "")):
            return True
        given = message.enqueue.site.env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
        if isinstance(given, ExprDef) and isinstance(given.node, ir.Attribute) and given.node.attr == change.field:
            return True
    return False
