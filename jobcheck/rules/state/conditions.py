"""Which rows a query gives, as far as constants say: `Video.objects.filter(state="new")`."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.solve.defs import Env, IterDef
from jobcheck.solve.solver import Solver
from jobcheck.solve.sources import Source
from jobcheck.solve.transactions.asked import constants

# For each field that must be one of some constants, these.
Conditions = dict[str, tuple[object, ...]]

_NARROWING = frozenset({"filter", "get", "aget", "get_or_create"})
_LONGEST = 12


def of(solver: Solver, record: Source) -> Conditions:
    """What the row that a source is was asked for: by the query that gave it, or that a loop goes over."""
    if isinstance(record.definition, IterDef):
        return of_query(solver, record.definition.node, record.definition.env)
    return of_query(solver, record.node, record.env) if record.definition is None else {}


def of_query(solver: Solver, node: ir.Expr, env: Env) -> Conditions:
    """What the rows of a query were asked for."""
    found: Conditions = {}
    for _ in range(_LONGEST):
        source = solver.sources.of(node, env)
        node, env = source.node, source.env
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
            if node.func.attr in _NARROWING:
                for name, values in _given(solver, node, env):
                    found.setdefault(name, values)
            node = node.func.value
        elif isinstance(node, (ir.Attribute, ir.Subscript)):
            node = node.value
        else:
            break
    return found


def _given(solver: Solver, call: ir.Call, env: Env) -> Iterator[tuple[str, tuple[object, ...]]]:
    for arg in call.args:
        if arg.keyword is not None:
            name, _, lookup = arg.keyword.rpartition("__") if arg.keyword.endswith(("__in", "__exact")) else (arg.keyword, "", "")
            values = constants(solver.value(arg.value, env))
            if values and (lookup or "__" not in name):
                yield name, values
        elif not arg.star:
            yield from _joined(solver, arg.value, env)


def _joined(solver: Solver, node: ir.Expr, env: Env) -> Iterator[tuple[str, tuple[object, ...]]]:
    """`Q(state="new") & Q(...)`."""
    if isinstance(node, ir.BinOp) and node.op == "&":
        yield from _joined(solver, node.left, env)
        yield from _joined(solver, node.right, env)
    elif isinstance(node, ir.Call) and isinstance(node.func, (ir.Name, ir.Attribute)):
        last = node.func.id if isinstance(node.func, ir.Name) else node.func.attr
        if last == "Q":
            yield from _given(solver, node, env)


def apart(one: Conditions, other: Conditions) -> bool:
    """Whether no row is of both: a field must be something else."""
    for name, values in one.items():
        against = other.get(name, ())
        same_sorts = {type(v) for v in values} == {type(v) for v in against}
        if against and same_sorts and not any(v in against for v in values):
            return True
    return False
