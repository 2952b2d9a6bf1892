"""Iteration: what a loop over an expression gives each time, where the kind of the expression alone does not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import UNKNOWN, External, Mapping, Sequence, Value, join, known, plain

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def items_of(solver: Solver, node: ir.Expr, env: Env) -> Value:
    """One item of what an expression gives: of the views of a dict, of what `enumerate`, `zip` and the like go over."""
    if isinstance(node, ir.Call):
        found = _of_view(solver, node, env) or _of_walk(solver, node, env)
        if found is not None:
            return found
    return solver.iterated(solver.value(node, env))


def _of_view(solver: Solver, node: ir.Call, env: Env) -> Value | None:
    """`mapping.items()`, `.keys()` and `.values()` of dicts that are known."""
    func = node.func
    if node.args or not isinstance(func, ir.Attribute) or func.attr not in ("items", "keys", "values"):
        return None
    owner = solver.value(func.value, env)
    mappings = [kind for kind in owner.kinds() if isinstance(kind, Mapping)]
    if not mappings or len(mappings) < len(owner.alts):
        return None
    found = join(_view(kind, func.attr) for kind in mappings)
    return found.opened() if owner.open else found


def _view(kind: Mapping, which: str) -> Value:
    pairs = [*kind.entries, *([kind.rest] if kind.rest is not None else [])]
    if not pairs:
        return UNKNOWN  # it is filled where nobody looks
    keys, values = join(key for key, _ in pairs), join(value for _, value in pairs)
    if which == "items":
        return known(Sequence("tuple", join([keys, values]), (keys, values)))
    return keys if which == "keys" else values


def _of_walk(solver: Solver, node: ir.Call, env: Env) -> Value | None:
    """`enumerate(x)`, `zip(x, y)`, `reversed(x)`: what the builtins of these names give."""
    if not isinstance(node.func, (ir.Name, ir.Attribute)) or any(a.star or a.keyword not in (None, "start") for a in node.args):
        return None
    only = solver.value(node.func, env).only
    walk = _WALKS.get(only.qualname) if isinstance(only, External) else None
    given = [items_of(solver, a.value, env) for a in node.args if a.keyword is None] if walk is not None else []
    return walk(given) if walk is not None and given else None


def _pairs(given: list[Value]) -> Value:
    return known(Sequence("tuple", join(given), tuple(given)))


_WALKS: dict[str, Callable[[list[Value]], Value]] = {
    "enumerate": lambda given: _pairs([plain("int"), given[0]]),
    "zip": _pairs,
    "itertools.zip_longest": lambda given: _pairs([join([g, UNKNOWN]) for g in given]),
    "itertools.product": _pairs,
    "itertools.chain": join,
    "reversed": lambda given: given[0],
    "iter": lambda given: given[0],
    "itertools.islice": lambda given: given[0],
    "itertools.chain.from_iterable": lambda given: UNKNOWN,
}
