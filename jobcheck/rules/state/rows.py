"""Rows that a function fetches, changes and writes back, itself or through what it hands them to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import field

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.rules.state import keys
from jobcheck.solve.defs import Env, IterDef, statements
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import ClassRef, FrameworkValue, Plain
from jobcheck.solve.order import chain, may_precede, surely_precedes
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sites import Around, Write
from jobcheck.solve.solver import Solver
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass

DEEPEST = 2
MOST_FRAMES = 24
_ORMS = {"dj_model": "django", "sqlalchemy": "sqlalchemy"}
_LOCKING = ("lock", "mutex", "semaphore")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A flow that a function runs through. `call` is the call in the outermost flow that leads to it."""

    flow: Flow
    call: Site | None = None


@dataclass(eq=False, slots=True)
class Step:
    """Something that is done to a row: at `node` of the outermost flow, in `frame`."""

    frame: Frame
    node: ir.Node
    around: Around | None
    operation: Operation | None = None
    write: Write | None = None

    def precedes(self, other: Step) -> bool:
        """Whether this may be done before another step."""
        if self.frame is other.frame or self.frame.call is not other.frame.call:
            return may_precede(self._node(other), self._around(other), other._node(self), other._around(self))
        mine, its = self.operation or self.write, other.operation or other.write
        return mine is not its

    def surely_precedes(self, other: Step) -> bool:
        """Whether this has been done whenever another step is; said of steps of one function."""
        if self.frame is not other.frame:
            return False
        return surely_precedes(self._inner, self._inner_around, other._inner, other._inner_around)

    def _node(self, other: Step) -> ir.Node:
        return self._inner if self.frame is other.frame else self.node

    def _around(self, other: Step) -> Around | None:
        return self._inner_around if self.frame is other.frame else self.around

    @property
    def _inner(self) -> ir.Node:
        if self.operation is not None:
            return self.operation.site.call
        return self.write.stmt if self.write is not None else self.node

    @property
    def _inner_around(self) -> Around | None:
        if self.operation is not None:
            return self.operation.site.around
        return self.write.around if self.write is not None else self.around


@dataclass(eq=False, slots=True)
class Row:
    """One row that the function has read, at `node`: what is assigned to it, and where it is written and read again.

    `locked`: the read locks it. `operation` is the read, where it is a call; None for the turns of a loop over a query.
    """

    model: ClassRef | None
    orm: str
    locked: bool
    source: Source
    node: ir.Node
    around: Around | None
    operation: Operation | None = None
    frames: list[Frame] = field(default_factory=list)
    writes: list[Step] = field(default_factory=list)
    saves: list[Step] = field(default_factory=list)
    renewals: list[Step] = field(default_factory=list)

    @property
    def flow(self) -> Flow:
        """The flow that reads it."""
        return self.frames[0].flow

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.model.name if self.model is not None else "row"


class Rows:
    """Reads one function."""

    def __init__(self, solver: Solver, flow: Flow) -> None:
        self.solver = solver
        self.flow = flow

    def fetched(self) -> Iterator[Row]:
        """The rows that the function reads and writes back."""
        if not self._may_write():
            return
        seen: list[Source] = []
        for row in itertools.chain(self._read(), self._looped(), self._reached(seen)):
            seen.append(row.source)
            self._follow(Frame(self.flow), row, 0)
            if (row.writes or row.saves) and not any(_copies(step) for step in row.writes):
                yield row

    def _read(self) -> Iterator[Row]:
        for site in self.flow.sites:
            operation = self.solver.records.operation(site)
            if operation is not None and operation.act in ("fetch", "lock"):
                source = Source(site.call, site.env)
                yield Row(operation.model, operation.orm, operation.act == "lock", source, site.call, site.around, operation)

    def _looped(self) -> Iterator[Row]:
        """The rows of `for order in Order.objects.filter(...)`, each read when the loop begins."""
        function = self.flow.unit.function
        for stmt in statements(function.body) if function is not None else ():
            env = self.flow.entered.get(id(stmt.body[0])) if isinstance(stmt, ir.For) else None
            before = self.flow.entered.get(id(stmt))
            if env is None or before is None or not isinstance(stmt, ir.For) or not isinstance(stmt.target, ir.Name):
                continue
            model = keys.model_of(self.solver, stmt.target, env)
            source = self.solver.sources.of(stmt.target, env)
            query = self.solver.value(stmt.iter, before).only
            if model is not None and isinstance(source.definition, IterDef) and isinstance(query, FrameworkValue):
                locked = bool(getattr(query.data, "locked", False) or getattr(query.data, "lock", False))
                yield Row(model, query.framework, locked, source, stmt.iter, _around(self.flow, stmt))

    def _reached(self, seen: list[Source]) -> Iterator[Row]:
        """Rows that are attributes of others (`user.profile`), and objects of unknown kind that are counted up and saved."""
        for write in self.flow.writes:
            owner = _owner(write.target)
            if owner is None:
                continue
            source = self.solver.sources.of(owner, write.env)
            if any(self.solver.sources.same(self._made(source), other) for other in seen):
                continue
            row = self._related(source) or self._unknown(source, write)
            if row is not None:
                yield row

    def _related(self, source: Source) -> Row | None:
        """The row that an attribute of a row refers to: read with it, or when it is first asked for."""
        node = source.node
        if source.definition is not None or not isinstance(node, ir.Attribute):
            return None
        model = keys.model_of(self.solver, node, source.env)
        if model is None:
            return None
        orm = _ORMS.get(self.solver.classes.record(model) or "", "")
        read = keys.operation_of(self.solver, self.solver.sources.of(node.value, source.env))
        here = read is not None and read.site.unit is self.flow.unit
        # What belongs to a locked row is read behind the lock, and who locks its owner is alone with it.
        locked = here and read is not None and read.act == "lock"
        if here and read is not None and _joins(read.site.call, node.attr):
            return Row(model, orm, locked, source, read.site.call, read.site.around, read)
        return Row(model, orm, locked, source, node, _around_node(self.flow, node))

    def _unknown(self, source: Source, write: Write) -> Row | None:
        """`thing.count += 1` of something that was not made here, and is not handed in."""
        counted = write.op in ("+", "-") and isinstance(write.value, ir.Constant) and write.value.kind == "int"
        if not counted or not isinstance(source.definition, (IterDef, type(None))):
            return None
        known = self.solver.value(source.node, source.env)
        if source.definition is None and not isinstance(source.node, ir.Attribute):
            return None
        if not known.unknown or _starts_at_self(source.node):
            return None
        return Row(None, "", False, source, source.node, _around_node(self.flow, source.node))

    def _may_write(self) -> bool:
        """A cheap look: something is assigned to an attribute, or saved, or handed on."""
        return bool(self.flow.writes) or any(_last(s.call.func) == "save" for s in self.flow.sites) or len(self.flow.sites) > 1

    def _follow(self, frame: Frame, row: Row, depth: int) -> None:
        row.frames.append(frame)
        for write in frame.flow.writes:
            owner = _owner(write.target)
            if owner is not None and self._is(owner, write.env, row):
                row.writes.append(self._step(frame, write.stmt, write.around, write=write))
        for site in frame.flow.sites:
            self._called(frame, site, row, depth)

    def _called(self, frame: Frame, site: Site, row: Row, depth: int) -> None:
        operation = self.solver.records.operation(site)
        if operation is not None:
            self._operated(frame, operation, row)
            return
        func = site.call.func
        if row.orm == "" and isinstance(func, ir.Attribute) and func.attr == "save" and self._is(func.value, site.env, row):
            row.saves.append(self._step(frame, site.call, site.around))
            return
        if depth >= DEEPEST or len(row.frames) >= MOST_FRAMES or not self._concerns(site, row):
            return
        for flow in self.solver.sources.bound(site.call, site.env):
            self._follow(Frame(flow, frame.call or site), row, depth + 1)

    def _operated(self, frame: Frame, operation: Operation, row: Row) -> None:
        step = self._step(frame, operation.site.call, operation.site.around, operation)
        if operation.act in ("commit", "flush"):
            row.saves.append(step)
        elif operation.record is not None and self._is(operation.record, operation.site.env, row):
            if operation.act == "save":
                row.saves.append(step)
            elif operation.act in ("refresh", "lock"):
                row.renewals.append(step)

    def _step(
        self, frame: Frame, node: ir.Node, around: Around | None, operation: Operation | None = None, write: Write | None = None
    ) -> Step:
        if frame.call is not None:
            node, around = frame.call.call, frame.call.around
        return Step(frame, node, around, operation, write)

    def _is(self, node: ir.Expr, env: Env, row: Row) -> bool:
        return self.solver.sources.same(self._made(self.solver.sources.of(node, env)), row.source)

    def _made(self, source: Source) -> Source:
        """The call that reads a row; what takes the row out of a result (`.one()`) is looked through."""
        operation = keys.operation_of(self.solver, source)
        return Source(operation.site.call, operation.site.env) if operation is not None else source

    def _concerns(self, site: Site, row: Row) -> bool:
        func = site.call.func
        given = [a.value for a in site.call.args if not a.star]
        if isinstance(func, ir.Attribute):
            given.append(func.value)
        return any(isinstance(n, (ir.Name, ir.Attribute)) and self._is(n, site.env, row) for n in given)


def guarded(solver: Solver, row: Row) -> bool:
    """Whether the row is read with a lock, or inside of one that is no transaction."""
    return row.locked or locks_around(solver, row.around)


def locks_around(solver: Solver, place: Around | None) -> bool:
    """Whether a place stands in the `with` of a lock."""
    return any(
        around.role == "with" and isinstance(around.part, ir.WithItem) and _locks(solver, around.part, around)
        for around in chain(place)
    )


def _copies(step: Step) -> bool:
    """`row.pk = None`: from then on it is a new row."""
    target = step.write.target if step.write is not None else None
    return isinstance(target, ir.Attribute) and target.attr in ("pk", "id")


def _joins(call: ir.Call, name: str) -> bool:
    """Whether a query reads a related row too: `.select_related("profile")`."""
    for node in walk(call):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr == "select_related":
            names = [a.value.value for a in node.args if isinstance(a.value, ir.Constant)]
            return not names or name in names
    return False


def _starts_at_self(node: ir.Expr) -> bool:
    while isinstance(node, ir.Attribute):
        node = node.value
    return isinstance(node, ir.Name) and node.id in ("self", "cls")


def _around_node(flow: Flow, node: ir.Node) -> Around | None:
    """What is open around an expression, from a call or an assignment of the same statement."""
    places: list[Site | Write] = [*flow.sites, *flow.writes]
    found = (p.around for p in places if p.stmt.start <= node.start and node.end <= p.stmt.end)
    return next(found, None)


def _around(flow: Flow, stmt: ir.For) -> Around | None:
    """What is open around a loop, from what stands in it."""
    for site in flow.sites:
        for around in chain(site.around):
            if around.node is stmt and around.role == "loop":
                return around.outer
    return None


def _locks(solver: Solver, item: ir.WithItem, around: Around) -> bool:
    if Plain("lock") in solver.value(item.context, around.env).kinds():
        return True
    node = item.context
    while isinstance(node, ir.Call):
        node = node.func
    names = []
    while isinstance(node, ir.Attribute):
        names.append(node.attr.lower())
        node = node.value.func if isinstance(node.value, ir.Call) else node.value
    if isinstance(node, ir.Name):
        names.append(node.id.lower())
    return any(word in name for word in _LOCKING for name in names)


def _owner(target: ir.Expr) -> ir.Expr | None:
    """The record whose attribute, or whose attribute's item, an assignment changes."""
    while isinstance(target, ir.Subscript):
        target = target.value
    return target.value if isinstance(target, ir.Attribute) else None


def _last(func: ir.Expr) -> str:
    return func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
