"""What keeps an effect from being done a second time, where it stands: a look at what is done already, a lock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve import effect_tables as tables
from jobcheck.solve.defs import Def, Env, ExprDef, NarrowDef, PhiDef, UnpackDef, statements
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Flow, Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_DONE = re.compile(tables.DONE, re.IGNORECASE)
# Questions to a cache or lock whose answer is another one the second time.
_ASKING = frozenset({"add", "setnx", "sismember", "acquire", "aadd", "acquire_lock"})
_STORED = re.compile(r"cache|redis|lock|conn", re.IGNORECASE)
_LEAVING = (ir.Return, ir.Raise)


def around(solver: Solver, flow: Flow, site: Site, writes: frozenset[str]) -> str:
    """What guards a call against being made a second time, in words; "" when nothing is seen.

    `writes` are the attributes that the function sets, itself or by what it calls.
    """
    reader = _Reader(solver, flow, site, writes)
    return reader.tests() or reader.selected() or reader.locks()


class _Reader:
    def __init__(self, solver: Solver, flow: Flow, site: Site, writes: frozenset[str]) -> None:
        self.solver = solver
        self.flow = flow
        self.site = site
        self.writes = writes

    # --- tests before it ---------------------------------------------------------------------------------------

    def tests(self) -> str:
        """A test around the call, or one before it that leaves, of something that is another way the second time."""
        for test, env in self._tests():
            found = self._asks(test, env)
            if found:
                return found
        return ""

    def _tests(self) -> Iterator[tuple[ir.Expr, Env]]:
        for part in chain(self.site.around):
            if part.role == "branch" and isinstance(part.node, ir.If):
                yield part.node.test, part.env
        function = self.flow.unit.function
        for stmt in statements(function.body if function is not None else self.flow.unit.body):
            if isinstance(stmt, ir.If) and stmt.end <= self.site.call.start and (_leaves(stmt.body) or _leaves(stmt.orelse)):
                env = self.flow.entered.get(id(stmt))
                if env is not None:
                    yield stmt.test, env

    def _asks(self, test: ir.Expr, env: Env) -> str:
        """What a test asks about the past."""
        for node in walk(test, into_functions=False):
            found = ""
            if isinstance(node, ir.Attribute):
                found = self._attribute(node)
            elif isinstance(node, ir.Call):
                found = self._call(node, env)
            elif isinstance(node, ir.Name):
                found = self._name(node, env)
            if found:
                return found
        return ""

    def _attribute(self, node: ir.Attribute) -> str:
        return f"a test of {node.attr}" if node.attr in self.writes or _DONE.search(node.attr) else ""

    def _call(self, node: ir.Call, env: Env) -> str:
        func = node.func
        last = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        if last in ("exists", "aexists") or _DONE.search(last):
            return f"a test of {last}()"
        if last in (*_ASKING, "get", "set") and isinstance(func, ir.Attribute) and self._stored(func.value, env):
            return f"a test of {last}()"
        return "a look for the row" if self._looks(node) else ""

    def _looks(self, node: ir.Call) -> bool:
        """Whether a call fetches, counts or claims rows."""
        site = next((s for s in self.flow.sites if s.call is node), None)
        operation = self.solver.records.operation(site) if site is not None else None
        return operation is not None and operation.act in ("exists", "count", "upsert", "update")

    def _stored(self, node: ir.Expr, env: Env) -> bool:
        """Whether an expression is a cache, a Redis client or a lock, by its name."""
        name = node.attr if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""
        return bool(_STORED.search(name))

    def _name(self, node: ir.Name, env: Env) -> str:
        if _DONE.search(node.id):
            return f"a test of {node.id}"
        definition, local = env.lookup(node.id)
        return self._definition(definition, 0) if local and definition is not None else ""

    def _definition(self, definition: Def, depth: int) -> str:
        """What a name was given: the answer of a question about the past."""
        match definition:
            case UnpackDef(source=source) if depth < 4:
                return self._definition(source, depth + 1)
            case NarrowDef(before=before) if depth < 4:
                return self._definition(before, depth + 1)
            case PhiDef(parts=parts) if depth < 4 and len(parts) <= 4:
                return next((found for p in parts for found in [self._definition(p, depth + 1)] if found), "")
            case ExprDef(node=node, env=env):
                node = node.value if isinstance(node, ir.Await) else node
                return self._call(node, env) if isinstance(node, ir.Call) else self._made_of(node, env)
            case _:
                return ""

    def _made_of(self, node: ir.Expr, env: Env) -> str:
        for part in walk(node, into_functions=False):
            if isinstance(part, ir.Attribute) and self._attribute(part):
                return self._attribute(part)
        return ""

    # --- rows chosen by what is written later ------------------------------------------------------------------

    def selected(self) -> str:
        """Rows fetched by a field that the function sets: the second run does not find them again."""
        for site in self.flow.sites:
            if site.call.start > self.site.call.start:
                continue
            operation = self.solver.records.operation(site)
            if operation is None or operation.act not in ("fetch", "lock", "exists", "count"):
                continue
            names = [name.partition("__")[0] for name, _ in operation.lookups]
            found = next((n for n in names if n in self.writes or _DONE.search(n)), None)
            if found is not None:
                return f"rows are chosen by {found}"
        return ""

    # --- locks -------------------------------------------------------------------------------------------------

    def locks(self) -> str:
        """A lock that is held around the call."""
        for part in chain(self.site.around):
            if part.role == "with" and isinstance(part.part, ir.WithItem) and _names_lock(part.part.context):
                return "a lock"
        return ""


def _leaves(body: list[ir.Stmt]) -> bool:
    last = body[-1] if body else None
    return isinstance(last, _LEAVING) or (isinstance(last, ir.Simple) and last.kind in ("continue", "break"))


def _names_lock(node: ir.Expr) -> bool:
    words = (n.attr if isinstance(n, ir.Attribute) else n.id for n in walk(node) if isinstance(n, (ir.Attribute, ir.Name)))
    return any("lock" in w.lower().replace("block", "") for w in words)


