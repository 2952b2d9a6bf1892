"""What calls on Peewee's models, records and queries do to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import ClassObject, ClassRef, FrameworkValue, Instance, Value
from jobcheck.solve.orm.base import Act, Operation
from jobcheck.solve.orm.declared import conditions, keyword, made_here, positional, text, truth
from jobcheck.solve.orm.peewee_kinds import NAME, Column, Query

if TYPE_CHECKING:
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver

_ON_MODEL: dict[str, Act] = {
    "get": "fetch", "get_or_none": "fetch", "get_by_id": "fetch", "create": "create", "get_or_create": "upsert",
    "bulk_create": "create", "bulk_update": "update", "delete_by_id": "delete", "set_by_id": "update",
}  # fmt: skip
_ON_RECORD: dict[str, Act] = {"save": "save", "delete_instance": "delete"}
_ON_QUERY: dict[str, Act] = {
    "get": "fetch", "first": "fetch", "get_or_none": "fetch", "exists": "exists", "count": "count", "scalar": "fetch",
    "peek": "fetch",
}  # fmt: skip
_EXECUTED: dict[str, Act] = {
    "select": "fetch", "insert": "create", "upsert": "upsert", "update": "update", "delete": "delete",
}  # fmt: skip
_NAMES = frozenset(_ON_MODEL) | frozenset(_ON_RECORD) | frozenset(_ON_QUERY) | {"execute"}


def operation(solver: Solver, site: Site) -> Operation | None:
    """See `orm.base.Orm`."""
    func = site.call.func
    if not isinstance(func, ir.Attribute) or func.attr not in _NAMES:
        return None
    kinds = [k for k in solver.value(func.value, site.env).kinds() if getattr(k, "name", "") != "none"]
    match kinds:
        case [ClassObject(cls=cls)] if func.attr in _ON_MODEL and _ours(solver, cls, func.attr):
            return _on_model(solver, site, cls, func.attr)
        case [Instance(cls=cls)] if func.attr in _ON_RECORD and _ours(solver, cls, func.attr):
            return _on_record(solver, site, cls, func)
        case [FrameworkValue(framework="peewee", data=Query() as query)]:
            return _on_query(solver, site, query, func.attr)
        case _:
            return None


def _ours(solver: Solver, cls: ClassRef, name: str) -> bool:
    """Whether a class is a model; one that has its own `save` calls Peewee's in the end."""
    own = name not in _ON_RECORD and any(True for _ in solver.member(cls, name))
    return solver.classes.record(cls) == NAME and not own


def _on_model(solver: Solver, site: Site, cls: ClassRef, name: str) -> Operation:
    found = Operation(_ON_MODEL[name], NAME, site, model=cls)
    keys = [f.name for f in solver.records.fields(cls).values() if f.key]
    if name.endswith("by_id"):
        given = argument(site.call, 0, "pk" if name == "get_by_id" else "key")
        found.lookups = ((keys[0] if len(keys) == 1 else "pk", given),) if given is not None else ()
        found.by_key = True
        return found
    if name == "create":
        found.fields = frozenset(a.keyword for a in site.call.args if a.keyword)
    elif name in ("get", "get_or_none", "get_or_create"):
        found.lookups = compared(solver, site.call, site.env)
        found.by_key = bool(keys) and set(keys) <= {n for n, _ in found.lookups}
    return found


def _on_record(solver: Solver, site: Site, cls: ClassRef, func: ir.Attribute) -> Operation:
    found = Operation(_ON_RECORD[func.attr], NAME, site, model=cls, record=func.value)
    if found.act == "save":
        only = argument(site.call, 1, "only")
        names = [_named(solver, e, site.env) for e in only.elements] if isinstance(only, (ir.ListExpr, ir.TupleExpr)) else []
        found.fields = frozenset(n for n in names if n) if names and all(names) else None
        if truth(keyword(site.call, "force_insert")) or made_here(solver, func.value, site.env):
            found.act = "create"
    return found


def _on_query(solver: Solver, site: Site, query: Query, name: str) -> Operation | None:
    act = _EXECUTED.get(query.verb) if name == "execute" else _ON_QUERY.get(name) if query.verb == "select" else None
    if act is None:
        return None
    lookups = query.lookups + (compared(solver, site.call, site.env) if name in ("get", "get_or_none") else ())
    found = Operation(act, NAME, site, model=query.model, lookups=lookups, fields=query.fields, atomic=query.atomic)
    if found.act == "fetch" and query.lock:
        found.act = "lock"
    keys = {f.name for f in solver.records.fields(query.model).values() if f.key}
    found.by_key = bool(keys) and keys <= {n for n, _ in lookups}
    return found


def compared(solver: Solver, call: ir.Call, env: Env) -> tuple[tuple[str, ir.Expr], ...]:
    """The fields that a call compares: `Order.id == key`, `id=key`."""
    found = [(a.keyword, a.value) for a in call.args if a.keyword is not None and a.keyword != "defaults"]
    for given in positional(call):
        for test in conditions(given):
            name = _named(solver, test.left, env)
            if name:
                found.append((name, test.comparators[0]))
    return tuple(found)


def written(solver: Solver, call: ir.Call, env: Env) -> tuple[frozenset[str] | None, bool]:
    """The fields that `update(...)` or `insert(...)` writes, and whether the database computes each of them."""
    pairs = [(a.keyword, a.value) for a in call.args if a.keyword is not None]
    for given in positional(call)[:1]:
        if not isinstance(given, ir.DictExpr) or any(i.key is None for i in given.items):
            return None, False
        pairs += [((text(i.key) or _named(solver, i.key, env)), i.value) for i in given.items if i.key is not None]
    if not pairs or any(a.star for a in call.args) or not all(name for name, _ in pairs):
        return None, False
    return frozenset(n for n, _ in pairs), all(_computed(solver, value, env) for _, value in pairs)


def _computed(solver: Solver, node: ir.Expr, env: Env) -> bool:
    if isinstance(node, ir.BinOp):
        return _computed(solver, node.left, env) or _computed(solver, node.right, env)
    return bool(_named(solver, node, env))


def _named(solver: Solver, node: ir.Expr, env: Env) -> str:
    """`total` of `Order.total`."""
    value: Value = solver.value(node, env) if isinstance(node, ir.Attribute) else Value()
    only = value.only
    return only.data.name if isinstance(only, FrameworkValue) and isinstance(only.data, Column) and only.framework == NAME else ""
