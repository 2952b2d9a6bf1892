"""What calls on MongoEngine's documents and querysets do to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import ClassRef, FrameworkValue, Instance
from jobcheck.solve.orm.base import Act, Operation
from jobcheck.solve.orm.declared import keyword, made_here, truth
from jobcheck.solve.orm.mongoengine_kinds import NAME, Query

if TYPE_CHECKING:
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver

_ON_QUERY: dict[str, Act] = {
    "get": "fetch", "first": "fetch", "with_id": "fetch", "get_or_404": "fetch", "first_or_404": "fetch", "in_bulk": "fetch",
    "count": "count", "create": "create", "insert": "create", "update": "update", "update_one": "update", "delete": "delete",
    "modify": "update", "upsert_one": "upsert", "get_or_create": "upsert",
}  # fmt: skip
_ON_RECORD: dict[str, Act] = {"save": "save", "update": "update", "modify": "update", "delete": "delete", "reload": "refresh"}
# Operators that compute the new value in the database: `inc__views=1`.
_ATOMIC = frozenset({"inc", "dec", "mul", "push", "push_all", "pull", "pull_all", "add_to_set", "pop", "max", "min", "unset"})
_OPERATORS = _ATOMIC | {"set", "set_on_insert", "rename"}
_OPTIONS = frozenset({
    "upsert", "multi", "write_concern", "read_concern", "full_result", "array_filters", "new", "remove", "query", "query_obj",
    "defaults", "_from_doc_delete",
})  # fmt: skip
# Comparisons that a keyword may end with: `created__lt=now`.
_COMPARISONS = frozenset({"exact", "in"})


def operation(solver: Solver, site: Site) -> Operation | None:
    """See `orm.base.Orm`."""
    func = site.call.func
    if not isinstance(func, ir.Attribute) or not (func.attr in _ON_QUERY or func.attr in _ON_RECORD):
        return None
    kinds = [k for k in solver.value(func.value, site.env).kinds() if getattr(k, "name", "") != "none"]
    match kinds:
        case [FrameworkValue(framework="mongoengine", data=Query() as query)] if func.attr in _ON_QUERY:
            return _on_query(solver, site, query, func.attr)
        case [Instance(cls=cls)] if func.attr in _ON_RECORD and solver.classes.record(cls) == NAME:
            return _on_record(solver, site, cls, func)
        case _:
            return None


def _on_query(solver: Solver, site: Site, query: Query, name: str) -> Operation:
    found = Operation(_ON_QUERY[name], NAME, site, model=query.model, lookups=query.lookups)
    if name in ("get", "first_or_404", "get_or_404", "get_or_create"):
        found.lookups += compared(site.call)
    elif name == "with_id":
        given = argument(site.call, 0, "object_id")
        found.lookups = (("pk", given),) if given is not None else ()
    elif name in ("update", "update_one", "modify", "upsert_one"):
        _written(found, site.call)
    elif name == "create":
        found.fields = frozenset(a.keyword for a in site.call.args if a.keyword)
    keys = {f.name for f in solver.records.fields(query.model).values() if f.key} | {"pk"}
    found.by_key = any(n in keys for n, _ in found.lookups)
    return found


def _on_record(solver: Solver, site: Site, cls: ClassRef, func: ir.Attribute) -> Operation:
    found = Operation(_ON_RECORD[func.attr], NAME, site, model=cls, record=func.value)
    if func.attr in ("update", "modify"):
        _written(found, site.call)
    elif func.attr == "save" and (truth(keyword(site.call, "force_insert")) or made_here(solver, func.value, site.env)):
        found.act = "create"
    elif func.attr == "reload":
        found.fields = None
    return found


def _written(found: Operation, call: ir.Call) -> None:
    """The fields of `update(set__status="paid", inc__views=1)`."""
    if truth(keyword(call, "upsert")):
        found.act = "upsert"
    names: list[str] = []
    atomic = True
    for arg in call.args:
        if arg.keyword is None or arg.keyword in _OPTIONS:
            if arg.keyword is None:
                return
            continue
        operator, _, rest = arg.keyword.partition("__")
        known_operator = operator in _OPERATORS and bool(rest)
        names.append((rest if known_operator else arg.keyword).partition("__")[0])
        atomic = atomic and known_operator and operator in _ATOMIC
    found.fields = frozenset(names) if names else None
    found.atomic = bool(names) and atomic


def compared(call: ir.Call) -> tuple[tuple[str, ir.Expr], ...]:
    """The fields that a call compares: `id=key`, `status__in=[...]`."""
    found = []
    for arg in call.args:
        if arg.keyword is None or arg.keyword in _OPTIONS:
            continue
        name, _, how = arg.keyword.partition("__")
        if not how or how in _COMPARISONS:
            found.append((name, arg.value))
    return tuple(found)
