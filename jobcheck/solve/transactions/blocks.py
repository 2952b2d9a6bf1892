"""What opens a transaction where it is written: `with atomic()`, decorators, the project's own helpers around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.decorators import CONTEXT_MANAGERS
from jobcheck.solve.defs import Env, ParamDef
from jobcheck.solve.kinds import (
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Literal,
)  # fmt: skip
from jobcheck.solve.order import chain, may_precede, surely_precedes
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sites import Around, Flow, Site
from jobcheck.solve.transactions.openings import CERTAIN, LIKELY, Opening
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

ATOMIC = frozenset({"django.db.transaction.atomic", "django.db.transaction.Atomic", "django.db.transaction.commit_on_success"})
_METHOD_DECORATOR = "django.utils.decorators.method_decorator"
_PEEWEE = ("peewee.", "playhouse.")
_PEEWEE_BLOCKS = frozenset({"atomic", "transaction", "savepoint"})
_NOTE = "the transaction is open from here on"
# A helper is looked into through this many other helpers.
_DEEPEST = 3

# What is written without a transaction being opened in sight, by mapper, and what a reader is told of it.
_SENT = {
    "sqlalchemy": "the session sends this to the database, and has not committed it when the job is enqueued",
    "frappe": "this is written, and Frappe commits it when the request or the job ends",
}


class Blocks:
    """Answers about the IR of one project; those about functions are remembered."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._helpers: dict[tuple[FunctionRef, str], Opening | None] = {}
        self._functions: dict[int, tuple[Unit, Opening | None]] = {}
        self._depth = 0

    # --- blocks ------------------------------------------------------------------------------------------------

    def of_with(self, around: Around) -> Opening | None:
        """What the item of a `with` opens."""
        if around.role != "with" or not isinstance(around.part, ir.WithItem):
            return None
        return self._of_context(around.part.context, around.env)

    def within(self, around: Around | None) -> Opening | None:
        """What is opened by a `with` of the same function around a place."""
        for found in chain(around):
            if found.role in ("def", "lambda"):
                return None
            opening = self.of_with(found)
            if opening is not None:
                return opening
        return None

    def _of_context(self, node: ir.Expr, env: Env) -> Opening | None:
        if not isinstance(node, ir.Call):
            source = self._solver.sources.of(node, env)
            return self._of_context(source.node, source.env) if isinstance(source.node, ir.Call) else self._begun(node, env)
        for kind in self._solver.value(node.func, env).kinds():
            found = self._called(kind, node, env)
            if found is not None:
                return found
        return self._begun(node, env) or self._of_peewee(node, env)

    def _called(self, kind: Kind, node: ir.Call, env: Env) -> Opening | None:
        match kind:
            case External(qualname=qualname) if qualname in ATOMIC:
                return self._atomic(node, node, env)
            case Function(ref=ref):
                helper = self._helper(ref, "context")
                return Opening("helper", env.unit.origin(node), _NOTE, helper.level, helper.family) if helper else None
            case ClassObject(cls=cls):
                return self._of_class(cls, node, env)
            case _:
                return None

    def _atomic(self, node: ir.Expr, call: ir.Call | None, env: Env, how: str = "with") -> Opening:
        given = argument(call, 0, "using") if call is not None else None
        only = self._solver.value(given, env).only if given is not None else None
        alias = only.value if isinstance(only, Literal) and isinstance(only.value, str) else None
        return Opening(how, env.unit.origin(node), _NOTE, using=alias, named=given is not None and only != Literal(None))

    def _begun(self, node: ir.Expr, env: Env) -> Opening | None:
        """`session.begin()`, `engine.begin()`: what the mapper knows as a transaction that was begun."""
        for kind in self._solver.value(node, env).kinds():
            if isinstance(kind, FrameworkValue) and kind.role == "begun":
                return Opening("with", env.unit.origin(node), _NOTE, family=kind.framework)
        return None

    def _of_peewee(self, node: ir.Call, env: Env) -> Opening | None:
        func = node.func
        if not isinstance(func, ir.Attribute) or func.attr not in _PEEWEE_BLOCKS:
            return None
        owner = self._solver.value(func.value, env).only
        if isinstance(owner, Instance) and owner.cls.qualname.startswith(_PEEWEE):
            return Opening("with", env.unit.origin(node), _NOTE, family="peewee")
        return None

    # --- sessions ----------------------------------------------------------------------------------------------

    def of_session(self, site: Site) -> Opening | None:
        """What the same function has sent to the database on a session, and not committed before a call."""
        for other in reversed(site.unit.flow.sites if site.unit.flow is not None else []):
            operation = self._solver.records.operation(other) if other.call.end <= site.call.start else None
            if operation is None or operation.orm not in _SENT or other.deferred != site.deferred or _ended(other, site):
                continue
            before = _is_sent(operation) and may_precede(other.call, other.around, site.call, site.around)
            if before and not self.committed(site, other.call):
                sure = surely_precedes(other.call, other.around, site.call, site.around)
                level = CERTAIN if sure else LIKELY
                return Opening("flush", other.unit.origin(other.call), _SENT[operation.orm], level, operation.orm)
        return None

    def committed(self, site: Site, since: ir.Node) -> bool:
        """Whether a session may have been committed, or rolled back, between a place and a call."""
        for other in site.unit.flow.sites if site.unit.flow is not None else ():
            if other.call.start >= since.start and may_precede(other.call, other.around, site.call, site.around):
                operation = self._solver.records.operation(other)
                if operation is not None and operation.act in ("commit", "rollback"):
                    return True
        return False

    # --- helpers of the project --------------------------------------------------------------------------------

    def _helper(self, ref: FunctionRef, use: str) -> Opening | None:
        """What a function of the project opens as a context manager, or around what it decorates."""
        key = (ref, use)
        if key not in self._helpers:
            self._helpers[key] = None  # a helper that uses itself
            if self._depth < _DEEPEST:
                self._depth += 1
                try:
                    self._helpers[key] = self._context(ref) if use == "context" else self._wrapper(ref)
                finally:
                    self._depth -= 1
        return self._helpers[key]

    def _flow(self, ref: FunctionRef) -> Flow | None:
        unit = self._solver.function_unit(ref)
        return self._solver.flow(unit) if unit is not None and not unit.refused and unit.function is not None else None

    def _context(self, ref: FunctionRef) -> Opening | None:
        found, flow = self._solver.function_decl(ref), self._flow(ref)
        if found is None or flow is None:
            return None
        names = {self._solver.decorator_name(ref.filename, d) for d in found[0].decorators}
        if names & CONTEXT_MANAGERS:
            inside = [self.within(e.around) or self._committed_after(flow, e.stmt) for e in flow.yields]
            return inside[0] if inside and all(inside) else None
        exits = [e for e in flow.returns if e.node is not None]
        made = [self._of_context(e.node, e.env) for e in exits if e.node is not None]
        return made[0] if made and all(made) else None

    def _committed_after(self, flow: Flow, stmt: ir.Stmt) -> Opening | None:
        """A session that a helper commits once what it was opened for is done: `yield session; session.commit()`."""
        for site in flow.sites:
            operation = self._solver.records.operation(site) if site.call.start >= stmt.end else None
            if operation is not None and operation.act == "commit":
                return Opening("helper", flow.unit.origin(site.call), _NOTE, LIKELY, operation.orm)
        return None

    def _of_class(self, cls: ClassRef, node: ir.Call, env: Env) -> Opening | None:
        """A class of the project that is, or in `__enter__` enters, an atomic block."""
        info = self._solver.classes.info(cls)
        if info is None:
            return None
        if info.externals & ATOMIC:
            return self._atomic(node, None, env)
        for above, decl in self._solver.classes.lookup(cls, "__enter__"):
            if not isinstance(decl, FunctionDecl):
                continue
            flow = self._flow(FunctionRef(above.filename, decl.qualname, decl.start))
            if flow is not None and any(self._is_atomic(s.call.func, s.env) for s in flow.sites):
                return Opening("helper", env.unit.origin(node), _NOTE, LIKELY)
        return None

    def _is_atomic(self, node: ir.Expr, env: Env) -> bool:
        return any(isinstance(k, External) and k.qualname in ATOMIC for k in self._solver.value(node, env).kinds())

    # --- decorators --------------------------------------------------------------------------------------------

    def of_function(self, unit: Unit) -> Opening | None:
        """What the decorators of a function, or of its class, open around it."""
        found = self._functions.get(id(unit))
        if found is None:
            found = self._functions[id(unit)] = (unit, self._of_unit(unit))
        return found[1]

    def _of_unit(self, unit: Unit) -> Opening | None:
        function = unit.function
        if function is None:
            return None
        own = self.of_decorators(function, Env(unit, {}, None, frozenset()))
        return own or (self._of_class_decorators(unit.cls, function.name) if unit.cls is not None else None)

    def of_decorators(self, function: ir.FunctionDef, env: Env) -> Opening | None:
        """What the decorators of a function open."""
        for decorator in function.decorators:
            found = self.of_decorator(decorator.value, env)
            if found is not None:
                return found
        return None

    def of_decorator(self, node: ir.Expr, env: Env) -> Opening | None:
        """What one decorator opens around what it decorates."""
        call = node if isinstance(node, ir.Call) else None
        for kind in self._solver.value(call.func if call is not None else node, env).kinds():
            if isinstance(kind, External) and kind.qualname in ATOMIC:
                return self._atomic(node, call, env, "decorator")
            if isinstance(kind, External) and kind.qualname == _METHOD_DECORATOR and call is not None:
                inner = argument(call, 0, "decorator")
                return self._several(inner, env) if inner is not None else None
            if isinstance(kind, Function):
                helper = self._helper(kind.ref, "wrapper")
                if helper is not None:
                    return Opening("decorator", env.unit.origin(node), _NOTE, helper.level, helper.family)
        return None

    def _several(self, node: ir.Expr, env: Env) -> Opening | None:
        nodes = node.elements if isinstance(node, (ir.ListExpr, ir.TupleExpr)) else [node]
        return next((found for n in nodes if (found := self.of_decorator(n, env)) is not None), None)

    def _wrapper(self, ref: FunctionRef) -> Opening | None:
        """A decorator that calls what it is given inside a transaction."""
        flow = self._flow(ref)
        for site in flow.sites if flow is not None else ():
            func = site.call.func
            if isinstance(func, ir.Name) and site.deferred and isinstance(site.env.lookup(func.id)[0], ParamDef):
                opening = self.within(site.around) or (self._committed_after(flow, site.stmt) if flow is not None else None)
                if opening is not None:
                    return opening
            given = argument(site.call, 0)  # `return atomic(function)`
            named = isinstance(given, ir.Name) and isinstance(site.env.lookup(given.id)[0], ParamDef)
            if named and site.usage != "other" and self._is_atomic(func, site.env):
                return self._atomic(site.call, None, site.env)
        return None

    def _of_class_decorators(self, cls: ClassRef, method: str) -> Opening | None:
        """`@method_decorator(transaction.atomic, name="dispatch")`: around every handler of the view."""
        info = self._solver.classes.info(cls)
        for ancestor in info.ancestors if info is not None else ():
            above = self._solver.classes.info(ancestor)
            for decl in above.decl.decorators if above is not None else ():
                if above is None or not decl.is_call or not decl.dotted.endswith("method_decorator"):
                    continue
                unit = self._solver.unit(above.filename, decl.start, decl.end)
                stmt = unit.body[0] if len(unit.body) == 1 else None
                if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
                    env = self._solver.flow(unit).entered[id(stmt)]
                    name = argument(stmt.value, 1, "name")
                    if isinstance(name, ir.Constant) and name.value in ("dispatch", method):
                        return self.of_decorator(stmt.value, env)
        return None


def _is_sent(operation: Operation) -> bool:
    """Whether a call writes at once: what is put into a session waits for the flush, unless it is a query."""
    if operation.orm == "frappe":
        return operation.writes
    return operation.act == "flush" or (operation.writes and operation.act != "add" and operation.record is None)


def _ended(first: Site, second: Site) -> bool:
    """Whether a `with` around the first call has ended when the second one runs: a session's, as a rule."""
    still = {id(a.node) for a in chain(second.around)}
    return any(a.role == "with" and id(a.node) not in still for a in chain(first.around))
