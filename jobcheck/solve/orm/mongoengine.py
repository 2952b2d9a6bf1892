"""MongoEngine and Flask-MongoEngine: documents, their fields, querysets. Source: MongoEngine 0.29's reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    EnumMember,
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
from jobcheck.solve.orm import lookup, mongoengine_operations
from jobcheck.solve.orm.base import FieldInfo, Operation
from jobcheck.solve.orm.declared import FieldCall, declarations, declares, field_class, field_of, text
from jobcheck.solve.orm.mongoengine_kinds import NAME, Method, Query, made

if TYPE_CHECKING:
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver

PACKAGES = frozenset({"mongoengine", "flask_mongoengine", "flask_mongoengine3"})
_FIELDS = {
    **dict.fromkeys("StringField URLField EmailField MultiLineStringField".split(), "str"),
    **dict.fromkeys("IntField LongField SequenceField".split(), "int"),
    "BooleanField": "bool", "FloatField": "float", "DecimalField": "decimal", "Decimal128Field": "decimal",
    "DateTimeField": "datetime_naive", "ComplexDateTimeField": "datetime_naive", "DateField": "date",
    "ObjectIdField": "object_id", "UUIDField": "uuid", "BinaryField": "bytes",
}  # fmt: skip
_LISTS = frozenset({"ListField", "SortedListField", "EmbeddedDocumentListField"})
_REFERENCES = frozenset({"ReferenceField", "CachedReferenceField", "EmbeddedDocumentField"})
_MAPS = frozenset({"DictField", "MapField"})
_CHAIN = frozenset({
    "filter", "exclude", "order_by", "only", "limit", "skip", "no_cache", "select_related", "timeout", "batch_size", "hint",
    "no_dereference", "all", "fields", "all_fields", "clone", "search_text", "read_preference", "using", "max_time_ms",
    "no_sub_classes", "collation", "comment", "where", "as_pymongo_coerce", "allow_disk_use", "read_concern",
})  # fmt: skip
_RECORD_METHODS = frozenset({"save", "update", "modify", "delete", "reload", "to_json", "to_mongo", "to_dbref", "validate"})
_PARENTS = frozenset({"EmbeddedDocument", "DynamicEmbeddedDocument"})


class MongoEngine(NoJobs):
    """Answers for classes that derive from MongoEngine's documents."""

    name = NAME

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """Fields of documents, `Order.objects`, and the methods of both."""
        match owner:
            case Instance(cls=cls) if solver.classes.record(cls) == NAME:
                return self._of_document(solver, owner, cls, name)
            case ClassObject(cls=cls) if solver.classes.record(cls) == NAME:
                return made("query", Query(cls)) if name == "objects" and not declares(solver, cls, name) else None
            case Instance(cls=ClassRef(filename=None, qualname=qualname)) if qualname.rpartition(".")[2] == "MongoEngine":
                return solver.external(f"mongoengine.{name}")
            case FrameworkValue(framework="mongoengine"):
                return made("method", Method(owner, name))
            case _:
                return None

    def _of_document(self, solver: Solver, owner: Instance, cls: ClassRef, name: str) -> Value | None:
        info = solver.records.field(cls, name)
        if info is not None:
            return info.value
        if declares(solver, cls, name):
            return None
        return made("method", Method(owner, name)) if name in _RECORD_METHODS else None

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """What a field's class, or a method of a document or queryset, gives."""
        role = field_class(solver, callee, PACKAGES, "to_python")
        if role:
            return made("field", FieldCall(role, node, env))
        if not isinstance(callee, FrameworkValue) or callee.framework != NAME:
            return None
        match callee.data:
            case Query() as query:  # Order.objects(...)
                return made("query", query.narrowed(mongoengine_operations.compared(node)))
            case Method(owner=FrameworkValue(data=Query() as query), name=name):
                return _of_query(query, name, node)
            case Method(owner=Instance() as record, name=name):
                return _of_record(record, name)
            case _:
                return UNKNOWN

    def operation(self, solver: Solver, site: Site) -> Operation | None:
        """See Orm."""
        return mongoengine_operations.operation(solver, site)

    def fields(self, solver: Solver, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """See Orm."""
        return _fields(solver, cls) if solver.classes.record(cls) == NAME else None


def _of_record(record: Instance, name: str) -> Value:
    """What a method of a document gives."""
    if name in ("save", "reload"):
        return known(record)
    if name == "to_json":
        return plain("str")
    return plain("bool") if name == "modify" else UNKNOWN


def _of_query(query: Query, name: str, node: ir.Call) -> Value:
    """What a method of a queryset gives."""
    one, none = known(Instance(query.model)), known(Literal(None))
    if name in _CHAIN:
        return made("query", query.narrowed(mongoengine_operations.compared(node) if name == "filter" else ()))
    if name in ("get", "create", "get_or_404", "first_or_404", "upsert_one"):
        return one
    if name in ("first", "with_id", "modify"):
        return join([one, none])
    if name == "get_or_create":
        items = (one, plain("bool"))
        return known(Sequence("tuple", join(items), items))
    if name == "in_bulk":
        return known(Mapping("dict", (), (plain("object_id"), one)))
    if name == "to_json":
        return plain("str")
    return plain("int") if name in ("count", "update", "update_one", "delete") else UNKNOWN


# --- fields ----------------------------------------------------------------------------------------------------


def _fields(solver: Solver, cls: ClassRef) -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for each in declarations(solver, cls):
        call = field_of(solver, each.value, each.env, NAME) if each.value is not None else None
        if call is not None:
            found[each.name] = _field(solver, cls, each.name, call)
    info = solver.classes.info(cls)
    embedded = info is not None and any(q.rpartition(".")[2] in _PARENTS for q in info.externals)
    if not embedded and not any(f.key for f in found.values()):
        found = {"id": FieldInfo("id", plain("object_id"), unique=True, key=True, auto="key"), **found}
    return found


def _field(solver: Solver, cls: ClassRef, name: str, call: FieldCall) -> FieldInfo:
    key = call.flag("primary_key") is True
    info = FieldInfo(name, _value(solver, cls, call), unique=key or call.flag("unique") is True, key=key)
    info.column = text(call.option("db_field"))
    info.many = call.role in _LISTS
    inner = _inner(solver, call) if info.many else call
    if inner is not None and inner.role in _REFERENCES | {"LazyReferenceField", "EmbeddedDocumentListField"}:
        info.relation = _target(solver, cls, inner)
    together = call.option("unique_with")
    names = together.elements if isinstance(together, (ir.ListExpr, ir.TupleExpr)) else [together]
    info.together = frozenset([name, *(t for t in map(text, names) if t)]) if together is not None else frozenset()
    default = call.option("default") is not None
    info.auto = "key" if call.role == "SequenceField" else "add" if default else ""
    sure = key or default or call.flag("required") is True or call.role in _LISTS | _MAPS
    if not sure and not info.value.unknown:
        info.value = join([info.value, plain("none")])
    return info


def _value(solver: Solver, cls: ClassRef, call: FieldCall) -> Value:
    """What reading a field gives."""
    if call.role in _FIELDS:
        return plain(_FIELDS[call.role])
    if call.role in _LISTS:
        return known(Sequence("list", _element(solver, cls, call)))
    if call.role in _MAPS:
        return known(Mapping("dict", (), (plain("str"), UNKNOWN)))
    if call.role in _REFERENCES:
        target = _target(solver, cls, call)
        return known(Instance(target)) if target is not None else UNKNOWN
    only = solver.value(call.first, call.env).only if call.role == "EnumField" and call.first is not None else None
    if isinstance(only, ClassObject):
        flavor = solver.classes.enum_flavor(only.cls)
        return known(EnumMember(only.cls, flavor)) if flavor else UNKNOWN
    return UNKNOWN


def _inner(solver: Solver, call: FieldCall) -> FieldCall | None:
    """The field of the items of a list."""
    given = call.first or call.option("field")
    if call.role == "EmbeddedDocumentListField":
        return call
    return field_of(solver, given, call.env, NAME) if given is not None else None


def _element(solver: Solver, cls: ClassRef, call: FieldCall) -> Value:
    inner = _inner(solver, call)
    if inner is None:
        return UNKNOWN
    target = _target(solver, cls, inner) if inner is call else None
    if inner is call:
        return known(Instance(target)) if target is not None else UNKNOWN
    return _value(solver, cls, inner)


def _target(solver: Solver, cls: ClassRef, call: FieldCall) -> ClassRef | None:
    """The class that a reference is to."""
    first = call.first or call.option("document_type")
    name = text(first)
    if name is not None:
        return cls if name == "self" else lookup.by_name(solver, name, cls.filename or "")
    only = solver.value(first, call.env).only if first is not None else None
    return only.cls if isinstance(only, ClassObject) else None
