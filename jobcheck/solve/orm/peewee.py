"""Peewee: models, their fields, selects, and what they do to the database. Source: Peewee 3's and 4's references."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    FrameworkValue,
    Instance,
    Kind,
    Literal,
    Mapping,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import lookup, peewee_operations
from jobcheck.solve.orm.base import FieldInfo, Operation
from jobcheck.solve.orm.declared import FieldCall, declarations, field_class, field_of, positional, text
from jobcheck.solve.orm.peewee_kinds import NAME, Column, Method, Query, made

if TYPE_CHECKING:
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver

PACKAGES = frozenset({"peewee", "playhouse", "peewee_async", "flask_peewee"})
_FIELDS = {
    **dict.fromkeys(
        "IntegerField BigIntegerField SmallIntegerField AutoField BigAutoField PrimaryKeyField IdentityField "
        "RowIDField BitField AutoIncrementField".split(), "int"),
    **dict.fromkeys("CharField TextField FixedCharField IPField".split(), "str"),
    "BooleanField": "bool", "FloatField": "float", "DoubleField": "float", "DecimalField": "decimal",
    "DateTimeField": "datetime_naive", "TimestampField": "datetime_naive", "DateTimeTZField": "datetime_aware",
    "DateField": "date", "TimeField": "time", "BlobField": "bytes", "UUIDField": "uuid", "BinaryUUIDField": "uuid",
    "IntervalField": "timedelta",
}  # fmt: skip
_AUTO = frozenset({"AutoField", "BigAutoField", "PrimaryKeyField", "IdentityField", "AutoIncrementField"})
_CHAIN = frozenset({
    "where", "order_by", "limit", "offset", "join", "switch", "group_by", "having", "distinct", "for_update", "paginate",
    "from_", "left_outer_join", "join_from", "filter", "objects", "iterator", "orwhere", "order_by_extend", "with_cte",
    "on_conflict", "on_conflict_ignore", "on_conflict_replace", "returning", "union", "union_all", "execute", "columns",
})  # fmt: skip
_STARTS = {
    "select": "select", "insert": "insert", "insert_many": "insert", "insert_from": "insert", "replace": "upsert",
    "replace_many": "upsert", "update": "update", "delete": "delete",
}  # fmt: skip
_METHODS = frozenset(_STARTS) | {
    "get", "get_or_none", "get_by_id", "create", "get_or_create", "filter", "bulk_create", "bulk_update", "delete_by_id",
    "set_by_id", "save", "delete_instance", "get_id", "is_dirty", "raw", "alias",
}  # fmt: skip


class Peewee(NoJobs):
    """Answers for classes that derive from peewee.Model."""

    name = NAME

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """Fields of records and classes, and the methods of models and selects."""
        match owner:
            case Instance(cls=cls) if solver.classes.record(cls) == NAME:
                return self._of_instance(solver, owner, cls, name)
            case ClassObject(cls=cls) if solver.classes.record(cls) == NAME:
                if name in solver.records.fields(cls):
                    return made("column", Column(cls, name))
                own = name in _METHODS and not any(True for _ in solver.member(cls, name))
                return made("method", Method(owner, name)) if own else None
            case FrameworkValue(framework="peewee"):
                return made("method", Method(owner, name))
            case _:
                return None

    def _of_instance(self, solver: Solver, owner: Instance, cls: ClassRef, name: str) -> Value | None:
        info = solver.records.field(cls, name)
        if info is not None:
            return _key_of(solver, info) if info.relation is not None and info.column == name else info.value
        if any(True for _ in solver.member(cls, name)):
            return None
        return made("method", Method(owner, name)) if name in _METHODS else _backref(solver, cls, name)

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """What a field's class, a model's method or a select gives."""
        role = field_class(solver, callee, PACKAGES, "python_value")
        if role:
            return made("field", FieldCall(role, node, env))
        if not isinstance(callee, FrameworkValue) or callee.framework != NAME:
            return None
        method = callee.data
        if not isinstance(method, Method):
            return UNKNOWN
        match method.owner:
            case ClassObject(cls=cls):
                return self._of_model(solver, cls, method.name, node, env)
            case Instance():
                return plain("int") if method.name in ("save", "delete_instance") else UNKNOWN
            case FrameworkValue(role="query", data=Query() as query):
                return _of_query(query, method.name, peewee_operations.compared(solver, node, env))
            case _:
                return UNKNOWN

    def _of_model(self, solver: Solver, cls: ClassRef, name: str, node: ir.Call, env: Env) -> Value:
        one = known(Instance(cls))
        if name in ("get", "get_by_id", "create"):
            return one
        if name == "get_or_none":
            return join([one, known(Literal(None))])
        if name == "get_or_create":
            items = (one, plain("bool"))
            return known(Sequence("tuple", join(items), items))
        if name in ("select", "filter"):
            columns = positional(node)
            whole = not columns or any(isinstance(solver.value(c, env).only, ClassObject) for c in columns) or name == "filter"
            return made("query", Query("select", cls, one if whole else one.opened()))
        if name in _STARTS:
            fields, atomic = peewee_operations.written(solver, node, env)
            return made("query", Query(_STARTS[name], cls, UNKNOWN, fields=fields, atomic=atomic))
        return plain("int") if name in ("delete_by_id", "set_by_id", "bulk_update") else UNKNOWN

    # --- the contract ------------------------------------------------------------------------------------------

    def operation(self, solver: Solver, site: Site) -> Operation | None:
        """See Orm."""
        return peewee_operations.operation(solver, site)

    def fields(self, solver: Solver, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """See Orm."""
        return _fields(solver, cls) if solver.classes.record(cls) == NAME else None


def _of_query(query: Query, name: str, lookups: tuple[tuple[str, ir.Expr], ...]) -> Value:
    """What a method of a select gives."""
    if name in ("where", "filter"):
        return made("query", replace(query, lookups=query.lookups + lookups))
    if name == "for_update":
        return made("query", replace(query, lock=True))
    if name.startswith("on_conflict"):
        return made("query", replace(query, verb="upsert"))
    if name in _CHAIN:
        return made("query", query)
    if name == "get":
        return query.element
    if name in ("first", "get_or_none", "peek"):
        return join([query.element, known(Literal(None))])
    if name == "dicts":
        return made("query", replace(query, item=known(Mapping("dict", (), (plain("str"), UNKNOWN)))))
    if name == "tuples":
        return made("query", replace(query, item=known(Sequence("tuple", UNKNOWN))))
    if name == "namedtuples":
        return made("query", replace(query, item=UNKNOWN))
    return plain({"count": "int", "exists": "bool"}[name]) if name in ("count", "exists") else UNKNOWN


# --- fields ----------------------------------------------------------------------------------------------------


def _fields(solver: Solver, cls: ClassRef) -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for each in declarations(solver, cls):
        call = field_of(solver, each.value, each.env, NAME) if each.value is not None else None
        if call is not None:
            found[each.name] = _field(solver, cls, each.name, call)
    if not any(f.key for f in found.values()):
        found = {"id": FieldInfo("id", plain("int"), unique=True, key=True, auto="key"), **found}
    return found


def _field(solver: Solver, cls: ClassRef, name: str, call: FieldCall) -> FieldInfo:
    key = call.flag("primary_key") is True or call.role in _AUTO
    info = FieldInfo(name, unique=key or call.flag("unique") is True, key=key, column=text(call.option("column_name")))
    if call.role in ("ForeignKeyField", "DeferredForeignKey"):
        info.relation = _target(solver, cls, call)
        info.value = known(Instance(info.relation)) if info.relation is not None else UNKNOWN
        info.column = text(call.option("object_id_name")) or f"{name}_id"
    elif call.role in _FIELDS:
        info.value = plain(_FIELDS[call.role])
    if call.flag("null") is True and not info.value.unknown:
        info.value = join([info.value, plain("none")])
    info.auto = "key" if call.role in _AUTO else "add" if call.option("default") is not None else ""
    return info


def _target(solver: Solver, cls: ClassRef, call: FieldCall) -> ClassRef | None:
    first = call.first or call.option("model")
    name = text(first)
    if name is not None:
        return cls if name == "self" else lookup.by_name(solver, name, cls.filename or "")
    only = solver.value(first, call.env).only if first is not None else None
    return only.cls if isinstance(only, ClassObject) else None


def _key_of(solver: Solver, info: FieldInfo) -> Value:
    """`order.customer_id`: the key of the record that it refers to."""
    fields = solver.records.fields(info.relation) if info.relation is not None else {}
    keys = [f.value for f in fields.values() if f.key]
    nullable = any(getattr(k, "name", "") == "none" for k in info.value.kinds())
    return UNKNOWN if len(keys) != 1 else join([keys[0], plain("none")]) if nullable else keys[0]


def _backref(solver: Solver, cls: ClassRef, name: str) -> Value | None:
    """`customer.orders`, of `ForeignKeyField(Customer, backref="orders")`."""
    pattern = rb"(?:backref|related_name)\s*=\s*['\"]" + name.encode() + rb"['\"]"
    for filename in lookup.mentioning(solver, pattern):
        for other in lookup.records_of(solver, filename):
            for each in declarations(solver, other):
                call = field_of(solver, each.value, each.env, NAME) if each.value is not None else None
                given = text(call.option("backref") or call.option("related_name")) if call is not None else None
                if call is not None and given == name and _target(solver, other, call) == cls:
                    return made("query", Query("select", other, known(Instance(other))))
    return None
