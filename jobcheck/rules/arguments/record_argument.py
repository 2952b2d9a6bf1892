"""
## What it finds
A database record, or a QuerySet, that is sent whole: with pickle it can be, and arrives as a copy of what it was when it
was enqueued. Most of all where the job saves that copy.

## Why it matters
Between enqueue and perform the row goes on changing. A job that calls `.save()` on the copy writes *all* fields as they
were then: what others wrote in between is lost, without an error. A job that only reads it reports old values, and
acts on a row that may be gone. A QuerySet is evaluated when it is pickled: all its rows go into the message. A
message that waits through a deploy is unpickled with the new class and the old fields. With Celery's json such a record is
refused (JOB101); the `activejob` wire of the reference API sends a reference and fetches the row again, and is not
meant here.

## Example
```python
order = Order.objects.get(pk=pk)
charge.delay(order)                       # task_serializer = "pickle"

@app.task
def charge(order):
    order.charged = True
    order.save()
```

## Use instead
```python
charge.delay(order.pk)

@app.task
def charge(order_id):
    order = Order.objects.get(pk=order_id)
    order.charged = True
    order.save(update_fields=["charged"])
```

## How to fix
Pass the primary key and fetch the row in the job. Where the job reports what held at the time of the enqueue, pass those
values.

## Options
`[tool.jobcheck.serializers]` names the serializer where the code does not say it.

## Known limits
High confidence where the job saves the copy (one whose key is taken off before is a template, and left alone); medium
for a QuerySet, where the message waits for a minute or more, and where the job decides by a column of the copy that the
project is seen to write (of a message with many records: reads one). All else is low, and hidden: of what we read there
hardly anything was worth a change, as most such jobs tell of what has just been, and are to tell it as it
was. Low, too, where another job sends it, which has just read the row, and for `request.user`. A job that reads the row
anew (`refresh_from_db`) is left alone. What is not seen to be a record counts as one when the job's parameter is
annotated as one.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import Argument, Message
from jobcheck.rules.arguments import remedies, snapshots, trips
from jobcheck.rules.arguments.snapshots import Fate, Held
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state.writers import Wanted, Writers
from jobcheck.rules.timing.waits import waits
from jobcheck.solve.defs import dotted
from jobcheck.solve.kinds import FunctionRef, Plain
from jobcheck.values import dataclass

_PICKLE = "pickle"
# A message that waits so many seconds meets changes that nobody thought of when it was sent.
_LONG = 60.0


@dataclass(frozen=True, slots=True)
class _Copy:
    """An argument that is a record, what messages call it, and what the job does to it."""

    argument: Argument
    path: str
    record: Held
    fate: Fate
    level: Confidence


class RecordArgument(Rule):
    """JOB103."""

    code = "JOB103"
    severity = Severity.WARNING
    subject = Message
    yields_to = ("JOB101", "JOB106")

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue = message.enqueue
        if enqueue.immediate or enqueue.in_test or not message.wires:
            return
        if not all(context.wire(name).format == _PICKLE for name in message.wires):
            return
        copies = sorted(self._copies(message, context), key=lambda copy: -copy.level)
        if copies:
            first, *more = copies
            more = [copy for copy in more if copy.level >= Confidence.MEDIUM]
            yield self.finding(first, more, message, context)

    def _copies(self, message: Message, context: Context) -> Iterator[_Copy]:
        for argument, parameter, path in trips.placed(message):
            record = _record(argument, parameter, message, context)
            if record is None:
                continue
            fate = snapshots.fate(message.job, parameter, record, context) if parameter is not None else Fate("key")
            if fate.what != "fresh":
                level = _level(record, fate, message, parameter, context)
                # What the user was who asks is what the job is to go by.
                level = Confidence.LOW if fate.what == "read" and _is_asking(argument) else level
                yield _Copy(argument, path, record, fate, level)

    def finding(self, copy: _Copy, more: list[_Copy], message: Message, context: Context) -> FindingBuilder:
        """The finding at the worst of a message's copies, with what the job does to it; `more`: the others."""
        fate = copy.fate
        what = "a QuerySet with all its rows" if copy.record.query else context.describe(copy.record.kind)
        text = f"`{message.job.label}` is given {what} as `{copy.path}`{_TEXTS[fate.what]}"
        if more:
            text += "; so are " if len(more) > 1 else "; so is "
            text += ", ".join(f"`{other.path}`" for other in more)
        builder = context.finding(
            self, copy.argument.origin, text, job=message.job, confidence=copy.level, subject=copy.path,
            what_happens=_HAPPENS["saved" if fate.what == "saved" else "read"],
            how_to_fix=remedies.remedy(Plain("queryset" if copy.record.query else "record"), context),
        )  # fmt: skip
        if fate.use is not None:
            builder.relate(context.place(fate.use.origin), "it is saved here" if fate.what != "read" else "it is used here")
        for other in more:
            if other.fate.use is not None:
                builder.relate(context.place(other.fate.use.origin), f"`{other.path}` is used here")
        context.relate_enqueue(builder, message.enqueue)
        return builder


def _is_asking(argument: Argument) -> bool:
    """`request.user`."""
    node = argument.node
    return isinstance(node, ir.Attribute) and node.attr == "user" and dotted(node.value).rpartition(".")[2] == "request"


_TEXTS = {
    "saved": " and saves it: the copy in the message overwrites what was written since",
    "read": ": a copy as it was when it was enqueued",
    "key": ": a copy as it was when it was enqueued",
}
_HAPPENS = {
    "saved": "All fields are written as they were at the enqueue; changes since then are lost without an error.",
    "read": "The job sees the values of the enqueue, not those of the row.",
}


def _record(argument: Argument, parameter: str | None, message: Message, context: Context) -> Held | None:
    """The record that an argument is; by the annotation of the job's parameter where nothing else tells."""
    record = snapshots.held(argument.value, context)
    if record is not None or not argument.value.unknown or parameter is None or message.job.signature is None:
        return record
    declared = message.job.signature.parameter(parameter)
    promised = snapshots.held(declared.annotation, context) if declared is not None else None
    return Held(promised.kind, promised.cls, False, promised.query) if promised is not None else None


def _level(record: Held, fate: Fate, message: Message, parameter: str | None, context: Context) -> Confidence:
    level = {"saved": Confidence.HIGH, "key": Confidence.LOW}.get(fate.what, Confidence.MEDIUM)
    if fate.what == "read" and not record.query and not _deletes(message, parameter, context):
        level = Confidence.MEDIUM if _matters(record, fate, message, context) else Confidence.LOW
    if record.query:
        # The rows are in the message, whatever the job does with them; values and keys are what is meant to be there.
        level = Confidence.LOW if record.values else Confidence.MEDIUM
    return min(level, message.confidence, Confidence.HIGH if record.certain else Confidence.MEDIUM)


def _matters(record: Held, fate: Fate, message: Message, context: Context) -> bool:
    """Whether what the job reads of the copy may be old by then, and does harm: it decides by it, the message waits, or holds
    many. What a job tells of an event is to be as it was then; what a job hands to the next it has just read."""
    if waits(message.enqueue, _LONG):
        return True
    if _of_a_job(message, context):
        return False
    if record.listed:
        return _is_changed(record, frozenset() if fate.whole else fate.fields, message, context)
    return bool(fate.deciding) and _is_changed(record, fate.deciding, message, context)


def _of_a_job(message: Message, context: Context) -> bool:
    """Whether a job sends it; itself, or by a function that only jobs call."""
    functions = (job.function for job in context.registry.jobs)
    jobs = context.once("functions of jobs", lambda: {(ref.filename, ref.start) for ref in functions if ref is not None})
    unit = message.enqueue.unit
    if (unit.filename, unit.offset) in jobs:
        return True
    calls = context.solver.callers.of(FunctionRef(unit.filename, unit.qualname, unit.offset)).calls
    return bool(calls) and all((call.site.unit.filename, call.site.unit.offset) in jobs for call in calls)


def _is_changed(record: Held, fields: frozenset[str], message: Message, context: Context) -> bool:
    """Whether the project is seen to write these fields of such rows when they are there; any field, or to delete such rows,
    where no field is named. Of others' classes, and of what is not known to be of one, that is taken for granted."""
    cls = record.cls
    if cls is None or (cls.filename is None and not fields):
        return True
    writers = Writers(context, message.job)

    def changed() -> bool:
        return writers.elsewhere(Wanted(cls, frozenset(), fields=fields)) is not None or (not fields and writers.ends(cls))

    found: bool = context.once(("changed", cls, fields), changed)
    return found


def _deletes(message: Message, parameter: str | None, context: Context) -> bool:
    """Whether the job deletes the row of its copy: the next message may be of one that is gone."""
    uses = context.uses(message.job, parameter).found if parameter is not None else ()
    return any(use.how == "attribute" and use.name in ("delete", "adelete") for use in uses)
