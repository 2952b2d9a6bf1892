"""What a caller changed in a record before it enqueued the record's key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jobcheck.code import ir
from jobcheck.rules.state import keys
from jobcheck.solve.binding import argument_for
from jobcheck.solve.callers import Call
from jobcheck.solve.defs import Def, Env, ExprDef, NarrowDef, ParamDef, PhiDef, UnpackDef
from jobcheck.solve.flow import Around, Flow, Site
from jobcheck.solve.kinds import ClassObject, ClassRef, FunctionRef, Origin
from jobcheck.solve.newness import only_new
from jobcheck.solve.order import chain, may_precede, surely_precedes
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sites import Write
from jobcheck.solve.solver import Solver
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass

# How many callers up, and helpers down, changes are sought; and how many callers are looked at.
DEEPEST = 2
MOST_CALLERS = 8
_SAVES = ("save", "commit", "flush")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a record that was changed. `sure`: on every path; `automatic`: by saving, as `auto_now` fields are."""

    model: ClassRef
    field: str
    origin: Origin
    sure: bool
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class _Point:
    """A place in a flow before which changes are sought; no node: anywhere in it."""

    flow: Flow
    node: ir.Node | None = None
    around: Around | None = None

    def after(self, node: ir.Node, around: Around | None) -> bool:
        return self.node is None or may_precede(node, around, self.node, self.around)

    def surely_after(self, node: ir.Node, around: Around | None) -> bool:
        if self.node is None:
            return all(a.role == "with" for a in chain(around))
        return surely_precedes(node, around, self.node, self.around)


class Changes:
    """Seeks the changes that were made to one record before a call."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver

    def before(self, site: Site, node: ir.Expr) -> list[Change]:
        """The fields of the record, whose key `node` is, that were changed before the call."""
        flow = site.unit.flow
        if flow is None or only_new(self.solver, site.around, site.env):
            return []
        point = _Point(flow, site.call, site.around)
        record = self._record(flow, node, site.env)
        if record is None:
            changes = self._by_key(point, keys.key_source(self.solver, node, site.env))
        else:
            changes = iter(()) if self.is_new(record) else self._around(point, record, 0)
        found: dict[str, Change] = {}
        for change in changes:
            found.setdefault(change.field, change)
        return list(found.values())

    def _by_key(self, point: _Point, key: Source) -> Iterator[Change]:
        """Changes by queries alone, where the function never has the record itself."""
        for site in point.flow.sites:
            if site.call is not point.node and point.after(site.call, site.around):
                operation = self.solver.records.operation(site)
                if operation is not None and operation.act == "update":
                    yield from self._updated(point, operation, None, key)

    def _record(self, flow: Flow, node: ir.Expr, env: Env) -> Source | None:
        """The record of a key: the one it is an attribute of, or one that was fetched by it in the same function."""
        if keys.model_of(self.solver, node, env) is not None:
            return self.solver.sources.of(node, env)
        key = keys.key_source(self.solver, node, env)
        record = keys.keyed(self.solver, key)
        if record is not None:
            return record
        for site in flow.sites:
            fetched = Source(site.call, site.env)
            by = keys.fetched_by(self.solver, fetched)
            if by is not None and self.solver.sources.same(by, key):
                return fetched
        return None

    def is_new(self, record: Source) -> bool:
        """Whether the record is, or may be, made here: there is no older state that a later change could replace unseen."""
        if record.definition is None:
            return self._makes(record.node, record.env)
        pending: list[Def] = [record.definition]
        seen: set[int] = set()
        while pending:
            definition = pending.pop()
            if id(definition) in seen:
                continue
            seen.add(id(definition))
            if isinstance(definition, PhiDef):
                pending.extend(definition.parts)
            elif isinstance(definition, UnpackDef):
                pending.append(definition.source)
            elif isinstance(definition, NarrowDef):
                pending.append(definition.before)
            elif isinstance(definition, ExprDef) and self._makes(definition.node, definition.env):
                return True
        return False

    def _makes(self, node: ir.Expr, env: Env) -> bool:
        source = self.solver.sources.of(node, env)
        operation = keys.operation_of(self.solver, source)
        if operation is not None:
            return operation.act in ("create", "upsert")
        made = source.node
        return isinstance(made, ir.Call) and isinstance(self.solver.value(made.func, source.env).only, ClassObject)

    def _around(self, point: _Point, record: Source, up: int) -> Iterator[Change]:
        """Changes in the function itself, then in those that call it."""
        yield from self._within(point, record, 0)
        definition = record.definition
        unit = point.flow.unit
        if not isinstance(definition, ParamDef) or definition.function is not unit.function or up >= DEEPEST:
            return
        for call in self.solver.callers.of(FunctionRef(unit.filename, unit.qualname, unit.offset)).calls[:MOST_CALLERS]:
            given = self._given(call, definition)
            flow = call.site.unit.flow
            if given is not None and flow is not None and not self.is_new(given):
                yield from self._around(_Point(flow, call.site.call, call.site.around), given, up + 1)

    def _given(self, call: Call, definition: ParamDef) -> Source | None:
        """What one call gives for a parameter."""
        site, bound = call.site, call.callee.bound is not None
        func = site.call.func
        if bound and definition.index == 0:
            return self.solver.sources.of(func.value, site.env) if isinstance(func, ir.Attribute) else None
        node = argument_for(site.call, definition, bound)
        return self.solver.sources.of(node, site.env) if node is not None and not isinstance(node, str) else None

    # --- in one function ---------------------------------------------------------------------------------------

    def _within(self, point: _Point, record: Source, down: int) -> Iterator[Change]:
        for write in point.flow.writes:
            yield from self._written(point, write, record)
        for site in point.flow.sites:
            if not point.after(site.call, site.around) or site.call is point.node:
                continue
            operation = self.solver.records.operation(site)
            if operation is not None:
                yield from self._operated(point, operation, record)
            elif down < DEEPEST and self._concerns(site, record):
                for flow in self.solver.sources.bound(site.call, site.env):
                    for change in self._within(_Point(flow), record, down + 1):
                        yield replace(change, sure=change.sure and point.surely_after(site.call, site.around))

    def _written(self, point: _Point, write: Write, record: Source) -> Iterator[Change]:
        """`order.status = x`, saved before the point."""
        target = write.target
        if not isinstance(target, ir.Attribute) or not point.after(write.stmt, write.around):
            return
        if not self.solver.sources.same(self.solver.sources.of(target.value, write.env), record):
            return
        model = keys.model_of(self.solver, target.value, write.env)
        saved = self._saved(point, write, record) if model is not None else None
        if model is None or saved is None or self.solver.records.field(model, target.attr) is None:
            return
        sure = point.surely_after(write.stmt, write.around)
        yield Change(model, target.attr, point.flow.unit.origin(write.stmt), sure)
        if saved.act != "save":  # a session writes what has changed, and with it what is set by each update
            for name in self._automatic(model, None):
                yield Change(model, name, point.flow.unit.origin(write.stmt), sure, True)

    def _saved(self, point: _Point, write: Write, record: Source) -> Operation | None:
        """What saves an assignment before the point."""
        for site in point.flow.sites:
            if not may_precede(write.stmt, write.around, site.call, site.around) or not point.after(site.call, site.around):
                continue
            operation = self.solver.records.operation(site)
            if operation is None or operation.act not in _SAVES:
                continue
            if operation.act != "save" or self._saves(operation, record):
                return operation
        return None

    def _saves(self, operation: Operation, record: Source) -> bool:
        saved = operation.record
        if saved is None:
            return False
        return self.solver.sources.same(self.solver.sources.of(saved, operation.site.env), record)

    def _operated(self, point: _Point, operation: Operation, record: Source) -> Iterator[Change]:
        site = operation.site
        sure = point.surely_after(site.call, site.around)
        origin = point.flow.unit.origin(site.call)
        if operation.act == "save" and operation.model is not None and self._saves(operation, record):
            for name in self._automatic(operation.model, operation.fields):
                yield Change(operation.model, name, origin, sure, True)
        elif operation.act == "update":
            yield from self._updated(point, operation, record, keys.fetched_by(self.solver, record))

    def _updated(self, point: _Point, operation: Operation, record: Source | None, by: Source | None) -> Iterator[Change]:
        """`.update(status=...)` of the one row."""
        key = keys.lookup_key(self.solver, operation) if operation.by_key else None
        if key is None or operation.model is None:
            return
        owner = keys.keyed(self.solver, key)
        same = owner is not None and record is not None and self.solver.sources.same(owner, record)
        if same or (by is not None and self.solver.sources.same(key, by)):
            site = operation.site
            sure = point.surely_after(site.call, site.around)
            for name in sorted(operation.fields or ()):
                yield Change(operation.model, name, point.flow.unit.origin(site.call), sure)

    def _automatic(self, model: ClassRef, written: frozenset[str] | None) -> list[str]:
        """The fields that saving sets to the time."""
        names = [f.name for f in self.solver.records.fields(model).values() if f.auto == "now"]
        return names if written is None else [n for n in names if n in written]

    def _concerns(self, site: Site, record: Source) -> bool:
        """Whether a call is given the record, or is a method of it."""
        func = site.call.func
        given = [a.value for a in site.call.args if not a.star]
        if isinstance(func, ir.Attribute):
            given.append(func.value)
        named = (n for n in given if isinstance(n, (ir.Name, ir.Attribute)))
        return any(self.solver.sources.same(self.solver.sources.of(n, site.env), record) for n in named)
