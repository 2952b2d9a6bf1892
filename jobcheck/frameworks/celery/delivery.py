"""Celery: how often a job may run for one message, and why.

A message is acknowledged before its job runs: at most once, whatever happens to the worker. What makes it more is said by
the job's retries, or by `acks_late` together with `reject_on_worker_lost`. `acks_late` alone does not repeat a run when
the process that performs it is killed (measured, with a real worker of Celery 5.7: such a message is acknowledged).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.frameworks import delivery
from jobcheck.frameworks.arguments import literal, truth
from jobcheck.frameworks.celery import model, retries
from jobcheck.registry import Cause, Job, Registry, Retry
from jobcheck.solve.kinds import Mapping, Origin

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_LATE = ("acks_late", re.compile(rb"\b(?:CELERY_TASK_|CELERY_|task_)(?:acks_late|ACKS_LATE)\b[\"']?\s*\]?\s*[:=]\s*True\b"))
_LOST = (
    "reject_on_worker_lost",
    re.compile(rb"\b(?:CELERY_TASK_|CELERY_|task_)(?:reject_on_worker_lost|REJECT_ON_WORKER_LOST)\b[\"']?\s*\]?\s*[:=]\s*True\b"),
)
_WORDS = (b"acks_late", b"ACKS_LATE", b"worker_lost", b"WORKER_LOST")


class Deliveries:
    """Settles `Job.delivery` for the jobs of a project; the settings are looked for once."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._settings: dict[str, Origin | None] = {}

    def settle(self, registry: Registry) -> None:
        """Fill in the causes of every job of Celery's."""
        by_hand: dict[int, list[Retry]] = {}
        for retry in registry.retries:
            by_hand.setdefault(id(retry.job), []).append(retry)
        for job in registry.jobs:
            if job.framework == model.NAME:
                job.delivery = tuple(self._causes(job, by_hand.get(id(job), [])))

    def _causes(self, job: Job, by_hand: list[Retry]) -> list[Cause]:
        found = [] if _never(self._solver, job) else delivery.of_handlers(self._solver, job)
        found += [delivery.by_hand(self._solver, retry) for retry in by_hand if not _given_zero(retry)]
        lost = self._lost(job)
        return [*found, lost] if lost is not None else found

    def _lost(self, job: Job) -> Cause | None:
        """The worker's end: it takes both options."""
        late, lost = self._said(job, *_LATE), self._said(job, *_LOST)
        if late is None or lost is None:
            return None
        return Cause("worker-lost", lost[0], shared=lost[1], form="reject_on_worker_lost")

    def _said(self, job: Job, name: str, setting: re.Pattern[bytes]) -> tuple[Origin, bool] | None:
        """Where an option is switched on for a job, and whether that is elsewhere than at the job."""
        option = retries.declared(self._solver, job, name)
        if option is not None:
            return (option.origin, name not in job.options) if truth(option) is True else None
        if name not in self._settings:
            self._settings[name] = self._setting(setting)
        origin = self._settings[name]
        return (origin, True) if origin is not None else None

    def _setting(self, pattern: re.Pattern[bytes]) -> Origin | None:
        """A textual look, as for serializers: the names are Celery's own."""
        for filename in self._solver.project.filenames:
            if self._solver.is_test(filename):
                continue
            data = self._solver.raw(filename) or b""
            found = pattern.search(data) if any(word in data for word in _WORDS) else None
            if found:
                return Origin(filename, found.start(), found.end())
        return None


def _never(solver: Solver, job: Job) -> bool:
    """Whether the job's own limit says that it is not retried."""
    kwargs = retries.declared(solver, job, "retry_kwargs")
    only = kwargs.value.only if kwargs is not None else None
    for key, value in only.entries if isinstance(only, Mapping) else ():
        if literal(key) == "max_retries":
            return literal(value) == 0
    option = retries.declared(solver, job, "max_retries")
    return option is not None and literal(option.value) == 0


def _given_zero(retry: Retry) -> bool:
    own = retry.arguments.get("max_retries")
    return own is not None and literal(own.value) == 0
