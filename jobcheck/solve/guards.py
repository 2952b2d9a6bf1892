"""What keeps an effect from being done a second time, where it stands: a look at what is done already, a lock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve import effect_tables as tables
from jobcheck.solve.defs import Def, Env, ExprDef, NarrowDef, PhiDef, UnpackDef, statements
from jobcheck.solve.kinds import ClassRef, Instance
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Flow, Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_DONE = re.compile(tables.DONE, re.IGNORECASE)
# Questions to a cache or lock whose answer is another one the second time.
_ASKING = frozenset({"add", "setnx", "sismember", "acquire", "aadd", "acquire_lock"})
_STORED = re.compile(r"cache|redis|lock|conn", re.IGNORECASE)
# What Celery's jobs know of their message.
_REQUESTS = frozenset({"request", "delivery_info"})
_LEAVING = (ir.Return, ir.Raise)


def around(
    solver: Solver,
    flow: Flow,
    site: Site,
    writes: frozenset[str],
    model: ClassRef | None = None,
    *,
    late: frozenset[str] = frozenset(),
) -> str:
    """What guards a call against being made a second time, in words; "" when nothing is seen.

    `writes` are the attributes that the function sets, itself or by what it calls; `model` the class of the row that
    the call writes. `late`: those that are set too late to guard it.
    """
    reader = _Reader(solver, flow, site, writes, late)
    return reader.tests() or reader.filled() or reader.selected() or reader.locks() or reader.cleared(model)


def tests(flow: Flow, site: Site) -> Iterator[tuple[ir.Expr, Env, bool]]:
    """Each test around a call, and each before it of which one branch leaves; and how it comes out when the call is reached."""
    for part in chain(site.around):
        if part.role == "branch" and isinstance(part.node, ir.If):
            yield part.node.test, part.env, part.truth
    function = flow.unit.function
    for stmt in statements(function.body if function is not None else flow.unit.body):
        if isinstance(stmt, ir.If) and stmt.end <= site.call.start and (_leaves(stmt.body) or _leaves(stmt.orelse)):
            env = flow.entered.get(id(stmt))
            if env is not None:
                yield stmt.test, env, not _leaves(stmt.body)


class _Reader:
    def __init__(self, solver: Solver, flow: Flow, site: Site, writes: frozenset[str], late: frozenset[str]) -> None:
        self.solver = solver
        self.flow = flow
        self.site = site
        self.writes = writes
        self.late = late

    # --- tests before it ---------------------------------------------------------------------------------------

    def tests(self) -> str:
        """A test around the call, or one before it that leaves, of something that is another way the second time."""
        for test, env, truth in tests(self.flow, self.site):
            found = self._asks(test, env, truth)
            if found:
                return found
        return ""

    def _asks(self, test: ir.Expr, env: Env, truth: bool) -> str:
        """What a test asks about the past; `truth` is how the part comes out."""
        match test:
            case ir.UnaryOp(op="not"):
                return self._asks(test.operand, env, not truth)
            case ir.BoolOp():
                return self._asks(test.left, env, truth) or self._asks(test.right, env, truth)
            case ir.Compare(ops=[op], comparators=[ir.Constant(kind="none")]):
                return self._asks(test.left, env, truth == (op in ("is not", "!=")))
            case ir.Attribute():
                return self._attribute(test, env)
            case ir.Call():
                return self._call(test, env, truth)
            case ir.Name():
                return self._name(test, env, truth)
            case ir.NamedExpr():
                return self._asks(test.value, env, truth)
            case ir.Await():
                return self._asks(test.value, env, truth)
            case _:
                return self._parts(test, env, truth)

    def _parts(self, test: ir.Expr, env: Env, truth: bool) -> str:
        """Comparisons and the like: whatever of the past they hold."""
        for node in walk(test, into_functions=False):
            if node is not test and isinstance(node, (ir.Attribute, ir.Call, ir.Name)):
                found = self._asks(node, env, truth)
                if found:
                    return found
        return ""

    def _attribute(self, node: ir.Attribute, env: Env) -> str:
        if node.attr in self.late:
            return ""
        if _counts_runs(node):
            return f"a test of {node.attr}"
        if _DONE.search(node.attr):
            return f"a test of {node.attr}"
        return f"a test of {node.attr}" if node.attr in self.writes and not self._refers(node, env) else ""

    def _refers(self, node: ir.Attribute, env: Env) -> bool:
        """Whether an attribute is another record: that it is there says nothing of what was done."""
        for kind in self.solver.value(node.value, env).kinds():
            field = self.solver.records.field(kind.cls, node.attr) if isinstance(kind, Instance) else None
            if field is not None:
                return field.relation is not None
        own = any(isinstance(w.target, ir.Attribute) and w.target.attr == node.attr for w in self.flow.writes)
        return not own

    def _call(self, node: ir.Call, env: Env, truth: bool) -> str:
        func = node.func
        last = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        if _DONE.search(last):
            return f"a test of {last}()"
        if last in (*_ASKING, "get", "set") and isinstance(func, ir.Attribute) and self._stored(func.value, env):
            return f"a test of {last}()"
        if last in ("exists", "aexists") and not truth:
            return f"a test of {last}()"
        if self._looks(node, truth):
            return "a look for the row"
        inner = func.value if isinstance(func, ir.Attribute) else None
        return self._asks(inner, env, truth) if isinstance(inner, (ir.Attribute, ir.Name)) and _DONE.search(_name(inner)) else ""

    def _looks(self, node: ir.Call, truth: bool) -> bool:
        """Whether a call claims rows, or looks for those that are there already."""
        site = next((s for s in self.flow.sites if s.call is node), None)
        operation = self.solver.records.operation(site) if site is not None else None
        if operation is None:
            return False
        return operation.act in ("upsert", "update") or (operation.act in ("exists", "count", "fetch") and not truth)

    def _stored(self, node: ir.Expr, env: Env) -> bool:
        """Whether an expression is a cache, a Redis client or a lock, by its name."""
        return bool(_STORED.search(_name(node)))

    def _name(self, node: ir.Name, env: Env, truth: bool) -> str:
        if _DONE.search(node.id):
            return f"a test of {node.id}"
        definition, local = env.lookup(node.id)
        return self._definition(definition, truth, 0) if local and definition is not None else ""

    def _definition(self, definition: Def, truth: bool, depth: int) -> str:
        """What a name was given: the answer of a question about the past."""
        match definition:
            case UnpackDef(source=source) if depth < 4:
                return self._definition(source, truth, depth + 1)
            case NarrowDef(before=before) if depth < 4:
                return self._definition(before, truth, depth + 1)
            case PhiDef(parts=parts) if depth < 4 and len(parts) <= 4:
                return next((found for p in parts for found in [self._definition(p, truth, depth + 1)] if found), "")
            case ExprDef(node=node, env=env) if depth < 4:
                node = node.value if isinstance(node, ir.Await) else node
                return self._call(node, env, truth) if isinstance(node, ir.Call) else self._made_of(node, env)
            case _:
                return ""

    def _made_of(self, node: ir.Expr, env: Env) -> str:
        for part in walk(node, into_functions=False):
            if isinstance(part, ir.Attribute) and self._attribute(part, env):
                return self._attribute(part, env)
        return ""

    # --- what is made where it was not found -------------------------------------------------------------------

    def filled(self) -> str:
        """A branch for what a look has not found, and which makes it: `if found is None: found = create(...)`."""
        for part in chain(self.site.around):
            if part.role == "branch" and isinstance(part.node, ir.If):
                name = _missing(part.node.test, part.truth)
                body = part.node.body if part.truth else part.node.orelse
                if name and self._looked_for(name, part.env) and any(self._makes(name, stmt) for stmt in body):
                    return f"a test of {name}"
        return ""

    def _looked_for(self, name: str, env: Env) -> bool:
        definition, local = env.lookup(name)
        while isinstance(definition, NarrowDef):
            definition = definition.before
        return local and isinstance(definition, ExprDef) and isinstance(definition.node, ir.Call)

    def _makes(self, name: str, stmt: ir.Stmt) -> bool:
        """Whether a statement, at the call or before it, gives the name what another call makes."""
        if not isinstance(stmt, ir.Assign) or stmt.start > self.site.call.start or not isinstance(stmt.value, ir.Call):
            return False
        return any(isinstance(target, ir.Name) and target.id == name for target in stmt.targets)

    # --- rows chosen by what is written later ------------------------------------------------------------------

    def selected(self) -> str:
        """Rows fetched by a field that the function sets: the second run does not find them again."""
        for site in self.flow.sites:
            if site.call.start > self.site.call.start:
                continue
            operation = self.solver.records.operation(site)
            if operation is None or operation.act not in ("fetch", "lock", "exists", "count"):
                continue
            names = [name.partition("__")[0] for name, _ in operation.lookups if name.partition("__")[0] not in self.late]
            found = next((n for n in names if n in self.writes or _DONE.search(n)), None)
            if found is not None:
                return f"rows are chosen by {found}"
        return ""

    def cleared(self, model: ClassRef | None) -> str:
        """Rows of the same sort are deleted first: what is written then is all there is."""
        for site in self.flow.sites if model is not None else ():
            operation = self.solver.records.operation(site) if site.call.start < self.site.call.start else None
            if operation is not None and operation.act == "delete" and operation.model == model:
                return "its rows are deleted first"
        return ""

    # --- locks -------------------------------------------------------------------------------------------------

    def locks(self) -> str:
        """A lock that is held around the call."""
        for part in chain(self.site.around):
            if part.role == "with" and isinstance(part.part, ir.WithItem) and _names_lock(part.part.context):
                return "a lock"
        return ""


def _name(node: ir.Expr) -> str:
    return node.attr if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""


def _missing(test: ir.Expr, truth: bool) -> str:
    """The name that a test finds to be nothing."""
    match test:
        case ir.UnaryOp(op="not", operand=operand):
            return _missing(operand, not truth)
        case ir.Compare(left=ir.Name(id=name), ops=[op], comparators=[ir.Constant(kind="none")]):
            return name if truth == (op in ("is", "==")) else ""
        case ir.Name(id=name):
            return "" if truth else name
        case _:
            return ""


def _counts_runs(node: ir.Attribute) -> bool:
    """`self.request.retries`, `self.executions`: the first run and the next are told apart."""
    return node.attr == "executions" or (node.attr in ("retries", "redelivered") and _name(node.value) in _REQUESTS)


def _leaves(body: list[ir.Stmt]) -> bool:
    last = body[-1] if body else None
    return isinstance(last, _LEAVING) or (isinstance(last, ir.Simple) and last.kind in ("continue", "break"))


def _names_lock(node: ir.Expr) -> bool:
    words = (n.attr if isinstance(n, ir.Attribute) else n.id for n in walk(node) if isinstance(n, (ir.Attribute, ir.Name)))
    return any("lock" in w.lower().replace("block", "") for w in words)
