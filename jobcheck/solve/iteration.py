"""Iteration: what a loop over an expression gives each time, where the kind of the expression alone does not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve import stdlib
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import UNKNOWN, ClassObject, External, Function, Instance, Mapping, Sequence, Value, join, known, plain

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# What calls of a builtin or of the standard library give, whatever they are given.
_MADE = {**stdlib.CALLS, **stdlib.BUILTIN_CALLS}
_MAPPED = 2  # a function, and what its argument is taken from


def items_of(solver: Solver, node: ir.Expr, env: Env) -> Value:
    """One item of what an expression gives: of the views of a dict, of what `enumerate`, `zip` and the like go over."""
    if isinstance(node, ir.Call):
        found = _of_view(solver, node, env) or _of_walk(solver, node, env) or _of_map(solver, node, env)
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


def _of_map(solver: Solver, node: ir.Call, env: Env) -> Value | None:
    """`map(f, x)`: what one call of the function gives; of a lambda that is not known."""
    if not isinstance(node.func, ir.Name) or len(node.args) < _MAPPED or any(a.star or a.keyword for a in node.args):
        return None
    if solver.value(node.func, env).only != External("map"):
        return None
    only = solver.value(node.args[0].value, env).only
    if isinstance(only, Function):
        return solver.returned(only.ref)
    if isinstance(only, ClassObject) and not solver.classes.enum_flavor(only.cls):
        return known(Instance(only.cls))
    made = _MADE.get(only.qualname) if isinstance(only, External) else None
    return solver.named_kind(made) if made is not None else UNKNOWN


def pairs_of(solver: Solver, node: ir.Expr, env: Env) -> tuple[Value, Value] | None:
    """Key and value of what `dict(x)` is made of, where it is no dict: `zip(a, b)`, a list of pairs."""
    only = items_of(solver, node, env).only
    return only.items if isinstance(only, Sequence) and only.items is not None and len(only.items) == 2 else None


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
    **dict.fromkeys(("filter", "itertools.filterfalse", "itertools.takewhile", "itertools.dropwhile"), lambda given: given[-1]),
    "itertools.chain.from_iterable": lambda given: UNKNOWN,
}
