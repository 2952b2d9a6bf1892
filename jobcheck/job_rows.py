"""The registry's jobs as rows of the `jobs` command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.engine_types import JobRow
from jobcheck.findings import Place
from jobcheck.frameworks.arguments import literal, text
from jobcheck.registry import Handler, Job, Registry, Retry
from jobcheck.solve.kinds import Origin

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_QUEUES = ("queue", "queue_as", "routing_key")
_ENDS = {"none": "without end", "some": "bounded", "unknown": ""}


def job_rows(solver: Solver, registry: Registry, displays: dict[str, str]) -> list[JobRow]:
    """A row for each job, by where it stands. `displays` are the frameworks' display names."""
    by_job: dict[int, list[Origin]] = {}
    for enqueue in registry.enqueues:
        for job in enqueue.jobs:
            by_job.setdefault(id(job), []).append(enqueue.origin)
    retries: dict[int, list[Retry]] = {}
    for retry in registry.retries:
        retries.setdefault(id(retry.job), []).append(retry)
    return [
        JobRow(
            name=job.name,
            framework=displays.get(job.framework, job.framework),
            place=_place(solver, job.origin),
            queue=next((q for q in (text(job.options.get(name)) for name in _QUEUES) if q), None),
            retries=_retries(job, retries.get(id(job), [])),
            idempotency=_idempotency(job),
            enqueued_by=tuple(sorted(_place(solver, o) for o in by_job.get(id(job), []))),
            signature=str(job.signature) if job.signature is not None else "",
        )
        for job in sorted(registry.jobs, key=lambda j: j.key)
    ]


def _place(solver: Solver, origin: Origin) -> Place:
    return solver.project.source(origin.filename).place(origin.start, origin.end)


def _retries(job: Job, by_hand: list[Retry]) -> str | None:
    """`autoretry_for (max 5), self.retry (bounded)`; None when nothing runs it again that can be seen."""
    parts = [_handled(h, job) for h in job.handlers if h.what == "retry"]
    if by_hand:
        parts.append(_with_end("retry()", by_hand[0].bound, job))
    return ", ".join(dict.fromkeys(parts)) or None


def _handled(handler: Handler, job: Job) -> str:
    attempts = handler.options.get("attempts")
    said = literal(attempts.value) if attempts else None
    if isinstance(said, int):
        return f"{handler.form} ({said} runs)"
    return _with_end(handler.form, handler.bound, job)


def _with_end(form: str, bound: str, job: Job) -> str:
    option = job.options.get("max_retries")
    said = literal(option.value) if option else None
    if isinstance(said, int) and not isinstance(said, bool):
        return f"{form} (max {said})"
    return f"{form} ({_ENDS[bound]})" if _ENDS.get(bound) else form


def _idempotency(job: Job) -> str | None:
    """The reason of the job's marker; where it gives none, what kind of marker it is."""
    return (job.marker.reason or job.marker.how) if job.marker else None
