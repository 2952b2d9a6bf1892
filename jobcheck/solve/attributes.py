"""Attributes: what `owner.name` is, for each kind of owner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.project.shape import AssignDecl, ClassDecl, FunctionDecl
from jobcheck.solve import stdlib
from jobcheck.solve.decorators import CLASS_PROPERTIES, PROPERTIES
from jobcheck.solve.kinds import (
    NOTHING,
    UNKNOWN,
    ClassObject,
    ClassRef,
    EnumMember,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Literal,
    Mapping,
    Method,
    ModuleKind,
    Plain,
    Sequence,
    Value,
    join,
    known,
)  # fmt: skip
from jobcheck.solve.operators import plain_name

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Plain kinds whose attributes a framework may know.
_ASKED = (Plain("request"), Plain("queryset"), Plain("record"))
# The methods that give an object its attributes.
_SETTING = ("__init__", "__enter__", "__aenter__")
_ENUM_VALUES = {"str": "str", "int": "int", "intflag": "int", "flag": "int"}


def attribute(solver: Solver, owner: Kind, name: str) -> Value:
    """`owner.name` for one alternative."""
    if isinstance(owner, (FrameworkValue, External, Instance, ClassObject, Function)) or owner in _ASKED:
        for framework in solver.frameworks:
            found = framework.attribute(solver, owner, name)
            if found is not None:
                return found
    match owner:
        case External(qualname=qualname):
            return solver.external(f"{qualname}.{name}")
        case ModuleKind(filename=filename, dotted=dotted):
            return _module(solver, filename, dotted, name)
        case ClassObject(cls=cls):
            return _of_class(solver, cls, name)
        case Instance(cls=cls):
            return _of_instance(solver, owner, cls, name)
        case EnumMember():
            return _of_member(solver, owner, name)
        case Sequence() | Mapping():
            return known(Method(known(owner), name))
        case _:
            return _of_plain(solver, owner, name)


def _module(solver: Solver, filename: str | None, dotted: str, name: str) -> Value:
    if filename is not None:
        return solver.member_of(filename, dotted, name)
    return solver.imported(dotted, name)


def _of_plain(solver: Solver, owner: Kind, name: str) -> Value:
    kind = plain_name(owner)
    fields = stdlib.FIELDS.get(kind)
    if fields and name in fields:
        return solver.named_kind(fields[name])
    if kind == "none" and not name.startswith("__"):
        return NOTHING  # raises
    if kind == "none":
        return NOTHING  # raises
    if kind == "record":
        return UNKNOWN
    if kind:
        return known(Method(known(owner), name))
    return UNKNOWN


def _of_member(solver: Solver, owner: EnumMember, name: str) -> Value:
    if name == "name":
        return solver.named_kind("str")
    if name == "value":
        value = _member_value(solver, owner)
        if not value.unknown:
            return value
        return solver.named_kind(_ENUM_VALUES[owner.flavor]) if owner.flavor in ("str", "int", "intflag", "flag") else UNKNOWN
    if name == "label":
        return solver.named_kind("str")
    if owner.flavor == "str" and name in stdlib.METHODS["str"]:
        return known(Method(solver.named_kind("str"), name))
    return _of_instance(solver, owner, owner.cls, name)


def _member_value(solver: Solver, owner: EnumMember) -> Value:
    if owner.member is None:
        return UNKNOWN
    for filename, decl, cls in solver.member(owner.cls, owner.member):
        if isinstance(decl, AssignDecl):
            value = solver.declared(filename, decl, cls)
            only = value.only
            # Django's choices: NAME = value, label
            if isinstance(only, Sequence) and only.items and owner.flavor in ("str", "int"):
                return only.items[0]
            return value
    return UNKNOWN


def _of_class(solver: Solver, cls: ClassRef, name: str) -> Value:
    flavor = solver.classes.enum_flavor(cls)
    if name == "__name__":
        return solver.named_kind("str")
    for filename, decl, declaring in solver.member(cls, name):
        if flavor and isinstance(decl, AssignDecl) and not name.startswith("_"):
            return known(EnumMember(cls, flavor, name))
        if isinstance(decl, FunctionDecl):
            names = _decorators(solver, filename, decl)
            if any(n in CLASS_PROPERTIES for n in names) or {"classmethod", "property"} <= set(names):
                return solver.returned(FunctionRef(filename, decl.qualname, decl.start))
            if "classmethod" in names:
                return _method(solver, filename, decl, declaring, known(ClassObject(cls)))
            return solver.declared(filename, decl, declaring)
        if isinstance(decl, ClassDecl):
            return known(ClassObject(solver.classes.register(filename, decl)))
        return solver.declared(filename, decl, declaring)
    if cls.filename is None:
        return solver.external(f"{cls.qualname}.{name}")
    return UNKNOWN


def _decorators(solver: Solver, filename: str, decl: FunctionDecl) -> list[str]:
    return [solver.decorator_name(filename, d) for d in decl.decorators]


def _method(solver: Solver, filename: str, decl: FunctionDecl, cls: ClassRef, bound: Value) -> Value:
    """A method bound to its object; what a decorator made of it stays as it is."""
    value = solver.declared(filename, decl, cls)
    parts = []
    for alt in value.alts:
        if isinstance(alt.kind, Function):
            parts.append(known(Function(alt.kind.ref, bound), alt.origin))
        else:
            parts.append(Value((alt,)))
    result = join(parts)
    return result.opened() if value.open else result


def _of_instance(solver: Solver, owner: Kind, cls: ClassRef, name: str) -> Value:
    if name == "__class__" and isinstance(owner, Instance):
        return known(ClassObject(cls))
    if cls.filename is None:
        return UNKNOWN
    for filename, decl, declaring in solver.member(cls, name):
        if isinstance(decl, FunctionDecl):
            names = _decorators(solver, filename, decl)
            if any(n in PROPERTIES or n in CLASS_PROPERTIES or n.endswith((".setter", ".getter")) for n in names):
                return solver.returned(FunctionRef(filename, decl.qualname, decl.start))
            if "staticmethod" in names:
                return solver.declared(filename, decl, declaring)
            if "classmethod" in names:
                return _method(solver, filename, decl, declaring, known(ClassObject(cls)))
            return _method(solver, filename, decl, declaring, known(owner))
        if isinstance(decl, AssignDecl):
            return _field(solver, filename, decl, declaring, cls)
        return UNKNOWN
    return _set_attribute(solver, cls, name)


def _field(solver: Solver, filename: str, decl: AssignDecl, declaring: ClassRef, cls: ClassRef) -> Value:
    """A class-level name read from an instance: its annotation, else its value, which an instance may replace."""
    if decl.annotation is not None:
        promised = solver.annotated_at(filename, decl.annotation, declaring)
        if not promised.unknown:
            return promised
    if solver.classes.record(cls) is not None:
        return UNKNOWN  # a column: what it holds is the ORM's matter
    if decl.value is None:
        return _set_attribute(solver, cls, decl.names[0]).opened()
    return solver.declared(filename, decl, declaring).opened()


def _set_attribute(solver: Solver, cls: ClassRef, name: str) -> Value:
    """An attribute that `__init__` sets on self, or that entering a `with` sets, when no more is known of it."""
    info = solver.classes.info(cls)
    for method in _SETTING if info is not None else ():
        for ancestor in info.ancestors if info is not None else ():
            above = solver.classes.info(ancestor)
            decl = above.decl.function(method) if above else None
            if above is None or decl is None:
                continue
            found = _set_in(solver, FunctionRef(above.filename, decl.qualname, decl.start), name)
            if not found.unknown:
                return found if found.without(Literal(None), Plain("none")).alts else _set_later(solver, cls, name, found)
            break
    return UNKNOWN


# How many methods that set an attribute are looked at, beside `__init__`.
_MOST_SETTERS = 4


def _set_later(solver: Solver, cls: ClassRef, name: str, first: Value) -> Value:
    """An attribute that starts as None and that other methods of the class set, such as `init_app`."""
    written = re.compile(rb"\bself\." + re.escape(name.encode()) + rb"\s*(?::[^=\n]+)?=[^=]")
    info = solver.classes.info(cls)
    parts = [first]
    for above in map(solver.classes.info, info.ancestors if info is not None else ()):
        data = solver.raw(above.filename) if above is not None else None
        for decl in above.decl.functions if above is not None and data is not None else ():
            assert data is not None
            if decl.name not in _SETTING and len(parts) <= _MOST_SETTERS and written.search(data, decl.start, decl.end):
                assert above is not None
                parts.append(_set_in(solver, FunctionRef(above.filename, decl.qualname, decl.start), name))
    return join(parts).opened()


def _set_in(solver: Solver, ref: FunctionRef, name: str) -> Value:
    unit = solver.function_unit(ref)
    if unit is None or unit.function is None or not unit.function.params.args:
        return UNKNOWN
    return _final_value(solver, unit, f"{unit.function.params.args[0].name}.{name}")


def _final_value(solver: Solver, unit: object, key: str) -> Value:
    from jobcheck.code import ir
    from jobcheck.solve.defs import dotted, statements
    from jobcheck.solve.units import Unit

    assert isinstance(unit, Unit)
    assert unit.function is not None
    flow = solver.flow(unit)
    parts: list[Value] = []
    for stmt in statements(unit.function.body):
        targets: list[ir.Expr] = []
        if isinstance(stmt, ir.Assign):
            targets = stmt.targets
        elif isinstance(stmt, ir.AnnAssign):
            targets = [stmt.target]
        env = flow.entered.get(id(stmt))
        if env is None or not any(dotted(t) == key for t in targets):
            continue
        assert isinstance(stmt, (ir.Assign, ir.AnnAssign))
        if isinstance(stmt, ir.AnnAssign):
            promised = solver.annotation(stmt.annotation, env)
            if not promised.unknown:
                return promised
        if stmt.value is not None:
            parts.append(solver.value(stmt.value, env))
    # Other methods may set it too.
    return join(parts).opened() if parts else UNKNOWN
