"""Sessions: which values are one, and what their methods give.

A value is a session when it is made by one of SQLAlchemy's classes (`Session()`, a sessionmaker, scoped_session,
`db.session`), annotated as one, or of a class of the project that derives from one. Where the value is not known, what
it is asked for is the evidence: a method named as a session's that is given a mapped class, a record, or a statement
(`dbs.query(Order)`, `request.db.add(order)`, `tx.execute(select(Order))`). For `commit`, `flush` and `rollback`, which
are given nothing, the evidence is that the same name is used so elsewhere in the function, or that it ends in
`session` in a module that imports SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    Coroutine,
    FrameworkValue,
    Instance,
    Kind,
    Value,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import sqlalchemy_statements as statements
from jobcheck.solve.orm.declared import positional
from jobcheck.solve.orm.sqlalchemy_kinds import PACKAGES, Rows, Session, Statement, instance, is_ours, made, maybe, ours, short

if TYPE_CHECKING:
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver

CLASSES = {
    "Session": "sync", "AsyncSession": "async", "scoped_session": "sync", "async_scoped_session": "async",
    "Connection": "sync", "AsyncConnection": "async", "SignallingSession": "sync", "BaseSession": "sync",
}  # fmt: skip
FACTORIES = {"sessionmaker": "sync", "async_sessionmaker": "async", "create_session": "sync"}
# Methods that are awaited on an AsyncSession.
_AWAITED = frozenset({
    "get", "get_one", "scalars", "scalar", "execute", "merge", "refresh", "flush", "commit", "rollback", "delete", "close",
    "stream", "stream_scalars", "run_sync", "exec",
})  # fmt: skip
_ENDS = frozenset({"commit", "flush", "rollback"})
_RECORDS = frozenset({"add", "merge", "delete", "refresh", "expunge", "expire", "add_all"})
_STATEMENTS = frozenset({"execute", "scalars", "scalar", "exec", "stream", "stream_scalars"})
METHODS = frozenset({"query", "get", "get_one", "begin", "begin_nested", "close"}) | _RECORDS | _STATEMENTS | _ENDS
# Methods whose arguments tell that they are a session's.
TELLING = frozenset({"query", "get", "get_one"}) | _RECORDS | _STATEMENTS


def flavor(solver: Solver, value: Value) -> str | None:
    """sync or async when a value is a session (or a connection), else None."""
    for kind in value.kinds():
        found = _flavor(solver, kind)
        if found is not None:
            return found
    return None


def _flavor(solver: Solver, kind: Kind) -> str | None:
    if isinstance(kind, FrameworkValue) and is_ours(kind, "session") and isinstance(kind.data, Session):
        return kind.data.flavor
    if not isinstance(kind, Instance):
        return None
    info = solver.classes.info(kind.cls)
    names = info.externals if info is not None else frozenset({kind.cls.qualname})
    return next((CLASSES[short(n)] for n in sorted(names) if short(n) in CLASSES), None)


def factory(solver: Solver, qualname: str, node: ir.Call, env: Env) -> Value | None:
    """What SQLAlchemy's functions and classes that have to do with sessions give."""
    name = short(qualname)
    if name in CLASSES:
        return made("session", Session(CLASSES[name]))
    if name in FACTORIES:
        given = argument(node, 99, "class_")
        kinds = solver.value(given, env).kinds() if given is not None else ()
        is_async = any("Async" in getattr(k, "qualname", "") for k in kinds)
        return made("sessions", Session("async" if is_async else FACTORIES[name]))
    if name in ("create_engine", "create_async_engine", "engine_from_config"):
        return made("engine", Session("async" if "async" in name else "sync"))
    return None


def method(solver: Solver, sort: str, name: str, node: ir.Call, env: Env) -> Value:
    """What a method of a session gives."""
    if name in ("begin", "begin_nested", "no_autoflush"):
        return made("begun", Session(sort))
    value = _method(solver, name, node, env)
    return known(Coroutine(value)) if sort == "async" and name in _AWAITED else value


def _method(solver: Solver, name: str, node: ir.Call, env: Env) -> Value:
    first = next(iter(positional(node)), None)
    if name == "query":
        return statements.query(solver, node, env)
    if name in ("get", "get_one"):
        found = _class(solver, first or argument(node, 0, "entity"), env)
        one = instance(found) if found is not None else UNKNOWN
        return one if name == "get_one" or one.unknown else maybe(one)
    if name in _STATEMENTS:
        return _run(solver, name, first or argument(node, 0, "statement"), env)
    if name == "merge" and first is not None:
        return solver.value(first, env)
    if name in _RECORDS or name in _ENDS or name.startswith("bulk_") or name in ("close", "remove"):
        return plain("none")
    return UNKNOWN


def _run(solver: Solver, name: str, node: ir.Expr | None, env: Env) -> Value:
    """What running a statement gives."""
    found = ours(solver.value(node, env), "statement", "query", "exists") if node is not None else None
    statement = found.data if found is not None and isinstance(found.data, Statement) else Statement()
    rows = statement.rows
    if name == "scalar":
        return rows.first if statement.asks or rows.first.unknown else maybe(rows.first)
    if name in ("scalars", "stream_scalars") or (name == "exec" and len(rows.entities) == 1):
        return made("rows", Rows(rows.entities[:1], rows.names[:1], True))
    return made("rows", Rows(rows.entities, rows.names))


def _class(solver: Solver, node: ir.Expr | None, env: Env) -> ClassRef | None:
    only = solver.value(node, env).only if node is not None else None
    return only.cls if isinstance(only, ClassObject) else None


# --- evidence --------------------------------------------------------------------------------------------------


def told(solver: Solver, node: ir.Call, env: Env) -> bool:
    """Whether a call on something unknown is a session's, by what it is given."""
    if not isinstance(node.func, ir.Attribute) or node.func.attr not in TELLING or not node.args:
        return False
    name = node.func.attr
    first = next(iter(positional(node)), None)
    if first is None:
        return False
    value = solver.value(first, env)
    if name in _STATEMENTS:
        return ours(value, "statement") is not None
    if name in _RECORDS:
        kinds = [k for v in ([solver.iterated(value)] if name == "add_all" else [value]) for k in v.kinds()]
        return any(isinstance(k, Instance) and solver.classes.record(k.cls) == "sqlalchemy" for k in kinds)
    if name != "query" and len(node.args) < 2:
        return False
    column = ours(value, "column", "count") is not None and name == "query"
    return column or any(isinstance(k, ClassObject) and solver.classes.record(k.cls) == "sqlalchemy" for k in value.kinds())


def is_session(solver: Solver, site: Site) -> bool:
    """Whether the receiver of a call is a session; see above for what counts as evidence."""
    func = site.call.func
    if not isinstance(func, ir.Attribute):
        return False
    receiver = solver.value(func.value, site.env)
    if not receiver.unknown:
        return flavor(solver, receiver) is not None
    if func.attr not in _ENDS:
        return told(solver, site.call, site.env)
    return not site.call.args and _used_as_session(solver, site, dotted(func.value))


def _used_as_session(solver: Solver, site: Site, name: str) -> bool:
    if not name:
        return False
    if name.rpartition(".")[2].lower().endswith("session") and imports_sqlalchemy(solver, site.unit.filename):
        return True
    flow = solver.flow(site.unit)
    calls = [(s.call, s.env) for s in flow.sites if isinstance(s.call.func, ir.Attribute) and s.call.func.attr in TELLING]
    return any(dotted(c.func.value) == name and told(solver, c, env) for c, env in calls if isinstance(c.func, ir.Attribute))


def imports_sqlalchemy(solver: Solver, filename: str) -> bool:
    """Whether a module imports SQLAlchemy or a package around it."""
    shape = solver.project.shape(filename)
    return any(i.module.partition(".")[0] in PACKAGES - {"zope"} for i in (*shape.imports, *shape.star_imports))
