"""Annotations: the values that they promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl
from jobcheck.solve import stdlib
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    EnumMember,
    External,
    Instance,
    Literal,
    Mapping,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.classes import ClassInfo
    from jobcheck.solve.solver import Solver

_WRAPPERS = frozenset({
    "typing.Annotated", "typing_extensions.Annotated", "typing.Final", "typing.ClassVar", "typing.Required",
    "typing.NotRequired", "typing_extensions.Required", "typing_extensions.NotRequired",
})  # fmt: skip
# What an alias of an annotation looks like: `Optional[Order]`, `t.Annotated[int, ...]`.
_SUBSCRIPTED = re.compile(rb"[\w.]+\[[^=]*\]\s*$", re.DOTALL)


def annotated(solver: Solver, node: ir.Expr, env: Env, depth: int) -> Value:
    """The value that an annotation promises; unknown for what is too general (Any, object, Sequence, TypeVar)."""
    if depth <= 0:
        return UNKNOWN
    match node:
        case ir.Constant(kind="none"):
            return plain("none")
        case ir.Constant(kind="str", value=str(text)):
            return _quoted(solver, node, text, env)
        case ir.BinOp(op="|"):
            return join([annotated(solver, node.left, env, depth - 1), annotated(solver, node.right, env, depth - 1)])
        case ir.Subscript():
            return _subscripted(solver, node, env, depth)
        case ir.Name() | ir.Attribute():
            return _alias(solver, node, env) or _instances(solver, solver.value(node, env))
        case _:
            return UNKNOWN


def _alias(solver: Solver, node: ir.Name | ir.Attribute, env: Env) -> Value | None:
    """`Key = Annotated[int, ...]`: a name of a module for an annotation; None for other names."""
    path = dotted(node)
    if not path or env.lookup(path.partition(".")[0])[0] is not None:
        return None
    found = solver.project.resolve_dotted(env.unit.filename, path)
    decl = found.decls[0] if isinstance(found, modules.Declared) and len(found.decls) == 1 else None
    if not isinstance(found, modules.Declared) or not isinstance(decl, AssignDecl) or decl.value is None:
        return None
    text = (solver.raw(found.filename) or b"")[slice(*decl.value)]
    question = ("alias", found.filename, decl.start)
    if not _SUBSCRIPTED.match(text) or solver.pursuit.meets(question):
        return None
    saved = solver.pursuit.enter(question)
    try:
        value = solver.annotated_at(found.filename, decl.value)
    finally:
        solver.pursuit.leave(question, saved)
    return None if value.unknown else value


def _quoted(solver: Solver, node: ir.Expr, text: str, env: Env) -> Value:
    """A forward reference: a dotted name, or what else may stand there, read where it stands."""
    parts = text.strip().split(".")
    if not all(p.isidentifier() for p in parts):
        start, end = env.unit.offset + node.start + 1, env.unit.offset + node.end - 1
        plainly = (solver.raw(env.unit.filename) or b"")[start:end] == text.encode()
        return solver.annotated_at(env.unit.filename, (start, end), env.unit.cls) if plainly else UNKNOWN
    value = solver.name(parts[0], env)
    for part in parts[1:]:
        value = solver.attribute(value, part)
    return _instances(solver, value)


def _instances(solver: Solver, classes: Value) -> Value:
    """An instance of any of the classes."""
    found = join(_promised(solver, k) for k in classes.kinds())
    return UNKNOWN if found.unknown else (found.opened() if classes.open else found)


def _promised(solver: Solver, kind: object, arguments: tuple[Value, ...] = ()) -> Value:
    """An instance of a class; of one outside the project, what a mapper knows of it."""
    if isinstance(kind, External):
        for framework in solver.frameworks:
            made = framework.annotated_as(kind.qualname)
            if made is not None:
                return made
    mapped = solver.records.promised(kind.qualname, arguments) if isinstance(kind, External) else None
    return _of_class(solver, kind) if mapped is None else mapped


def _of_class(solver: Solver, kind: object) -> Value:
    match kind:
        case ClassObject(cls=cls):
            flavor = solver.classes.enum_flavor(cls)
            if flavor:
                return known(EnumMember(cls, flavor))
            if solver.classes.is_typed_dict(cls):
                return known(Mapping("dict", (), (plain("str"), UNKNOWN)))
            info = solver.classes.info(cls)
            if info and ("typing.Protocol" in info.externals or "typing_extensions.Protocol" in info.externals):
                return UNKNOWN
            if info and _holds_constants(solver, info):
                return UNKNOWN  # what is meant is one of them
            return known(Instance(cls))
        case External(qualname=qualname):
            return of_external(qualname)
        case _:
            return UNKNOWN


def _holds_constants(solver: Solver, info: ClassInfo) -> bool:
    """Whether a class, with those above it, is there for its constants alone: `class State: OPEN = "open"`."""
    above = [i for a in info.ancestors if a.filename is not None and (i := solver.classes.info(a)) is not None]
    names = [name for i in above for a in i.decl.assigns for name in a.names if a.annotation is None]
    plainly = all(not (i.decl.functions or i.decl.keywords or i.decl.decorators) for i in above)
    annotated_ones = any(a.annotation is not None for i in above for a in i.decl.assigns)
    bare = info.complete and info.externals <= {"object", "builtins.object"}
    return bare and plainly and not annotated_ones and bool(names) and all(name.isupper() for name in names)


def of_external(qualname: str) -> Value:
    """An instance of a class outside the project, by its full name."""
    if qualname in stdlib.CLASSES:
        name = stdlib.CLASSES[qualname]
        return plain(name) if name else UNKNOWN
    if qualname in stdlib.SEQUENCES:
        return known(Sequence(stdlib.SEQUENCES[qualname], UNKNOWN))
    if qualname in stdlib.MAPPINGS:
        return known(Mapping(stdlib.MAPPINGS[qualname], (), (UNKNOWN, UNKNOWN)))
    if qualname in stdlib.BUILTIN_EXCEPTIONS:
        return known(Instance(ClassRef(qualname)))
    return UNKNOWN


def _subscripted(solver: Solver, node: ir.Subscript, env: Env, depth: int) -> Value:
    kind = solver.value(node.value, env).only
    if not isinstance(kind, External):
        return annotated(solver, node.value, env, depth - 1)
    name = kind.qualname
    parts: list[ir.Expr] = node.index.elements if isinstance(node.index, ir.TupleExpr) else [node.index]

    def inner(index: int) -> Value:
        return annotated(solver, parts[index], env, depth - 1) if index < len(parts) else UNKNOWN

    if name in ("typing.Optional",):
        return join([inner(0), plain("none")])
    if name == "typing.Union":
        return join(inner(i) for i in range(len(parts)))
    if name in _WRAPPERS:
        return inner(0)
    if name in ("typing.Literal", "typing_extensions.Literal"):
        return join(known(Literal(p.value)) if isinstance(p, ir.Constant) else UNKNOWN for p in parts)
    if name in stdlib.SEQUENCES:
        return _sequence(stdlib.SEQUENCES[name], parts, [inner(i) for i in range(len(parts))])
    if name in stdlib.MAPPINGS:
        return known(Mapping(stdlib.MAPPINGS[name], (), (inner(0), inner(1))))
    if name in ("type", "typing.Type"):
        return UNKNOWN
    return _promised(solver, kind, tuple(inner(i) for i in range(len(parts))))


def _sequence(name: str, parts: list[ir.Expr], values: list[Value]) -> Value:
    if name != "tuple":
        return known(Sequence(name, values[0] if values else UNKNOWN))
    if len(parts) == 2 and isinstance(parts[1], ir.Constant) and parts[1].kind == "ellipsis":
        return known(Sequence("tuple", values[0]))
    return known(Sequence("tuple", join(values), tuple(values)))
