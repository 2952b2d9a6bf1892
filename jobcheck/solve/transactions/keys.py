"""What an argument carries: the values in its containers and conversions, back to where each was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import ChangeDef, Def, Env, ExprDef, PhiDef, UnpackDef, dotted
from jobcheck.solve.sources import Source, single

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_CONVERSIONS = frozenset({
    "str", "int", "list", "tuple", "set", "sorted", "UUID", "force_str", "force_text", "smart_str", "smart_text", "dumps",
    "unicode", "text_type", "frozenset",
})  # fmt: skip
# Names of keys where the model's fields are not known.
KEYS = frozenset({"pk", "id", "uuid", "uid", "guid", "slug", "hex", "public_id", "primary_key", "key"})
_FETCHES = frozenset({"fetch", "lock", "refresh"})
# How many branches and helpers on end a record may come out of.
_MOST_TURNS = 4
_DEEPEST = 8
# A helper, and one that it calls, are looked into: each takes half of this off the depth that is left.
_DEEPEST_HELPER = 6
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
            yield from _returned(solver, node, env, depth)


def _returned(solver: Solver, node: ir.Call, env: Env, depth: int) -> Iterator[tuple[ir.Expr, Env]]:
    """What a helper of the project gives back, as this call sees it: `ids = make_rows(data)`."""
    for found, where in _returns(solver, node, env) if depth < _DEEPEST_HELPER else ():
        yield from carried(solver, found, where, depth + _DEEPEST_HELPER // 2)


def _named(solver: Solver, node: ir.Name | ir.Attribute, env: Env, depth: int) -> Iterator[tuple[ir.Expr, Env]]:
    """A name: what it was bound to where that is a container or a conversion, itself otherwise."""
    definition = env.lookup(dotted(node))[0]
    definition = single(definition) if definition is not None else None
    containers = (ir.ListExpr, ir.TupleExpr, ir.SetExpr, ir.DictExpr, ir.FString, ir.Comprehension, ir.IfExp)
    if isinstance(definition, ExprDef) and (
        isinstance(definition.node, containers) or (isinstance(definition.node, ir.Call) and _converts(definition.node))
    ):
        yield from carried(solver, definition.node, definition.env, depth + 1)
    elif isinstance(definition, ExprDef) and isinstance(definition.node, ir.Call):
        yield node, env
        yield from _returned(solver, definition.node, definition.env, depth)
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
        elif isinstance(found, ExprDef) and isinstance(found.node, ir.Call):
            yield from _returned(solver, found.node, found.env, depth)
        elif isinstance(found, ExprDef):
            yield from carried(solver, found.node, found.env, depth + 1)


def _converts(node: ir.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ir.Attribute) else node.func.id if isinstance(node.func, ir.Name) else ""
    return name in _CONVERSIONS and len(node.args) >= 1 and not node.args[0].star and node.args[0].keyword is None


def alternatives(solver: Solver, source: Source) -> Iterator[Source]:
    """A source, and what else it may be: what branches give a name, what the returns of a helper are."""
    pending, seen = [(source, 0)], set[tuple[int, int]]()
    while pending and len(seen) < _LONGEST:
        found, depth = pending.pop(0)
        if found.key not in seen:
            seen.add(found.key)
            yield found
            if depth < _MOST_TURNS:
                pending.extend((solver.sources.of(node, env), depth + 1) for node, env in _behind(solver, found))


def _behind(solver: Solver, source: Source) -> Iterator[tuple[ir.Expr, Env]]:
    if source.definition is None:
        yield from _returns(solver, source.node, source.env)
        return
    for part in _branches(single(source.definition)):
        if isinstance(part, ExprDef):
            yield part.node, part.env
        elif isinstance(part, UnpackDef) and isinstance(made := single(part.source), ExprDef):
            for node, env in _returns(solver, made.node, made.env):
                if isinstance(node, ir.TupleExpr) and part.index is not None and part.index < len(node.elements):
                    yield node.elements[part.index], env


def _branches(definition: Def) -> Iterator[Def]:
    """The definitions that meet in one, itself where none do."""
    pending, seen = [definition], set[int]()
    while pending and len(seen) < _LONGEST:
        found = single(pending.pop(0))
        if id(found) not in seen:
            seen.add(id(found))
            if isinstance(found, PhiDef):
                pending.extend(found.parts)
            else:
                yield found


def _returns(solver: Solver, node: ir.Expr, env: Env) -> Iterator[tuple[ir.Expr, Env]]:
    """What a helper of the project gives back to a call."""
    for flow in solver.sources.bound(node, env) if isinstance(node, ir.Call) else ():
        for found in flow.returns:
            if found.node is not None:
                yield found.node, found.env


def fetched_by(solver: Solver, source: Source) -> Source | None:
    """The record that the same function fetches by a value: `order = Order.objects.get(pk=pk)` for `pk`."""
    flow = source.env.unit.flow
    if not isinstance(source.node, (ir.Name, ir.Attribute, ir.Subscript)):
        return None
    for site in flow.sites if flow is not None else ():
        if any(_may_be(a.value, source.node) for a in _given(site.call) if a.keyword is None or a.keyword in KEYS):
            operation = solver.records.operation(site)
            if operation is not None and operation.act in _FETCHES and operation.by_key:
                keys = (solver.sources.of(node, site.env) for name, node in operation.lookups if name in KEYS)
                if any(solver.sources.same(key, source) for key in keys):
                    return Source(site.call, site.env)
    return None


def _given(call: ir.Call) -> Iterator[ir.Arg]:
    """What a chain of calls is given: `Order.objects.filter(pk=pk).first()`."""
    node: ir.Expr = call
    while isinstance(node, ir.Call):
        yield from node.args
        node = node.func.value if isinstance(node.func, ir.Attribute) else node.func


def _may_be(node: ir.Expr, key: ir.Expr) -> bool:
    """A cheap look before the real one: an expression of the same sort, or a conversion of one."""
    if isinstance(node, ir.Call) and _converts(node):
        node = node.args[0].value
    return isinstance(node, ir.Name) or type(node) is type(key)
