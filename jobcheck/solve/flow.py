"""One pass over a function: which definitions reach which call, and what stands around it.

The pass is linear: a loop's head is a PhiDef that its end completes, so no statement is visited twice. It records a
`Site` for every call, in source order, with the environment there and the chain of what is open around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobcheck.code import ir
from jobcheck.solve.defs import (
    UNKNOWN_DEF,
    AugDef,
    ChangeDef,
    Def,
    EnterDef,
    Env,
    ExceptDef,
    ExprDef,
    ImportDef,
    IterDef,
    NestedDef,
    PhiDef,
    all_params,
    assigned_names,
    dotted,
    merge,
)  # fmt: skip
from jobcheck.solve.flow_expressions import ExpressionWalker, bind_parameters, decided_test
from jobcheck.solve.sites import Around, Exit, Flow, Part, Pipe, Site
from jobcheck.solve.units import Unit

__all__ = ["Around", "Exit", "Flow", "Pipe", "Site", "body_flow", "function_flow"]

# Methods that change a container in place, as far as flow models them.
CHANGES = frozenset({"append", "add", "update", "extend", "insert", "appendleft", "setdefault"})


def function_flow(
    unit: Unit, node: ir.FunctionDef | ir.Lambda, outer: Env | None, bindings: dict[str, Def] | None = None
) -> Flow:
    """The flow of a function whose free names are looked up in `outer` (None: in the module).

    `bindings` are what parameters are for one call of it, see `binding.bound_flow`.
    """
    body: list[ir.Stmt] = node.body if isinstance(node, ir.FunctionDef) else []
    own = unit.own_names if node is unit.function else assigned_names(body) | {p.name for p in all_params(node.params)}
    env = Env(unit, {}, outer, own)
    bind_parameters(env, node, outer or Env(unit, {}, None, frozenset()))
    env.vars.update(bindings or {})
    return _run(unit, body, env)


def body_flow(unit: Unit, body: list[ir.Stmt]) -> Flow:
    """The flow of top-level statements: names that they bind are found here, others in the module."""
    return _run(unit, body, Env(unit, {}, None, frozenset()))


def _run(unit: Unit, body: list[ir.Stmt], env: Env) -> Flow:
    flow = Flow(unit)
    walker = _Walker(unit, flow, env)
    walker.block(body)
    flow.falls_through = walker.env is not None
    return flow


class _Walker(ExpressionWalker):
    """The statements' part of the pass."""

    # --- statements --------------------------------------------------------------------------------------------

    def block(self, body: list[ir.Stmt]) -> None:
        for stmt in body:
            if self.env is None:
                return
            self.flow.entered[id(stmt)] = self.env
            self.stmt = stmt
            _STATEMENTS[type(stmt)](self, stmt)
            self._take_out()

    def _inside(self, role: str, node: ir.Stmt, body: list[ir.Stmt], part: Part | None = None) -> None:
        if self.env is None:
            return
        before = self._open(role, node, part)
        self.block(body)
        self.around = before

    def expr_stmt(self, stmt: ir.ExprStmt) -> None:
        self.expr(stmt.value, "dropped")
        assert self.env is not None
        if isinstance(stmt.value, ir.Attribute):
            self.flow.bare.append(Exit(stmt.value, self.env, stmt, self.around))
        self._container_change(stmt.value)

    def _container_change(self, node: ir.Expr) -> None:
        """`name.append(x)` and the like give `name` a new definition."""
        if not (isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr in CHANGES):
            return
        name = dotted(node.func.value)
        assert self.env is not None
        before = self.env.vars.get(name)
        if before is None:
            self._inner_change(node.func, node.args)
            return
        args = node.args
        how = node.func.attr
        if how == "insert" and not any(a.star for a in args) and (len(args) != 2 or any(a.keyword for a in args)):
            return  # a list's takes a place and an item; a record's is another matter
        if how in ("insert", "setdefault"):
            key, value = (args[0].value, args[1].value) if len(args) == 2 else (None, None)
        else:
            key, value = None, args[0].value if len(args) == 1 and not args[0].star and not args[0].keyword else None
        if how == "update" and args and all(a.keyword for a in args):
            for arg in args:
                key = ir.Constant(start=arg.start, end=arg.start, kind="str", value=arg.keyword)
                before = ChangeDef(before, "item", key, arg.value, self.env)
            self._bind(name, before)
            return
        self._bind(name, ChangeDef(before, how, key, value, self.env))

    def _inner_change(self, func: ir.Attribute, args: list[ir.Arg]) -> None:
        """`groups[key].append(x)` and `groups.setdefault(key, []).append(x)`: a list that holds such things is an entry."""
        match func:
            case ir.Attribute(attr="append", value=ir.Subscript(value=owner, index=key)):
                pass
            case ir.Attribute(
                attr="append",
                value=ir.Call(func=ir.Attribute(attr="setdefault", value=owner), args=[ir.Arg(value=key), ir.Arg()]),
            ):
                pass
            case _:
                return
        assert self.env is not None
        before = self.env.vars.get(dotted(owner))
        if before is not None and len(args) == 1 and not args[0].star and not args[0].keyword:
            held = ir.ListExpr(start=args[0].start, end=args[0].end, elements=[args[0].value])
            self._bind(dotted(owner), ChangeDef(before, "group", key, held, self.env))

    def assign(self, stmt: ir.Assign) -> None:
        self.expr(stmt.value, "assigned")
        assert self.env is not None
        definition = ExprDef(stmt.value, self.env)
        for target in stmt.targets:
            self._target(target, definition)

    def ann_assign(self, stmt: ir.AnnAssign) -> None:
        if stmt.value is None:
            return
        self.expr(stmt.value, "assigned")
        assert self.env is not None
        self._target(stmt.target, ExprDef(stmt.value, self.env, stmt.annotation))

    def aug_assign(self, stmt: ir.AugAssign) -> None:
        self.expr(stmt.value, "operand")
        name = dotted(stmt.target)
        assert self.env is not None
        if isinstance(stmt.target, (ir.Attribute, ir.Subscript)):
            self._write(stmt.target, stmt.value, stmt.op)
        before = self.env.vars.get(name)
        if name and before is not None:
            self._bind(name, AugDef(before, stmt.op, stmt.value, self.env))
        elif name:
            self._bind(name, UNKNOWN_DEF)
        elif isinstance(stmt.target, ir.Subscript):
            self._item_change(stmt.target, None)

    def return_(self, stmt: ir.Return) -> None:
        if stmt.value is not None:
            self.expr(stmt.value, "returned")
        assert self.env is not None
        self.flow.returns.append(Exit(stmt.value, self.env, stmt, self.around))
        self.env = None

    def raise_(self, stmt: ir.Raise) -> None:
        if stmt.exc is not None:
            self.expr(stmt.exc, "raised")
        if stmt.cause is not None:
            self.expr(stmt.cause, "other")
        assert self.env is not None
        self.flow.raises.append(Exit(stmt.exc, self.env, stmt, self.around))
        self.env = None

    def delete(self, stmt: ir.Delete) -> None:
        for target in stmt.targets:
            if isinstance(target, ir.Name):
                self._bind(target.id, UNKNOWN_DEF)
            elif isinstance(target, ir.Subscript):
                self._write(target, None)
                self._item_removed(target)

    def _item_removed(self, target: ir.Subscript) -> None:
        name = dotted(target.value)
        assert self.env is not None
        before = self.env.vars.get(name)
        if before is not None:
            self._bind(name, ChangeDef(before, "remove", target.index, None, self.env))

    def assert_(self, stmt: ir.Assert) -> None:
        self.expr(stmt.test, "other")
        if stmt.message is not None:
            self.expr(stmt.message, "other")
        self._narrow(stmt.test, True)

    def import_(self, stmt: ir.Import) -> None:
        for alias in stmt.names:
            assert self.env is not None
            if alias.asname:
                self._bind(alias.asname, ImportDef(alias.name, 0, None, True, self.env))
            else:
                self._bind(alias.name.split(".")[0], ImportDef(alias.name.split(".")[0], 0, None, True, self.env))

    def import_from(self, stmt: ir.ImportFrom) -> None:
        for alias in stmt.names:
            assert self.env is not None
            self._bind(alias.asname or alias.name, ImportDef(stmt.module, stmt.level, alias.name, False, self.env))

    def scope_decl(self, stmt: ir.ScopeDecl) -> None:
        for name in stmt.names:
            self._bind(name, UNKNOWN_DEF)

    def simple(self, stmt: ir.Simple) -> None:
        assert self.env is not None
        if stmt.kind == "break" and self.breaks:
            self.breaks[-1].append(self.env)
            self.env = None
        elif stmt.kind == "continue" and self.continues:
            self.continues[-1].append(self.env)
            self.env = None

    def if_(self, stmt: ir.If) -> None:
        self.expr(stmt.test, "other")
        self._take_out()
        assert self.env is not None
        start = self.env
        ends = []
        decided = decided_test(stmt.test, start)
        for truth, body in ((True, stmt.body), (False, stmt.orelse)):
            if decided is not None and truth is not decided:
                continue
            self.env = start
            self._narrow(stmt.test, truth)
            before = self._open("branch", stmt)
            assert self.around is not None
            self.around.truth = truth
            self.block(body)
            self.around = before
            if self.env is not None:
                ends.append(self.env)
        self.env = merge(ends)

    def while_(self, stmt: ir.While) -> None:
        self._loop(stmt, stmt.body, stmt.orelse, None)

    def for_(self, stmt: ir.For) -> None:
        self.expr(stmt.iter, "other")
        self._take_out()
        assert self.env is not None
        self._loop(stmt, stmt.body, stmt.orelse, IterDef(stmt.iter, self.env, stmt.is_async))

    def _loop(self, stmt: ir.While | ir.For, body: list[ir.Stmt], orelse: list[ir.Stmt], item: IterDef | None) -> None:
        assert self.env is not None
        start = self.env
        changed = _changed_names(body)
        head = start.fork()
        phis: dict[str, PhiDef] = {}
        for name in changed & head.vars.keys():
            phis[name] = PhiDef([head.vars[name]], loop=True)
            head.vars[name] = phis[name]
        self.env = head
        self.breaks.append([])
        self.continues.append([])
        before = self._open("loop", stmt)
        if isinstance(stmt, ir.For):
            assert item is not None
            self._target(stmt.target, item)
        else:
            self.expr(stmt.test, "other")
            self._narrow(stmt.test, True)
        self.block(body)
        self.around = before
        ends = [*self.continues.pop(), *self._arrives()]
        for end in ends:
            for name, phi in phis.items():
                part = end.vars.get(name)
                if part is not None and part is not phi and all(part is not p for p in phi.parts):
                    phi.parts.append(part)
        breaks = self.breaks.pop()
        # Names first bound in the body are bound after it if it ran at all.
        done = merge([head, *ends])
        self.env = done
        if isinstance(stmt, ir.While):
            self._narrow(stmt.test, False)
            if isinstance(stmt.test, ir.Constant) and stmt.test.value is True:
                self.env = None
        self.block(orelse)
        self.env = merge([*breaks, *self._arrives()])

    def with_(self, stmt: ir.With) -> None:
        opened = self.around
        for item in stmt.items:
            self.expr(item.context, "other")
            assert self.env is not None
            if item.target is not None:
                self._target(item.target, EnterDef(item.context, self.env, stmt.is_async))
            self._open("with", stmt, item)
        self.block(stmt.body)
        self.around = opened

    def try_(self, stmt: ir.Try) -> None:
        assert self.env is not None
        start = self.env
        self._inside("try", stmt, stmt.body)
        after_body = self._arrives()
        self.block(stmt.orelse)
        ends = self._arrives()
        # An exception may come before or after any binding of the body; but what binds last has then not bound.
        last = self._before_last(stmt.body)
        caught = merge([start, *([last] if after_body and last is not None else after_body)])
        for handler in stmt.handlers:
            assert caught is not None
            self.env = caught
            if not after_body:
                self._forget(_changed_names(stmt.body))
            if handler.type is not None:
                self.expr(handler.type, "other")
            if handler.name:
                self._bind(handler.name, ExceptDef(handler.type, self.env))
            before = self._open("handler", stmt, handler)
            self.block(handler.body)
            self.around = before
            ends += self._arrives()
        self.env = merge(ends)
        if stmt.final:
            arrives = self.env is not None
            if self.env is None:
                self.env = caught
            self._inside("final", stmt, stmt.final)
            if not arrives:
                self.env = None

    def _before_last(self, body: list[ir.Stmt]) -> Env | None:
        """What holds where the last statement of a body begins, when that only evaluates and binds."""
        last = body[-1] if body else None
        simple = isinstance(last, (ir.Assign, ir.AnnAssign, ir.AugAssign))
        return self.flow.entered.get(id(last)) if simple else None

    def _forget(self, names: frozenset[str]) -> None:
        env = self._change()
        for name in names:
            if name in env.vars:
                env.vars[name] = PhiDef([env.vars[name], UNKNOWN_DEF])

    def match_(self, stmt: ir.Match) -> None:
        self.expr(stmt.subject, "other")
        assert self.env is not None
        start, ends, exhaustive = self.env, [], False
        for case in stmt.cases:
            self.env = start
            for name in case.binds:
                self._bind(name, UNKNOWN_DEF)
            if case.guard is not None:
                self.expr(case.guard, "other")
            exhaustive = exhaustive or (case.irrefutable and case.guard is None)
            self._inside("branch", stmt, case.body, case)
            if self.env is not None:
                ends.append(self.env)
        self.env = merge(ends if exhaustive else [*ends, start])

    def function_def(self, stmt: ir.FunctionDef) -> None:
        for decorator in stmt.decorators:
            self.expr(decorator.value, "other")
        for param in all_params(stmt.params):
            if param.default is not None:
                self.expr(param.default, "other")
        assert self.env is not None
        self._bind(stmt.name, NestedDef(stmt, self.env))
        self._nested(stmt, stmt.body, "def")

    def class_def(self, stmt: ir.ClassDef) -> None:
        for decorator in stmt.decorators:
            self.expr(decorator.value, "other")
        for arg in stmt.args:
            self.expr(arg.value, "other")
        assert self.env is not None
        self._bind(stmt.name, NestedDef(stmt, self.env))
        for inner in stmt.body:
            if isinstance(inner, ir.FunctionDef):
                self._nested(inner, inner.body, "def")

    def _nested(self, node: ir.FunctionDef | ir.Lambda, body: list[ir.Stmt], role: str) -> None:
        """A function within: its sites belong to this flow too, marked as standing inside it."""
        outer = self.env
        assert outer is not None
        inner = Env(self.unit, {}, outer, assigned_names(body) | {p.name for p in all_params(node.params)})
        bind_parameters(inner, node, outer)
        self.flow.scopes[id(node)] = inner
        flow = Flow(self.unit, sites=self.flow.sites, entered=self.flow.entered, scopes=self.flow.scopes,
                    nested=self.flow.nested, pipes=self.flow.pipes, bare=self.flow.bare,
                    writes=self.flow.writes)  # fmt: skip
        self.flow.nested[id(node)] = flow
        walker = _Walker(self.unit, flow, inner)
        walker.around = Around(role, node, outer, self.around)
        walker.stmt = self.stmt
        if isinstance(node, ir.Lambda):
            walker.expr(node.body, "returned")
            flow.returns.append(Exit(node.body, inner, self.stmt, walker.around))
            flow.falls_through = False
        else:
            walker.block(body)
            flow.falls_through = walker.env is not None

    def nothing(self, stmt: ir.Stmt) -> None:
        """A statement without effect on names."""


def _changed_names(body: list[ir.Stmt]) -> frozenset[str]:
    """Names and dotted names that statements may rebind or change in place, nested expressions left aside."""
    from jobcheck.solve.defs import statements, target_names

    names: set[str] = set(assigned_names(body))
    for stmt in statements(body):
        targets: list[ir.Expr] = []
        if isinstance(stmt, ir.Assign):
            targets = stmt.targets
        elif isinstance(stmt, (ir.AnnAssign, ir.AugAssign, ir.For)):
            targets = [stmt.target]
        elif isinstance(stmt, ir.Delete):
            targets = stmt.targets
        elif isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
            func = stmt.value.func
            if isinstance(func, ir.Attribute) and func.attr in CHANGES:
                names.add(dotted(func.value))
        for target in targets:
            names.update(target_names(target))
            changed = target
            while isinstance(changed, ir.Subscript):
                changed = changed.value
                names.add(dotted(changed))
            if isinstance(changed, ir.Attribute):
                names.add(dotted(changed))
    names.discard("")
    return frozenset(names)


_STATEMENTS: dict[type, Callable[[_Walker, Any], None]] = {
    ir.ExprStmt: _Walker.expr_stmt,
    ir.Assign: _Walker.assign,
    ir.AnnAssign: _Walker.ann_assign,
    ir.AugAssign: _Walker.aug_assign,
    ir.Return: _Walker.return_,
    ir.Raise: _Walker.raise_,
    ir.Delete: _Walker.delete,
    ir.Assert: _Walker.assert_,
    ir.Import: _Walker.import_,
    ir.ImportFrom: _Walker.import_from,
    ir.ScopeDecl: _Walker.scope_decl,
    ir.Simple: _Walker.simple,
    ir.If: _Walker.if_,
    ir.While: _Walker.while_,
    ir.For: _Walker.for_,
    ir.Try: _Walker.try_,
    ir.With: _Walker.with_,
    ir.Match: _Walker.match_,
    ir.FunctionDef: _Walker.function_def,
    ir.ClassDef: _Walker.class_def,
    ir.OpaqueStmt: _Walker.nothing,
}
