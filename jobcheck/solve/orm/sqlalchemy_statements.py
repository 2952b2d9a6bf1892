"""Statements and queries: what `session.query(...)`, `select(...)` and the methods after them are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Instance,
    Value,
    plain,
)  # fmt: skip
from jobcheck.solve.orm.declared import positional, qualname, text
from jobcheck.solve.orm.sqlalchemy_kinds import (
    Column,
    Page,
    Statement,
    Verb,
    instance,
    is_ours,
    made,
    maybe,
    ours,
    short,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

CHAIN = frozenset({
    "filter", "filter_by", "where", "join", "outerjoin", "options", "order_by", "group_by", "having", "distinct", "limit",
    "offset", "slice", "with_for_update", "with_lockmode", "populate_existing", "execution_options", "yield_per",
    "select_from", "enable_eagerloads", "autoflush", "correlate", "params", "prefix_with", "suffix_with", "with_hint",
    "reset_joinpoint", "enable_assertions", "join_from", "outerjoin_from", "unique", "fetch", "with_statement_hint",
    "full_join", "union", "union_all", "except_", "intersect", "from_statement", "correlate_except", "apply_labels",
    "set_label_style", "with_session", "contains_eager", "inline", "ordered_values", "from_self", "with_parent",
})  # fmt: skip
ENTITIES = frozenset({"with_entities", "with_only_columns", "add_columns", "add_column", "add_entity", "returning"})
_STARTS: dict[str, Verb] = {"select": "select", "insert": "insert", "update": "update", "delete": "delete"}
_UPSERTS = frozenset({"on_conflict_do_nothing", "on_conflict_do_update", "on_duplicate_key_update"})


def start(solver: Solver, qualified: str, node: ir.Call, env: Env) -> Value | None:
    """`select(...)`, `insert(Order)` and their like, by the full name of the function."""
    verb = _STARTS.get(short(qualified))
    if verb is None:
        return None
    entities = positional(node)
    if verb == "select":
        first = entities[0] if len(entities) == 1 else None
        if isinstance(first, (ir.ListExpr, ir.TupleExpr)):
            entities = first.elements  # select([Order.id]) of 1.x
        return made("statement", with_entities(solver, Statement(), entities, env))
    only = solver.value(entities[0], env).only if entities else None
    models = (only.cls,) if isinstance(only, ClassObject) else ()
    return made("statement", Statement(verb=verb, models=models))


def query(solver: Solver, node: ir.Call, env: Env) -> Value:
    """`session.query(...)`."""
    statement = with_entities(solver, Statement(), positional(node), env)
    if any(a.star == "*" for a in node.args):
        statement = replace(statement, entities=(), names=(), whole=False)
    return made("query", statement)


def of_model(cls: ClassRef) -> Value:
    """`Order.query`."""
    return made("query", Statement(entities=(instance(cls),), names=(cls.name,), models=(cls,), whole=True))


def with_entities(solver: Solver, statement: Statement, nodes: list[ir.Expr], env: Env) -> Statement:
    """A statement with these columns instead of what it had."""
    entities: list[Value] = []
    names: list[str] = []
    models: list[ClassRef] = []
    asks = ""
    for node in nodes:
        value, name, model, asked = _entity(solver, node, env)
        entities.append(value)
        names.append(name)
        asks = asked or asks
        if model is not None and model not in models:
            models.append(model)
    whole = len(nodes) == 1 and isinstance(entities[0].only, Instance) and bool(models)
    return replace(statement, entities=tuple(entities), names=tuple(names), models=tuple(models), whole=whole,
                   asks=asks if len(nodes) == 1 else "")  # fmt: skip


def _entity(solver: Solver, node: ir.Expr, env: Env) -> tuple[Value, str, ClassRef | None, str]:
    """What a column of the rows holds, its name, the class it belongs to, and whether it counts."""
    value = solver.value(node, env)
    match value.only:
        case ClassObject(cls=cls):
            return instance(cls), cls.name, cls, ""
        case FrameworkValue(framework="sqlalchemy", role="column", data=Column() as column):
            info = solver.records.field(column.cls, column.name)
            return info.value if info else UNKNOWN, column.label or column.name, column.cls, ""
        case FrameworkValue(framework="sqlalchemy", role="count"):
            counted = _column(solver, node, env)
            return plain("int"), "", counted.cls if counted else None, "count"
        case FrameworkValue(framework="sqlalchemy", role="function", data="max" | "min"):
            inside = _column(solver, node, env)
            info = solver.records.field(inside.cls, inside.name) if inside else None
            return info.value if info else UNKNOWN, "", inside.cls if inside else None, ""
        case FrameworkValue(framework="sqlalchemy", role="exists", data=Statement() as inner):
            return plain("bool"), "", inner.model, "exists"
        case _:
            return UNKNOWN, "", None, ""


def _column(solver: Solver, node: ir.Expr, env: Env) -> Column | None:
    """The column of `func.count(Order.id)`."""
    inner = positional(node)[0] if isinstance(node, ir.Call) and positional(node) else None
    found = ours(solver.value(inner, env), "column") if inner is not None else None
    return found.data if found is not None and isinstance(found.data, Column) else None


def chained(solver: Solver, owner: FrameworkValue, name: str, node: ir.Call, env: Env) -> Value | None:
    """What a method of a query or statement makes that has still not run; None for other methods."""
    statement = owner.data
    if not isinstance(statement, Statement):
        return None
    if name in CHAIN:
        return made(owner.role, _narrowed(solver, statement, name, node, env))
    if name in ENTITIES:
        return made(owner.role, _renamed(solver, statement, name, node, env))
    if name in _UPSERTS:
        return made(owner.role, replace(statement, upsert=True))
    if name == "values" and owner.role == "statement":
        fields, atomic = written(solver, node, env)
        return made(owner.role, replace(statement, fields=fields, atomic=atomic))
    if name == "exists":
        return made("exists", statement)
    if name in ("subquery", "cte", "scalar_subquery", "as_scalar", "label", "alias", "statement"):
        return UNKNOWN
    return None


def _narrowed(solver: Solver, statement: Statement, name: str, node: ir.Call, env: Env) -> Statement:
    if name in ("with_for_update", "with_lockmode"):
        return replace(statement, lock=True)
    if name == "filter_by":
        found = tuple((a.keyword, a.value) for a in node.args if a.keyword is not None)
        return replace(statement, lookups=statement.lookups + found)
    if name in ("filter", "where"):
        found = tuple(pair for n in positional(node) for pair in compared(solver, n, env))
        return replace(statement, lookups=statement.lookups + found, models=statement.models or _owners(solver, node, env))
    if name == "select_from" and not statement.models:
        models = [k.cls for n in positional(node) for k in solver.value(n, env).kinds() if isinstance(k, ClassObject)]
        return replace(statement, models=tuple(models))
    return statement


def _owners(solver: Solver, node: ir.Call, env: Env) -> tuple[ClassRef, ...]:
    """The classes of the columns that a condition begins with: `exists().where(Order.id == key)`."""
    found: list[ClassRef] = []
    for condition in positional(node):
        left = condition.left if isinstance(condition, ir.Compare) else condition
        column = ours(solver.value(left, env), "column") if isinstance(left, ir.Attribute) else None
        if column is not None and isinstance(column.data, Column) and column.data.cls not in found:
            found.append(column.data.cls)
    return tuple(found)


def _renamed(solver: Solver, statement: Statement, name: str, node: ir.Call, env: Env) -> Statement:
    fresh = with_entities(solver, statement, positional(node), env)
    models = statement.models or fresh.models
    if name.startswith("add"):
        return replace(statement, entities=statement.entities + fresh.entities, names=statement.names + fresh.names,
                       whole=False, asks="")  # fmt: skip
    return replace(fresh, models=models, whole=False)


def compared(solver: Solver, node: ir.Expr, env: Env) -> Iterator[tuple[str, ir.Expr]]:
    """The columns that a condition compares with something, through `and_` and `&`."""
    match node:
        case ir.Compare(left=left, ops=["=="], comparators=[right]):
            for column, other in ((left, right), (right, left)):
                name = column_name(solver, column, env)
                if name:
                    yield name, other
                    return
        case ir.BinOp(op="&", left=left, right=right):
            yield from compared(solver, left, env)
            yield from compared(solver, right, env)
        case ir.Call(func=ir.Attribute(value=owner, attr="in_")) if positional(node):
            name = column_name(solver, owner, env)
            if name:
                yield name, positional(node)[0]
        case ir.Call() if short(qualname(solver, node.func, env)) == "and_":
            for part in positional(node):
                yield from compared(solver, part, env)
        case _:
            pass


def column_name(solver: Solver, node: ir.Expr, env: Env) -> str:
    """`total` of `Order.total`, "" for what is no column."""
    if not isinstance(node, ir.Attribute):
        return ""
    found = ours(solver.value(node, env), "column")
    return found.data.name if found is not None and isinstance(found.data, Column) else ""


def written(solver: Solver, node: ir.Call, env: Env) -> tuple[frozenset[str] | None, bool]:
    """The columns that `values(...)` or `Query.update({...})` writes, and whether the database computes each of them."""
    pairs = [(a.keyword, a.value) for a in node.args if a.keyword is not None and a.keyword != "synchronize_session"]
    for given in positional(node)[:1]:
        if not isinstance(given, ir.DictExpr):
            return None, False
        for item in given.items:
            name = (text(item.key) or column_name(solver, item.key, env)) if item.key is not None else ""
            if not name:
                return None, False
            pairs.append((name, item.value))
    if not pairs or any(a.star for a in node.args):
        return None, False
    return frozenset(name for name, _ in pairs), all(computed(solver, value, env) for _, value in pairs)


def computed(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """Whether the database computes a value: it holds a column or an SQL function."""
    match node:
        case ir.BinOp(left=left, right=right):
            return computed(solver, left, env) or computed(solver, right, env)
        case ir.UnaryOp(operand=operand):
            return computed(solver, operand, env)
        case ir.Attribute():
            return bool(column_name(solver, node, env))
        case ir.Call():
            called = solver.value(node.func, env).only
            if isinstance(called, External) and short(called.qualname) in ("case", "cast", "type_coerce"):
                return any(computed(solver, a, env) for a in positional(node))
            return any(is_ours(k, "count", "function") for k in solver.value(node, env).kinds())
        case _:
            return False


def finished(statement: Statement, name: str) -> Value | None:
    """What a method that runs a query gives; None for methods that do not."""
    rows = statement.rows
    if name in ("one", "get_or_404", "first_or_404", "one_or_404"):
        return rows.element
    if name in ("first", "one_or_none"):
        return maybe(rows.element)
    if name == "get":
        return maybe(rows.element) if statement.whole else UNKNOWN
    if name == "all":
        return rows.listed
    if name == "scalar":
        return rows.first if statement.asks else maybe(rows.first)
    if name == "paginate":
        return made("page", Page(rows))
    if name in ("count", "update", "delete"):
        return plain("int")
    return None
