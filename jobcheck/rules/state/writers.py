"""Who else writes to the rows of a class: other functions, forms and serializers of the project.

Functions are looked at first, for they can be shown to write; then what edits rows by declaration (`editors.py`). Only code
whose text says that something is written is read, and of a class that half the project mentions the nearest files.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import field

from jobcheck.code import ir
from jobcheck.project.source import UnreadableSource
from jobcheck.registry import Enqueue, Job, Message
from jobcheck.rules.base import Context
from jobcheck.rules.state import conditions, keys
from jobcheck.rules.state.changes import Changes
from jobcheck.rules.state.computed import by_database, computed
from jobcheck.rules.state.editors import Editors
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import ClassRef, FunctionRef, Origin
from jobcheck.solve.order import exclusive
from jobcheck.solve.sites import Site, Write
from jobcheck.solve.solver import Solver
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

_WRITING = re.compile(rb"\.\s*(?:a?save|a?update|a?update_or_create|a?bulk_update|commit|execute)\s*\(")
_DELETING = re.compile(rb"\.\s*a?delete\s*\(")
# Methods of a model that are part of every save, or of making a row.
_OF_SAVING = frozenset({"save", "asave", "clean", "full_clean", "__init__", "delete", "from_db", "save_base"})
# How many functions one question lowers, and files it looks into.
MOST_READ = 48
MOST_FILES = 64
_PASSED_OVER = ("migrations/", "management/commands/")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of `model`, written by code that is not among `run`.

    `own`: the fields that the job gives a value itself; assigned elsewhere, the last writer wins anyway. `counted`: only this
    field, computed from what it was. `declared`: what edits rows by declaration counts too. `keyed`: the job is handed the key
    of its row, so that what is sent instead of the job, for the same row, does not count. `asked`: what the job asks of the rows.
    `fields`: only these, where they are named.
    """

    model: ClassRef
    run: frozenset[tuple[str, int]]
    own: frozenset[str] = frozenset()
    counted: str | None = None
    declared: bool = True
    keyed: bool = False
    asked: conditions.Conditions = field(default_factory=dict)
    fields: frozenset[str] = frozenset()


class Writers:
    """Seeks the other writers of a job's rows."""

    def __init__(self, context: Context, job: Job) -> None:
        self.context = context
        self.solver: Solver = context.solver
        self.job = job

    def elsewhere(self, wanted: Wanted) -> Origin | None:
        """A place where other code writes to such rows; None when none is seen."""
        apart = self._apart() if wanted.keyed else frozenset()
        for unit in self._functions(wanted):
            if (unit.filename, unit.offset) not in wanted.run and (unit.filename, unit.offset) not in apart:
                found = self._writes(unit, wanted)
                if found is not None:
                    return found
        if wanted.counted is not None or not wanted.declared:
            return None
        return Editors(self.solver).of(wanted.model, self._files(wanted.model, wanted.model.name), wanted.fields)

    def ends(self, model: ClassRef) -> bool:
        """Whether such rows are seen to be deleted, or somebody listens to that."""
        listens = re.compile(rb"\b(?:pre|post)_delete\b[^\n]*\b" + re.escape(model.name.encode()) + rb"\b")
        for filename in self._files(model, model.name):
            data = self.solver.raw(filename) or b""
            if listens.search(data):
                return True
            deleting = [m.start() for m in _DELETING.finditer(data)]
            for ref, start, end in self._spans(filename) if deleting else ():
                unit = self.solver.function_unit(ref) if any(start <= at < end for at in deleting) else None
                operations = (self.solver.records.operation(s) for s in self.solver.flow(unit).sites) if unit is not None else ()
                if any(op is not None and op.act == "delete" and op.model == model for op in operations):
                    return True
        return False

    # --- jobs that never run beside this one ---------------------------------------------------------------------

    def _apart(self) -> frozenset[tuple[str, int]]:
        """The functions of jobs that are only sent instead of this one, in another branch, or after it, in one chain."""
        mine = self._messages(self.job)
        units = {m.enqueue.unit for m in mine}
        others = {m.job.key: m.job for m in self.context.registry.messages if m.enqueue.unit in units and m.job is not self.job}
        refs = [job.function for job in others.values() if job.function is not None and self._is_apart(mine, job)]
        return frozenset((ref.filename, ref.start) for ref in refs)

    def _messages(self, job: Job) -> list[Message]:
        return [m for m in self.context.registry.messages if m.job is job and not m.enqueue.in_test]

    def _is_apart(self, mine: list[Message], job: Job) -> bool:
        """Whether each message of a job stands in a function that sends this one, too, and never both at a time."""
        return all(
            any(m.enqueue.unit is other.enqueue.unit for m in mine)
            and all(_never_both(m.enqueue, other.enqueue) for m in mine if m.enqueue.unit is other.enqueue.unit)
            for other in self._messages(job)
        )

    # --- functions ---------------------------------------------------------------------------------------------

    def _functions(self, wanted: Wanted) -> Iterator[Unit]:
        """The functions that mention a class, or a counter, and write something, the nearest first."""
        seen: set[tuple[str, int]] = set()
        counting = self._mentioning(wanted.model, wanted.counted) if wanted.counted is not None else ()
        units = itertools.chain(self._methods(wanted.model), self._mentioning(wanted.model, wanted.model.name), counting)
        for unit in units:
            key = (unit.filename, unit.offset)
            if key not in seen and not unit.refused and unit.function is not None:
                seen.add(key)
                yield unit
            if len(seen) >= MOST_READ:
                return

    def _methods(self, model: ClassRef) -> Iterator[Unit]:
        """The methods of the class itself that save."""
        info = self.solver.classes.info(model)
        if info is None or model.filename is None:
            return
        data = self.solver.raw(model.filename) or b""
        for decl in info.decl.functions:
            if decl.name not in _OF_SAVING and _WRITING.search(data, decl.start, decl.end):
                unit = self.solver.function_unit(FunctionRef(model.filename, decl.qualname, decl.start))
                if unit is not None:
                    yield unit

    def _mentioning(self, model: ClassRef, name: str) -> Iterator[Unit]:
        for filename in self._files(model, name):
            data = self.solver.raw(filename) or b""
            writing = [m.start() for m in _WRITING.finditer(data)]
            mentioned = self.solver.callers.mentions.offsets(filename, name) if writing else []
            for ref, start, end in self._spans(filename) if mentioned else ():
                if any(start <= at < end for at in writing) and any(start <= at < end for at in mentioned):
                    unit = self.solver.function_unit(ref)
                    if unit is not None:
                        yield unit

    def _spans(self, filename: str) -> list[tuple[FunctionRef, int, int]]:
        try:
            found = self.solver.functions_of(filename)
        except UnreadableSource:
            return []
        return [(FunctionRef(filename, decl.qualname, decl.start), decl.start, decl.end) for decl, _ in found]

    def _files(self, model: ClassRef, name: str) -> list[str]:
        """The files that mention a name: those beside the class and beside the job first."""
        files = [f for f in self.solver.callers.mentions.files(name) if not any(p in f for p in _PASSED_OVER)]
        homes = {os.path.dirname(model.filename or ""), os.path.dirname(self.job.filename)}
        return sorted(files, key=lambda f: os.path.dirname(f) not in homes)[:MOST_FILES]

    def _writes(self, unit: Unit, wanted: Wanted) -> Origin | None:
        flow = self.solver.flow(unit)
        after = self._enqueued(unit)
        kept = self.solver.classes.record(wanted.model) == "sqlalchemy" or any(self._saves(s, wanted.model) for s in flow.sites)
        for write in flow.writes if kept or wanted.counted is not None else ():
            if write.stmt.start >= after and self._assigns(write, wanted):
                return unit.origin(write.stmt)
        for site in flow.sites:
            if site.call.start >= after and self._updates(site, wanted):
                return unit.origin(site.call)
        return None

    def _enqueued(self, unit: Unit) -> int:
        """Where a function enqueues the job: what it writes before that is what the job then reads."""
        sites = [m.enqueue.site for m in self.context.registry.messages if m.job is self.job]
        return min((s.call.end for s in sites if s.unit is unit), default=0)

    def _saves(self, site: Site, model: ClassRef) -> bool:
        """Whether a call writes a row that was there before."""
        operation = self.solver.records.operation(site)
        if operation is None or operation.act != "save" or operation.model != model:
            return False
        record = operation.record
        return record is None or not (self._is_new(record, site.env) or keys.is_template(self.solver, record, site.env))

    def _is_another(self, record: ir.Expr, env: Env, wanted: Wanted) -> bool:
        """Whether a row is surely none of the job's: one that was asked for in another state."""
        found = conditions.of(self.solver, self.solver.sources.of(record, env)) if wanted.asked else {}
        return conditions.apart(found, wanted.asked)

    def _is_new(self, record: ir.Expr, env: Env) -> bool:
        return Changes(self.solver).is_new(self.solver.sources.of(record, env))

    def _assigns(self, write: Write, wanted: Wanted) -> bool:
        """Whether a field of a row that was there before is given a value: one that the job leaves alone, or the counter."""
        target = write.target
        if not isinstance(target, ir.Attribute) or target.attr in wanted.own:
            return False
        if wanted.fields and target.attr.removesuffix("_id") not in wanted.fields and target.attr not in wanted.fields:
            return False
        if wanted.counted is not None and (target.attr != wanted.counted or computed(self.solver, write) is None):
            return False
        if keys.model_of(self.solver, target.value, write.env) != wanted.model:
            return False
        if self._is_another(target.value, write.env, wanted):
            return False
        field = self.solver.records.field(wanted.model, target.attr)
        if field is None or field.key or keys.is_template(self.solver, target.value, write.env):
            return False
        return not self._is_new(target.value, write.env)

    def _updates(self, site: Site, wanted: Wanted) -> bool:
        """`.update(state="new")`, `.update(count=F("count") + 1)`."""
        operation = self.solver.records.operation(site)
        if operation is None or operation.act != "update" or operation.model != wanted.model:
            return False
        if wanted.asked and conditions.apart(conditions.of_query(self.solver, site.call, site.env), wanted.asked):
            return False
        if wanted.counted is None:
            return bool(operation.fields & wanted.fields if operation.fields and wanted.fields else operation.fields)
        given = next((a.value for a in site.call.args if a.keyword == wanted.counted), None)
        return given is not None and by_database(self.solver, given, site.env)


def _never_both(one: Enqueue, other: Enqueue) -> bool:
    """Whether two messages are of two branches, or the links of one chain."""
    if exclusive(one.site.around, other.site.around):
        return True
    return (one.follows or other.follows) and one.site.stmt is other.site.stmt
