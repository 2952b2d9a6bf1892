"""What a function does with a parameter: through new names, items, and calls of other functions of the project.

A use counts only where the value surely is the parameter, or an item of it that can be named: what was converted,
rebound or narrowed by a type test on the way is not followed. So each use found is evidence, and what is not found is
not evidence of anything, except that `escapes` says where the value goes out of sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any

from jobcheck.code import ir
from jobcheck.solve.defs import Env, all_params
from jobcheck.solve.flow import Flow
from jobcheck.solve.kinds import (
    UNKNOWN,
    External,
    Function,
    FunctionRef,
    Mapping,
    Origin,
    Sequence,
    Value,
)  # fmt: skip
from jobcheck.solve.tracing import ITEM_METHODS, Path, Trace, Tracer, called_name
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many calls deep a parameter is followed, and how many uses are kept of one.
DEEPEST_CALL = 3
MOST_USES = 400

# Tests that make what follows them depend on the type, so that nothing after them is evidence.
_TYPE_TESTS = frozenset({"isinstance", "hasattr", "type", "callable", "getattr", "issubclass"})
_HASHING = frozenset({"add", "discard", "remove", "get", "setdefault", "pop"})
_CACHES = frozenset({"functools.lru_cache", "functools.cache"})


@dataclass(eq=False, slots=True)
class Use:
    """One thing done with the parameter, or with an item of it at `path`.

    how     attribute (`name`), key (read under the key `other`; `name` is get, pop, subscript or in), compare (`name`
            is the operator, `other` the other side), operator (`name`, `other`, `right` when it stands right), argument
            (of the call `name`; `other` is what is called), hashed, unpacked, iterated, truth, formatted, typetest
            (`other` the classes, `name` must or may), escapes
    caught  names of the exceptions that a handler around it catches
    via     the functions that the value was handed through, outermost first
    """

    how: str
    path: Path
    node: ir.Expr
    env: Env
    name: str = ""
    other: Value = UNKNOWN
    right: bool = False
    changed: bool = False
    caught: frozenset[str] = frozenset()
    via: tuple[FunctionRef, ...] = ()

    @property
    def origin(self) -> Origin:
        return self.env.unit.origin(self.node)


@dataclass(eq=False, slots=True)
class Uses:
    """The uses of one parameter; `tested` are the paths whose type some test asks for."""

    found: list[Use] = field(default_factory=list)
    tested: set[Path] = field(default_factory=set)

    def of(self, path: Path) -> list[Use]:
        """The uses of just what is at `path`."""
        return [use for use in self.found if use.path == path]


def uses_of(solver: Solver, function: FunctionRef, parameter: str, depth: int = 0) -> Uses:
    """What a function of the project does with its parameter of that name."""
    unit = solver.function_unit(function)
    node = unit.function if unit is not None and not unit.refused else None
    if unit is None or node is None:
        return Uses()
    param = next((p for p in all_params(node.params) if p.name == parameter), None)
    if param is None or param in (node.params.vararg, node.params.kwarg):
        return Uses()
    return _Finder(solver, unit, solver.flow(unit), param, depth).run(node)


class _Finder:
    """Walks the body of one function, following one parameter."""

    def __init__(self, solver: Solver, unit: Unit, flow: Flow, param: ir.Param, depth: int) -> None:
        self.solver = solver
        self.unit = unit
        self.flow = flow
        self.trace = Tracer(solver, param).trace
        self.depth = depth
        self.uses = Uses()
        self.caught: frozenset[str] = frozenset()

    def run(self, node: ir.FunctionDef) -> Uses:
        self.block(node.body)
        return self.uses

    # --- statements --------------------------------------------------------------------------------------------

    def block(self, body: list[ir.Stmt]) -> None:
        for stmt in body:
            if len(self.uses.found) < MOST_USES and id(stmt) in self.flow.entered:
                self.statement(stmt, self.flow.entered[id(stmt)])

    def statement(self, stmt: ir.Stmt, env: Env) -> None:
        match stmt:
            case ir.Assign() | ir.AnnAssign():
                self.assigned(stmt, env)
            case ir.AugAssign():
                self.seen(stmt.target, env, "operator", f"{stmt.op}=", self.solver.value(stmt.value, env))
                self.seen(stmt.value, env, "operator", stmt.op, self.solver.value(stmt.target, env), right=True)
            case ir.For():
                self.seen(stmt.iter, env, "iterated")
                self.block(stmt.body + stmt.orelse)
            case ir.If() | ir.While():
                self.branch(stmt, env)
            case ir.Try():
                self.tried(stmt)
            case ir.With():
                for item in stmt.items:
                    self.seen(item.context, env, "escapes")
                self.block(stmt.body)
            case ir.Match():
                self.matched(stmt, env)
            case ir.Assert():
                self.test(stmt.test, env, "must")
            case ir.FunctionDef():
                self.block(stmt.body)
            case ir.Delete():
                for target in stmt.targets:
                    self.read_target(target, env)
            case ir.ExprStmt():
                self.visit(stmt.value, env)
            case ir.Return() if stmt.value is not None:
                self.seen(stmt.value, env, "escapes", name="return")
            case ir.Raise() if stmt.exc is not None:
                self.visit(stmt.exc, env)
            case _:
                pass

    def assigned(self, stmt: ir.Assign | ir.AnnAssign, env: Env) -> None:
        targets = stmt.targets if isinstance(stmt, ir.Assign) else [stmt.target]
        if stmt.value is None:
            return
        if all(isinstance(t, ir.Name) for t in targets):
            self.visit(stmt.value, env)  # another name for it: followed by what reaches where
        elif any(isinstance(t, (ir.TupleExpr, ir.ListExpr)) for t in targets):
            self.seen(stmt.value, env, "unpacked")
        else:
            self.seen(stmt.value, env, "escapes")
        for target in targets:
            if isinstance(target, ir.Subscript):
                self.visit(target.value, env)
                self.index(target, env)
            elif isinstance(target, ir.Attribute):
                self.visit(target.value, env)

    def read_target(self, target: ir.Expr, env: Env) -> None:
        """`x[k] += 1` and `del x[k]` read what they change."""
        if isinstance(target, ir.Subscript):
            self.visit(target, env)

    def branch(self, stmt: ir.If | ir.While, env: Env) -> None:
        if isinstance(stmt, ir.If):
            self.test(stmt.test, env, _insists(stmt))
        self.block(stmt.body)
        self.block(stmt.orelse)

    def test(self, node: ir.Expr, env: Env, name: str) -> None:
        """The test of an assert or a branch; `name` says whether the code insists on it."""
        inner = node.operand if isinstance(node, ir.UnaryOp) and node.op == "not" else node
        negated = inner is not node
        if called_name(inner) == "isinstance" and isinstance(inner, ir.Call) and len(inner.args) == 2:
            trace = self.trace(inner.args[0].value, env)
            if trace is not None and name and negated == (name == "must-not"):
                what = "may" if name == "only" else "must"
                self.add("typetest", trace, inner, env, what, self.solver.value(inner.args[1].value, env))
        self.seen(node, env, "truth")

    def tried(self, stmt: ir.Try) -> None:
        before = self.caught
        names = {n for h in stmt.handlers for n in _exception_names(h.type)}
        self.caught = before | names
        self.block(stmt.body)
        self.caught = before
        for handler in stmt.handlers:
            self.block(handler.body)
        self.block(stmt.orelse)
        self.block(stmt.final)

    def matched(self, stmt: ir.Match, env: Env) -> None:
        trace = self.trace(stmt.subject, env)
        if trace is not None:
            self.uses.tested.add(trace.path)
        self.visit(stmt.subject, env)
        for case in stmt.cases:
            self.block(case.body)

    # --- expressions -------------------------------------------------------------------------------------------

    def add(
        self,
        how: str,
        trace: Trace,
        node: ir.Expr,
        env: Env,
        name: str = "",
        other: Value = UNKNOWN,
        right: bool = False,
    ) -> None:
        self.uses.found.append(Use(how, trace.path, node, env, name, other, right, trace.changed, self.caught))

    def seen(
        self, node: ir.Expr, env: Env, how: str, name: str = "", other: Value = UNKNOWN, *, right: bool = False,
        whole: ir.Expr | None = None,
    ) -> None:  # fmt: skip
        """`node` is used in that way by what is around it; then what is inside it."""
        trace = self.trace(node, env)
        if trace is not None:
            self.add(how, trace, whole or node, env, name, other, right)
        self.visit(node, env)

    def visit(self, node: ir.Expr, env: Env) -> None:
        """The uses inside an expression."""
        handler = _VISITORS.get(type(node))
        if handler is not None:
            handler(self, node, env)

    def attribute(self, node: ir.Attribute, env: Env) -> None:
        self.seen(node.value, env, "attribute", node.attr, whole=node)

    def subscript(self, node: ir.Subscript, env: Env) -> None:
        if isinstance(node.index, ir.SliceExpr):
            self.seen(node.value, env, "sliced", whole=node)
            return
        self.seen(node.value, env, "key", "subscript", self.solver.value(node.index, env), whole=node)
        self.index(node, env)

    def index(self, node: ir.Subscript, env: Env) -> None:
        """`owner[p]`: with a dict for owner, p is hashed."""
        if not isinstance(node.index, ir.SliceExpr):
            self.seen(node.index, env, "hashed" if self.is_hashing(node.value, env) else "escapes", whole=node)

    def is_hashing(self, owner: ir.Expr, env: Env) -> bool:
        only = self.solver.value(owner, env).only
        return isinstance(only, Mapping) or (isinstance(only, Sequence) and only.name in ("set", "frozenset"))

    def call(self, node: ir.Call, env: Env) -> None:
        func = node.func
        if isinstance(func, ir.Attribute):
            self.method(node, func, env)
        name = called_name(node)
        if name in _TYPE_TESTS and node.args:
            trace = self.trace(node.args[0].value, env)
            if trace is not None:
                self.uses.tested.add(trace.path)
            return
        callee = self.solver.value(func, env)
        for index, arg in enumerate(node.args):
            self.argument(node, arg, index, callee, env)

    def method(self, node: ir.Call, func: ir.Attribute, env: Env) -> None:
        """`p.get(key)` reads under a key; a method is an attribute, with the call as its node."""
        trace = self.trace(func.value, env)
        if trace is not None and func.attr in ITEM_METHODS and node.args and not node.args[0].star:
            self.add("key", trace, node, env, func.attr, self.solver.value(node.args[0].value, env))
        self.seen(func.value, env, "attribute", func.attr, whole=node)

    def argument(self, node: ir.Call, arg: ir.Arg, index: int, callee: Value, env: Env) -> None:
        func = node.func
        name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        trace = self.trace(arg.value, env)
        if trace is None or arg.star:
            self.visit(arg.value, env) if trace is None else self.seen(arg.value, env, "unpacked")
            return
        if isinstance(func, ir.Attribute) and name in _HASHING and index == 0 and self.is_hashing(func.value, env):
            self.seen(arg.value, env, "hashed", whole=node)
            return
        only = callee.only
        if isinstance(only, Function) and self.through(only, arg, index, trace):
            self.visit(arg.value, env)
            return
        self.seen(arg.value, env, "argument", only.qualname if isinstance(only, External) else name, callee, whole=node)

    def through(self, callee: Function, arg: ir.Arg, index: int, trace: Trace) -> bool:
        """Follow the value into a function of the project; False when it cannot be followed."""
        found = self.solver.function_decl(callee.ref)
        if found is None or self.depth >= DEEPEST_CALL:
            return False
        decl = found[0]
        if decl.is_async or any(self.solver.decorator_name(callee.ref.filename, d) in _CACHES for d in decl.decorators):
            return False
        named = [p.name for p in decl.params if p.kind in ("posonly", "arg")][1 if callee.bound is not None else 0 :]
        name = arg.keyword or (named[index] if index < len(named) else None)
        if name is None or all(p.name != name or p.kind in ("vararg", "kwarg") for p in decl.params):
            return False
        inner = uses_of(self.solver, callee.ref, name, self.depth + 1)
        self.uses.tested |= {(*trace.path, *path) for path in inner.tested}
        for use in inner.found:
            changed = use.changed or trace.changed
            moved = Use(use.how, (*trace.path, *use.path), use.node, use.env, use.name, use.other, use.right, changed,
                        use.caught | self.caught, (callee.ref, *use.via))  # fmt: skip
            self.uses.found.append(moved)
        return True

    def compare(self, node: ir.Compare, env: Env) -> None:
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if op in ("in", "not in"):
                self.seen(right, env, "key", "in", self.solver.value(left, env), whole=node)
                self.seen(left, env, "compare", op, self.solver.value(right, env), whole=node)
            else:
                self.seen(left, env, "compare", op, self.solver.value(right, env), whole=node)
                self.seen(right, env, "compare", op, self.solver.value(left, env), right=True, whole=node)
            left = right

    def binary(self, node: ir.BinOp, env: Env) -> None:
        self.seen(node.left, env, "operator", node.op, self.solver.value(node.right, env), whole=node)
        self.seen(node.right, env, "operator", node.op, self.solver.value(node.left, env), right=True, whole=node)

    def unary(self, node: ir.UnaryOp, env: Env) -> None:
        self.seen(node.operand, env, "truth" if node.op == "not" else "operator", node.op, whole=node)

    def boolean(self, node: ir.BoolOp, env: Env) -> None:
        whole = self.trace(node, env) is not None
        self.seen(node.left, env, "truth" if whole or node.op == "and" else "escapes")
        self.seen(node.right, env, "truth" if whole else "escapes")

    def conditional(self, node: ir.IfExp, env: Env) -> None:
        whole = self.trace(node, env) is not None
        self.test(node.test, env, "")
        for part in (node.body, node.orelse):
            self.seen(part, env, "truth" if whole else "escapes")

    def display(self, node: ir.ListExpr | ir.TupleExpr, env: Env) -> None:
        for element in node.elements:
            self.seen(element, env, "escapes")

    def set_display(self, node: ir.SetExpr, env: Env) -> None:
        for element in node.elements:
            self.seen(element, env, "hashed", whole=node)

    def dict_display(self, node: ir.DictExpr, env: Env) -> None:
        for item in node.items:
            if item.key is not None:
                self.seen(item.key, env, "hashed", whole=node)
                self.seen(item.value, env, "escapes")
            else:
                self.seen(item.value, env, "unpacked")

    def comprehension(self, node: ir.Comprehension, env: Env) -> None:
        inner = self.flow.scopes.get(id(node))
        for number, clause in enumerate(node.clauses):
            scope = env if number == 0 else inner
            if scope is not None:
                self.seen(clause.iter, scope, "iterated")
        if inner is None:
            return
        for clause in node.clauses:
            for condition in clause.conditions:
                self.test(condition, inner, "")
        if node.key is not None:
            self.seen(node.key, inner, "hashed", whole=node)
        self.seen(node.element, inner, "hashed" if node.kind == "set" else "escapes")

    def lambda_(self, node: ir.Lambda, env: Env) -> None:
        inner = self.flow.scopes.get(id(node))
        if inner is not None:
            self.seen(node.body, inner, "escapes")

    def formatted(self, node: ir.FString, env: Env) -> None:
        for part in node.values:
            self.seen(part, env, "formatted")

    def inside(self, node: ir.Await | ir.Yield | ir.Starred | ir.NamedExpr, env: Env) -> None:
        if node.value is not None:
            if isinstance(node, ir.NamedExpr):
                self.visit(node.value, env)
            else:
                self.seen(node.value, env, "unpacked" if isinstance(node, ir.Starred) else "escapes")


def _insists(stmt: ir.If) -> str:
    """Whether a branch refuses what fails its test (`must-not`), or does something only for what passes (`only`)."""
    last = stmt.body[-1] if stmt.body else None
    if isinstance(last, ir.Raise) and not stmt.orelse:
        return "must-not"
    if stmt.orelse or isinstance(last, (ir.Return, ir.Raise)):
        return ""
    if isinstance(last, ir.Simple) and last.kind != "pass":
        return ""
    rebinds = any(isinstance(s, (ir.Assign, ir.AugAssign, ir.AnnAssign)) for s in stmt.body)
    return "" if rebinds else "only"


def _exception_names(node: ir.Expr | None) -> Iterator[str]:
    parts = node.elements if isinstance(node, ir.TupleExpr) else [node] if node is not None else []
    for part in parts:
        if isinstance(part, ir.Attribute):
            yield part.attr
        elif isinstance(part, ir.Name):
            yield part.id


_VISITORS: dict[type[ir.Node], Callable[[_Finder, Any, Env], None]] = {
    ir.Attribute: _Finder.attribute,
    ir.Subscript: _Finder.subscript,
    ir.Call: _Finder.call,
    ir.Compare: _Finder.compare,
    ir.BinOp: _Finder.binary,
    ir.UnaryOp: _Finder.unary,
    ir.BoolOp: _Finder.boolean,
    ir.IfExp: _Finder.conditional,
    ir.ListExpr: _Finder.display,
    ir.TupleExpr: _Finder.display,
    ir.SetExpr: _Finder.set_display,
    ir.DictExpr: _Finder.dict_display,
    ir.Comprehension: _Finder.comprehension,
    ir.Lambda: _Finder.lambda_,
    ir.FString: _Finder.formatted,
    ir.Await: _Finder.inside,
    ir.Yield: _Finder.inside,
    ir.Starred: _Finder.inside,
    ir.NamedExpr: _Finder.inside,
}
