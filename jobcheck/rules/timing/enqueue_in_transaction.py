"""
## What it finds
A job that is enqueued while a database transaction is open, and that will ask the database for what this transaction
writes: the id of a row that it creates, saves or deletes is an argument, or the job reads rows that it writes. The
transaction may be a `with transaction.atomic()`, a decorator, a caller's, `ATOMIC_REQUESTS`, Django's admin, a receiver
of `post_save`, a session's `begin()`; with Frappe each request and job is one, and `after_insert`, of a document
or in the `doc_events` of a hooks.py, runs inside of it.

## Why it matters
The queue does not take part in the transaction. A worker that is quick asks for the row before it is committed: it is
not there (`DoesNotExist`), or is still the old one. When the transaction is rolled back, the job runs all the same.
Under load it happens a few times a day, on a developer's machine never. Celery, RQ, Dramatiq and Huey all behave so;
storing *results* in the database does not change it. A queue in the same database connection commits with the rows.

## Example
```python
with transaction.atomic():
    order = Order.objects.create(customer=customer)
    send_invoice.delay(order.pk)
```

## Use instead
```python
with transaction.atomic():
    order = Order.objects.create(customer=customer)
    transaction.on_commit(functools.partial(send_invoice.delay, order.pk))
```

## How to fix
Enqueue after the commit: `transaction.on_commit(functools.partial(job.delay, pk))`; Celery since 5.4 has
`job.delay_on_commit(pk)` for Django, and jobs of the reference API say `enqueue_after_commit = True`. With SQLAlchemy
enqueue after the `with` block, or after `session.commit()`. Frappe's `enqueue` takes `enqueue_after_commit=True`.

## Options
None.

## Known limits
The confidence is high when the write, the argument and the job's read are all seen, medium when one of them is taken from
how such code behaves, and low (hidden) when the job does not touch what the transaction writes, when the fields that are
seen to be changed are none that it reads, asks by or saves, and when it is to run a second later or more. Callers are
followed three functions up. A model's receivers and its own `save` are judged by the places that save it. Where these are
the admin alone, or a `get_or_create`, whose commit follows at once, only a job that asks for the row by its key is spoken
of. That a job reads an old document of Frappe's is told where it reads the field that was set; that it does not find a new
one, always.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.registry import Message
from jobcheck.rules.arguments.trips import placed
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state import keys
from jobcheck.rules.timing import columns, documents, reads, sending, waits
from jobcheck.solve.kinds import Origin
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sites import Site
from jobcheck.solve.transactions import CERTAIN, LIKELY, Path
from jobcheck.solve.transactions.keys import KEYS
from jobcheck.solve.transactions.rows import Row
from jobcheck.solve.transactions.writes import Writes
from jobcheck.values import dataclass

_LEVELS = {CERTAIN: Confidence.HIGH, LIKELY: Confidence.MEDIUM}
_DONE = {"create": "creates", "upsert": "may create", "save": "saves", "add": "creates", "update": "updates", "delete": "deletes"}
_SEEN = {
    "delete": "still finds it", "save": "may read what it was before", "update": "may read what it was before",
    "written": "may not see that yet",
}  # fmt: skip
_UNCOMMITTED = "may look for it before it is there"
_NEW = ("create", "upsert", "add")


@dataclass(frozen=True, slots=True)
class _Case:
    """What the job gets of one transaction: how sure it is, the write, and what the job reads."""

    confidence: Confidence
    path: Path
    row: Row | None = None
    read: Origin | None = None
    text: str = ""


class EnqueueInTransaction(Rule):
    """JOB501."""

    code = "JOB501"
    severity = Severity.ERROR
    subject = Message
    slow = 4
    yields_to = ("JOB502",)

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        site = sending.sending(message.enqueue, context)
        if site is None:
            return
        way = (site, *message.enqueue.through) if site is message.enqueue.site else (site,)
        paths = context.solver.transactions.along(way).paths
        cases = [case for path in paths for case in _cases(message, path, context)]
        if not cases:
            return
        case = max(cases, key=lambda c: c.confidence)
        yield self._finding(message, site, case, context)

    def _finding(self, message: Message, site: Site, case: _Case, context: Context) -> FindingBuilder:
        job, opening = message.job, case.path.opening
        builder = context.finding(
            self, message.enqueue.origin, f"`{job.label}` is enqueued before the transaction is committed{case.text}",
            confidence=case.confidence, job=job, framework=message.enqueue.framework, subject=job.label,
            what_happens="A worker may run the job before the commit, and runs it after a rollback, too.",
            how_to_fix=_remedy(message, case.path),
        )  # fmt: skip
        builder.relate(context.place(opening.origin), opening.note)
        for frame in case.path.frames[1:]:
            builder.relate(context.place(frame.site.unit.origin(frame.site.call)), "it is called here, inside the transaction")
        if case.row is not None:
            builder.relate(context.place(case.row.origin), "the row is written here")
        if case.read is not None:
            builder.relate(context.place(case.read), "the job asks the database for it here")
        return builder


def _remedy(message: Message, path: Path) -> str:
    if path.opening.family == "frappe":
        return "Give `enqueue_after_commit=True`."
    if path.opening.family != "django":
        return "Enqueue after the transaction is committed."
    label = message.job.label
    if message.enqueue.framework == "celery":
        return f"`transaction.on_commit(functools.partial({label}.delay, ...))`, or `{label}.delay_on_commit(...)` (Celery 5.4)."
    return "Hand the enqueue to `transaction.on_commit(...)`."


def _cases(message: Message, path: Path, context: Context) -> Iterator[_Case]:
    """What speaks against enqueuing on one path, arguments first."""
    level = _LEVELS.get(path.opening.level, Confidence.LOW)
    if path.opening.act == "before":
        return
    if path.opening.whole and sending.needs_fields(path.frames[-1].site):
        return  # the saves that are known to be in a transaction do not say which fields they write
    reached = context.solver.transactions.reached(path)
    if reached is None:
        yield _Case(Confidence.LOW, path)
        return
    path, level = reached, min(level, _LEVELS.get(reached.opening.level, Confidence.LOW))
    if waits.waits(message.enqueue) or sending.is_fallback(message.enqueue):
        level = Confidence.LOW  # most transactions are over by then; what has just failed seldom works at once
    if path.opening.family == "frappe":
        yield from _of_documents(message, path, level, context)
        return
    found = list(_by_argument(message, path, level, context)) or list(_by_model(message, path, level, context))
    yield from found or [_Case(Confidence.LOW, path)]


def _by_argument(message: Message, path: Path, level: Confidence, context: Context) -> Iterator[_Case]:
    """Arguments that are keys of rows which the transaction writes."""
    writes = context.once("writes", lambda: Writes(context.solver))
    known = reads.reads_of(message.job, context)
    for argument, parameter, _ in placed(message):
        written = sending.written(argument, message.enqueue)
        for key in writes.keys(*written) if written is not None else ():
            row = writes.written(path, key)
            if row is not None and key.parent:
                yield from _of_parent(path, row, parameter, known, level)
            elif row is not None:
                yield _judged(message, path, row, parameter, known, level, context)


def _of_documents(message: Message, path: Path, level: Confidence, context: Context) -> Iterator[_Case]:
    """Frappe's: keys that are handed over, and the key of the document that the job is a method of."""
    writes = context.once("writes", lambda: Writes(context.solver))
    known = reads.reads_of(message.job, context)
    given = [(argument, parameter) for argument, parameter, _ in placed(message)]
    about = message.enqueue.about
    for argument, parameter in [*given, *([(about, None)] if about is not None else [])]:
        written = sending.written(argument, message.enqueue)
        for key in writes.keys(*written) if written is not None else ():
            row = writes.written(path, key) if key.record is None or key.record.key != key.source.key else None
            if row is None or key.parent or not documents.minds(message.job, row, context):
                continue  # a document that is handed over itself holds what it was given
            fetched = (reads.Read(row.model, argument.origin, frozenset(), whole=True),) if argument is about else known
            yield _judged(message, path, row, parameter, fetched, level, context)


def _judged(
    message: Message, path: Path, row: Row, parameter: str | None, known: tuple[reads.Read, ...], level: Confidence,
    context: Context,
) -> _Case:  # fmt: skip
    """How sure it is that the job asks for the row that an argument is the key of."""
    read = _question(known, row, parameter, context)
    unread = False
    if row.act == "delete":
        level = Confidence.LOW  # that the row is gone is another matter (JOB308)
    elif read is None:
        # that it asks for the row is a guess; that it minds what an old row was before would be a second one
        new = row.act in _NEW or _act(row) == "written"
        perhaps = new and (row.model is not None or row.act == "create") and reads.unseen(message.job, parameter, context)
        level = level.lowered() if perhaps else Confidence.LOW
    elif _waited_for(known, row, context):
        level = Confidence.LOW  # the lock waits for the commit
    elif unread := _was_there(row.operation, context) and columns.unread(message.job, row.operation, context):
        level = Confidence.LOW  # what is changed is nothing that the job looks at; that it is rolled back is rare
    elif sending.retries_absence(message.job, context):
        new = row.act in _NEW or path.opening.slight
        level = Confidence.LOW if new else level.lowered() if _act(row) == "written" else level
    old = row.operation is None and sending.is_old(path.frames[-1].site)
    if old:  # what the save changes is not seen, and the row itself is there: that it is what the job reads is a guess
        level = level.lowered() if reads.minds(message.job, row.model, context) else Confidence.LOW
    if row.operation is None and row.model is None:  # two guesses at once are none
        level = min(level, Confidence.MEDIUM) if path.opening.level == CERTAIN else Confidence.LOW
    name = f"the `{row.model.name}`" if row.model is not None else "the row"
    seen = "runs after a rollback, too" if unread else _SEEN.get(row.act if old else _act(row), _UNCOMMITTED)
    text = f" that {_DONE.get(row.act, 'writes')} {name} it is about: the job {seen}"
    return _Case(level, path, row, read.origin if read is not None else None, text)


def _of_parent(path: Path, row: Row, parameter: str | None, known: tuple[reads.Read, ...], level: Confidence) -> Iterator[_Case]:
    """A job that is told what the written row belongs to, and reads such rows: `recount.delay(item.order_id)`."""
    asked = (r for r in known if r.whole or parameter in r.parameters)
    read = next((r for r in asked if r.model == row.model and not (r.fields and r.fields <= KEYS)), None)
    if read is not None and row.model is not None:
        text = f" that {_DONE.get(row.act, 'writes')} a `{row.model.name}`: the job, which reads such rows, may not see that yet"
        yield _Case(_guessed(level, path), path, row, read.origin, text)


def _guessed(level: Confidence, path: Path) -> Confidence:
    """That the written row is among those that the job reads is a guess; that the commit comes so late would be a second one."""
    return Confidence.LOW if path.opening.slight else min(level, Confidence.MEDIUM)


def _question(known: tuple[reads.Read, ...], row: Row, parameter: str | None, context: Context) -> reads.Read | None:
    """The read by which the job asks for a row: by the argument and of its model, else one of the two."""
    asked = reads.by(known, parameter)
    either = (r for r in asked if r.model is None or row.model is None or reads.related(r.model, row.model, context.solver))
    return next(either, None) or reads.of_model(known, row.model, context)


def _act(row: Row) -> str:
    """What was surely done: what a signal or the admin saves may be new."""
    return row.act if row.operation is not None or row.act != "save" else "written"


def _by_model(message: Message, path: Path, level: Confidence, context: Context) -> Iterator[_Case]:
    """Rows of a model that the transaction writes and that the job reads: by one of its arguments, or all there are."""
    writes = context.once("writes", lambda: Writes(context.solver))
    known = reads.reads_of(message.job, context)
    by_argument, whole = tuple(r for r in known if r.parameters), tuple(r for r in known if r.whole)
    # By a key one row is found: whether it is the written one was asked of the arguments.
    several = tuple(r for r in by_argument if not r.fields or not r.fields <= KEYS)
    for frame in path.frames if known else ():
        for row in writes.before(frame):
            new = row.act in (*_NEW, "delete")
            changed = reads.of_model(tuple(r for r in by_argument if _changes(row, r)), row.model, context)
            read = changed or reads.of_model((*several, *whole) if new else whole, row.model, context)
            if read is not None and row.model is not None and not _waited_for(known, row, context):
                done = f" that {_DONE.get(row.act, 'writes')} a `{row.model.name}`"
                text = f"{done}: the job, which reads such rows, may not see that yet"
                yield _Case(level if changed is not None else _guessed(level, path), path, row, read.origin, text)


def _waited_for(known: tuple[reads.Read, ...], row: Row, context: Context) -> bool:
    """Whether the first that the job does with such rows is to lock one: what has changed it is committed by then. For a row that
    may be new nobody waits."""
    first = reads.of_model(known, row.model, context)
    return first is not None and first.locks and _was_there(row.operation, context)


def _was_there(operation: Operation | None, context: Context) -> bool:
    """Whether what is written is a row that has surely been there before: one that was read, or that a query changes."""
    if operation is None or operation.record is None:
        return operation is not None and operation.act == "update"
    read = keys.operation_of(context.solver, context.solver.sources.of(operation.record, operation.site.env))
    return read is not None and read.act in ("fetch", "lock")


def _changes(row: Row, read: reads.Read) -> bool:
    """Whether a write sets a field by which the job asks."""
    operation = row.operation
    return operation is not None and operation.act == "update" and bool((operation.fields or frozenset()) & read.fields)
