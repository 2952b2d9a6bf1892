"""Assignments whose new value is computed in Python from the old one."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import External
from jobcheck.solve.operators import plain_name
from jobcheck.solve.sites import Write
from jobcheck.solve.solver import Solver

_COMPUTING = frozenset({"+", "-", "*", "/", "//"})


def computed(solver: Solver, write: Write) -> str | None:
    """The field that is counted up or down in Python: `row.count += 1`, `row.count = row.count + 1`."""
    target = write.target
    if not isinstance(target, ir.Attribute) or write.value is None or by_database(solver, write.value, write.env):
        return None
    value = write.value
    if write.op:
        return target.attr if write.op in _COMPUTING and not _is_span(solver, value, write.env) else None
    if isinstance(value, ir.BinOp) and value.op in _COMPUTING and _reads(solver, value, target, write.env):
        spans = (_is_span(solver, side, write.env) for side in (value.left, value.right))
        return None if any(spans) else target.attr
    return None


def _is_span(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """A moment that is moved by a span is no counter: two runs that move it mean it to be moved once."""
    only = solver.value(node, env).only
    return only is not None and plain_name(only) == "timedelta"


def _reads(solver: Solver, value: ir.BinOp, target: ir.Attribute, env: Env) -> bool:
    """Whether one side is the field itself."""
    owner = solver.sources.of(target.value, env)
    sides = [s for s in (value.left, value.right) if isinstance(s, ir.Attribute) and s.attr == target.attr]
    return any(solver.sources.same(solver.sources.of(side.value, env), owner) for side in sides)


def by_database(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """Whether the database computes a value: an expression of its library stands in it."""
    for part in walk(node):
        if isinstance(part, ir.Call) and isinstance(part.func, (ir.Name, ir.Attribute)):
            only = solver.value(part.func, env).only
            if isinstance(only, External) and only.qualname.startswith(("django.db.models", "sqlalchemy")):
                return True
    return False
