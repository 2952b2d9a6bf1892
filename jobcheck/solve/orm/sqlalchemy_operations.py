"""What a call does to the database, for SQLAlchemy: sessions, queries, statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import ClassObject, ClassRef, Instance, Sequence
from jobcheck.solve.orm import sqlalchemy_sessions as sessions
from jobcheck.solve.orm import sqlalchemy_statements as statements
from jobcheck.solve.orm.base import Act, Operation
from jobcheck.solve.orm.declared import keyword, positional, text, truth
from jobcheck.solve.orm.sqlalchemy_kinds import NAME, Statement, ours

if TYPE_CHECKING:
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver

_RUNS: dict[str, Act] = {
    "all": "fetch", "first": "fetch", "one": "fetch", "one_or_none": "fetch", "scalar": "fetch", "get": "fetch",
    "get_or_404": "fetch", "first_or_404": "fetch", "one_or_404": "fetch", "paginate": "fetch", "count": "count",
    "update": "update", "delete": "delete", "scalars": "fetch",
}  # fmt: skip
_SESSION: dict[str, Act] = {
    "add": "add", "add_all": "add", "merge": "add", "delete": "delete", "refresh": "refresh", "flush": "flush",
    "commit": "commit", "rollback": "rollback", "get": "fetch", "get_one": "fetch", "bulk_save_objects": "create",
    "bulk_insert_mappings": "create", "bulk_update_mappings": "update", "expire": "refresh",
}  # fmt: skip
_EXECUTES = frozenset({"execute", "scalars", "scalar", "exec", "stream", "stream_scalars"})
_VERBS: dict[str, Act] = {"select": "fetch", "insert": "create", "update": "update", "delete": "delete"}
# What a call must be named for there to be anything to say.
NAMES = frozenset(_RUNS) | frozenset(_SESSION) | _EXECUTES


def operation(solver: Solver, site: Site) -> Operation | None:
    """See `orm.base.Orm`."""
    func = site.call.func
    if not isinstance(func, ir.Attribute) or func.attr not in NAMES:
        return None
    query = ours(solver.value(func.value, site.env), "query")
    if query is not None and isinstance(query.data, Statement):
        return _of_query(solver, site, query.data, func.attr) if func.attr in _RUNS else None
    if func.attr in _EXECUTES or func.attr in _SESSION:
        return _of_session(solver, site, func)
    return None


def _of_query(solver: Solver, site: Site, statement: Statement, name: str) -> Operation:
    found = Operation(_RUNS[name], NAME, site, model=statement.model or _first_model(statement), lookups=statement.lookups)
    if name in ("get", "get_or_404") and statement.whole:
        _by_key(solver, found, argument(site.call, 0, "ident"))
    elif name == "update":
        found.fields, found.atomic = statements.written(solver, site.call, site.env)
    if statement.asks and found.act == "fetch":
        found.act = "exists" if statement.asks == "exists" else "count"
    elif statement.lock and found.act == "fetch":
        found.act = "lock"
    return _keyed(solver, found)


def _first_model(statement: Statement) -> ClassRef | None:
    """The class that a query over several is mostly about."""
    return statement.models[0] if statement.models else None


def _of_session(solver: Solver, site: Site, func: ir.Attribute) -> Operation | None:
    name = func.attr
    if not sessions.is_session(solver, site):
        return None
    if name in _EXECUTES:
        return _executed(solver, site, func)
    found = Operation(_SESSION[name], NAME, site, using=func.value)
    if name in ("get", "get_one"):
        only = _only_class(solver, site, argument(site.call, 0, "entity"))
        if only is None:
            return None
        found.model = only
        _by_key(solver, found, argument(site.call, 1, "ident"))
        if _locks(site.call):
            found.act = "lock"
    elif found.act not in ("flush", "commit", "rollback"):
        _about_record(solver, site, found, name)
    return found


def _locks(call: ir.Call) -> bool:
    given = keyword(call, "with_for_update")
    return given is not None and truth(given) is not False and not (isinstance(given, ir.Constant) and given.kind == "none")


def _about_record(solver: Solver, site: Site, found: Operation, name: str) -> None:
    """`session.add(order)`, `session.add_all([...])`, `session.refresh(order, with_for_update=True)`."""
    record = next(iter(positional(site.call)), None)
    if record is None:
        return
    value = solver.value(record, site.env)
    if any(isinstance(k, Sequence) for k in value.kinds()) or name == "add_all":
        value = solver.iterated(value)
    elif not name.startswith("bulk_"):
        found.record = record
    classes = list(dict.fromkeys(k.cls for k in value.kinds() if isinstance(k, Instance)))
    classes += [k.cls for k in value.kinds() if isinstance(k, ClassObject)]
    found.model = classes[0] if len(classes) == 1 else None
    if found.act == "refresh" and _locks(site.call):
        found.act = "lock"
    if found.act == "refresh":
        found.fields = _names(argument(site.call, 1, "attribute_names"))


def _names(node: ir.Expr | None) -> frozenset[str] | None:
    """The texts of a list that stands there."""
    if not isinstance(node, (ir.ListExpr, ir.TupleExpr)):
        return None
    names = [text(e) for e in node.elements]
    return frozenset(n for n in names if n is not None) if all(names) else None


def _executed(solver: Solver, site: Site, func: ir.Attribute) -> Operation | None:
    """`session.execute(statement)` and its like."""
    node = argument(site.call, 0, "statement")
    given = ours(solver.value(node, site.env), "statement", "query", "exists") if node is not None else None
    if given is None or not isinstance(given.data, Statement):
        return None
    statement = given.data
    found = Operation(_VERBS[statement.verb], NAME, site, model=statement.model or _first_model(statement),
                      lookups=statement.lookups, fields=statement.fields, atomic=statement.atomic, using=func.value)  # fmt: skip
    if statement.upsert:
        found.act = "upsert"
    elif statement.asks or given.role == "exists":
        found.act = "count" if statement.asks == "count" else "exists"
    elif statement.lock and found.act == "fetch":
        found.act = "lock"
    return _keyed(solver, found)


def _only_class(solver: Solver, site: Site, node: ir.Expr | None) -> ClassRef | None:
    only = solver.value(node, site.env).only if node is not None else None
    return only.cls if isinstance(only, ClassObject) else None


def _by_key(solver: Solver, found: Operation, node: ir.Expr | None) -> None:
    """The lookup of `get(key)`."""
    if node is None or found.model is None:
        return
    keys = [f.name for f in solver.records.fields(found.model).values() if f.key]
    found.lookups = ((keys[0] if len(keys) == 1 else "pk", node),)
    found.by_key = True


def _keyed(solver: Solver, found: Operation) -> Operation:
    """Note whether the rows are found by their primary key."""
    if found.model is not None and found.lookups and not found.by_key:
        fields = solver.records.fields(found.model)
        keys = {f.name for f in fields.values() if f.key}
        compared = {name for name, _ in found.lookups}
        found.by_key = bool(keys) and keys <= compared
    return found


__all__ = ["NAMES", "operation"]
