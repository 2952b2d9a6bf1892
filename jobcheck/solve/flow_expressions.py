"""The part of the flow pass that walks expressions: calls, bindings inside them, and what a test tells of a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobcheck.code import ir
from jobcheck.solve.defs import (
    ChangeDef,
    Def,
    Env,
    ExprDef,
    GivenDef,
    IterDef,
    NarrowDef,
    ParamDef,
    UnpackDef,
    all_params,
    dotted,
)  # fmt: skip
from jobcheck.solve.kinds import Literal
from jobcheck.solve.sites import Around, Exit, Flow, Part, Pipe, Site, Write
from jobcheck.solve.units import Unit

# Methods that take something out of a container.
REMOVALS = frozenset({"pop", "popitem", "popleft", "clear", "remove", "discard"})


def bind_parameters(env: Env, node: ir.FunctionDef | ir.Lambda, outer: Env) -> None:
    """Bind the parameters of a function; annotations and defaults belong to the scope around it."""
    params = node.params
    index = 0
    for role, group in (("posonly", params.posonly), ("arg", params.args)):
        for param in group:
            env.vars[param.name] = ParamDef(param, role, index, node, outer)
            index += 1
    for param in params.kwonly:
        env.vars[param.name] = ParamDef(param, "kwonly", -1, node, outer)
    if params.vararg:
        env.vars[params.vararg.name] = ParamDef(params.vararg, "vararg", -1, node, outer)
    if params.kwarg:
        env.vars[params.kwarg.name] = ParamDef(params.kwarg, "kwarg", -1, node, outer)


_NOT_SAID = object()


def decided_test(test: ir.Expr, env: Env) -> bool | None:
    """How a test comes out in the flow of one call, when it asks for a parameter that the call gave a literal."""
    match test:
        case ir.UnaryOp(op="not"):
            inner = decided_test(test.operand, env)
            return None if inner is None else not inner
        case ir.Name():
            given = _given_literal(test, env)
            return None if given is _NOT_SAID else bool(given)
        case ir.Compare(ops=[("is" | "is not") as op], comparators=[ir.Constant(kind="none")]):
            given = _given_literal(test.left, env)
            return None if given is _NOT_SAID else (given is None) == (op == "is")
        case _:
            return None


def _given_literal(node: ir.Expr, env: Env) -> object:
    """The literal that one call gives a parameter, or that its default is."""
    definition = env.vars.get(node.id) if isinstance(node, ir.Name) else None
    while isinstance(definition, NarrowDef):
        definition = definition.before
    match definition:
        case ExprDef(node=ir.Constant() as said) if definition.env.unit is not env.unit:
            return _constant(said)
        case GivenDef(default=ir.Constant() as said):
            return _constant(said)
        case GivenDef(value=value) if isinstance(value.only, Literal):
            return value.only.value
        case _:
            return _NOT_SAID


def _constant(node: ir.Constant) -> object:
    return (
        node.value
        if node.kind in ("none", "bool", "int", "str") and (node.value is not None or node.kind == "none")
        else _NOT_SAID
    )


class ExpressionWalker:
    """Carries the environment along; `env` is None where nothing arrives any more."""

    def __init__(self, unit: Unit, flow: Flow, env: Env) -> None:
        self.unit = unit
        self.flow = flow
        self.env: Env | None = env
        self.around: Around | None = None
        self.stmt: ir.Stmt = ir.Simple(start=0, end=0, kind="pass")
        self.removed: list[ir.Call] = []
        self.breaks: list[list[Env]] = []
        self.continues: list[list[Env]] = []

    def _arrives(self) -> list[Env]:
        """The environment here, as a list that is empty where nothing arrives."""
        return [] if self.env is None else [self.env]

    def _change(self) -> Env:
        """An environment that may be changed: earlier ones have been handed out."""
        assert self.env is not None
        self.env = self.env.fork()
        return self.env

    def _bind(self, name: str, definition: Def) -> None:
        self._change().bind(name, definition)

    def _open(self, role: str, node: ir.Stmt | ir.Expr, part: Part | None = None) -> Around | None:
        """Open a thing around what follows; returns what to put back."""
        before = self.around
        assert self.env is not None
        self.around = Around(role, node, self.env, before, part)
        return before

    def _target(self, target: ir.Expr, definition: Def) -> None:
        if isinstance(target, ir.Name):
            self._bind(target.id, definition)
        elif isinstance(target, ir.Starred):
            self._target(target.value, definition)
        elif isinstance(target, (ir.TupleExpr, ir.ListExpr)):
            starred = False
            for index, element in enumerate(target.elements):
                starred = starred or isinstance(element, ir.Starred)
                self._target(element, UnpackDef(definition, None if starred else index))
        elif isinstance(target, ir.Attribute):
            self.expr(target.value, "receiver")
            self._write(target, definition.node if isinstance(definition, ExprDef) else None)
            name = dotted(target)
            if name:
                self._bind(name, definition)
        elif isinstance(target, ir.Subscript):
            self.expr(target.value, "receiver")
            self.expr(target.index, "other")
            self._write(target, definition.node if isinstance(definition, ExprDef) else None)
            self._item_change(target, definition.node if isinstance(definition, ExprDef) else None)

    def _write(self, target: ir.Attribute | ir.Subscript, value: ir.Expr | None, op: str = "") -> None:
        assert self.env is not None
        self.flow.writes.append(Write(target, value, self.env, self.around, self.stmt, op))

    def _item_change(self, target: ir.Subscript, node: ir.Expr | None) -> None:
        name = dotted(target.value)
        assert self.env is not None
        before = self.env.vars.get(name)
        if before is not None:
            self._bind(name, ChangeDef(before, "item", target.index, node, self.env))

    def expr(self, node: ir.Expr, usage: str) -> None:
        """Record the calls in an expression."""
        handler = _EXPRESSIONS.get(type(node))
        if handler is not None:
            handler(self, node, usage)

    def call(self, node: ir.Call, usage: str) -> None:
        assert self.env is not None
        self.flow.sites.append(Site(node, self.env, self.around, usage, self.stmt, self.unit))
        if isinstance(node.func, ir.Attribute):
            self.expr(node.func.value, "receiver")
            if node.func.attr in REMOVALS:
                self.removed.append(node)
        else:
            self.expr(node.func, "callee")
        for arg in node.args:
            self.expr(arg.value, "argument")

    def _take_out(self) -> None:
        """`name.pop(key)` gives `name` a new definition, once the statement that it stands in is done."""
        removed, self.removed = self.removed, []
        for call in removed if self.env is not None else ():
            assert isinstance(call.func, ir.Attribute)
            name = dotted(call.func.value)
            before = self.env.vars.get(name) if self.env is not None else None
            if before is not None and self.env is not None:
                key = call.args[0].value if call.args and call.func.attr == "pop" else None
                self._bind(name, ChangeDef(before, "remove", key, None, self.env))

    def attribute(self, node: ir.Attribute, usage: str) -> None:
        self.expr(node.value, "receiver")

    def await_(self, node: ir.Await, usage: str) -> None:
        self.expr(node.value, "awaited")

    def yield_(self, node: ir.Yield, usage: str) -> None:
        if node.value is not None:
            self.expr(node.value, "yielded")
        assert self.env is not None
        self.flow.yields.append(Exit(node.value, self.env, self.stmt, self.around, node.is_from))

    def named(self, node: ir.NamedExpr, usage: str) -> None:
        self.expr(node.value, "assigned")
        assert self.env is not None
        self._target(node.target, ExprDef(node.value, self.env))

    def bool_op(self, node: ir.BoolOp, usage: str) -> None:
        self.expr(node.left, "operand")
        self.expr(node.right, usage if usage == "dropped" else "operand")

    def if_exp(self, node: ir.IfExp, usage: str) -> None:
        self.expr(node.test, "other")
        assert self.env is not None
        decided = decided_test(node.test, self.env)
        if decided is not False:
            self.expr(node.body, usage)
        if decided is not True:
            self.expr(node.orelse, usage)

    def lambda_(self, node: ir.Lambda, usage: str) -> None:
        for param in all_params(node.params):
            if param.default is not None:
                self.expr(param.default, "other")
        self._nested(node, [], "lambda")

    def comprehension(self, node: ir.Comprehension, usage: str) -> None:
        assert self.env is not None
        outer, before = self.env, self.around
        self.expr(node.clauses[0].iter, "other")
        inner = Env(self.unit, {}, self.env, frozenset(n for c in node.clauses for n in _clause_names(c)))
        self._open("comprehension", node)
        for clause in node.clauses:
            if clause is not node.clauses[0]:
                self.env = inner
                self.expr(clause.iter, "other")
            for_def = IterDef(clause.iter, outer if clause is node.clauses[0] else inner, clause.is_async)
            self.env = inner
            self._target(clause.target, for_def)
            for condition in clause.conditions:
                self.expr(condition, "other")
                self._narrow(condition, True)
            assert self.env is not None
            inner = self.env
        self.flow.scopes[id(node)] = inner
        if node.key is not None:
            self.expr(node.key, "other")
        self.expr(node.element, "element")
        self.env, self.around = outer, before

    def binary(self, node: ir.BinOp, usage: str) -> None:
        if node.op == "|":
            assert self.env is not None
            self.flow.pipes.append(Pipe(node, self.env, self.around, usage))
        self.expr(node.left, "operand")
        self.expr(node.right, "operand")

    def dict_(self, node: ir.DictExpr, usage: str) -> None:
        for item in node.items:
            if item.key is not None:
                self.expr(item.key, "other")
            self.expr(item.value, "element")

    def parts(self, node: ir.Expr, usage: str) -> None:
        """Any other expression: its parts in order."""
        for name, used in _PARTS[type(node)]:
            part = getattr(node, name)
            if type(part) is list:
                for one in part:
                    self.expr(one, used)
            elif part is not None:
                self.expr(part, used)

    def _narrow(self, test: ir.Expr, truth: bool) -> None:
        """Refine names by a test that came out as `truth`."""
        match test:
            case ir.UnaryOp(op="not"):
                self._narrow(test.operand, not truth)
            case ir.BoolOp():
                if (test.op == "and") == truth:
                    self._narrow(test.left, truth)
                    self._narrow(test.right, truth)
            case ir.Name() | ir.Attribute():
                self._refine(test, "truthy", None, truth)
            case ir.NamedExpr():
                self._refine(test.target, "truthy", None, truth)
            case ir.Compare(ops=[op]) if op in ("is", "is not", "==", "!="):
                other = test.comparators[0]
                if isinstance(other, ir.Constant) and other.kind == "none":
                    self._refine(test.left, "none", None, truth == (op in ("is", "==")))
            case ir.Call(func=ir.Name(id="isinstance"), args=[subject, classes]):
                self._refine(subject.value, "isinstance", classes.value, truth)
            case _:
                pass

    def _refine(self, subject: ir.Expr, how: str, test: ir.Expr | None, truth: bool) -> None:
        name = dotted(subject)
        if not name or self.env is None:
            return
        before = self.env.vars.get(name)
        if before is None and "." in name:
            before = ExprDef(subject, self.env)
        if before is not None:
            env = self._change()
            env.vars[name] = NarrowDef(before, how, test, truth, env)

    def _nested(self, node: ir.FunctionDef | ir.Lambda, body: list[ir.Stmt], role: str) -> None:
        """A function within; the statements' part of the pass knows how."""
        raise NotImplementedError


def _clause_names(clause: ir.Clause) -> list[str]:
    return [p.id for p in _names_in(clause.target)]


def _names_in(target: ir.Expr) -> list[ir.Name]:
    if isinstance(target, ir.Name):
        return [target]
    if isinstance(target, (ir.TupleExpr, ir.ListExpr)):
        return [n for e in target.elements for n in _names_in(e)]
    if isinstance(target, ir.Starred):
        return _names_in(target.value)
    return []


_ELEMENTS = (("elements", "element"),)
_PARTS: dict[type, tuple[tuple[str, str], ...]] = {
    ir.UnaryOp: (("operand", "operand"),),
    ir.Compare: (("left", "operand"), ("comparators", "operand")),
    ir.Subscript: (("value", "receiver"), ("index", "other")),
    ir.SliceExpr: (("lower", "other"), ("upper", "other"), ("step", "other")),
    ir.TupleExpr: _ELEMENTS,
    ir.ListExpr: _ELEMENTS,
    ir.SetExpr: _ELEMENTS,
    ir.Starred: (("value", "other"),),
    ir.FString: (("values", "other"),),
}
"""The parts of a plain expression, and what each is used for."""
_EXPRESSIONS: dict[type, Callable[[ExpressionWalker, Any, str], None]] = {
    ir.Call: ExpressionWalker.call,
    ir.Attribute: ExpressionWalker.attribute,
    ir.Await: ExpressionWalker.await_,
    ir.Yield: ExpressionWalker.yield_,
    ir.NamedExpr: ExpressionWalker.named,
    ir.BoolOp: ExpressionWalker.bool_op,
    ir.IfExp: ExpressionWalker.if_exp,
    ir.Lambda: ExpressionWalker.lambda_,
    ir.Comprehension: ExpressionWalker.comprehension,
    ir.BinOp: ExpressionWalker.binary,
    ir.DictExpr: ExpressionWalker.dict_,
    **dict.fromkeys(_PARTS, ExpressionWalker.parts),
}
