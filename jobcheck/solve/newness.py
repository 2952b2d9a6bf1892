"""Whether a place is reached only for a row that is being made: `if created` in a receiver, `if self.pk is None` in a `save`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import Env, all_params
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Around

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_KEYS = frozenset({"pk", "id"})


def only_new(solver: Solver, around: Around | None, env: Env) -> bool:
    """Whether a branch around a place says so of the function's own row, the one that it is a method of or a receiver for."""
    function = env.unit.function
    params = [p.name for p in all_params(function.params)] if function is not None else []
    if not params:
        return False
    branches = (part for part in chain(around) if part.role == "branch" and isinstance(part.node, ir.If))
    return any(isinstance(b.node, ir.If) and _says(solver, b.node.test, b.env, b.truth, params, 0) for b in branches)


def _says(solver: Solver, test: ir.Expr, env: Env, truth: bool, params: list[str], depth: int) -> bool:
    match test:
        case ir.UnaryOp(op="not", operand=operand):
            return _says(solver, operand, env, not truth, params, depth)
        case ir.BoolOp(op=op, left=left, right=right):
            sides = (_says(solver, side, env, truth, params, depth) for side in (left, right))
            return any(sides) if op == ("and" if truth else "or") else all(sides)
        case ir.Compare(left=left, ops=[("is" | "is not") as op], comparators=[ir.Constant(kind="none")]):
            return _is_key(left, params) and truth is (op == "is")
        case ir.Attribute(attr="adding", value=ir.Attribute(attr="_state", value=ir.Name(id=name))):
            return truth and name == params[0]
        case ir.Attribute():
            return not truth and _is_key(test, params)
        case ir.Call(func=ir.Attribute(attr="get" | "pop", value=ir.Name(id=name))) if test.args:
            return truth and name in params and _is_created(test.args[0].value)
        case ir.Subscript(value=ir.Name(id=name), index=index):
            return truth and name in params and _is_created(index)
        case ir.Name(id="created") if "created" in params:
            return truth
        case ir.Name() if depth == 0:
            source = solver.sources.of(test, env)
            return source.node is not test and _says(solver, source.node, source.env, truth, params, depth + 1)
        case _:
            return False


def _is_key(node: ir.Expr, params: list[str]) -> bool:
    own = isinstance(node, ir.Attribute) and node.attr in _KEYS
    return own and isinstance(node, ir.Attribute) and isinstance(node.value, ir.Name) and node.value.id == params[0]


def _is_created(node: ir.Expr) -> bool:
    return isinstance(node, ir.Constant) and node.value == "created"
