"""Whether a record whose key is enqueued is saved only afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Confidence
from jobcheck.registry import Job, Message
from jobcheck.rules.base import Context
from jobcheck.rules.state.slow import Slow
from jobcheck.rules.timing import reads
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import ParamDef
from jobcheck.solve.kinds import ClassObject, ClassRef, Instance, Origin
from jobcheck.solve.order import exclusive, leaves_before, may_precede
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.reach import Visit
from jobcheck.solve.sites import Site, Write
from jobcheck.solve.sources import Source, single
from jobcheck.solve.transactions import CERTAIN, Path
from jobcheck.solve.transactions.rows import Key
from jobcheck.solve.transactions.writes import Writes
from jobcheck.values import dataclass

_SAVES = frozenset({"save", "create", "upsert", "add"})
_ENDS = frozenset({"flush", "commit"})
# How much a job may ask of the database, or have helpers do, until what it writes no longer meets a save after its enqueue.
_AT_ONCE = 3
_QUERIES = frozenset({"fetch", "lock", "count", "exists"})


@dataclass(frozen=True, slots=True)
class Unsaved:
    """One way in which it is: `text` ends a message, `later` is the save that comes too late, `note` what is said there."""

    confidence: Confidence
    text: str
    later: Origin
    note: str
    change: Origin | None = None
    read: Origin | None = None


class Case:
    """One record whose key is enqueued."""

    def __init__(self, message: Message, site: Site, key: Key, record: Source, parameter: str | None, context: Context) -> None:
        self.message = message
        self.site = site
        self.key = key
        self.record = record
        self.parameter = parameter
        self.context = context
        self.solver = context.solver
        self.flow = site.unit.flow

    # --- saves of the record -----------------------------------------------------------------------------------

    def _operations(self) -> Iterator[Operation]:
        for site in self.flow.sites if self.flow is not None else ():
            operation = self.solver.records.operation(site)
            if operation is not None and site.enclosing("lambda", "def") is self.site.enclosing("lambda", "def"):
                yield operation

    def _saves(self, operation: Operation) -> bool:
        """Whether an operation writes the record."""
        if operation.act not in _SAVES or operation.record is None:
            return False
        return self.solver.sources.same(self.solver.sources.of(operation.record, operation.site.env), self.record)

    def _mentioned(self, site: Site) -> bool:
        """Whether a call that is not understood is given the record, or is a method of it."""
        func = site.call.func
        given = [a.value for a in site.call.args]
        if isinstance(func, ir.Attribute):
            given.append(func.value)
        nodes = [n for g in given for n in walk(g) if isinstance(n, ir.Name)]
        return any(self.solver.sources.same(self.solver.sources.of(n, site.env), self.record) for n in nodes)

    def _before(self, site: Site) -> bool:
        return may_precede(site.call, site.around, self.site.call, self.site.around)

    def _after(self, site: Site) -> bool:
        later = site.call.start >= self.site.call.end and not exclusive(site.around, self.site.around)
        return later and not leaves_before(self.site.around, site.call)

    def _saved_later(self) -> Operation | None:
        """The save that comes after the enqueue, when none may come before it."""
        found = None
        for operation in self._operations():
            if not self._saves(operation) and not (operation.orm == "sqlalchemy" and operation.act in _ENDS):
                continue
            added = operation.act == "add" and operation.orm == "sqlalchemy"
            if self._before(operation.site) and not added:
                return None
            if found is None and self._after(operation.site) and not added:
                found = operation
        return found

    # --- the cases ---------------------------------------------------------------------------------------------

    def new(self, early: bool = False) -> Unsaved | None:
        """A record that was made here and is saved later; `early`: only where it has no key yet, as the message goes later."""
        call = self.record.node
        if not isinstance(call, ir.Call) or self.record.env.unit is not self.site.unit:
            return None
        model = self._model()
        if model is None or (early and not self._key_is_given_by_database(model)):
            return None
        if not (self._constructs(call) or _uncommitted(call)) or self._handed_out(call):
            return None
        later = self._saved_later()
        if later is None or (later.orm == "sqlalchemy" and not self._added()):
            return None
        value = "None" if self._key_is_given_by_database(model) else "one that no row has yet"
        word = "saved" if later.orm != "sqlalchemy" else "flushed"
        text = f"before the `{model.name}` is {word}: the id that it is given is {value}"
        return Unsaved(Confidence.HIGH, text, later.site.unit.origin(later.site.call), "it is saved only here")

    def _constructs(self, call: ir.Call) -> bool:
        return isinstance(self.solver.value(call.func, self.record.env).only, ClassObject)

    def _model(self) -> ClassRef | None:
        kinds = self.solver.value(self.record.node, self.record.env).kinds()
        found = [k.cls for k in kinds if isinstance(k, Instance) and self.solver.records.fields(k.cls)]
        return found[0] if len(found) == 1 else None

    def _key_is_given_by_database(self, model: ClassRef) -> bool:
        return any(f.key and f.auto == "key" for f in self.solver.records.fields(model).values())

    def _handed_out(self, made: ir.Call) -> bool:
        """Whether something that cannot be seen into got the record before the enqueue, and may have saved it."""
        for site in self.flow.sites if self.flow is not None else ():
            if site.call is made or site.call is self.site.call or site.call.end > self.site.call.start:
                continue
            operation = self.solver.records.operation(site)
            # a query flushes the session first
            flushes = operation is not None and operation.orm == "sqlalchemy" and operation.act in _QUERIES
            if flushes or (operation is None and self._mentioned(site) and not _inside(site.call, self.site.call)):
                return True
        return False

    def _added(self) -> bool:
        return any(self._saves(o) and o.act == "add" and self._before(o.site) for o in self._operations())

    def changed(self) -> Unsaved | None:
        """A record whose field is set before the enqueue and saved after it, and that the job reads."""
        later = self._saved_later()
        model = self._model()
        if later is None or model is None:
            return None
        for write in self.flow.writes if self.flow is not None else ():
            if not isinstance(write.target, ir.Attribute) or not self._is_change(write):
                continue
            if later.fields is not None and write.target.attr not in later.fields:
                continue
            read = _reads_field(self.message.job, model, write.target.attr, self.parameter, self.context)
            if read is not None:
                text = f"before the new `{write.target.attr}` of the `{model.name}` is saved: the job reads the old one"
                unit = self.site.unit
                return Unsaved(Confidence.HIGH, text, later.site.unit.origin(later.site.call), "it is saved only here",
                              unit.origin(write.stmt), read)  # fmt: skip
        return None

    def _is_change(self, write: Write) -> bool:
        assert isinstance(write.target, ir.Attribute)
        if not may_precede(write.stmt, write.around, self.site.call, self.site.around):
            return False
        return self.solver.sources.same(self.solver.sources.of(write.target.value, write.env), self.record)

    def overwritten(self) -> Unsaved | None:
        """A record that is saved whole after the enqueue of a job that writes the same row."""
        later, model = self._saved_later(), self._model()
        if later is None or model is None or later.fields is not None or later.orm == "sqlalchemy":
            return None
        written = _writes_row(self.message.job, model, self.context) if self._question(model) is not None else None
        if written is None:
            return None
        text = f"before the `{model.name}` is saved, with all its fields: what the job writes until then is overwritten"
        origin = later.site.unit.origin(later.site.call)
        return Unsaved(Confidence.MEDIUM, text, origin, "it is saved here", None, written)

    def overridden(self) -> Unsaved | None:
        """A model's own `save` that enqueues before it saves."""
        unit = self.site.unit
        definition = single(self.record.definition) if self.record.definition is not None else None
        if unit.function is None or unit.function.name != "save" or not isinstance(definition, ParamDef) or definition.index != 0:
            return None
        if unit.cls is None or self.solver.classes.record(unit.cls) is None:
            return None
        later = self._saved_later()
        if later is None:
            return None
        read = self._question(unit.cls)
        if read is None:
            return None
        text = f"before the `{unit.cls.name}` is saved: the job reads what it was before"
        return Unsaved(Confidence.HIGH, text, later.site.unit.origin(later.site.call), "it is saved only here", None, read.origin)

    def announced(self, path: Path, writes: Writes) -> Unsaved | None:
        """A receiver of `pre_save`."""
        if path.opening.act != "before":
            return None
        row = writes.written(path, self.key)
        read = self._question(row.model) if row is not None else None
        if row is None or read is None:
            return None
        name = f"the `{row.model.name}`" if row.model is not None else "the row"
        level = Confidence.HIGH if path.opening.level == CERTAIN else Confidence.MEDIUM
        return Unsaved(level, f"before {name} is saved: the job reads what it was before", path.opening.origin,
                      "this is called before the row is saved", None, read.origin)  # fmt: skip

    def _question(self, model: ClassRef | None) -> reads.Read | None:
        known = reads.reads_of(self.message.job, self.context)
        asked = [r for r in reads.by(known, self.parameter) if r.model is not None and model is not None]
        return next((r for r in asked if r.model and model and reads.related(r.model, model, self.solver)), None)


def _reads_field(job: Job, model: ClassRef, name: str, parameter: str | None, context: Context) -> Origin | None:
    """Where the job reads a field of the record that it fetches by a parameter."""
    asked = reads.by(reads.reads_of(job, context), parameter)
    if job.function is None or not any(r.model is not None and reads.related(r.model, model, context.solver) for r in asked):
        return None
    for visit in context.solver.reach.of(job.function):
        set_there = {id(w.target) for w in visit.flow.writes}
        for node in walk(visit.unit.function.body) if visit.unit.function is not None else ():
            if isinstance(node, ir.Attribute) and node.attr in (name, f"get_{name}_display") and id(node) not in set_there:
                return visit.unit.origin(node)
    return None


def _writes_row(job: Job, model: ClassRef, context: Context) -> Origin | None:
    """Where the job writes rows of a model, if it does so at its beginning."""
    for visit in context.solver.reach.of(job.function) if job.function is not None else ():
        for site in visit.flow.sites:
            operation = context.solver.records.operation(site)
            if operation is None or operation.act not in ("save", "update") or operation.model is None:
                continue
            if reads.related(operation.model, model, context.solver) and _comes_soon(visit, site, context):
                return site.unit.origin(site.call)
    return None


def _comes_soon(visit: Visit, site: Site, context: Context) -> bool:
    """Whether a job gets to a place at once: a save that follows the enqueue is done long before what comes after slow work."""
    slow = context.once("slow-calls", lambda: Slow(context))
    asked = 0
    for place in (*visit.calls, site):
        for earlier in place.unit.flow.sites if place.unit.flow is not None else ():
            if earlier.call.end > place.call.start or earlier.deferred or exclusive(earlier.around, place.around):
                continue
            looped = earlier.enclosing("loop") is not None
            if slow.call(earlier) is not None or (looped and place.enclosing("loop") is None):
                return False
            asked += context.solver.records.operation(earlier) is not None or bool(context.solver.reach.called(earlier))
    return asked <= _AT_ONCE


def _inside(inner: ir.Node, outer: ir.Node) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _uncommitted(call: ir.Call) -> bool:
    """`form.save(commit=False)`."""
    given = argument(call, 0, "commit")
    return isinstance(given, ir.Constant) and given.value is False
