"""Celery: base classes that keep a second message of the same job off the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.registry import Dedup, Job

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_BASES = frozenset({
    "celery_once.QueueOnce", "celery_once.tasks.QueueOnce", "celery_singleton.Singleton", "celery_singleton.singleton.Singleton",
})  # fmt: skip


def dedup_of(solver: Solver, job: Job) -> Dedup | None:
    """What the job's class, or the class that it has for a base, inherits from celery-once or celery-singleton."""
    cls = job.cls or job.base
    if cls is None:
        return None
    info = solver.classes.info(cls)
    names = [ancestor.qualname for ancestor in info.ancestors] if info else [cls.qualname]
    found = next((name for name in names if name in _BASES), None)
    if found is None:
        return None
    return Dedup(found, job.options["base"].origin if "base" in job.options else job.origin)
