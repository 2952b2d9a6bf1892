"""What a worker runs for a job: its function, and the hooks of its class around the run."""

from __future__ import annotations

from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.reach import Visit

# Celery's, in the process that runs the job.
_HOOKS = ("__call__", "before_start", "on_success", "on_failure", "on_retry", "after_return")


def visits_of(job: Job, context: Context) -> list[Visit]:
    """The functions that run when the job runs, each once."""
    found: list[Visit] = context.once(("entries", job.key), lambda: _visits(job, context))
    return found


def _visits(job: Job, context: Context) -> list[Visit]:
    refs = [*([job.function] if job.function is not None else []), *job.hooks]
    cls = job.cls or job.base
    for name in _HOOKS if cls is not None else ():
        for filename, decl, _ in context.solver.member(cls, name) if cls is not None else ():
            if isinstance(decl, FunctionDecl):
                refs.append(FunctionRef(filename, decl.qualname, decl.start))
            break
    seen: dict[FunctionRef, Visit] = {}
    for ref in refs:
        for visit in context.solver.reach.of(ref):
            seen.setdefault(visit.ref, visit)
    return list(seen.values())
