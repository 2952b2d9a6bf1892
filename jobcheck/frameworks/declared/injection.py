"""Parameters of a job that its framework fills: those whose default or annotation says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl
from jobcheck.solve.defs import dotted
from jobcheck.solve.kinds import Kind

if TYPE_CHECKING:
    from jobcheck.registry import Job
    from jobcheck.solve.solver import Solver

# How many names of annotations one leads to another.
_DEEPEST = 3


def names(solver: Solver, job: Job, injects: Callable[[Kind], bool]) -> frozenset[str]:
    """`db=Depends(...)`, `db: Annotated[Session, Depends(...)]`, `db: FromDishka[Session]`; the project's
    own names for such annotations."""
    if job.decl is None:
        return frozenset()
    found = set()
    for param in job.decl.params:
        places = [span for span in (param.default, param.annotation) if span is not None]
        if any(_says(solver, job.filename, span, injects, _DEEPEST) for span in places):
            found.add(param.name)
    return frozenset(found)


def _says(solver: Solver, filename: str, span: tuple[int, int], injects: Callable[[Kind], bool], depth: int) -> bool:
    """Whether an expression of a module's level is, or holds, what `injects` knows."""
    unit = solver.unit(filename, *span)
    if len(unit.body) != 1 or not isinstance(unit.body[0], ir.ExprStmt):
        return False
    env = solver.flow(unit).entered[id(unit.body[0])]
    for node in walk(unit.body[0]):
        said = node if isinstance(node, ir.Call) else node.value if isinstance(node, ir.Subscript) else None
        if said is not None and any(injects(kind) for kind in solver.value(said, env).kinds()):
            return True
    return any(_says(solver, *place, injects, depth - 1) for place in _aliased(solver, filename, unit.body[0].value, depth))


def _aliased(solver: Solver, filename: str, node: ir.Expr, depth: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The expression behind a name that the project gives to an annotation."""
    path = dotted(node) if isinstance(node, ir.Name | ir.Attribute) and depth > 0 else ""
    found = solver.project.resolve_dotted(filename, path) if path else None
    decl = found.decls[0] if isinstance(found, modules.Declared) and len(found.decls) == 1 else None
    if isinstance(found, modules.Declared) and isinstance(decl, AssignDecl) and decl.value is not None:
        yield found.filename, decl.value
