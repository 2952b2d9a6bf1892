"""What an argument carries: the values in its containers and conversions, back to where each was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import ChangeDef, Def, Env, ExprDef, PhiDef, dotted
from jobcheck.solve.sources import single

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_CONVERSIONS = frozenset({
    "str", "int", "list", "tuple", "set", "sorted", "UUID", "force_str", "force_text", "smart_str", "smart_text", "dumps",
    "unicode", "text_type", "frozenset",
})  # fmt: skip
_DEEPEST = 8
_LONGEST = 24


def carried(solver: Solver, node: ir.Expr, env: Env, depth: int = 0) -> Iterator[tuple[ir.Expr, Env]]:
    """The values of an argument, out of containers and conversions."""
    if depth > _DEEPEST:
        return
    match node:
        case ir.ListExpr() | ir.TupleExpr() | ir.SetExpr():
            for element in node.elements:
                yield from carried(solver, element, env, depth + 1)
        case ir.DictExpr():
            for item in node.items:
                yield from carried(solver, item.value, env, depth + 1)
        case ir.FString():
            for part in node.values:
                yield from carried(solver, part, env, depth + 1)
        case ir.IfExp():
            yield from carried(solver, node.body, env, depth + 1)
            yield from carried(solver, node.orelse, env, depth + 1)
        case ir.Starred() | ir.Await():
            yield from carried(solver, node.value, env, depth + 1)
        case ir.Comprehension():
            flow = env.unit.flow
            inner = flow.scopes.get(id(node), env) if flow is not None else env
            yield from carried(solver, node.element, inner, depth + 1)
        case ir.Call() if _converts(node):
            yield from carried(solver, node.args[0].value, env, depth + 1)
        case ir.Name() | ir.Attribute():
            yield from _named(solver, node, env, depth)
        case ir.Call():
            yield node, env


def _named(solver: Solver, node: ir.Name | ir.Attribute, env: Env, depth: int) -> Iterator[tuple[ir.Expr, Env]]:
    """A name: what it was bound to where that is a container or a conversion, itself otherwise."""
    definition = env.lookup(dotted(node))[0]
    definition = single(definition) if definition is not None else None
    containers = (ir.ListExpr, ir.TupleExpr, ir.SetExpr, ir.DictExpr, ir.FString, ir.Comprehension, ir.IfExp)
    if isinstance(definition, ExprDef) and (
        isinstance(definition.node, containers) or (isinstance(definition.node, ir.Call) and _converts(definition.node))
    ):
        yield from carried(solver, definition.node, definition.env, depth + 1)
    elif isinstance(definition, (ChangeDef, PhiDef)):
        yield from _collected(solver, definition, depth)
        if isinstance(definition, PhiDef):
            yield node, env
    else:
        yield node, env


def _collected(solver: Solver, definition: Def, depth: int) -> Iterator[tuple[ir.Expr, Env]]:
    """What was appended to a list on the way."""
    pending, seen = [definition], set[int]()
    while pending and len(seen) < _LONGEST:
        found = pending.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, ChangeDef):
            pending.append(found.before)
            if found.node is not None:
                yield from carried(solver, found.node, found.env, depth + 1)
        elif isinstance(found, PhiDef):
            pending.extend(found.parts)
        elif isinstance(found, ExprDef) and not isinstance(found.node, ir.Call):
            yield from carried(solver, found.node, found.env, depth + 1)


def _converts(node: ir.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ir.Attribute) else node.func.id if isinstance(node.func, ir.Name) else ""
    return name in _CONVERSIONS and len(node.args) >= 1 and not node.args[0].star and node.args[0].keyword is None
