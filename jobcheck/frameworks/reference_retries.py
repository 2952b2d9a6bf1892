"""The reference job API: what `retry_on`, `discard_on` and `rescue_from` say of a job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.project.shape import DecoratorDecl
from jobcheck.registry import Argument, Handler, Job, Option
from jobcheck.solve.kinds import Origin

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_WHAT = {
    "jobcheck.runtime.retry_on": "retry", "jobcheck.runtime.handlers.retry_on": "retry",
    "jobcheck.runtime.discard_on": "discard", "jobcheck.runtime.handlers.discard_on": "discard",
    "jobcheck.runtime.rescue_from": "rescue", "jobcheck.runtime.handlers.rescue_from": "rescue",
}  # fmt: skip


def handlers(solver: Solver, job: Job) -> list[Handler]:
    """The declarations from the topmost down, on the class and then on its methods; then those of its bases."""
    found = []
    for filename, decorator in _decorators(solver, job):
        what = _WHAT.get(solver.decorator_name(filename, decorator))
        if what is not None and decorator.is_call:
            handler = _handler(solver, filename, decorator, what)
            if handler is not None:
                found.append(handler)
    return found


def _decorators(solver: Solver, job: Job) -> Iterator[tuple[str, DecoratorDecl]]:
    if job.cls is None:
        if job.decl is not None:
            yield from ((job.filename, decorator) for decorator in job.decl.decorators)
        return
    info = solver.classes.info(job.cls)
    for ancestor in info.ancestors if info else ():
        above = solver.classes.info(ancestor)
        if above is not None:
            functions = sorted(above.decl.functions, key=lambda function: function.start)
            yield from ((above.filename, decorator) for decorator in above.decl.decorators)
            for decorator in (d for function in functions for d in function.decorators):
                # Above a method the others are a TypeError.
                if _WHAT.get(solver.decorator_name(above.filename, decorator)) == "rescue":
                    yield above.filename, decorator


def _handler(solver: Solver, filename: str, decorator: DecoratorDecl, what: str) -> Handler | None:
    unit = solver.unit(filename, decorator.start, decorator.end)
    stmt = unit.body[0] if unit.body else None
    if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
        return None
    env = solver.flow(unit).entered[id(stmt)]
    handler = Handler(what, "rescue_from" if what == "rescue" else f"{what}_on", Origin(filename, decorator.start, decorator.end))
    for arg in stmt.value.args:
        if arg.star == "*":
            handler.open = True
        elif arg.keyword is None and not arg.star:
            handler.errors.append(Argument(solver.value(arg.value, env), unit.origin(arg.value), None, "", arg.value))
    handler.options, open_options = arguments.options_of(solver, stmt.value.args, env)
    handler.bound, handler.bound_origin = _bound(handler.options.get("attempts"), open_options)
    return handler


def _bound(attempts: Option | None, open_options: bool) -> tuple[str, Origin | None]:
    """`attempts` is 5 when it is not given."""
    if attempts is None:
        return ("unknown" if open_options else "some"), None
    said = arguments.literal(attempts.value)
    if said == "unlimited":
        return "none", attempts.origin
    return ("some" if isinstance(said, int) else "unknown"), attempts.origin
