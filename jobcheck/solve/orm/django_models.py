"""Django's models: what their fields are, and what reading one gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl, ClassDecl, FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    Instance,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.kinds import Literal as Constant
from jobcheck.solve.orm import django_tables as tables
from jobcheck.solve.orm.base import FieldInfo
from jobcheck.solve.orm.django_apps import Apps
from jobcheck.solve.orm.django_unique import Unique
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.classes import ClassInfo
    from jobcheck.solve.solver import Solver

# What a call begins with: the name of the field's class.
_CALLED = re.compile(rb"\s*([A-Za-z_][\w.]*)\s*\(")
FIELD_FILE = ClassRef("django.db.models.fields.files.FieldFile")
USER_SETTING = "django.conf.settings.AUTH_USER_MODEL"
_OTHER_FIELDS = ("django.forms.", "rest_framework.", "django_filters.", "graphene", "marshmallow.", "wtforms.")
# A custom field that says itself what its values are.
_CONVERTS = ("from_db_value", "to_python", "contribute_to_class", "__get__")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A field as a class body declares it. `sort` is the name of Django's (or a library's) class that it is at heart;
    `custom` when a class of the project converts its values."""

    name: str
    sort: str
    call: ir.Call
    env: Env
    filename: str
    custom: bool


class Models:
    """The fields of models; answers are remembered."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.apps = Apps(solver)
        self.unique = Unique(solver)
        self._declarations: dict[tuple[ClassRef, str], Declaration | None] = {}
        self._fields: dict[tuple[ClassRef, str], FieldInfo | None] = {}
        self._keys: dict[ClassRef, FieldInfo] = {}

    def is_model(self, cls: ClassRef) -> bool:
        """Whether a class surely is one of Django's models."""
        return self.solver.classes.row(cls) == "dj_model"

    # --- fields ------------------------------------------------------------------------------------------------

    def all(self, cls: ClassRef) -> dict[str, FieldInfo]:
        """Every field that a model declares or inherits, its automatic key included."""
        found = {name: info for name in self._names(cls) if (info := self.field(cls, name)) is not None}
        if not any(info.key for info in found.values()):
            found = {"id": FieldInfo("id", self._auto_key(cls), unique=True, key=True, auto="key"), **found}
        return found

    def _names(self, cls: ClassRef) -> Iterator[str]:
        info = self.solver.classes.info(cls)
        seen: set[str] = set()
        for ancestor in info.ancestors if info else (cls,):
            above = self.solver.classes.info(ancestor)
            outside = tables.LIBRARY_FIELDS.get(ancestor.qualname, {})
            names = [n for d in above.decl.assigns for n in d.names] if above else list(outside)
            for name in names:
                if name not in seen:
                    seen.add(name)
                    yield name

    def field(self, cls: ClassRef, name: str) -> FieldInfo | None:
        """One declared field by name; None when the model has no such field."""
        key = (cls, name)
        if key not in self._fields:
            self._fields[key] = None  # a field whose kind depends on itself
            declaration = self.declaration(cls, name)
            self._fields[key] = self._info(cls, declaration) if declaration is not None else self._library_field(cls, name)
        return self._fields[key]

    def _library_field(self, cls: ClassRef, name: str) -> FieldInfo | None:
        """A field that a base from outside the project has."""
        if self._overridden(cls, name):
            return None
        info = self.solver.classes.info(cls)
        for ancestor in info.ancestors if info else (cls,):
            kind = tables.LIBRARY_FIELDS.get(ancestor.qualname, {}).get(name)
            if kind is not None:
                return FieldInfo(name, self.solver.named_kind(kind))
        return None

    def _overridden(self, cls: ClassRef, name: str) -> bool:
        return any(True for _ in self.solver.member(cls, name))

    def declaration(self, cls: ClassRef, name: str) -> Declaration | None:
        """Where a field is declared: in the class or above it."""
        key = (cls, name)
        if key not in self._declarations:
            self._declarations[key] = self._declared(cls, name)
        return self._declarations[key]

    def _declared(self, cls: ClassRef, name: str) -> Declaration | None:
        for filename, decl, declaring in self.solver.member(cls, name):
            if not isinstance(decl, AssignDecl):
                return None
            return self._read(filename, decl, declaring, name)
        return None

    def _read(self, filename: str, decl: AssignDecl, cls: ClassRef, name: str) -> Declaration | None:
        if decl.value is None or decl.augmented or decl.unpacked:
            return None
        match = _CALLED.match(self.solver.raw(filename) or b"", *decl.value)
        sort, custom = self.field_class(filename, match[1].decode()) if match else ("", False)
        if not sort:
            return None
        unit = self.solver.unit(filename, *decl.value, cls=cls)
        stmt = unit.body[0] if len(unit.body) == 1 else None
        if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
            return None
        return Declaration(name, sort, stmt.value, self.solver.flow(unit).entered[id(stmt)], filename, custom)

    def field_class(self, filename: str, dotted: str) -> tuple[str, bool]:
        """The sort of field that a class is, by the name under which a file knows it; "" when it is none."""
        match self.solver.project.resolve_dotted(filename, dotted):
            case modules.External(qualname=qualname):
                return _sort(qualname), False
            case modules.Declared(filename=where, decls=(ClassDecl() as decl, *_)):
                return self._custom_field(self.solver.classes.register(where, decl))
            case _:
                return "", False

    def _custom_field(self, cls: ClassRef) -> tuple[str, bool]:
        info = self.solver.classes.info(cls)
        sorts = [s for a in info.ancestors if a.filename is None and (s := _sort(a.qualname))] if info else []
        custom = any(True for name in _CONVERTS for _ in self.solver.member(cls, name))
        return (sorts[0], custom) if sorts else ("", False)

    def _info(self, cls: ClassRef, field: Declaration) -> FieldInfo:
        null = self._is_true(field, "null")
        key = self._is_true(field, "primary_key")
        info = FieldInfo(
            field.name,
            unique=key or self._is_true(field, "unique") or field.sort in tables.UNIQUE,
            key=key,
            auto=self._auto(field),
            together=self.unique.together(cls, field.name),
        )
        if field.sort in tables.ONE:
            info.relation, info.column = self.target(cls, field), f"{field.name}_id"
            value = known(Instance(info.relation)) if info.relation else plain("record")
        elif field.sort in tables.MANY or field.sort == "GenericRelation":
            info.relation, info.many = self.target(cls, field), True
            return info
        else:
            value = self._kind(field)
        info.value = join([value, plain("none")]) if null and value.alts else value
        return info

    def _kind(self, field: Declaration) -> Value:
        if field.custom:
            return UNKNOWN
        if field.sort == "ArrayField":
            return known(Sequence("list", self._base_kind(field)))
        if field.sort in tables.FILES:
            return known(Instance(FIELD_FILE))
        return self.plain_kind(field.sort)

    def plain_kind(self, sort: str) -> Value:
        """The values of a field that refers to nothing."""
        kind = tables.FIELD_KINDS.get(sort, "")
        kind = self.apps.moments if kind == "datetime_aware" else kind
        return self.solver.named_kind(kind) if kind else UNKNOWN

    def _base_kind(self, field: Declaration) -> Value:
        """The kind of an ArrayField's items."""
        base = argument(field.call, 0, "base_field")
        if not isinstance(base, ir.Call):
            return UNKNOWN
        match self.solver.value(base.func, field.env).only:
            case External(qualname=qualname):
                return self.plain_kind(_sort(qualname))
            case _:
                return UNKNOWN

    def _auto(self, field: Declaration) -> Literal["", "key", "now", "add"]:
        if field.sort in tables.AUTO_KEYS:
            return "key"
        if field.sort in tables.AUTO_NOW or self._is_true(field, "auto_now"):
            return "now"
        return "add" if field.sort in tables.AUTO_ADD or self._is_true(field, "auto_now_add") else ""

    def _is_true(self, field: Declaration, keyword: str) -> bool:
        given = argument(field.call, 99, keyword)
        return isinstance(given, ir.Constant) and given.value is True

    # --- keys --------------------------------------------------------------------------------------------------

    def key(self, cls: ClassRef) -> FieldInfo:
        """The primary key of a model."""
        if cls not in self._keys:
            self._keys[cls] = self._find_key(cls)
        return self._keys[cls]

    def is_child(self, cls: ClassRef, of: ClassRef) -> bool:
        """Whether a model has a table of its own beside that of a model it derives from (neither abstract nor proxy)."""
        info = self.solver.classes.info(cls)
        derives = info is not None and of in info.bases and self.is_model(of)
        return derives and not self._meta_says(of, "abstract") and not self._meta_says(cls, "proxy")

    def _meta_says(self, cls: ClassRef, name: str) -> bool:
        """Whether the class's own Meta sets a flag."""
        info = self.solver.classes.info(cls)
        metas = [c for c in info.decl.classes if c.name == "Meta"] if info else []
        data = (self.solver.raw(info.filename) or b"") if info else b""
        spans = [d.value for m in metas for d in m.assigns if name in d.names and d.value]
        return any(data[start:end].strip() == b"True" for start, end in spans)

    def _find_key(self, cls: ClassRef) -> FieldInfo:
        info = self.solver.classes.info(cls)
        for ancestor in info.ancestors if info else ():
            above = self.solver.classes.info(ancestor)
            data = (self.solver.raw(above.filename) or b"") if above else b""
            for decl in above.decl.assigns if above else ():
                # Reading a field costs more than looking at its text.
                if b"primary_key" not in data[decl.start : decl.end] or len(decl.names) != 1:
                    continue
                found = self.field(cls, decl.names[0])
                if found is not None and found.key:
                    return found
        return FieldInfo("id", self._auto_key(cls), unique=True, key=True, auto="key")

    def key_value(self, cls: ClassRef) -> Value:
        """What `pk` of a saved record is."""
        key = self.key(cls)
        if key.relation is not None and key.relation != cls:
            return self.key_value(key.relation)
        return key.value

    def _auto_key(self, cls: ClassRef) -> Value:
        """The key that Django adds: an int, unless a base that cannot be seen declares another one."""
        info = self.solver.classes.info(cls)
        outside = info.externals - tables.NOT_MODELS if info else frozenset({cls.qualname})
        special = [plain(tables.LIBRARY_KEYS[q]) for q in sorted(outside) if q in tables.LIBRARY_KEYS]
        if special:
            return special[0]
        complete = info is None or info.complete
        return plain("int") if complete and all(q in tables.MODEL_BASES for q in outside) else UNKNOWN

    # --- relations ---------------------------------------------------------------------------------------------

    def target(self, cls: ClassRef, field: Declaration) -> ClassRef | None:
        """The model that a relation refers to."""
        node = argument(field.call, 0, "to")
        return self.model_of(self.solver.value(node, field.env), field.filename, cls) if node is not None else None

    def model_of(self, value: Value, filename: str, cls: ClassRef | None = None) -> ClassRef | None:
        """The model that a class, or a string that names one, stands for."""
        match value.only:
            case ClassObject(cls=found):
                return found
            case Constant(value=str(text)):
                return self.apps.named(text, filename, cls)
            case External(qualname=qualname) if qualname == USER_SETTING:
                return self.apps.user
            case External(qualname=qualname):
                return ClassRef(qualname)
            case _:
                return None

    # --- members -----------------------------------------------------------------------------------------------

    def method(self, cls: ClassRef, name: str) -> bool:
        """Whether the project's own code declares a function of that name in the class."""
        for _, decl, _ in self.solver.member(cls, name):
            return isinstance(decl, FunctionDecl)
        return False


def declares_fields(solver: Solver, info: ClassInfo) -> bool:
    """Whether a class with a base that cannot be seen has fields of a model in its body, and so must be one."""
    for decl in info.decl.assigns:
        match = _CALLED.match(solver.raw(info.filename) or b"", *decl.value) if decl.value else None
        if match is None or not match[1].endswith((b"Field", b"Key")) or decl.names == ("output_field",):
            continue
        found = solver.project.resolve_dotted(info.filename, match[1].decode())
        if isinstance(found, modules.External) and found.qualname.startswith(tables.FIELD_MODULES):
            return True
    return False


def _sort(qualname: str) -> str:
    """The name of a field's class; "" for classes that are no fields of models."""
    name = qualname.rpartition(".")[2]
    if name in tables.ONE or name in tables.MANY or name in tables.OPEN:
        return name
    if qualname.startswith(tables.FIELD_MODULES):
        return name if name.endswith(("Field", "Key")) else ""
    return name if name.endswith("Field") and not qualname.startswith(_OTHER_FIELDS) else ""
