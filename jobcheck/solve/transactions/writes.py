"""The rows that are written in a transaction before a call on the way to an enqueue, and whose key an expression is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.binding import argument_for
from jobcheck.solve.defs import Def, Env, ExprDef, IterDef, ParamDef, UnpackDef
from jobcheck.solve.kinds import Instance
from jobcheck.solve.order import chain, exclusive, leaves_before
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sites import Around, Site
from jobcheck.solve.sources import Source, single
from jobcheck.solve.transactions.above import saved_by_form, written_above
from jobcheck.solve.transactions.keys import KEYS as _KEYS
from jobcheck.solve.transactions.keys import alternatives, carried, fetched_by
from jobcheck.solve.transactions.paths import Frame, Path
from jobcheck.solve.transactions.rows import Key, Row

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How deep helpers are looked into, and how many calls of them for one question.
_DEEPEST = 2
_MOST_CALLS = 40
_LONGEST = 24


class Writes:
    """Answers about paths; the writes of a frame are found once."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._rows: dict[tuple[int, int], tuple[Frame, list[Row]]] = {}
        self._left = 0

    # --- rows --------------------------------------------------------------------------------------------------

    def before(self, frame: Frame) -> list[Row]:
        """What a function writes before its call on the way, where the transaction is open."""
        key = (id(frame), 0)
        if key not in self._rows:
            self._left = _MOST_CALLS
            self._rows[key] = (frame, list(self._before(frame)))
        return self._rows[key][1]

    def _before(self, frame: Frame) -> Iterator[Row]:
        flow, here = frame.site.unit.flow, frame.site
        home = _home(here.around)
        for site in flow.sites if flow is not None else ():
            if site.call is here.call or not frame.covers(site.call) or _home(site.around) is not home:
                continue
            # A later write of a loop's last turn is one of another row.
            before = site.call.end <= here.call.start and not exclusive(site.around, here.around)
            if before and not leaves_before(site.around, here.call):
                yield from self.of_site(site)

    def of_site(self, site: Site, depth: int = 0) -> Iterator[Row]:
        """What one call writes, through helpers of the project."""
        operation = self._solver.records.operation(site)
        if operation is not None:
            if operation.writes:
                yield self._row(operation)
                yield from saved_by_form(self._solver, operation)
            return
        above = list(written_above(self._solver, site))
        if above:
            yield from above
            return
        if depth >= _DEEPEST or self._left <= 0 or not self._may_write(site):
            return
        self._left -= 1
        for flow in self._solver.sources.bound(site.call, site.env):
            for inner in flow.sites:
                if _home(inner.around) is None:
                    for row in self.of_site(inner, depth + 1):
                        yield replace(row, origin=site.unit.origin(site.call)) if depth == 0 else row

    def _may_write(self, site: Site) -> bool:
        func = site.call.func
        name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        return bool(name) and name not in ("get", "filter", "info", "debug", "append", "items", "format", "join", "values")

    def _row(self, operation: Operation) -> Row:
        site, record = operation.site, operation.record
        source = self._solver.sources.of(record, site.env) if record is not None else Source(site.call, site.env)
        return Row(operation.act, operation.model, source, site.unit.origin(site.call), operation)

    # --- keys --------------------------------------------------------------------------------------------------

    def keys(self, node: ir.Expr, env: Env) -> list[Key]:
        """The keys of rows (and the records) that an argument carries."""
        found: list[Key] = []
        for part, where in carried(self._solver, node, env, 0):
            source, origin = self._solver.sources.of(part, where), where.unit.origin(part)
            found.append(Key(source, self._record(source) or fetched_by(self._solver, source), origin))
            child = self._child(source)
            if child is not None:
                found.append(Key(source, child, origin, parent=True))
        return found

    def _child(self, source: Source) -> Source | None:
        """The record that a source is the parent of, or the key of the parent of: `item.order_id`, `item.order.pk`."""
        node = source.node
        if source.definition is not None or not isinstance(node, ir.Attribute):
            return None
        for kind in self._solver.value(node.value, source.env).kinds():
            field = self._solver.records.field(kind.cls, node.attr) if isinstance(kind, Instance) else None
            if field is not None and field.relation is not None and not field.many and not field.unique:
                return self._solver.sources.of(node.value, source.env)
        return self._child(self._solver.sources.of(node.value, source.env)) if node.attr in _KEYS else None

    def _record(self, source: Source) -> Source | None:
        """The record that a source is a key of, or is."""
        node = source.node
        if source.definition is None and isinstance(node, ir.Attribute) and self._is_key(node, source.env):
            owner = node.value
            if node.attr == "hex" and isinstance(owner, ir.Attribute):
                return self._record(Source(owner, source.env))
            return self._solver.sources.of(owner, source.env)
        return source if self._is_record(source) else None

    def _is_record(self, source: Source) -> bool:
        kinds = self._solver.value(source.node, source.env).kinds()
        return any(isinstance(k, Instance) and self._solver.records.fields(k.cls) for k in kinds)

    def _is_key(self, node: ir.Attribute, env: Env) -> bool:
        owners = [k.cls for k in self._solver.value(node.value, env).kinds() if isinstance(k, Instance)]
        for cls in owners:
            field = self._solver.records.field(cls, node.attr)
            if field is not None:
                return field.key or field.unique or node.attr in _KEYS
        return node.attr in _KEYS

    # --- the two together --------------------------------------------------------------------------------------

    def written(self, path: Path, key: Key) -> Row | None:
        """The write, on a path, of the row that a key is about."""
        record, source = key.record, key.source
        for number, frame in enumerate(path.frames):
            for row in reversed(self.before(frame)) if record is not None else ():
                if row.record is not None and record is not None and self.same_row(row.record, record):
                    return row
            changed = self._by_lookup(frame, source) if not key.parent else None
            if changed is not None:
                return changed
            if number + 1 == len(path.frames):
                return self._by_entry(path, record, frame)
            outer, units = path.frames[number + 1], [f.site.unit for f in path.frames[number + 1 :]]
            if any(source.env.unit is unit for unit in units) and source.env.unit is not frame.site.unit:
                continue  # the way is bound to one call: it leads out by itself
            record = self._outside(record, frame, outer) if record is not None else None
            moved = self._outside(source, frame, outer)
            if moved is not None:
                source = moved
                record = record or (None if key.parent else self._record(source) or fetched_by(self._solver, source))
        return None

    def _by_lookup(self, frame: Frame, source: Source) -> Row | None:
        """A write that names its row by the same key: `Order.objects.filter(pk=pk).update(...)`."""
        for row in reversed(self.before(frame)):
            operation = row.operation
            if operation is not None and operation.by_key and operation.record is None:
                same = (self._solver.sources.of(node, operation.site.env) for name, node in operation.lookups if name in _KEYS)
                if any(self._solver.sources.same(found, source) for found in same):
                    return row
        return None

    def _by_entry(self, path: Path, record: Source | None, frame: Frame) -> Row | None:
        """What the framework wrote before it called the outermost function."""
        opening, function = path.opening, frame.site.unit.function
        if opening.saved is None or record is None or function is None:
            return None
        base = record
        if record.definition is None and isinstance(record.node, ir.Attribute) and record.node.attr == "instance":
            base = self._solver.sources.of(record.node.value, record.env)  # `form.instance` of an admin's form
        definition = single(base.definition) if base.definition is not None else None
        if isinstance(definition, ParamDef) and definition.param.name == opening.saved:
            return Row(opening.act, opening.model, record, opening.origin)
        return None

    def _outside(self, source: Source, frame: Frame, outer: Frame) -> Source | None:
        """What a source is for the caller: parameters become what the call gives; a closure sees what its function does."""
        definition = single(source.definition) if source.definition is not None else None
        if isinstance(definition, ParamDef) and definition.function is not outer.site.unit.function:
            return self._given(definition, frame, outer)
        if frame.site.unit is outer.site.unit and frame.extent is not None and _outside_of(source, frame.extent):
            return source
        if source.definition is None and isinstance(source.node, ir.Attribute):
            owner = self._outside(self._solver.sources.of(source.node.value, source.env), frame, outer)
            if owner is not None:
                node = source.node
                return self._solver.sources.of(ir.Attribute(node.start, node.end, owner.node, node.attr), owner.env)
        return None

    def _given(self, definition: ParamDef, frame: Frame, outer: Frame) -> Source | None:
        if definition.function is not frame.site.unit.function:
            return None
        site = outer.site
        if outer.bound and definition.index == 0 and definition.role in ("arg", "posonly"):
            func = site.call.func
            return self._solver.sources.of(func.value, site.env) if isinstance(func, ir.Attribute) else None
        node = argument_for(site.call, definition, outer.bound)
        return self._solver.sources.of(node, site.env) if node is not None and not isinstance(node, str) else None

    def same_row(self, first: Source, second: Source) -> bool:
        """Whether two sources are one record: the same, or items of one collection, or what one call made; `second` may
        be one of several things."""
        one = self._made(first)
        return any(self._same(one, self._made(other)) for other in alternatives(self._solver, second))

    def _same(self, one: Source, other: Source) -> bool:
        if isinstance(one.node, ir.Call) and one.node is other.node and one.env.unit is other.env.unit:
            return True
        return self._solver.sources.same(one, other)

    def _made(self, source: Source) -> Source:
        """The call that made a record behind unpacking, items and loops."""
        for _ in range(_LONGEST):
            before = self._before_that(source)
            if before is None:
                return source
            source = before
        return source

    def _before_that(self, source: Source) -> Source | None:
        definition = single(source.definition) if source.definition is not None else None
        if isinstance(definition, UnpackDef) and definition.index == 0:
            inner: Def = single(definition.source)
            if isinstance(inner, ExprDef) and isinstance(inner.node, ir.Call):
                return self._solver.sources.of(inner.node, inner.env)
        if isinstance(definition, IterDef) and isinstance(definition.node, (ir.Name, ir.Attribute, ir.Call)):
            return self._solver.sources.of(definition.node, definition.env)
        if source.definition is None and isinstance(source.node, ir.Subscript):
            return self._solver.sources.of(source.node.value, source.env)
        return None


def _outside_of(source: Source, node: ir.Node) -> bool:
    return source.node.end <= node.start or source.node.start >= node.end


def _home(around: Around | None) -> ir.Node | None:
    """The nested function that a place is in."""
    return next((a.node for a in chain(around) if a.role in ("def", "lambda")), None)
