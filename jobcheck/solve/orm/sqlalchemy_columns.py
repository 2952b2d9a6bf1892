"""Mapped classes: their columns and relationships, by what the class bodies say."""

from __future__ import annotations

import re
from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    FunctionRef,
    Instance,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import lookup
from jobcheck.solve.orm.base import FieldInfo
from jobcheck.solve.orm.declared import Declaration, declarations, keyword, positional, qualname, text, truth
from jobcheck.solve.orm.sqlalchemy_kinds import Column, Statement, made, ours, short
from jobcheck.solve.orm.sqlalchemy_types import type_value
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_COLUMNS = frozenset({"Column", "mapped_column", "Field", "MappedColumn"})
_RELATIONS = frozenset({"relationship", "relation", "dynamic_loader", "Relationship"})
_WRAPPED = frozenset({"deferred", "column_property"})
_MAPPED = frozenset({"Mapped", "DynamicMapped", "WriteOnlyMapped"})
_NO_COLUMN = frozenset({"association_proxy", "synonym", "composite", "query_expression", "column_keyed_dict"})


@dataclass(slots=True)
class _Foreign:
    """What the foreign keys of a class point at: names of tables, and classes; each with whether they may be null."""

    tables: dict[str, bool] = field(default_factory=dict)
    classes: dict[ClassRef, bool] = field(default_factory=dict)

    def nullable(self, cls: ClassRef, names: frozenset[str]) -> bool | None:
        """Whether the keys that point at a class may be null; None when none does."""
        found = [null for name, null in self.tables.items() if name.rpartition(".")[2] in names or name in names]
        found += [self.classes[cls]] if cls in self.classes else []
        return any(found) if found else None


@dataclass(slots=True)
class _Reader:
    """Reads one class."""

    solver: Solver
    cls: ClassRef
    modelled: bool
    fields: dict[str, FieldInfo] = field(default_factory=dict)
    foreign: _Foreign = field(default_factory=_Foreign)
    relations: list[tuple[Declaration, ir.Call]] = field(default_factory=list)

    def declaration(self, found: Declaration) -> None:
        """One name of the class body."""
        call = found.value if isinstance(found.value, ir.Call) else None
        role = short(qualname(self.solver, call.func, found.env)) if call is not None else ""
        if call is not None and role in _WRAPPED and positional(call):
            inner = positional(call)[0]
            call = inner if isinstance(inner, ir.Call) else None
            role = short(qualname(self.solver, call.func, found.env)) if call is not None else role
        if call is not None and role in _RELATIONS:
            self.relations.append((found, call))
            self.fields.setdefault(found.name, FieldInfo(found.name))
        elif call is not None and role in _COLUMNS:
            self.fields[found.name] = self.column(found, call)
        elif role in _NO_COLUMN or role in _WRAPPED:
            self.fields[found.name] = FieldInfo(found.name)
        elif found.annotation is not None and not found.name.startswith("__"):
            self.annotated(found)

    def annotated(self, found: Declaration) -> None:
        """`name: Mapped[str]`, and any annotated name of an SQLModel."""
        assert found.annotation is not None
        inner = mapped_annotation(self.solver, found.annotation, found.env)
        if inner is None and not self.modelled:
            return
        value = self.solver.annotation(inner or found.annotation, found.env)
        self.fields[found.name] = FieldInfo(found.name, value)

    def column(self, found: Declaration, call: ir.Call) -> FieldInfo:
        """A column, by its type, its annotation, or what its foreign key points at."""
        info = FieldInfo(found.name)
        sa_column = keyword(call, "sa_column")
        if isinstance(sa_column, ir.Call):
            call = sa_column
        value, foreign = self.type_of(call, found.env)
        promised = self.promised(found)
        if value is None or value.unknown or (not promised.unknown and not _vague(promised)):
            value = promised if not promised.unknown else value
        if value is None or value.unknown:
            value = foreign if foreign is not None else UNKNOWN
        info.key = truth(keyword(call, "primary_key")) is True
        info.unique = info.key or truth(keyword(call, "unique")) is True
        if not info.key and found.annotation is None and truth(keyword(call, "nullable")) is not False:
            value = join([value, plain("none")]) if not value.unknown else value
        info.value = value
        info.auto = self.auto(info, call, value)
        named = text(positional(call)[0]) if positional(call) else text(keyword(call, "name"))
        info.column = named if named != found.name else None
        return info

    def promised(self, found: Declaration) -> Value:
        if found.annotation is None:
            return UNKNOWN
        inner = mapped_annotation(self.solver, found.annotation, found.env)
        return self.solver.annotation(inner or found.annotation, found.env)

    def type_of(self, call: ir.Call, env: Env) -> tuple[Value | None, Value | None]:
        """The value by the column's type, and by what its foreign key points at."""
        value: Value | None = None
        foreign: Value | None = None
        given = keyword(call, "type_") or keyword(call, "sa_type")
        for node in [given, *positional(call)] if given is not None else positional(call):
            if text(node) is not None:
                continue
            if isinstance(node, ir.Call) and short(qualname(self.solver, node.func, env)) == "ForeignKey":
                foreign = self.foreign_key(node, env, truth(keyword(call, "nullable")) is not False)
            elif value is None:
                value = type_value(self.solver, node, env)
        target = text(keyword(call, "foreign_key"))
        if target:
            self.foreign.tables[target.rpartition(".")[0]] = True
        return value, foreign

    def foreign_key(self, call: ir.Call, env: Env, nullable: bool) -> Value | None:
        """`ForeignKey("orders.id")`, `ForeignKey(Order.id)`: what the column there holds."""
        target = next(iter(positional(call)), None) or keyword(call, "column")
        if target is None:
            return None
        name = text(target)
        if name is not None:
            table, _, column = name.rpartition(".")
            self.foreign.tables[table] = nullable or self.foreign.tables.get(table, False)
            cls = lookup.by_table(self.solver, table.rpartition(".")[2])
        else:
            found = ours(self.solver.value(target, env), "column")
            if found is None:
                return None
            assert isinstance(found.data, Column)
            cls, column = found.data.cls, found.data.name
            self.foreign.classes[cls] = nullable or self.foreign.classes.get(cls, False)
        pointed = reader_of(self.solver, cls).fields.get(column) if cls is not None else None
        return pointed.value if pointed is not None else None

    def auto(self, info: FieldInfo, call: ir.Call, value: Value) -> Literal["", "key", "now", "add"]:
        """Who writes the column, when the program does not."""
        if keyword(call, "onupdate") is not None or keyword(call, "server_onupdate") is not None:
            return "now"
        if any(keyword(call, name) is not None for name in ("default", "server_default", "default_factory", "insert_default")):
            return "key" if info.key else "add"
        return "key" if info.key and truth(keyword(call, "autoincrement")) is not False else ""

    def together(self, found: Declaration) -> None:
        """The columns that `__table_args__` makes unique together."""
        for node in found.value.elements if isinstance(found.value, ir.TupleExpr) else ():
            if not isinstance(node, ir.Call):
                continue
            role = short(qualname(self.solver, node.func, found.env))
            unique = role == "UniqueConstraint" or (role == "Index" and truth(keyword(node, "unique")) is True)
            names = [t for t in map(text, positional(node)[role == "Index" :]) if t]
            for name in names if unique else ():
                if name in self.fields and len(names) == 1:
                    self.fields[name].unique = True
                elif name in self.fields:
                    self.fields[name].together = frozenset(names)

    def methods(self) -> None:
        """`@declared_attr` functions of mixins: what they return is the declaration."""
        info = self.solver.classes.info(self.cls)
        for ancestor in reversed(info.ancestors if info else ()):
            above = self.solver.classes.info(ancestor)
            for decl in above.decl.functions if above else ():
                names = [self.solver.decorator_name(above.filename, d) for d in decl.decorators] if above else []
                if any(".declared_attr" in n and short(n) in ("declared_attr", "directive", "cascading") for n in names):
                    self.declared_attr(ancestor, decl)

    def declared_attr(self, owner: ClassRef, decl: FunctionDecl) -> None:
        assert owner.filename is not None
        unit = self.solver.function_unit(FunctionRef(owner.filename, decl.qualname, decl.start))
        if unit is None or unit.function is None:
            return
        for exit_ in self.solver.flow(unit).returns:
            if isinstance(exit_.node, ir.Call):
                self.declaration(Declaration(decl.name, owner, exit_.node, None, exit_.env))

    # --- relationships -----------------------------------------------------------------------------------------

    def relate(self) -> None:
        """The relationships, once all columns are known."""
        for found, call in self.relations:
            promised = self.promised(found)
            target = self.target(found, call, promised)
            info = FieldInfo(found.name, relation=target)
            many = self.many(found, call, promised, target)
            info.many = bool(many)
            info.value = self.related(call, promised, target, many)
            self.fields[found.name] = info

    def target(self, found: Declaration, call: ir.Call, promised: Value) -> ClassRef | None:
        """The class at the other end: from the first argument, else the annotation."""
        first = next(iter(positional(call)), None) or keyword(call, "argument")
        if isinstance(first, ir.Lambda):
            first = first.body
        name = text(first)
        if name is not None and found.owner.filename is not None:
            return lookup.by_name(self.solver, name.rpartition(".")[2], self.cls.filename or found.owner.filename)
        if first is not None:
            only = self.solver.value(first, found.env).only
            return only.cls if isinstance(only, ClassObject) else None
        classes = [k.cls for k in _flat(promised) if isinstance(k, Instance)]
        return classes[0] if len(classes) == 1 else None

    def many(self, found: Declaration, call: ir.Call, promised: Value, target: ClassRef | None) -> bool | None:
        """Whether there are many at the other end; None when that cannot be said."""
        asked = truth(keyword(call, "uselist"))
        if asked is not None:
            return asked
        if any(isinstance(k, Sequence) for k in promised.kinds()):
            return True
        if any(isinstance(k, Instance) for k in promised.kinds()):
            return False
        if text(keyword(call, "lazy")) in ("dynamic", "write_only") or keyword(call, "secondary") is not None:
            return True
        if target is None:
            return None
        if target == self.cls:
            return keyword(call, "remote_side") is None
        if self.points_at(target):
            return False
        return True if reader_of(self.solver, target).points_at(self.cls) else None

    def points_at(self, target: ClassRef) -> bool:
        """Whether a foreign key of this class points at the table of another."""
        return self.foreign.nullable(target, table_names(self.solver, target)) is not None

    def related(self, call: ir.Call, promised: Value, target: ClassRef | None, many: bool | None) -> Value:
        if target is None or many is None:
            return promised
        one = known(Instance(target))
        if not many and promised.unknown:
            sure = self.foreign.nullable(target, table_names(self.solver, target)) is False
            return one if sure else join([one, plain("none")])
        if not many:
            return promised
        if text(keyword(call, "lazy")) in ("dynamic", "write_only"):
            return made("query", Statement(entities=(one,), names=(target.name,), models=(target,), whole=True))
        return known(Sequence("list", one)) if keyword(call, "collection_class") is None else UNKNOWN


def mapped_annotation(solver: Solver, node: ir.Expr, env: Env) -> ir.Expr | None:
    """`X` of `Mapped[X]`."""
    if isinstance(node, ir.Subscript) and short(qualname(solver, node.value, env)) in _MAPPED:
        return node.index
    return None


def table_names(solver: Solver, cls: ClassRef) -> frozenset[str]:
    """The names that the table of a class may have: the one it says, else what Flask-SQLAlchemy and SQLModel make of it."""
    info = solver.classes.info(cls)
    for ancestor in info.ancestors if info else ():
        above = solver.classes.info(ancestor)
        for assign in above.decl.assigns if above else ():
            if "__tablename__" in assign.names and assign.value is not None and above is not None:
                data = (solver.raw(above.filename) or b"")[slice(*assign.value)].decode("utf-8", "replace")
                return frozenset({data.strip("\"'")})
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.name).lower()
    return frozenset({snake, cls.name.lower()})


_READERS = "sqlalchemy readers"


def reader_of(solver: Solver, cls: ClassRef) -> _Reader:
    """The columns of a class, read once; a class that is being read is as far as it is read."""
    readers: dict[ClassRef, _Reader] = solver.records.memo[_READERS]
    if cls not in readers:
        info = solver.classes.info(cls)
        modelled = info is not None and "sqlmodel.SQLModel" in info.externals
        reader = readers[cls] = _Reader(solver, cls, modelled)
        reader.methods()
        found = list(declarations(solver, cls))
        for each in found:
            reader.declaration(each)
        for each in found:
            if each.name == "__table_args__":
                reader.together(each)
    return readers[cls]


def fields(solver: Solver, cls: ClassRef) -> dict[str, FieldInfo]:
    """What a mapped class declares, inherited names included."""
    reader = reader_of(solver, cls)
    reader.relate()
    return {name: replace(info) for name, info in reader.fields.items()}


def backref(solver: Solver, cls: ClassRef, name: str) -> Value | None:
    """An attribute that a relationship of another class gives to this one: `relationship(..., backref="orders")`."""
    for filename in lookup.mentioning(solver, rb"backref\s*=\s*(?:\w+\.)*(?:backref\(\s*)?['\"]" + name.encode() + rb"['\"]"):
        for other in lookup.records_of(solver, filename):
            reader = reader_of(solver, other)
            for found, call in reader.relations:
                given = keyword(call, "backref")
                inner = given if isinstance(given, ir.Call) else None
                named = text(given) or (text(next(iter(positional(inner)), None)) if inner is not None else None)
                if named != name or reader.target(found, call, reader.promised(found)) != cls:
                    continue
                return _back(reader, found, call, inner, other)
    return None


def _back(reader: _Reader, found: Declaration, call: ir.Call, given: ir.Call | None, other: ClassRef) -> Value:
    """What the other direction of a relationship gives."""
    one = known(Instance(other))
    if given is not None and text(keyword(given, "lazy")) in ("dynamic", "write_only"):
        return made("query", Statement(entities=(one,), names=(other.name,), models=(other,), whole=True))
    single = given is not None and truth(keyword(given, "uselist")) is False
    forward = reader.many(found, call, reader.promised(found), reader.target(found, call, UNKNOWN))
    if single or (forward and keyword(call, "secondary") is None):
        return join([one, plain("none")])
    return known(Sequence("list", one)) if forward is not None else UNKNOWN


def _vague(value: Value) -> bool:
    """A promise that a column's type says more about than its annotation: `datetime`, `dict`."""
    return any(getattr(k, "name", "") in ("datetime", "dict") for k in value.kinds())


def _flat(value: Value) -> list[object]:
    found: list[object] = []
    for kind in value.kinds():
        found.extend(kind.element.kinds() if isinstance(kind, Sequence) else (kind,))
    return found


__all__ = ["backref", "fields", "mapped_annotation", "table_names"]
