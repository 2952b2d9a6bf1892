"""Django's forms and REST framework's serializers: their data by field, and the records that they make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl, ClassDecl, FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassRef,
    FrameworkValue,
    FunctionRef,
    Instance,
    Literal,
    Mapping,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import django_tables as tables
from jobcheck.solve.orm.django_query import NAME, Method, Query, as_queryset, query_of
from jobcheck.solve.pursuit import HOLDS

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_classes import Sorts
    from jobcheck.solve.orm.django_models import Models

_CALLED = re.compile(rb"\s*([A-Za-z_][\w.]*)\s*\(")
_STORED = re.compile(rb"""\[\s*["'](\w+)["']\s*\]\s*=(?!=)""")
_TEXT = known(Mapping("dict", (), (plain("str"), UNKNOWN)))
_MOST_FIELDS = 30


class Forms:
    """Answers for instances of forms and serializers; one for each run."""

    def __init__(self, models: Models, sorts: Sorts) -> None:
        self.models = models
        self.sorts = sorts
        self.solver = models.solver
        self._data: dict[ClassRef, Value] = {}
        self._fields: dict[ClassRef, dict[str, Value]] = {}

    def attribute(self, owner: Instance, sort: str, name: str) -> Value | None:
        """`form.name`, where the project does not declare it."""
        match name:
            case "cleaned_data" | "validated_data":
                return self.data(owner.cls, sort)
            case "instance":
                model = self.sorts.model(owner.cls)
                return known(Instance(model)) if model is not None else UNKNOWN
            case "files":
                return known(Mapping("dict", (), (plain("str"), plain("uploaded_file"))))
            case "context" if sort == "serializer":
                return known(Mapping("dict", ((known(Literal("request")), plain("request")),), (plain("str"), UNKNOWN)))
            case "data" if sort == "serializer":
                return _TEXT
            case "errors":
                return UNKNOWN
            case "save" | "is_valid" | "create" | "update":
                return known(FrameworkValue(NAME, "method", Method(known(owner), name)))
            case _:
                return None

    def called(self, owner: Instance, sort: str, name: str, node: ir.Call, env: Env) -> Value:
        """What a method of Django's own gives."""
        if name == "is_valid":
            return plain("bool")
        model = self.sorts.model(owner.cls)
        return known(Instance(model)) if model is not None and name in ("save", "create", "update") else UNKNOWN

    # --- data --------------------------------------------------------------------------------------------------

    def data(self, cls: ClassRef, sort: str) -> Value:
        """What validation gives: a dict, with the kinds of the fields that can be seen."""
        if cls not in self._data:
            fields, methods = self.fields(cls, sort), self._cleaning(cls, sort)
            pursuit, key = self.solver.pursuit, ("validated", cls)
            met = [pursuit.meets(k) for k in (key, *(("returns", ref) for ref in methods.values()))]
            if any(met):
                return _mapping(fields)  # a method of the class, which looks at what it is given
            saved = pursuit.enter(key)
            try:
                cleaned = {name: self.solver.returned(ref) for name, ref in methods.items()}
                value = _mapping({**fields, **cleaned, **dict.fromkeys(self._stored(cls, sort), UNKNOWN)})
            finally:
                holds = pursuit.leave(key, saved)
            if holds != HOLDS:
                return value
            self._data[cls] = value
        return self._data[cls]

    def fields(self, cls: ClassRef, sort: str) -> dict[str, Value]:
        """The kinds of the fields, as they are before the class's own methods see them."""
        if cls not in self._fields:
            self._fields[cls] = {}  # a class that leads to itself
            self._fields[cls] = {**self._of_model(cls, sort), **self._declared(cls, sort)}
        return self._fields[cls]

    def _cleaning(self, cls: ClassRef, sort: str) -> dict[str, FunctionRef]:
        """The class's own methods that give a field its value: `validate_order(self, order)`, `clean_order(self)`."""
        prefix, found = tables.CLEANING.get(sort, ""), {}
        for name in self.fields(cls, sort) if prefix else ():
            for filename, decl, _ in self.solver.member(cls, prefix + name):
                if isinstance(decl, FunctionDecl):
                    found[name] = FunctionRef(filename, decl.qualname, decl.start)
                break
        return found

    def _stored(self, cls: ClassRef, sort: str) -> list[str]:
        """The fields that a method of the class for all of them together gives other values."""
        found: list[str] = []
        for name in tables.CLEANING_ALL.get(sort, ()):
            for filename, decl, _ in self.solver.member(cls, name):
                if isinstance(decl, FunctionDecl):
                    found += [m[1].decode() for m in _STORED.finditer(self.solver.raw(filename) or b"", decl.start, decl.end)]
        return found

    def _declared(self, cls: ClassRef, sort: str) -> dict[str, Value]:
        """The fields that class bodies declare, with their kinds."""
        found: dict[str, Value] = {}
        info = self.solver.classes.info(cls)
        for ancestor in info.ancestors if info else ():
            above = self.solver.classes.info(ancestor)
            for decl in above.decl.assigns if above else ():
                if above is not None and len(decl.names) == 1 and decl.names[0] not in found:
                    value = self._field(above.filename, decl, ancestor, sort)
                    if value is not None:
                        found[decl.names[0]] = value
        return found

    def _field(self, filename: str, decl: AssignDecl, cls: ClassRef, sort: str) -> Value | None:
        """The kind of one declared field after validation; None for what is no field or is only read."""
        match = _CALLED.match(self.solver.raw(filename) or b"", *decl.value) if decl.value else None
        name = self._field_class(filename, match[1].decode()) if match else ""
        if not name or decl.value is None:
            return None
        unit = self.solver.unit(filename, *decl.value, cls=cls)
        stmt = unit.body[0] if len(unit.body) == 1 else None
        if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
            return None
        call, env = stmt.value, self.solver.flow(unit).entered[id(stmt)]
        if _is_true(call, "read_only"):
            return None
        return self._kind(name, call, env, sort)

    def _kind(self, name: str, call: ir.Call, env: Env, sort: str) -> Value:
        if name in tables.RELATED_FIELDS:
            record = self._chosen(call, env)
            if name == "ModelMultipleChoiceField":
                model = record.only.cls if isinstance(record.only, Instance) else None
                return as_queryset(Query(model))
            value = known(Sequence("list", record)) if _is_true(call, "many") else record
        else:
            kind = (tables.REST_KINDS if sort == "serializer" else {}).get(name, tables.FORM_KINDS.get(name, ""))
            value = self.solver.named_kind(kind) if kind else UNKNOWN
        optional = _is_false(call, "required") and sort == "form" and name not in tables.NEVER_NONE
        return join([value, plain("none")]) if value.alts and (optional or _is_true(call, "allow_null")) else value

    def _chosen(self, call: ir.Call, env: Env) -> Value:
        """A record of the queryset that a field chooses from."""
        given = argument(call, 0, "queryset")
        value = self.solver.value(given, env) if given is not None else Value()
        query = query_of(value.only) if value.only is not None else None
        return query.record if query is not None else plain("record")

    def _field_class(self, filename: str, dotted: str) -> str:
        """The name of Django's (or REST framework's) class of a field; "" for what is none."""
        match self.solver.project.resolve_dotted(filename, dotted):
            case modules.External(qualname=qualname):
                return _field_name(qualname)
            case modules.Declared(filename=where, decls=(ClassDecl() as decl, *_)):
                ref = self.solver.classes.register(where, decl)
                if any(True for n in ("to_internal_value", "to_python", "clean") for _ in self.solver.member(ref, n)):
                    return ""
                info = self.solver.classes.info(ref)
                names = [n for a in info.ancestors if a.filename is None and (n := _field_name(a.qualname))] if info else []
                return names[0] if names else ""
            case _:
                return ""

    # --- fields of the model -----------------------------------------------------------------------------------

    def _of_model(self, cls: ClassRef, sort: str) -> dict[str, Value]:
        """The fields that `Meta` takes over from the model."""
        model, meta = self.sorts.model(cls), self.sorts.meta(cls)
        if model is None or meta is None or not self.models.is_model(model):
            return {}
        found: dict[str, Value] = {}
        for name in self._names(model, meta):
            field = self.models.field(model, name)
            if field is not None and field.auto == "" and not field.key:
                found[name] = self._of_field(model, name, sort)
        return {name: value for name, value in found.items() if not value.unknown}

    def _names(self, model: ClassRef, meta: ClassRef) -> list[str]:
        only = self.sorts.assigned(meta, "fields").only
        if isinstance(only, Sequence) and only.items is not None:
            return [i.only.value for i in only.items if isinstance(i.only, Literal) and isinstance(i.only.value, str)]
        return list(self.models.all(model))

    def _of_field(self, model: ClassRef, name: str, sort: str) -> Value:
        field, declaration = self.models.field(model, name), self.models.declaration(model, name)
        if field is None:
            return UNKNOWN
        if field.many:
            record = known(Instance(field.relation)) if field.relation else plain("record")
            return as_queryset(Query(field.relation)) if sort == "form" else known(Sequence("list", record))
        if declaration is not None and declaration.sort in tables.FILES:
            return plain("uploaded_file").opened()
        return field.value


def _mapping(fields: dict[str, Value]) -> Value:
    seen = [(known(Literal(name)), value) for name, value in fields.items() if not value.unknown]
    entries = tuple(seen[:_MOST_FIELDS])
    return known(Mapping("dict", entries, (plain("str"), UNKNOWN)))


def _field_name(qualname: str) -> str:
    known_module = qualname.startswith(("django.forms.", "rest_framework."))
    name = qualname.rpartition(".")[2]
    return name if known_module and name.endswith("Field") else ""


def _is_true(call: ir.Call, keyword: str) -> bool:
    given = argument(call, 99, keyword)
    return isinstance(given, ir.Constant) and given.value is True


def _is_false(call: ir.Call, keyword: str) -> bool:
    given = argument(call, 99, keyword)
    return isinstance(given, ir.Constant) and given.value is False
