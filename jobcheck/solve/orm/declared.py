"""What the body of a class declares, read as code: shared by the mappers whose fields are calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import AssignDecl
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import ClassObject, ClassRef, External

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Classes have this many attributes at most, as far as mappers look.
MOST_NAMES = 400


@dataclass(eq=False, slots=True)
class Declaration:
    """`name: annotation = value` in the body of `owner`."""

    name: str
    owner: ClassRef
    value: ir.Expr | None
    annotation: ir.Expr | None
    env: Env


def declarations(solver: Solver, cls: ClassRef) -> Iterator[Declaration]:
    """What a class and those above it declare by assignment, the farthest first, so that later ones replace."""
    info = solver.classes.info(cls)
    for ancestor in reversed(info.ancestors if info else ()):
        above = solver.classes.info(ancestor)
        for assign in above.decl.assigns[:MOST_NAMES] if above else ():
            found = declaration(solver, ancestor, assign)
            if found is not None:
                yield found


def declaration(solver: Solver, owner: ClassRef, assign: AssignDecl) -> Declaration | None:
    """One statement of a class body, if it gives one name a value or an annotation."""
    if len(assign.names) != 1 or assign.augmented or assign.unpacked or owner.filename is None:
        return None
    unit = solver.unit(owner.filename, assign.start, assign.end, cls=owner)
    stmt = unit.body[0] if len(unit.body) == 1 else None
    env = solver.flow(unit).entered.get(id(stmt)) if stmt is not None else None
    if env is None:
        return None
    match stmt:
        case ir.Assign(value=value):
            return Declaration(assign.names[0], owner, value, None, env)
        case ir.AnnAssign(annotation=annotation, value=value):
            return Declaration(assign.names[0], owner, value, annotation, env)
        case _:
            return None


def qualname(solver: Solver, node: ir.Expr, env: Env) -> str:
    """The full name of what an expression means outside the project, or of a class of it; "" for all else."""
    match solver.value(node, env).only:
        case External(qualname=name):
            return name
        case ClassObject(cls=cls):
            return cls.qualname
        case _:
            return ""


def keyword(call: ir.Call, name: str) -> ir.Expr | None:
    """The expression given by keyword."""
    return next((a.value for a in call.args if a.keyword == name), None)


def positional(call: ir.Call) -> list[ir.Expr]:
    """The arguments given by position, up to a starred one."""
    found: list[ir.Expr] = []
    for arg in call.args:
        if arg.star == "*":
            break
        if arg.keyword is None and not arg.star:
            found.append(arg.value)
    return found


def truth(node: ir.Expr | None) -> bool | None:
    """True or False where it stands there as such."""
    return node.value if isinstance(node, ir.Constant) and isinstance(node.value, bool) else None


def text(node: ir.Expr | None) -> str | None:
    """A str that stands there as such."""
    return node.value if isinstance(node, ir.Constant) and isinstance(node.value, str) else None
