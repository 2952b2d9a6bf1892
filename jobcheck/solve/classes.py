"""What sort of class a class is: its bases, its members, and the row of the wire tables that its instances have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl, BaseDecl, ClassDecl, FunctionDecl
from jobcheck.solve import stdlib
from jobcheck.solve.kinds import ClassObject, ClassRef, External
from jobcheck.solve.orm import records
from jobcheck.solve.orm.django_tables import MODEL_BASES
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_ENUMS = {
    "enum.Enum": "plain", "enum.IntEnum": "int", "enum.StrEnum": "str", "enum.Flag": "flag", "enum.IntFlag": "intflag",
    "django.db.models.TextChoices": "str", "django.db.models.IntegerChoices": "int",
    "django.db.models.Choices": "plain", "django.db.models.enums.TextChoices": "str",
    "django.db.models.enums.IntegerChoices": "int", "enum.ReprEnum": "plain",
}  # fmt: skip
_DATACLASS = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
_ATTRS = frozenset({"attr.s", "attr.attrs", "attr.define", "attr.frozen", "attrs.define", "attrs.frozen", "attr.dataclass"})
_PYDANTIC = frozenset({"pydantic.BaseModel", "pydantic_settings.BaseSettings", "pydantic.generics.GenericModel"})
_RECORDS = {
    **dict.fromkeys(MODEL_BASES, "dj_model"),
    "django.db.models.fields.files.FieldFile": "plain",
}
# Bases that say nothing about what crosses a queue.
_NEUTRAL = frozenset({
    "object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "collections.abc.Hashable",
})  # fmt: skip
_BUILTIN_ROWS = {
    "str": "str_subclass", "int": "int_subclass", "float": "float_subclass", "list": "list_subclass",
    "dict": "dict_subclass", "collections.OrderedDict": "dict_subclass", "collections.UserDict": "plain",
    "tuple": "namedtuple", "collections.defaultdict": "dict_subclass",
}  # fmt: skip
# The rows of the wire tables that are records of a database.
RECORD_ROWS = frozenset({"dj_model", "sqlalchemy", "peewee", "mongoengine"})


@dataclass(eq=False, slots=True)
class ClassInfo:
    """A class of the project. `bases` holds None for one that cannot be resolved; `complete` says there is none such,
    up to the top."""

    ref: ClassRef
    decl: ClassDecl
    filename: str
    bases: list[ClassRef | None] = field(default_factory=list)
    ancestors: tuple[ClassRef, ...] = ()
    complete: bool = True
    decorators: tuple[str, ...] = ()

    def has_base(self, qualname: str) -> bool:
        """Whether the class is or inherits from the (external) class of that full name."""
        return any(a.qualname == qualname for a in self.ancestors)

    @property
    def externals(self) -> frozenset[str]:
        """Full names of the ancestors outside the project."""
        return frozenset(a.qualname for a in self.ancestors if a.filename is None)


class Classes:
    """Answers about classes; it is the `ClassFacts` of the wire judge."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._infos: dict[ClassRef, ClassInfo | None] = {}
        self._rows: dict[ClassRef, str | None] = {}

    def register(self, filename: str, decl: ClassDecl) -> ClassRef:
        """The reference of a declared class."""
        module = self._solver.project.module_name(filename)
        return ClassRef(f"{module}.{decl.qualname}" if module else decl.qualname, filename, decl.start)

    def info(self, ref: ClassRef) -> ClassInfo | None:
        """What is known of a class of the project; None for others."""
        if ref.filename is None:
            return None
        if ref not in self._infos:
            self._infos[ref] = None  # a class that inherits from itself ends here
            decl = self._solver.class_decl(ref)
            if decl is not None:
                self._infos[ref] = self._read(ref, decl)
        return self._infos[ref]

    def _read(self, ref: ClassRef, decl: ClassDecl) -> ClassInfo:
        assert ref.filename is not None
        info = ClassInfo(ref, decl, ref.filename)
        ancestors: dict[ClassRef, None] = {ref: None}
        for base in decl.bases:
            found = self._base(ref.filename, base.dotted) or self._evaluated_base(ref.filename, base)
            info.bases.append(found)
            if found is None:
                info.complete = False
                continue
            ancestors[found] = None
            above = self.info(found)
            if above is not None:
                ancestors.update(dict.fromkeys(above.ancestors))
                info.complete = info.complete and above.complete
            elif found.filename is not None:
                info.complete = False
        info.ancestors = tuple(ancestors)
        info.decorators = tuple(self._external_name(ref.filename, d.dotted) for d in decl.decorators)
        return info

    def _base(self, filename: str, dotted: str) -> ClassRef | None:
        if not dotted:
            return None
        resolution = self._solver.project.resolve_dotted(filename, dotted)
        match resolution:
            case modules.External(qualname=qualname):
                return ClassRef(qualname.removeprefix("builtins."))
            case modules.Declared(filename=where, decls=decls):
                for decl in decls:
                    if isinstance(decl, ClassDecl):
                        return self.register(where, decl)
                    if isinstance(decl, AssignDecl):
                        return self._assigned_base(where, decl)
                return None
            case modules.Ambiguous(candidates=several):
                found = [s for s in several if isinstance(s, modules.External)]
                return ClassRef(found[0].qualname) if len(found) == len(several) else None
            case _:
                return None

    def _evaluated_base(self, filename: str, base: BaseDecl) -> ClassRef | None:
        """`class Charge(app.Task)`: an attribute of a value, which no import leads to."""
        if "." not in base.dotted:
            return None
        match self._solver.expression(filename, base.start, base.end).only:
            case ClassObject(cls=cls):
                return cls
            case External(qualname=qualname):
                return ClassRef(qualname)
            case _:
                return None

    def _assigned_base(self, filename: str, decl: AssignDecl) -> ClassRef | None:
        """`Base = declarative_base()`, `Model = db.Model`."""
        value = self._solver.declared(filename, decl)
        match value.only:
            case ClassObject(cls=cls):
                return cls
            case External(qualname=qualname):
                return ClassRef(qualname)
            case _:
                return None

    def _external_name(self, filename: str, dotted: str) -> str:
        resolution = self._solver.project.resolve_dotted(filename, dotted) if dotted else None
        return resolution.qualname.removeprefix("builtins.") if isinstance(resolution, modules.External) else dotted

    # --- members -----------------------------------------------------------------------------------------------

    def lookup(self, ref: ClassRef, name: str) -> Iterator[tuple[ClassInfo, FunctionDecl | AssignDecl | ClassDecl]]:
        """Declarations of an attribute, from the class itself up."""
        info = self.info(ref)
        if info is None:
            return
        for ancestor in info.ancestors:
            above = self.info(ancestor)
            if above is None:
                continue
            for function in reversed(above.decl.functions):
                if function.name == name:
                    yield above, function
            for assign in reversed(above.decl.assigns):
                if name in assign.names:
                    yield above, assign
            for inner in above.decl.classes:
                if inner.name == name:
                    yield above, inner

    # --- what its instances are --------------------------------------------------------------------------------

    def enum_flavor(self, ref: ClassRef) -> str | None:
        """plain, int, str, flag or intflag for an Enum class; None for others."""
        if ref.filename is None:
            return _ENUMS.get(ref.qualname)
        info = self.info(ref)
        if info is None:
            return None
        flavors = [_ENUMS[q] for q in info.externals if q in _ENUMS]
        if not flavors:
            return None
        if flavors[0] == "plain" and "str" in info.externals:
            return "str"
        if flavors[0] == "plain" and "int" in info.externals:
            return "int"
        return flavors[0]

    def is_exception(self, ref: ClassRef) -> bool | None:
        """Whether it derives from BaseException; None when that cannot be seen."""
        if ref.filename is None:
            return True if ref.qualname in stdlib.BUILTIN_EXCEPTIONS else None
        info = self.info(ref)
        if info is None:
            return None
        if info.externals & stdlib.BUILTIN_EXCEPTIONS:
            return True
        return False if info.complete and not (info.externals - _NEUTRAL) else None

    def is_typed_dict(self, ref: ClassRef) -> bool:
        info = self.info(ref)
        return info is not None and bool(info.externals & {"typing.TypedDict", "typing_extensions.TypedDict"})

    def is_dataclass(self, ref: ClassRef) -> bool:
        """Whether it is a dataclass or attrs class: annotated names are fields."""
        info = self.info(ref)
        return info is not None and any(d in _DATACLASS or d in _ATTRS for a in info.ancestors for d in self._decorators(a))

    def record(self, ref: ClassRef) -> str | None:
        """dj_model, sqlalchemy, peewee or mongoengine for a class of database records; None for others."""
        row = self.row(ref)
        return row if row in RECORD_ROWS else None

    def is_any(self, ref: ClassRef, classes: Collection[ClassRef]) -> bool:
        """Whether it is, or derives from, one of some classes."""
        info = self.info(ref)
        return any(above in classes for above in (info.ancestors if info is not None else (ref,)))

    def row(self, ref: ClassRef) -> str | None:
        """The row of the wire tables for an instance; None when it is not known what an instance is."""
        if ref not in self._rows:
            self._rows[ref] = None
            self._rows[ref] = self._row(ref)
        return self._rows[ref]

    def _row(self, ref: ClassRef) -> str | None:
        if ref.filename is None:
            if ref.qualname in stdlib.BUILTIN_EXCEPTIONS:
                return "exception"
            return _RECORDS.get(ref.qualname) or records.of_external(ref.qualname)
        info = self.info(ref)
        if info is None:
            return None
        decorators = {d for a in info.ancestors for d in self._decorators(a)}
        externals = info.externals
        for qualname in externals:
            if qualname in _RECORDS:
                return _RECORDS[qualname]
        mapped = records.of_class(self._solver, info)
        if mapped is not None:
            return mapped
        if self._unseen_model(info):
            return "dj_model"
        if self._defines(info, "__json__"):
            return "json_hook"
        if decorators & _DATACLASS:
            return "dataclass"
        if decorators & _ATTRS:
            return "attrs"
        if externals & _PYDANTIC:
            return "pydantic"
        if "typing.NamedTuple" in externals:
            return "typing_namedtuple"
        if externals & stdlib.BUILTIN_EXCEPTIONS:
            return "exception"
        for qualname, row in _BUILTIN_ROWS.items():
            if qualname in externals:
                return row
        if info.complete and not (externals - _NEUTRAL) and not any(d for d in info.decorators):
            return "plain"
        return None

    def _unseen_model(self, info: ClassInfo) -> bool:
        """Whether it, or a class above it, has Django's fields in its body and a base that cannot be seen."""
        from jobcheck.solve.orm.django_models import declares_fields

        seen = info.complete and not info.externals - _NEUTRAL
        above = [i for a in info.ancestors if (i := self.info(a)) is not None]
        return not seen and any(declares_fields(self._solver, i) for i in above)

    def _decorators(self, ref: ClassRef) -> tuple[str, ...]:
        info = self.info(ref)
        return info.decorators if info else ()

    def _defines(self, info: ClassInfo, name: str) -> bool:
        return any(True for _ in self.lookup(info.ref, name))
