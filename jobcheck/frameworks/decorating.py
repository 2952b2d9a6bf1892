"""The options of a decorator of the project's own, which hands them on to a framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.project.shape import DecoratorDecl
from jobcheck.registry import Option
from jobcheck.solve.kinds import Function

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def options_of(solver: Solver, filename: str, decorator: DecoratorDecl) -> dict[str, Option]:
    """What `@project_decorator("name", queue=...)` is called with, positionals by the names of its parameters."""
    unit = solver.unit(filename, decorator.start, decorator.end)
    stmt = unit.body[0] if unit.body else None
    if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
        return {}
    call, env = stmt.value, solver.flow(unit).entered[id(stmt)]
    found = arguments.options_of(solver, call.args, env)[0]
    only = solver.value(call.func, env).only
    decl = solver.function_decl(only.ref) if isinstance(only, Function) else None
    named = [p.name for p in decl[0].params if p.kind in ("posonly", "arg")] if decl is not None else []
    for name, arg in zip(named, [a for a in call.args if a.keyword is None and not a.star], strict=False):
        found.setdefault(name, Option(name, solver.value(arg.value, env), unit.origin(arg.value), arg.value))
    return found
