"""
## What it finds
A row that a job fetches, changes and writes back so that what others wrote to it in between is undone:

- the whole row is saved after slow work (a request, a mail, a subprocess, a sleep);
- a field is read, computed in Python and saved (`stock.count -= 1`), without a lock and not by the database;
- the row is locked by a second query, and the object of the first one is saved;
- `select_for_update()` on a query that never runs, which locks nothing.

## Why it matters
`save()` writes every column with the value that was read. Whatever a view, an admin or another job has written since the
job's read is gone, without an error; the longer the work in between, the surer. Two jobs that both read 7 and write 8
count one of two. In tests jobs run one after the other, and nothing is lost. SQLAlchemy, MongoEngine and jobs with
`update_fields` write only what was assigned, so that only the computed fields are lost.

## Example
```python
@app.task
def publish(article_id):
    article = Article.objects.get(pk=article_id)
    article.url = requests.post(API, json={"title": article.title}).json()["url"]
    article.save()
```

## Use instead
```python
    article.save(update_fields=["url"])
```

## How to fix
Write only what the job has changed: `save(update_fields=[...])`, or `.filter(pk=...).update(...)`. Let the database count:
`update(count=F("count") + 1)`. Where the new value depends on the old one in another manner, fetch the row with
`select_for_update()` inside of `transaction.atomic()`, after the slow work, and work with that object alone.

## Options
None.

## Known limits
A fetch and a save with nothing slow between them are left alone, and so is what runs under a lock of any sort. A
whole row saved after slow work has low confidence where no other code is seen that writes other fields of such rows
(an admin page is not enough, nor a serializer that no view updates with, nor a job that is only sent instead of this
one or after it in a chain), where each caller makes the row for this job alone, and where it is saved only after a
failure. So has a counter of the row whose key the job is handed, and of a job that only a schedule runs, unless other
code counts it too. A count that nothing of the project's Python reads has low confidence too; what templates read is
not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Place
from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state import conditions, locks
from jobcheck.rules.state.computed import computed, is_read
from jobcheck.rules.state.entries import visits_of
from jobcheck.rules.state.owned import is_own, is_owned, is_periodic
from jobcheck.rules.state.rows import DEEPEST, Row, Rows, Step, guarded
from jobcheck.rules.state.slow import Slow
from jobcheck.rules.state.writers import Wanted, Writers
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import ClassRef, FunctionRef, Origin
from jobcheck.solve.newness import only_new
from jobcheck.solve.order import chain, may_precede, shared_loop, surely_precedes
from jobcheck.solve.reach import Visit

# Mappers whose save writes every column.
_WHOLE = ("django", "peewee")
_SAVING = re.compile(rb"save|commit|flush|begin")


class LostUpdate(Rule):
    """JOB305."""

    code = "JOB305"
    severity = Severity.WARNING
    subject = Registry
    slow = 6

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        seen: set[FunctionRef] = set()
        shown: set[Place | None] = set()
        slow = Slow(context)
        for job in sorted(registry.jobs, key=lambda job: job.key):
            for visit in visits_of(job, context) if not context.solver.is_test(job.filename) else ():
                if visit.ref in seen:
                    continue
                seen.add(visit.ref)
                for builder in self._function(job, visit, slow, context):
                    if builder.place not in shown:
                        shown.add(builder.place)
                        yield builder

    def _function(self, job: Job, visit: Visit, slow: Slow, context: Context) -> Iterator[FindingBuilder]:
        yield from (self._never_run(job, site, context) for site in locks.never_run(context.solver, visit.flow))
        if not _may_save(visit.ref, context, 0):
            return
        locked = locks.held(context.solver, visit)
        for row in Rows(context.solver, visit.flow).fetched():
            yield from self._row(job, row, slow, locked, context)

    def _row(self, job: Job, row: Row, slow: Slow, locked: bool, context: Context) -> Iterator[FindingBuilder]:
        stale = locks.stale_save(context.solver, row)
        if stale is not None:
            yield self._stale(job, row, *stale, context)
        elif not locked and not guarded(context.solver, row):
            found = self._counted(job, row, context) or self._whole(job, row, slow, context)
            yield from () if found is None else (found,)

    # --- the whole row, after slow work ------------------------------------------------------------------------

    def _whole(self, job: Job, row: Row, slow: Slow, context: Context) -> FindingBuilder | None:
        saves = [save for save in row.saves if row.orm in _WHOLE and _is_whole(row, save)]
        late = [(save, wait) for save in saves for wait in (self._waited(row, save, slow),) if wait is not None]
        if not late:
            return None
        late.sort(key=lambda pair: (_on_failure(pair[0]), pair[0].node.start, _origin(pair[0]).start))
        save, wait = late[0]
        builder = self._lost(job, row, save, wait, context)
        for other, _ in late[1:]:
            builder.relate(context.place(_origin(other)), "and here")
        return builder

    def _waited(self, row: Row, save: Step, slow: Slow) -> Origin | None:
        """The slow call between the last read of a row and a save."""
        for site in row.flow.sites:
            if site.deferred or not _between(row, site, save) or any(_renewed(site, r, save) for r in row.renewals):
                continue
            found = slow.call(site)
            if found is not None and site.call is not save.node:
                return found
        return self._waited_within(save, slow)

    def _waited_within(self, save: Step, slow: Slow) -> Origin | None:
        """The same in the helper that saves, before it does."""
        if save.frame.call is None or save.operation is None:
            return None
        end = save.operation.site
        for site in save.frame.flow.sites:
            if not site.deferred and site.call is not end.call and may_precede(site.call, site.around, end.call, end.around):
                found = slow.call(site)
                if found is not None:
                    return found
        return None

    def _lost(self, job: Job, row: Row, save: Step, wait: Origin, context: Context) -> FindingBuilder:
        other = self._elsewhere(job, row, None, context)
        shared = other is not None and not _on_failure(save) and not is_owned(context, job, row)
        builder = self._finding(
            job, save, f"`{job.label}` saves the whole {row.name} as read before slow work: what others write meanwhile is lost",
            Confidence.MEDIUM if shared else Confidence.LOW, context,
        )  # fmt: skip
        builder.how_to_fix = "Write what the job has changed: `save(update_fields=[...])`, or fetch the row after the slow work."
        self._relate(builder, row, context)
        builder.relate(context.place(wait), "this takes its time")
        return builder.relate(context.place(other), "it is written here too") if other is not None else builder

    def _elsewhere(self, job: Job, row: Row, counted: str | None, context: Context) -> Origin | None:
        """Where code that the job does not run writes to such rows; for a counter, where it counts too."""
        if row.model is None:
            return None
        visits = visits_of(job, context)
        run = frozenset((v.unit.filename, v.unit.offset) for v in visits)
        own = _assigned(row) if counted is None else frozenset()
        made = any(_makes(context, visit, row.model) for visit in visits)
        asked = conditions.of(context.solver, row.source)
        wanted = Wanted(row.model, run, own, counted, declared=not made, keyed=is_own(context, job, row), asked=asked)
        return Writers(context, job).elsewhere(wanted)

    # --- computed from what was read ---------------------------------------------------------------------------

    def _counted(self, job: Job, row: Row, context: Context) -> FindingBuilder | None:
        for step in row.writes:
            write = step.write
            field = computed(context.solver, write) if write is not None else None
            if field is None or write is None or any(r.precedes(step) for r in row.renewals):
                continue
            save = next((s for s in row.saves if step.precedes(s) and _saves(s, field)), None)
            if save is None or not self._is_column(row, field, context) or _begun(row, step, field, context):
                continue
            unit = step.frame.flow.unit
            if only_new(context.solver, write.around, write.env) and not _makes_own(job, unit.cls, context):
                continue
            alone = is_own(context, job, row) or is_periodic(context, job)
            other = self._elsewhere(job, row, field, context) if alone else None
            builder = context.finding(
                self,
                unit.origin(write.stmt),
                f"`{job.label}` computes `{field}` of the {row.name} from what it read: of two runs at a time, one is lost",
                confidence=Confidence.LOW
                if (other is None and alone) or not is_read(context.solver, field)
                else Confidence.MEDIUM,
                job=job,
                subject=field,
                how_to_fix=f'Let the database compute it, `update({field}=F("{field}") + ...)`, or lock the row for the read.',
            )
            self._relate(builder, row, context)
            builder.relate(context.place(_origin(save)), "it is saved here")
            return builder.relate(context.place(other), "it is counted here too") if other is not None else builder
        return None

    def _is_column(self, row: Row, field: str, context: Context) -> bool:
        model = row.model
        return model is None or context.solver.records.field(model, field) is not None

    # --- locks that do not hold --------------------------------------------------------------------------------

    def _stale(self, job: Job, row: Row, lock: Site, save: Step, context: Context) -> FindingBuilder:
        builder = self._finding(
            job, save, f"`{job.label}` saves the {row.name} that it read before it locked the row: the lock protects nothing",
            Confidence.HIGH, context,
        )  # fmt: skip
        builder.how_to_fix = "Work with the object that the locking query gives, or call `refresh_from_db()` after it."
        self._relate(builder, row, context)
        return builder.relate(context.place(lock.unit.origin(lock.call)), "the row is locked here")

    def _never_run(self, job: Job, site: Site, context: Context) -> FindingBuilder:
        return context.finding(
            self,
            site.unit.origin(site.call),
            f"`{job.label}` builds a query with select_for_update() that never runs: nothing is locked",
            confidence=Confidence.HIGH,
            job=job,
            subject="select_for_update",
            how_to_fix="Run it, and work with what it gives: `.get()`, or `list(...)` of the query.",
        )

    # --- parts -------------------------------------------------------------------------------------------------

    def _finding(self, job: Job, save: Step, text: str, level: Confidence, context: Context) -> FindingBuilder:
        return context.finding(self, _origin(save), text, confidence=level, job=job, subject="save")

    def _relate(self, builder: FindingBuilder, row: Row, context: Context) -> None:
        builder.relate(context.place(row.flow.unit.origin(row.node)), "the row is read here")


def _may_save(ref: FunctionRef, context: Context, depth: int) -> bool:
    """A cheap look: whether a function, or one that it may hand a row to, has a word of saving in its text."""
    unit = context.solver.function_unit(ref)
    if unit is None or unit.refused or unit.function is None:
        return False
    data, end = context.solver.raw(unit.filename) or b"", unit.offset + unit.function.end
    if _SAVING.search(data, unit.offset, end):
        return True
    if depth >= DEEPEST:
        return False
    callees = (callee for site in context.solver.flow(unit).sites for callee in context.solver.reach.called(site))
    return any(_may_save(callee, context, depth + 1) for callee in callees)


def _assigned(row: Row) -> frozenset[str]:
    """The fields that the job gives a value."""
    targets = (step.write.target for step in row.writes if step.write is not None)
    return frozenset(target.attr for target in targets if isinstance(target, ir.Attribute))


def _saves(save: Step, field: str) -> bool:
    """Whether a save writes a field, as far as it says which it writes."""
    return save.operation is None or save.operation.fields is None or field in save.operation.fields


def _begun(row: Row, step: Step, field: str, context: Context) -> bool:
    """Whether the count begins with a value of the job's own: `row.count = 0`, and then `row.count += 1`."""
    earlier = (s for s in row.writes if s is not step and s.write is not None and not s.write.op and s.surely_precedes(step))
    targets = ((s.write, s.write.target) for s in earlier if s.write is not None)
    return any(
        isinstance(target, ir.Attribute) and target.attr == field and computed(context.solver, write) is None
        for write, target in targets
    )


def _on_failure(save: Step) -> bool:
    """Whether a row is saved only where something has failed: seldom, and most often to say so."""
    inner = save.operation.site.around if save.operation is not None else None
    return any(part.role == "handler" for place in (save.around, inner) for part in chain(place))


def _makes(context: Context, visit: Visit, model: ClassRef) -> bool:
    """Whether a function that the job runs makes such rows: they are the job's own, pages to look at them aside."""
    operations = (context.solver.records.operation(site) for site in visit.flow.sites)
    return any(op is not None and op.act in ("create", "upsert") and op.model == model for op in operations)


def _makes_own(job: Job, cls: ClassRef | None, context: Context) -> bool:
    """Whether a job makes rows of the model of a method that it runs."""
    return cls is None or any(_makes(context, visit, cls) for visit in visits_of(job, context))


def _origin(save: Step) -> Origin:
    unit = save.frame.flow.unit
    return unit.origin(save.operation.site.call if save.operation is not None else save.node)


def _is_whole(row: Row, save: Step) -> bool:
    """Whether a save writes every column, after something was assigned to the row."""
    operation = save.operation
    if operation is None or operation.act != "save" or operation.fields is not None or _says_which(operation.site.call):
        return False
    return any(write.precedes(save) for write in row.writes)


def _says_which(call: ir.Call) -> bool:
    """Whether a save is told which fields to write, seen or not: `save(update_fields=self.CACHED)`."""
    given = next((a.value for a in call.args if a.keyword == "update_fields"), None)
    return given is not None and not (isinstance(given, ir.Constant) and given.kind == "none")


def _between(row: Row, site: Site, save: Step) -> bool:
    if site.call is row.node or not may_precede(row.node, row.around, site.call, site.around):
        return False
    if not may_precede(site.call, site.around, save.node, save.around):
        return False
    if not surely_precedes(row.node, row.around, save.node, save.around):
        return True
    # Each save has a read of its own: what is slow stands between the two, or in a loop that the read is outside of.
    if row.node.end <= site.call.start and site.call.end <= save.node.start:
        return True
    loop, around = shared_loop(site.around, save.around), {id(a.node) for a in chain(row.around) if a.role == "loop"}
    return loop is not None and id(loop.node) not in around


def _renewed(site: Site, renewal: Step, save: Step) -> bool:
    """Whether the row is read again after a call, before it is saved."""
    return may_precede(site.call, site.around, renewal.node, renewal.around) and renewal.precedes(save)
