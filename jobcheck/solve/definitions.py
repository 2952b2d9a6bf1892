"""Definitions: what each sort of binding gives its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.modules import Project
from jobcheck.project.resolver import Query
from jobcheck.solve import contexts, iteration, operators
from jobcheck.solve.defs import (
    AugDef,
    ChangeDef,
    Def,
    EnterDef,
    Env,
    ExceptDef,
    ExprDef,
    GivenDef,
    ImportDef,
    IterDef,
    NarrowDef,
    NestedDef,
    ParamDef,
    PhiDef,
    UnpackDef,
)  # fmt: skip
from jobcheck.solve.kinds import (
    NOTHING,
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    Instance,
    LocalFunction,
    Mapping,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def defined(solver: Solver, definition: Def) -> Value:
    """The value of a definition; `Solver.definition` remembers it."""
    match definition:
        case ExprDef():
            value = solver.value(definition.node, definition.env)
            if value.unknown and definition.annotation is not None:
                return solver.annotation(definition.annotation, definition.env)
            return value
        case PhiDef():
            return join(solver.definition(part) for part in definition.parts)
        case NarrowDef():
            return operators.narrowed(solver, solver.definition(definition.before), definition)
        case ParamDef():
            return _parameter(solver, definition)
        case GivenDef():
            return definition.value if definition.default is None else _default(solver, definition)
        case UnpackDef():
            return operators.unpacked(solver, solver.definition(definition.source), definition.index)
        case IterDef():
            return iteration.items_of(solver, definition.node, definition.env)
        case EnterDef():
            return contexts.entered(solver, definition)
        case ExceptDef():
            return _caught(solver, definition)
        case ImportDef():
            return _imported(solver, definition)
        case NestedDef():
            return _nested(solver, definition)
        case AugDef():
            before = solver.definition(definition.before)
            return operators.binary(definition.op, before, solver.value(definition.node, definition.env))
        case ChangeDef():
            return operators.changed(solver, solver.definition(definition.before), definition)
        case _:
            return UNKNOWN


def _caught(solver: Solver, definition: ExceptDef) -> Value:
    if definition.type is None:
        return plain("exception")
    parts: list[Value] = []
    value = solver.value(definition.type, definition.env)
    for alt in value.alts:
        match alt.kind:
            case ClassObject(cls=cls):
                parts.append(known(Instance(cls)))
            case External(qualname=qualname):
                parts.append(known(Instance(ClassRef(qualname))))
            case _:
                parts.append(plain("exception"))
    return join(parts) if parts else plain("exception")


def _imported(solver: Solver, definition: ImportDef) -> Value:
    filename = definition.env.unit.filename
    module = imported_module(solver.project, filename, definition.module, definition.level)
    if definition.whole:
        return solver.resolved(module, definition.module)
    return solver.resolved(Query(solver.project).attribute(module, definition.name or ""), definition.name or "")


def _nested(solver: Solver, definition: NestedDef) -> Value:
    node, env = definition.node, definition.env
    if isinstance(node, ir.ClassDef):
        return UNKNOWN
    if not all(_leaves_alone(solver, d, env) for d in node.decorators):
        return UNKNOWN
    return known(LocalFunction(node.name, solver.local_function(node, env), env.unit.qualname))


def _leaves_alone(solver: Solver, decorator: ir.Decorator, env: Env) -> bool:
    """Whether a decorator inside a function gives back what it gets, as `functools.wraps(f)` does."""
    callee = decorator.value.func if isinstance(decorator.value, ir.Call) else decorator.value
    only = solver.value(callee, env).only
    return isinstance(only, External) and only.qualname == "functools.wraps"


def _parameter(solver: Solver, definition: ParamDef) -> Value:
    param, env = definition.param, definition.env
    unit = env.unit
    if unit.function is definition.function:
        decl = solver.function_at(unit.filename, unit.offset)
        if decl is not None:
            for framework in solver.frameworks:
                passed = framework.parameter(solver, unit.filename, decl[0], definition.index, param.name)
                if passed is not None:
                    return passed
    if definition.index == 0 and unit.cls is not None and unit.function is definition.function:
        found = solver.function_at(unit.filename, unit.offset)
        names = [solver.decorator_name(unit.filename, d) for d in found[0].decorators] if found else []
        if "classmethod" in names:
            return known(ClassObject(unit.cls))
        if "staticmethod" not in names:
            return known(Instance(unit.cls))
    if definition.role == "vararg":
        return known(Sequence("tuple", UNKNOWN))
    if definition.role == "kwarg":
        return known(Mapping("dict", (), (plain("str"), UNKNOWN)))
    if param.annotation is not None:
        value = solver.annotation(param.annotation, env)
        if not value.unknown:
            return value
    default = solver.value(param.default, env) if param.default is not None else NOTHING
    if not solver.outermost or unit.function is not definition.function:
        return default.opened()
    return join([default, solver.callers.passed(unit, definition)])


def _default(solver: Solver, definition: GivenDef) -> Value:
    """A parameter's own default, in the module of its function."""
    assert definition.default is not None
    assert definition.env is not None
    return solver.value(definition.default, definition.env)


def imported_module(project: Project, filename: str, module: str, level: int) -> modules.Resolution:
    """The module that an import statement names."""
    found = project.resolve_import(filename, module, level)
    if isinstance(found, str):
        return modules.Module(found, project.module_name(found))
    if isinstance(found, modules.Package):
        return modules.Module(None, found.dotted, tuple(found.directories))
    return modules.External(module) if not level else modules.Unknown()
