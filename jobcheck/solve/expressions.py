"""Expressions: what each sort of them gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve import calls, iteration, operators
from jobcheck.solve.defs import (
    Env,
    dotted,
)  # fmt: skip
from jobcheck.solve.flow_expressions import decided_test
from jobcheck.solve.kinds import (
    MOST_ITEMS,
    UNKNOWN,
    ClassObject,
    Coroutine,
    External,
    Generator,
    LocalFunction,
    Mapping,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def evaluate(solver: Solver, node: ir.Expr, env: Env) -> Value:
    """The value of an expression; `Solver.value` remembers it."""
    match node:
        case ir.Constant():
            return operators.constant(node)
        case ir.Name():
            return solver.name(node.id, env)
        case ir.Attribute():
            return _attribute(solver, node, env)
        case ir.Call():
            return calls.call(solver, node, env)
        case ir.FString():
            return plain("str")
        case ir.ListExpr() | ir.SetExpr() | ir.TupleExpr():
            return _display(solver, node, env)
        case ir.DictExpr():
            return _dict(solver, node, env)
        case ir.Comprehension():
            return _comprehension(solver, node, env)
        case ir.BinOp():
            if node.op == "|":
                return _piped(solver, node, env)
            return operators.binary(node.op, solver.value(node.left, env), solver.value(node.right, env))
        case ir.BoolOp():
            left = solver.value(node.left, env)
            left = operators.narrowed_truth(solver, left, node.op == "or")
            return join([left, solver.value(node.right, env)])
        case ir.UnaryOp():
            return operators.unary(node.op, solver.value(node.operand, env))
        case ir.Compare():
            return operators.compared(solver.value(node.left, env))
        case ir.IfExp():
            decided = decided_test(node.test, env)
            if decided is not None:
                return solver.value(node.body if decided else node.orelse, env)
            return join([solver.value(node.body, env), solver.value(node.orelse, env)])
        case ir.Subscript():
            return _subscript(solver, node, env)
        case ir.NamedExpr():
            return solver.value(node.value, env)
        case ir.Await():
            return _awaited(solver, solver.value(node.value, env))
        case ir.Lambda():
            return known(LocalFunction("<lambda>", solver.local_function(node, env), env.unit.qualname))
        case _:
            return UNKNOWN


def _attribute(solver: Solver, node: ir.Attribute, env: Env) -> Value:
    path = dotted(node)
    if path:
        definition = env.vars.get(path)
        if definition is not None:
            return solver.definition(definition)
    return solver.attribute(solver.value(node.value, env), node.attr)


def _display(solver: Solver, node: ir.ListExpr | ir.SetExpr | ir.TupleExpr, env: Env) -> Value:
    name = {ir.ListExpr: "list", ir.SetExpr: "set", ir.TupleExpr: "tuple"}[type(node)]
    items: list[Value] | None = []
    spread: list[Value] = []
    for element in node.elements[:MOST_ITEMS]:
        if isinstance(element, ir.Starred):
            spread.append(iteration.items_of(solver, element.value, env))
            items = None
        else:
            value = solver.value(element, env)
            spread.append(value)
            if items is not None:
                items.append(value)
    if len(node.elements) > MOST_ITEMS:
        items, spread = None, [*spread, UNKNOWN]
    return known(Sequence(name, join(spread), tuple(items) if items is not None else None))


def _dict(solver: Solver, node: ir.DictExpr, env: Env) -> Value:
    entries: list[tuple[Value, Value]] = []
    rest: tuple[Value, Value] | None = None
    for item in node.items[: MOST_ITEMS * 2]:
        value = solver.value(item.value, env)
        if item.key is not None:
            entries.append((solver.value(item.key, env), value))
            continue
        more, others = operators.mapping_parts(value)
        entries.extend(more)
        rest = operators.join_rest(rest, others)
    if len(node.items) > MOST_ITEMS * 2:
        rest = (UNKNOWN, UNKNOWN)
    return known(Mapping("dict", tuple(entries), rest))


def _comprehension(solver: Solver, node: ir.Comprehension, env: Env) -> Value:
    flow = env.unit.flow
    inner = flow.scopes.get(id(node)) if flow else None
    if inner is None:
        element = key = UNKNOWN
    else:
        element = solver.value(node.element, inner)
        key = solver.value(node.key, inner) if node.key is not None else UNKNOWN
    if node.kind == "dict":
        return known(Mapping("dict", (), (key, element)))
    return known(Generator(element) if node.kind == "generator" else Sequence(node.kind, element))


def _subscript(solver: Solver, node: ir.Subscript, env: Env) -> Value:
    owner = solver.value(node.value, env)
    if isinstance(node.index, ir.SliceExpr):
        return operators.sliced(owner)
    if any(isinstance(k, (External, ClassObject)) for k in owner.kinds()):
        return owner  # list[int](), Color["RED"] is met in operators.item
    return operators.item(solver, owner, solver.value(node.index, env))


def _piped(solver: Solver, node: ir.BinOp, env: Env) -> Value:
    left, right = solver.value(node.left, env), solver.value(node.right, env)
    for framework in solver.frameworks:
        found = framework.pipe(solver, left, right, env.unit.origin(node))
        if found is not None:
            return found
    return operators.binary(node.op, left, right)


def _awaited(solver: Solver, value: Value) -> Value:
    parts = [alt.kind.result if isinstance(alt.kind, Coroutine) else UNKNOWN for alt in value.alts]
    return join([*parts, UNKNOWN] if value.open else parts)
