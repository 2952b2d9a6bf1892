"""Calls of a job as if it were a plain function: it is performed here and now, without the queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.registry import Job
from jobcheck.solve.decorators import TRANSPARENT
from jobcheck.solve.kinds import FrameworkValue
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Frameworks in which calling the job's own name performs it. Calling a job of Huey's enqueues it, and calling one of the
# reference API's builds it.
_PERFORMS = frozenset({"celery", "rq", "dramatiq", "procrastinate"})


def direct_calls(solver: Solver, job: Job) -> Iterator[Site]:
    """The places outside of tests that call a job; none when its name is too common to be looked for.

    Only what was declared to be a job counts: a function that is one by being enqueued may be called by anybody.
    """
    if job.callable and job.framework not in _PERFORMS:
        return
    if job.function is None or job.cls is not None or not _outermost(solver, job):
        return
    for unit in solver.callers.units_mentioning(job.function.name, called=True) or ():
        if unit.refused or (unit.filename, unit.offset) == (job.function.filename, job.function.start):
            continue
        for site in solver.flow(unit).sites:
            if any(_is(kind, job) for kind in solver.value(site.call.func, site.env).kinds()):
                yield site


def _outermost(solver: Solver, job: Job) -> bool:
    """Whether the name stands for the job itself: a decorator above may enqueue it (`@runs_later @app.task def f`)."""
    if job.decorated is None or job.decl is None:
        return False
    above = [d for d in job.decl.decorators if d.start < job.decorated.start]
    return all(solver.decorator_name(job.filename, d) in TRANSPARENT for d in above)


def _is(kind: object, job: Job) -> bool:
    return isinstance(kind, FrameworkValue) and kind.role == "job" and kind.data is job
