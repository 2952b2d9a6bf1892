"""Procrastinate. Source: procrastinate 3.10.0, installed and run (facts/FRAMEWORKS.md 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared import contexts, coroutines
from jobcheck.frameworks.declared.carried import Configured
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Meaning, Spec
from jobcheck.registry import Argument, Cause, Dedup, Enqueue, Handler, Job, Option, Registry
from jobcheck.solve.exceptions import of_value
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import ClassObject, ClassRef, FrameworkValue, Literal, Plain, Sequence, known, plain
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# What `configure` reads, it drops every other name; and what `configure_task` takes besides.
OPTIONS = frozenset("lock queueing_lock task_kwargs schedule_at schedule_in queue priority connection".split())
NAMED_OPTIONS = frozenset({"allow_unknown"})
_TASK = Declares("task")
_PERIODIC = Makes("periodic")
_NAMED = Makes("configured", configures=True, keywords_in="task_kwargs", job_at=0, job_names=("name",))
_NO_NUMBER = (Literal(None), Plain("none"), Literal(0))
_SCHEDULE = ("cron", "periodic_id", "task_kwargs")
_DROPS = "Procrastinate drops what comes by position, silently"
_REFUSES = "the call raises TypeError"
_BATCH = {
    "batch_defer": Form("batch_defer", "dicts"),
    "batch_defer_async": Form("batch_defer_async", "dicts", awaited=True),
}
_APP: dict[str, Meaning] = {"task": _TASK, "periodic": _PERIODIC, "configure_task": _NAMED}
_DJANGO = "procrastinate.contrib.django"
_CONNECTORS = ("PsycopgConnector", "SyncPsycopgConnector", "AiopgConnector", "Psycopg2Connector")
SPEC = Spec(
    name="procrastinate",
    display="Procrastinate",
    modules=frozenset({"procrastinate"}),
    seeds=frozenset({"procrastinate", ".defer", "batch_defer", "configure_task"}),
    marks=(rb"\.\s*(?:defer|defer_async|batch_defer|batch_defer_async)\s*\(",),
    functions={
        **{f"procrastinate.{path}": Makes("app") for path in ("App", "app.App", "Blueprint", "blueprints.Blueprint")},
        "procrastinate.RetryStrategy": Makes("strategy", configures=True),
        "procrastinate.retry.RetryStrategy": Makes("strategy", configures=True),
    },
    objects={f"{_DJANGO}.app": "app", **{f"{_DJANGO}.procrastinate_app.{name}": "app" for name in ("app", "current_app")}},
    attributes={
        "app": {**_APP, "with_connector": Makes("app"), "replace_connector": Makes("app")},
        "job": {
            "configure": Makes("configured", configures=True, keywords_in="task_kwargs"),
            "defer": Form("defer", "keywords", unplaced=_DROPS),
            "defer_async": Form("defer_async", "keywords", unplaced=_DROPS, awaited=True),
            **_BATCH,
        },
        "configured": {
            "defer": Form("defer", "keywords", unplaced=_REFUSES),
            "defer_async": Form("defer_async", "keywords", unplaced=_REFUSES, awaited=True),
            **_BATCH,
        },
    },
    context="pass_context",
    named_by_string=True,
    makers=rb"\.\s*task\b",
    retried_by="retry",
    wire="procrastinate-json",
    mismatch="the job fails in the worker with TypeError",
    verb=".defer",
)


class Procrastinate(DeclaredFramework):
    """Procrastinate: a task takes arguments by name, and its queue is a table of PostgreSQL."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._own_pool: bool | None = None

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, what `@app.periodic` enqueues."""
        for job in self.jobs.values():
            registry.enqueues.extend(_periodic(solver, job))
            _declared(job)
        self._find_namespaced(registry)
        super().finish(solver, registry)
        for job in self.jobs.values():
            retry = job.options.get("retry")  # `configure` has no such option
            asked = (cause for cause in job.delivery if retry is not None and cause.origin == retry.origin)
            job.delivery = tuple(_narrowed(cause, job) for cause in asked)
            job.misbound = contexts.misbound(job, "pass_context", "each run raises TypeError")
        if self._on_django(solver) and not self._pooled(solver):
            own = (e for e in registry.enqueues if e.framework == self.name and not e.follows and "connection" not in e.options)
            coroutines.mark(solver, (e for e in own if not e.open_options and not e.form.endswith("_async")))

    def _find_namespaced(self, registry: Registry) -> None:
        """`configure_task("reports:shop.tasks.monthly")`: a job of a blueprint, behind the namespaces of those that added it."""
        waiting = [e for e in registry.enqueues if e.framework == self.name and not e.jobs and ":" in (e.job_name or "")]
        by_name = {name: job for job in self.jobs.values() for name in self.names(job)} if waiting else {}
        for enqueue in waiting:
            found = by_name.get((enqueue.job_name or "").rpartition(":")[2])
            enqueue.jobs = (found,) if found is not None else ()

    def names(self, job: Job) -> tuple[str, ...]:
        """Its name and aliases."""
        option = job.options.get("aliases")
        only = option.node if option is not None else None
        items = only.elements if isinstance(only, (ir.ListExpr, ir.TupleExpr)) else []
        return (job.name, *(i.value for i in items if isinstance(i, ir.Constant) and isinstance(i.value, str)))

    def transactional(self, solver: Solver, enqueue: Enqueue) -> bool:
        """Whether it is written on Django's connection, or on one that is handed over; a connector's pool is its own."""
        if "connection" in enqueue.options or enqueue.open_options:
            return True
        if self._own_pool is None:
            self._own_pool = self._pooled(solver) and not self._on_django(solver)
        return not self._own_pool

    def _on_django(self, solver: Solver) -> bool:
        """Whether the project uses Procrastinate's own Django application, which writes on Django's connection."""
        files = solver.callers.mentions.files("procrastinate")
        return any(_DJANGO.encode() in (solver.raw(f) or b"") for f in files if not solver.is_test(f))

    def _pooled(self, solver: Solver) -> bool:
        """Whether some connector of the project has connections of its own."""
        return any(solver.callers.mentions.files(name) for name in _CONNECTORS)

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """JSON, unless a connector is given an encoder of its own."""
        if solver.forced_wire(self.name) is None and any(
            solver.callers.mentions.files(n) for n in ("json_dumps", "PROCRASTINATE_JSON_DUMPS")
        ):
            return (), Confidence.LOW
        return super().wires(solver, job)[0], Confidence.HIGH


def _declared(job: Job) -> None:
    """What the options of a declaration say of its delivery."""
    lock = job.options.get("queueing_lock")
    if lock is not None and job.dedup is None:
        job.dedup = Dedup("queueing_lock", lock.origin)
    retry = job.options.get("retry")
    if retry is None:
        return
    if retry.value.only == Literal(True):
        job.handlers.append(_endless(retry, "retry=True", [_anything(retry)]))
    strategy = _strategy(job)
    most = strategy.options.get("max_attempts") if strategy is not None else None
    if strategy is not None and not strategy.open and (most is None or most.value.only in _NO_NUMBER):
        named = strategy.options.get("retry_exceptions")
        errors = _named(named) if named is not None else [_anything(retry)]
        job.handlers.append(_endless(retry, "retry=RetryStrategy(...)", errors))


def _endless(retry: Option, form: str, errors: list[Argument]) -> Handler:
    """A retry whose number of runs does not end."""
    return Handler("retry", form, retry.origin, errors, bound="none", bound_origin=retry.origin)


def _anything(retry: Option) -> Argument:
    return Argument(known(ClassObject(ClassRef("Exception"))), retry.origin)


def _named(option: Option) -> list[Argument]:
    """The errors that `retry_exceptions=` names."""
    sequences = [kind for kind in option.value.kinds() if isinstance(kind, Sequence)]
    items = [v for kind in sequences for v in (kind.items if kind.items is not None else (kind.element,))]
    return [Argument(value, option.origin) for value in items]


@dataclass(frozen=True, slots=True)
class Strategy:
    """What `retry=RetryStrategy(...)` is given; `open`: and more that cannot be seen."""

    options: dict[str, Option]
    open: bool


def _strategy(job: Job) -> Strategy | None:
    only = job.options["retry"].value.only if "retry" in job.options else None
    data = only.data if isinstance(only, FrameworkValue) and only.role == "strategy" else None
    return Strategy({o.name: o for o in data.options}, data.open_options) if isinstance(data, Configured) else None


def _narrowed(cause: Cause, job: Job) -> Cause:
    """A retry on the errors that a strategy names; a strategy of the project's own decides by itself."""
    strategy, retry = _strategy(job), job.options.get("retry")
    if strategy is None:
        kinds = retry.value.kinds() if retry is not None and not retry.value.open else (None,)
        plainly = all(isinstance(kind, (Literal, Plain)) for kind in kinds)
        return cause if plainly else replace(cause, errors=(), open=True)
    option = strategy.options.get("retry_exceptions")
    if option is None:
        return cause
    found = [of_value(argument.value, None) for argument in _named(option)]
    classes = tuple(c for errors in found for c in errors.classes)
    is_open = option.value.open or any(errors.open for errors in found) or not classes
    return replace(cause, errors=classes, open=is_open)


def _periodic(solver: Solver, job: Job) -> Iterator[Enqueue]:
    """What `@app.periodic(cron=...)` above a job sends: the time, and what it was given as `task_kwargs`."""
    if job.decl is None or job.decorated is None:
        return
    for decorator in job.decl.decorators:
        only = solver.decorator_value(job.filename, decorator).only
        if not (isinstance(only, FrameworkValue) and (only.framework, only.role) == (SPEC.name, "periodic")):
            continue
        unit = solver.unit(job.filename, decorator.start, decorator.end)
        outer = next((s for s in solver.flow(unit).sites if s.call.end - s.call.start == decorator.end - decorator.start), None)
        if outer is not None:
            yield _scheduled(solver, job, outer)


def _scheduled(solver: Solver, job: Job, site: Site) -> Enqueue:
    made = Enqueue(SPEC.name, "periodic", site, site.unit.origin(site.call), (job,), in_test=solver.is_test(job.filename))
    options, made.open_options = arguments.options_of(solver, site.call.args, site.env)
    made.options = {name: option for name, option in options.items() if name not in _SCHEDULE}
    held = options.get("task_kwargs")
    found = arguments.from_parts(solver, None, held.node if held is not None else None, site.env)
    time = Argument(plain("int"), made.origin, "timestamp")
    made.arguments, made.open_kwargs = [time, *found.arguments], found.open_kwargs or made.open_options
    made.follows = made.scheduled = True
    return made
