"""Django's records: what an attribute of one gives, relations from the other side included."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from jobcheck.project.shape import AssignDecl, ClassDecl, Shape
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassRef,
    FrameworkValue,
    Instance,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import django_tables as tables
from jobcheck.solve.orm.django_query import NAME, Method, Query, query_of

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_models import Models
    from jobcheck.solve.orm.django_queries import Queries

_NAMED = re.compile(rb"""related_name\s*=\s*[rbu]?["']([\w%().]+)["']""")
_CLASS = re.compile(rb"class[ \t]+(\w+)")  # no `^`: a pattern that begins with a word is searched for ten times as fast
_CALL = re.compile(rb"\s*[A-Za-z_][\w.]*\s*\(")
_MOST_PLACES = 12


class Records:
    """Answers for records; one for each run."""

    def __init__(self, models: Models, queries: Queries) -> None:
        self.models = models
        self.queries = queries
        self.solver = models.solver
        self._reverse: dict[tuple[ClassRef, str], Value | None] = {}

    def attribute(self, owner: Instance, name: str) -> Value | None:
        """`record.name`; None where the project's own declaration of it says what it is."""
        cls = owner.cls
        if self.models.method(cls, name):
            return None
        if name == "pk":
            return self.models.key_value(cls)
        field = self.models.field(cls, name)
        if field is not None:
            return self.queries.related(field.relation) if field.many else field.value
        return self._constant(cls, name) or self._made(owner, name) or self.reverse(cls, name)

    def _constant(self, cls: ClassRef, name: str) -> Value | None:
        """What a class body assigns that is no field: constants are what they are."""
        for filename, decl, declaring in self.solver.member(cls, name):
            if not isinstance(decl, AssignDecl) or decl.value is None:
                return None
            if _CALL.match(self.solver.raw(filename) or b"", *decl.value):
                return UNKNOWN
            return self.solver.declared(filename, decl, declaring).opened()
        return None

    def _made(self, owner: Instance, name: str) -> Value | None:
        """What Django adds: the key, the key of a relation, methods."""
        cls = owner.cls
        if name == "id":
            return self.models.key_value(cls) if self.models.key(cls).name == "id" else UNKNOWN
        relation = self.models.field(cls, name.removesuffix("_id")) if name.endswith("_id") else None
        if relation is not None and relation.column == name:
            value = self.models.key_value(relation.relation) if relation.relation else UNKNOWN
            nullable = plain("none").alts[0].kind in relation.value.kinds()
            return join([value, plain("none")]) if nullable and value.alts else value
        if name.endswith(("_ptr", "_ptr_id")):
            return self._parent(cls, name)
        if name in tables.USER_FLAGS and self._is_user(cls):
            return plain("bool")
        if name in tables.RECORD_METHODS or tables.plain_method(name) in tables.RECORD_METHODS or _is_display(name):
            return known(FrameworkValue(NAME, "method", Method(known(owner), name)))
        return None

    def _parent(self, cls: ClassRef, name: str) -> Value | None:
        """`order_ptr` of a model that derives from another one, and its key."""
        info = self.solver.classes.info(cls)
        for above in info.ancestors if info else ():
            if above.name.lower() == name.removesuffix("_id").removesuffix("_ptr") and self.models.is_child(cls, above):
                return self.models.key_value(above) if name.endswith("_id") else known(Instance(above))
        return None

    def _is_user(self, cls: ClassRef) -> bool:
        return self.models.field(cls, "password") is not None

    def called(self, name: str) -> Value:
        """What a method that Django gives to records returns."""
        kind = "str" if _is_display(name) else tables.RECORD_METHODS.get(tables.plain_method(name), "")
        return self.solver.named_kind(kind) if kind else UNKNOWN

    # --- the other side of relations ---------------------------------------------------------------------------

    def reverse(self, cls: ClassRef, name: str) -> Value | None:
        """The records that refer to one: by `related_name`, as `order_set`, or `profile` of a OneToOneField."""
        key = (cls, name)
        if key not in self._reverse:
            self._reverse[key] = None
            self._reverse[key] = None if name.startswith("_") else self._referring(cls, name)
        return self._reverse[key]

    def _referring(self, cls: ClassRef, name: str) -> Value | None:
        for filename, offset in self._by_name.get(name, [])[:_MOST_PLACES]:
            found = self._at(filename, offset)
            if found is not None and self._refers(*found, cls):
                return self._other_side(*found)
        model = name.removesuffix("_set")
        for filename, offset in self._by_class.get(model, [])[:_MOST_PLACES]:
            referring = self._class_at(filename, offset)
            field = self._unnamed(referring, cls, one=model == name) if referring is not None else None
            if referring is not None and field is not None:
                return self._other_side(referring, field)
            if referring is not None and model == name and self.models.is_child(referring, cls):
                return known(Instance(referring))
        return None

    def known_by(self, name: str, fields: list[str]) -> Query | None:
        """The related manager that a `related_name` stands for, where one model only has it, and the fields are its."""
        places = self._by_name.get(name, [])
        found = {self._at(filename, offset) for filename, offset in places[:_MOST_PLACES]}
        only = found.pop() if len(found) == 1 else None
        if only is None or len(places) > 1 or not self._has_all(only[0], fields):
            return None
        manager = self._other_side(*only)
        return query_of(manager.only) if manager.only is not None else None

    def _has_all(self, cls: ClassRef, fields: list[str]) -> bool:
        if not self.models.is_model(cls):
            return False
        known_names = ("pk", "id")
        return all(f in known_names or any(self.models.field(cls, n) for n in (f, f.removesuffix("_id"))) for f in fields)

    def _other_side(self, cls: ClassRef, field: str) -> Value:
        declaration = self.models.declaration(cls, field)
        if declaration is not None and declaration.sort in tables.UNIQUE:
            return known(Instance(cls))
        return self.queries.related(cls)

    def _refers(self, cls: ClassRef, field: str, to: ClassRef) -> bool:
        """Whether a field of one model refers to another, or to what that derives from."""
        declaration = self.models.declaration(cls, field)
        if declaration is None or not (declaration.sort in tables.ONE or declaration.sort in tables.MANY):
            return False
        target = self.models.target(cls, declaration)
        info = self.solver.classes.info(to)
        return target is not None and (target == to or (info is not None and target in info.ancestors))

    def _unnamed(self, cls: ClassRef, to: ClassRef, one: bool) -> str | None:
        """The relation of a model without a `related_name` to another; `one`: a OneToOneField, else any other."""
        info = self.solver.classes.info(cls)
        for name in (n for d in info.decl.assigns for n in d.names) if info else ():
            declaration = self.models.declaration(cls, name)
            if declaration is None or (declaration.sort in tables.UNIQUE) != one:
                continue
            if argument(declaration.call, 99, "related_name") is None and self._refers(cls, name, to):
                return name
        return None

    @cached_property
    def _sources(self) -> list[tuple[str, bytes]]:
        """The files that may declare models."""
        found = []
        for filename in self.solver.project.filenames:
            if "/migrations/" in filename or self.solver.is_test(filename):
                continue
            try:
                data = self.solver.project.source(filename).data
            except UnreadableSource:
                continue
            if b"django" in data and (b"Field(" in data or b"ForeignKey(" in data):
                found.append((filename, data))
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, int]]]:
        """Where a `related_name` is given."""
        found: dict[str, list[tuple[str, int]]] = {}
        for filename, data in self._sources:
            for match in _NAMED.finditer(data):
                found.setdefault(match[1].decode(), []).append((filename, match.start()))
        return found

    @cached_property
    def _by_class(self) -> dict[str, list[tuple[str, int]]]:
        """Where a class stands, by its name in lower case."""
        found: dict[str, list[tuple[str, int]]] = {}
        for filename, data in self._sources:
            for match in _CLASS.finditer(data):
                if data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()].strip(b" \t"):
                    continue
                found.setdefault(match[1].decode().lower(), []).append((filename, match.start(1)))
        return found

    def _at(self, filename: str, offset: int) -> tuple[ClassRef, str] | None:
        """The model and the field of whose declaration an offset is part."""
        for decl in _classes(self.solver.project.shape(filename)):
            for assign in decl.assigns if decl.start <= offset < decl.end else ():
                if assign.start <= offset < assign.end and len(assign.names) == 1:
                    return self.solver.classes.register(filename, decl), assign.names[0]
        return None

    def _class_at(self, filename: str, offset: int) -> ClassRef | None:
        for decl in _classes(self.solver.project.shape(filename)):
            if decl.name_start == offset:
                ref = self.solver.classes.register(filename, decl)
                return ref if self.models.is_model(ref) else None
        return None


def _classes(shape: Shape) -> list[ClassDecl]:
    found = list(shape.classes)
    for decl in found:
        found.extend(decl.classes)
    return found


def _is_display(name: str) -> bool:
    return name.startswith("get_") and name.endswith("_display")
