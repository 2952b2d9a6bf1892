"""What the decorator of a job schedules by itself: the arguments that stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.registry import Enqueue, Job, Malformed
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def decorator_site(solver: Solver, job: Job) -> Site | None:
    """The call that a job's decorator is."""
    if job.decorated is None:
        return None
    unit = solver.unit(job.filename, job.decorated.start, job.decorated.end)
    length = job.decorated.end - job.decorated.start
    return next((s for s in solver.flow(unit).sites if s.call.end - s.call.start == length), None)


def enqueue(
    solver: Solver, job: Job, site: Site, form: str, place: ir.Node, args: ir.Expr | None, kwargs: ir.Expr | None
) -> Enqueue:
    """What is sent when it is time: `args` and `kwargs` as they stand in the decorator, at `place`."""
    made = Enqueue(job.framework, form, site, site.unit.origin(place), (job,), in_test=solver.is_test(job.filename))
    found = arguments.from_parts(solver, args, kwargs, site.env)
    made.arguments, made.open_args, made.open_kwargs = found.arguments, found.open_args, found.open_kwargs
    made.malformed = found.malformed
    made.follows = made.scheduled = True
    return made


def refused(found: list[Malformed], happens: str) -> None:
    """Say what becomes of arguments of the wrong shape."""
    for wrong in found:
        wrong.happens = happens
