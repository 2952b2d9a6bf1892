"""Whether a job is seen to be meant to run apart from its callers: because of who enqueues it, what it declares, what it does."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Enqueue, Job, Registry
from jobcheck.rules.base import Context
from jobcheck.rules.state.slow import Slow
from jobcheck.solve.kinds import ClassRef, FunctionRef
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.reach import Visit
from jobcheck.solve.sites import Site

# Forms of enqueues that a schedule is.
SCHEDULES = frozenset({"beat", "add_periodic_task"})
# Options that only a worker honours, and that somebody wrote for this one job: what is to be done about errors and time.
_WORKERS = frozenset({
    "autoretry_for", "default_retry_delay", "max_retries", "retry", "retry_backoff", "retry_kwargs", "retry_when", "min_backoff",
    "max_backoff", "throws", "soft_time_limit", "time_limit", "timeout", "rate_limit", "max_age",
})  # fmt: skip
# How many of the functions below a job are looked through.
MOST_VISITS = 25


def apart_of(context: Context) -> Apart:
    """The one of a run."""
    found: Apart = context.once("apart", lambda: Apart(context.registry, context))
    return found


class Apart:
    """Answers are remembered; one for each run."""

    def __init__(self, registry: Registry, context: Context) -> None:
        self._solver = context.solver
        self._slow = Slow(context)
        self._enqueues: dict[int, list[Enqueue]] = {}
        for enqueue in registry.enqueues:
            for job in enqueue.jobs:
                self._enqueues.setdefault(id(job), []).append(enqueue)
        self._heavy: dict[FunctionRef, bool] = {}
        self._waiting: dict[FunctionRef, bool] = {}
        self._written: dict[FunctionRef, frozenset[ClassRef]] = {}

    def meant(self, job: Job, site: Site) -> bool:
        """A job that code enqueues because it waits for others, or that nobody does though it says or shows that it is no plain
        function.

        Who enqueues it in the module of the call, in another function, knows both and has chosen; so has most often who calls
        what is done in a moment.
        """
        sending = self.sent(job)
        scheduled = any(e.form in SCHEDULES and not e.in_test for e in self._enqueues.get(id(job), ()))
        if sending:
            chosen = any(e.unit.filename == site.unit.filename and not self._falls_back(e, job) for e in sending)
            return not chosen and job.function is not None and self._waits(job.function)
        if scheduled or (job.decl is not None and len(job.decl.decorators) > 1):
            return False  # that is what it is a job for
        if job.signature is None or not any(p.required for p in job.signature.parameters):
            return False  # one that needs nothing to know is a schedule's, though that may stand elsewhere
        return not _WORKERS.isdisjoint(job.options) or self._is_heavy(job)

    def sent(self, job: Job) -> list[Enqueue]:
        """Where functions enqueue a job, for now or for later."""
        found = [e for e in self._enqueues.get(id(job), ()) if not e.immediate and not e.in_test]
        return [e for e in found if e.form not in SCHEDULES and e.unit.function is not None]

    def _falls_back(self, enqueue: Enqueue, job: Job) -> bool:
        """Whether the function that enqueues a job calls it too: what it does is for each call to say."""
        flow = enqueue.unit.flow
        names = (getattr(s.call.func, "attr", getattr(s.call.func, "id", "")) for s in flow.sites) if flow is not None else ()
        return job.function is not None and job.function.name in names

    def enqueued_by(self, job: Job, site: Site) -> bool:
        """Whether the function that calls a job enqueues it too."""
        return any(e.unit is site.unit and not e.immediate for e in self._enqueues.get(id(job), ()))

    def read_after(self, job: Job, site: Site) -> bool:
        """Whether the caller reads rows, after its call, of a class of which the job writes some."""
        flow = site.unit.flow
        later = [s for s in flow.sites if s.call.start > site.call.end] if flow is not None else []
        models = {op.model for op in map(self._solver.records.operation, later) if op is not None and not op.writes}
        return any(model in self._writes(job) for model in models if model is not None)

    def _writes(self, job: Job) -> frozenset[ClassRef]:
        if job.function is None:
            return frozenset()
        if job.function not in self._written:
            found = (op.model for _, _, op in self._operations(job.function) if op.writes and op.model is not None)
            self._written[job.function] = frozenset(found)
        return self._written[job.function]

    # --- what a request should not wait for --------------------------------------------------------------------

    def _is_heavy(self, job: Job) -> bool:
        ref = job.function
        if ref is None:
            return False
        if ref not in self._heavy:
            self._heavy[ref] = self._waits(ref) or self._goes_through_rows(ref)
        return self._heavy[ref]

    def _waits(self, ref: FunctionRef) -> bool:
        """For another machine, another program or a clock."""
        if ref not in self._waiting:
            self._waiting[ref] = self._does_wait(ref)
        return self._waiting[ref]

    def _does_wait(self, ref: FunctionRef) -> bool:
        if any(effect.slow for effect in self._solver.effects.of(ref).effects):
            return True
        unit = self._solver.function_unit(ref)
        sites = self._solver.flow(unit).sites if unit is not None and not unit.refused else ()
        return any(self._slow.call(site) is not None for site in sites)

    def _goes_through_rows(self, ref: FunctionRef) -> bool:
        """For the database, once for each of many things."""
        return any(_looped(site) or any(map(_looped, visit.calls)) for visit, site, _ in self._operations(ref))

    def _operations(self, ref: FunctionRef) -> Iterator[tuple[Visit, Site, Operation]]:
        for visit in self._solver.reach.of(ref)[:MOST_VISITS]:
            for site in visit.flow.sites:
                operation = self._solver.records.operation(site)
                if operation is not None:
                    yield visit, site, operation


def _looped(site: Site) -> bool:
    return site.enclosing("loop") is not None
