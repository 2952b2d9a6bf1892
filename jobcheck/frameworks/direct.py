"""Calls of a job as if it were a plain function: it is performed here and now, without the queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.registry import Job
from jobcheck.solve.kinds import FrameworkValue
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Frameworks in which calling the job's own name performs it. Calling a job of the reference API builds it.
_PERFORMS = frozenset({"celery"})


def direct_calls(solver: Solver, job: Job) -> Iterator[Site]:
    """The places outside of tests that call a job; none when its name is too common to be looked for."""
    if job.framework not in _PERFORMS or job.function is None or job.cls is not None:
        return
    for unit in solver.callers.units_mentioning(job.function.name) or ():
        if unit.refused or (unit.filename, unit.offset) == (job.function.filename, job.function.start):
            continue
        for site in solver.flow(unit).sites:
            if any(_is(kind, job) for kind in solver.value(site.call.func, site.env).kinds()):
                yield site


def _is(kind: object, job: Job) -> bool:
    return isinstance(kind, FrameworkValue) and kind.role == "job" and kind.data is job
