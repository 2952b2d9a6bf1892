"""What `with ... as name` gives: builtin context managers, those that a mapper made, and the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.decorators import CONTEXT_MANAGERS
from jobcheck.solve.defs import EnterDef
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassRef,
    Coroutine,
    Entered,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Plain,
    Value,
    join,
    known,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_SELVES = ("file", "tempfile", "bytesio", "stringio", "lock", "socket")


def entered(solver: Solver, definition: EnterDef) -> Value:
    """The value of the target."""
    yielded = _yielded(solver, definition)
    if yielded is not None:
        return yielded
    context = solver.value(definition.node, definition.env)
    parts = [_entered(solver, alt.kind) for alt in context.alts]
    return join([*parts, UNKNOWN] if context.open else parts)


def _entered(solver: Solver, kind: Kind) -> Value:
    match kind:
        case Plain(name=name) if name in _SELVES:
            return known(kind)
        case FrameworkValue(data=Entered() as opened):
            return opened.entered
        case Instance():
            return _by_method(solver, kind)
        case _:
            return UNKNOWN


def _by_method(solver: Solver, kind: Instance) -> Value:
    """What `__enter__` (or `__aenter__`) of a class of the project returns; most often the object itself."""
    for name in ("__enter__", "__aenter__"):
        for filename, decl, _ in solver.member(kind.cls, name):
            if isinstance(decl, FunctionDecl):
                value = solver.returned(FunctionRef(filename, decl.qualname, decl.start))
                only = value.only
                return only.result if isinstance(only, Coroutine) else value
    return solver.records.entered(kind) or UNKNOWN


def _yielded(solver: Solver, definition: EnterDef) -> Value | None:
    """What a generator under @contextmanager yields; None for what is no call of such a function."""
    node = definition.node
    if not isinstance(node, ir.Call):
        return None
    callees = solver.value(node.func, definition.env)
    if callees.open or not callees.alts:
        return None
    parts = [_of_manager(solver, kind, node, definition) for kind in callees.kinds()]
    found = [part for part in parts if part is not None]
    return join(found) if found and len(found) == len(parts) else None


def _of_manager(solver: Solver, kind: Kind, node: ir.Call, definition: EnterDef) -> Value | None:
    if not isinstance(kind, Function):
        return None
    decl = solver.function_decl(kind.ref)
    names = [solver.decorator_name(kind.ref.filename, d) for d in decl[0].decorators] if decl is not None else []
    if not any(n in CONTEXT_MANAGERS for n in names):
        return None
    value = solver.yielded_to(kind, node, definition.env)
    return value if decl is None or not value.unknown else promised_item(solver, kind.ref.filename, *decl)


def promised_item(solver: Solver, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value:
    """`X` of `-> Iterator[X]` or `-> Generator[X, None, None]`."""
    unit = solver.unit(filename, *decl.returns, cls=cls) if decl.returns else None
    stmt = unit.body[0] if unit is not None and len(unit.body) == 1 else None
    if unit is None or not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Subscript):
        return UNKNOWN
    index = stmt.value.index
    first = index.elements[0] if isinstance(index, ir.TupleExpr) else index
    return solver.annotation(first, solver.flow(unit).entered[id(stmt)])
