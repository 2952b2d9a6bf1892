"""A framework out of its tables (see `spec`): what its jobs and enqueues come to, once all of them are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jobcheck.findings import Confidence
from jobcheck.frameworks import delivery, dispatch
from jobcheck.frameworks.declared.enqueues import Enqueues
from jobcheck.registry import Enqueue, Job, Message, Registry

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


class DeclaredFramework(Enqueues):
    """Reads one Spec. A framework's file may derive from it for what no table says."""

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework: jobs that only enqueues made known, and messages."""
        for job in self.jobs.values():
            if all(job is not known_job for known_job in registry.jobs):
                registry.jobs.append(job)
        by_name: dict[str, list[Job]] = {}
        for job in self.jobs.values():
            for name in self.names(job):
                by_name.setdefault(name, []).append(job)
        if by_name:
            options = frozenset(name for forms in self.forms.values() for form in forms for name in form.swallowed)
            registry.enqueues.extend(dispatch.enqueues(solver, self.name, by_name, registry, options))
        for enqueue in registry.enqueues:
            if enqueue.framework != self.name:
                continue
            if not enqueue.jobs and enqueue.job_name in by_name:
                enqueue.jobs = tuple(by_name[enqueue.job_name])
            for job in enqueue.jobs:
                registry.messages.append(self.message(solver, enqueue, job))
        for job in self.jobs.values():
            signature = job.signature
            if signature is not None and len(signature.injected) < self.spec.injected and not signature.vararg:
                job.misbound = f"has no parameter for the context that {self.display} passes: each run raises TypeError"
            job.wires = self.wires(solver, job)[0]
            retried = self.retried(solver)
            if self.spec.retried_by is not None and retried != "never":
                silent = not job.unknown_options or self._leaves(solver, job, self.spec.retried_by)
                unasked = self.display if retried == "always" and silent else None
                job.delivery = tuple(delivery.of_option(job, registry, self.spec.retried_by, unasked, self.spec.once))

    def retried(self, solver: Solver) -> Literal["never", "asked", "always"]:
        """Whether jobs are performed again after an error: all that do not say otherwise, those that ask for it, none."""
        return "always" if self.spec.retried else "asked"

    def _leaves(self, solver: Solver, job: Job, option: str) -> bool:
        """Whether the project's own decorator of a job has nothing to say about an option: it does not name it."""
        ref = self._handing.get((job.filename, job.function.start)) if job.function is not None else None
        found = solver.function_decl(ref) if ref is not None else None
        if ref is None or found is None:
            return False
        return option.encode() not in (solver.raw(ref.filename) or b"")[found[0].start : found[0].end]

    def names(self, job: Job) -> tuple[str, ...]:
        """The strings by which a job may be named."""
        return (job.name,)

    def message(self, solver: Solver, enqueue: Enqueue, job: Job) -> Message:
        """One enqueue meeting one job."""
        wires, confidence = self.wires(solver, job)
        if len(enqueue.jobs) > 1:
            confidence = confidence.lowered()
        happens = "the call raises TypeError" if enqueue.immediate else self.spec.mismatch
        return Message(enqueue, job, wires, confidence, happens)

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """The serializers that may carry a job's messages."""
        forced = solver.forced_wire(self.name)
        return ((forced,), Confidence.HIGH) if forced else ((self.spec.wire,), Confidence.MEDIUM)
