"""APScheduler 3. Source: apscheduler 3.11.3, installed and run (facts/FRAMEWORKS.md 11; tests/facts/test_apscheduler.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks.declared import calls, importable, scheduled
from jobcheck.frameworks.declared.carried import Bound, Decorator
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Spec
from jobcheck.registry import Argument, Callback, Enqueue, Job, Message, Option, Registry, Schedule
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import External, FrameworkValue, Instance, Kind, Literal, Mapping, Origin, Value, known
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Schedulers whose executor calls jobs in a thread and is done with what it gets; the others await it.
_THREADS = ("background.BackgroundScheduler", "blocking.BlockingScheduler", "gevent.GeventScheduler", "qt.QtScheduler")
_AWAITING = ("asyncio.AsyncIOScheduler", "tornado.TornadoScheduler")
_BASES = ("base.BaseScheduler", "twisted.TwistedScheduler")
# It builds a schedule: nothing runs before its time, and declaring one when a module is imported is right.
_SHAPE = "the call raises TypeError"
_ADD = Form("add_job", "lists", 0, ("func",), ("trigger",), lists_at=(0, 1), sent=False, malformed=_SHAPE)
_ADD_THREAD = replace(_ADD, awaits=False)
_ADD_FLASK = Form("add_job", "lists", 1, ("func",), ("id",), sent=False, malformed=_SHAPE)
_DECLARES = Declares("scheduled_job", bare=False, leads=("trigger", "args", "kwargs", "id", "name"), periodic=True, keeps=True)
_DECLARES_THREAD = replace(_DECLARES, awaits=False)
_STORES = (
    "sqlalchemy.SQLAlchemyJobStore", "redis.RedisJobStore", "mongodb.MongoDBJobStore", "rethinkdb.RethinkDBJobStore",
    "zookeeper.ZooKeeperJobStore", "etcd.EtcdJobStore",
)  # fmt: skip
STORED = "stored"
# The name under which an enqueue has the moment of its trigger.
IN_TRIGGER = "the trigger's run_date"
_AT_DATE = "apscheduler.triggers.date.DateTrigger"
_FROM_LINE = "apscheduler.triggers.cron.CronTrigger.from_crontab"
SPEC = Spec(
    name="apscheduler",
    display="APScheduler",
    modules=frozenset({"apscheduler", "flask_apscheduler", "django_apscheduler"}),
    seeds=frozenset({"apscheduler", "add_job", "scheduled_job"}),
    marks=(rb"\.\s*(?:add_job|scheduled_job|from_crontab)\s*\(",),
    verbs=frozenset({"from_crontab"}),
    functions={
        **{f"apscheduler.schedulers.{name}": Makes("threads") for name in _THREADS},
        **{f"apscheduler.schedulers.{name}": Makes("scheduler") for name in (*_AWAITING, *_BASES)},
        "flask_apscheduler.APScheduler": Makes("flask"),
        **{f"apscheduler.jobstores.{name}": Makes("store") for name in _STORES},
        "django_apscheduler.jobstores.DjangoJobStore": Makes("store"),
    },
    attributes={
        "threads": {"add_job": _ADD_THREAD, "scheduled_job": _DECLARES_THREAD},
        "scheduler": {"add_job": _ADD, "scheduled_job": _DECLARES},
        "flask": {"add_job": _ADD_FLASK, "task": _DECLARES},
    },
    makers=rb"\b(?:scheduled_job|task)\s*\(",
    wire="apscheduler-pickle",
    mismatch="the call raises ValueError",
    methods=True,
    apart=False,
)


class Apscheduler(DeclaredFramework):
    """APScheduler: any callable is a job; what is written depends on where the scheduler keeps its jobs."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._written: list[Enqueue] = []
        self._kept: dict[Origin, Schedule] = {}

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework; a scheduler is told by where it keeps the jobs that name no store."""
        made = super().call(solver, callee, node, env)
        mine = self._mine(made.only) if made is not None and made.only is not None else None
        if mine is None or mine.role not in ("threads", "scheduler") or not isinstance(callee, External):
            return made
        return known(FrameworkValue(self.name, mine.role, STORED if self._stores(solver, node, env) else None))

    def _stores(self, solver: Solver, node: ir.Call, env: Env) -> bool:
        """Whether the default store that a scheduler is made with, or given right after, is outside of the process."""
        if self._default_of(solver, node, env):
            return True
        for site in solver.flow(env.unit).sites:
            verb = site.call.func.attr if isinstance(site.call.func, ir.Attribute) else ""
            if verb == "configure" and self._default_of(solver, site.call, site.env):
                return True
            if verb == "add_jobstore" and self._added(solver, site):
                return True
        return False

    def _default_of(self, solver: Solver, node: ir.Call, env: Env) -> bool:
        """`jobstores={"default": ...}`."""
        given = next((solver.value(a.value, env).only for a in node.args if a.keyword == "jobstores"), None)
        entries = given.entries if isinstance(given, Mapping) else ()
        return any(self._is_store(value) for key, value in entries if key.only == Literal("default"))

    def _added(self, solver: Solver, site: Site) -> bool:
        """`scheduler.add_jobstore(...)`, and no alias but the default one."""
        store, alias = argument(site.call, 0, "jobstore"), argument(site.call, 1, "alias")
        named = solver.value(alias, site.env).only if alias is not None else Literal("default")
        return store is not None and named == Literal("default") and self._is_store(solver.value(store, site.env))

    def _is_store(self, value: Value) -> bool:
        return isinstance(value.only, FrameworkValue) and value.only.role == "store"

    def named(self, solver: Solver, name: str, filename: str) -> Job | None:
        """The job of `module:function`."""
        return super().named(solver, name.replace(":", "."), filename) if ":" in name else None

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        stored = self._owner(solver, site) == STORED
        for made in super()._enqueues(solver, site, bound, certain):
            node = calls.told_apart(bound.form, site.call).job
            made.options |= _moment_of(solver, made)
            if stored and node is not None and _by_default(made.options):
                if self._at_start(solver, site) and _again_and_again(made.options) and not made.open_options:
                    self._kept[made.origin] = _stored(made)
                self._written.append(made)
                why = importable.why_not(solver, site, node, made.jobs)
                made.unimportable = why if why != "main" else ""
            yield made

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework; what is handed over is also a callback, which may be no function of a module."""
        super().record(solver, site, registry)
        only = solver.value(site.call.func, site.env).only
        if only == External(_FROM_LINE):
            registry.schedules.extend(_lines(solver, site))
        bound = self._bound(only) if only is not None else None
        node = calls.told_apart(bound.form, site.call).job if bound is not None else None
        if node is not None:
            origin, in_test = site.unit.origin(node), solver.is_test(site.unit.filename)
            registry.callbacks.append(Callback("scheduler", site, origin, node, solver.value(node, site.env), in_test))

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, what `@scheduler.scheduled_job(...)` gives to its job."""
        for job in self.jobs.values():
            site = scheduled.decorator_site(solver, job)
            only = solver.value(site.call.func, site.env).only if site is not None else None
            mine = self._mine(only) if only is not None else None
            if site is None or mine is None or not isinstance(mine.data, Decorator) or not mine.data.declares.periodic:
                continue
            args, kwargs = (job.options[name].node if name in job.options else None for name in ("args", "kwargs"))
            made = scheduled.enqueue(solver, job, site, mine.data.declares.name, site.call, args, kwargs)
            made.open_args = made.open_args or job.unknown_options
            made.open_kwargs = made.open_kwargs or job.unknown_options
            scheduled.refused(made.malformed, _SHAPE)
            registry.enqueues.append(made)
            kept = self._owner(solver, site) == STORED and _by_default(job.options) and not job.unknown_options
            if kept and _again_and_again(job.options):
                self._kept[made.origin] = _stored(made)
        registry.schedules.extend(self._kept.values())
        super().finish(solver, registry)

    def _owner(self, solver: Solver, site: Site) -> object:
        """What is known of the scheduler whose method is called."""
        func = site.call.func
        owner = solver.value(func.value, site.env).only if isinstance(func, ir.Attribute) else None
        mine = self._mine(owner) if owner is not None else None
        return mine.data if mine is not None else None

    def _at_start(self, solver: Solver, site: Site) -> bool:
        """Whether a call is made each time the program starts: by a module, or by the function that starts a scheduler."""
        function = site.unit.function
        if function is None:
            return site.unit.cls is None
        calls_there = ((s.call.func, s.env) for s in solver.flow(site.unit).sites)
        starts = [(f.value, env) for f, env in calls_there if isinstance(f, ir.Attribute) and f.attr == "start"]
        owners = (solver.value(node, env).only for node, env in starts)
        return any(isinstance(owner, FrameworkValue) and owner.framework == self.name for owner in owners)

    def message(self, solver: Solver, enqueue: Enqueue, job: Job) -> Message:
        """See DeclaredFramework; only what goes to a store outside of the process is written at all."""
        made = super().message(solver, enqueue, job)
        if solver.forced_wire(self.name) is None and all(enqueue is not written for written in self._written):
            made.wires = ()
        return made

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """pickle, where anything is written."""
        forced = solver.forced_wire(self.name)
        written = any(job in enqueue.jobs for enqueue in self._written)
        return ((forced or self.spec.wire,), Confidence.HIGH) if forced or written else ((), Confidence.LOW)


def _lines(solver: Solver, site: Site) -> Iterator[Schedule]:
    """`CronTrigger.from_crontab("0 4 * * 1")`."""
    arg = site.call.args[0] if site.call.args else None
    if arg is not None and not arg.star:
        given = Argument(solver.value(arg.value, site.env), site.unit.origin(arg.value), None, "", arg.value)
        in_test = solver.is_test(site.unit.filename)
        yield Schedule(SPEC.name, "line", site.unit.origin(site.call), {"line": given}, in_test=in_test, site=site)


def _moment_of(solver: Solver, made: Enqueue) -> dict[str, Option]:
    """The moment in a trigger that is made in the call itself: `DateTrigger(run_date=...)`."""
    trigger = made.options.get("trigger")
    node, env = (trigger.node, made.site.env) if trigger is not None else (None, made.site.env)
    if not isinstance(node, ir.Call) or solver.value(node.func, env).only != External(_AT_DATE):
        return {}
    moment, zone = argument(node, 0, "run_date"), argument(node, 1, "timezone")
    if moment is None or zone is not None:
        return {}
    return {IN_TRIGGER: Option(IN_TRIGGER, solver.value(moment, env), env.unit.origin(moment), moment)}


def _again_and_again(options: dict[str, Option]) -> bool:
    """Whether each call adds a job that stays: one of a trigger that goes on, and that replaces none."""
    trigger = options.get("trigger")
    only = trigger.value.only if trigger is not None else None
    goes_on = isinstance(only, Literal) and only.value in ("interval", "cron")
    if isinstance(only, Instance):
        goes_on = only.cls.qualname.startswith("apscheduler.triggers.") and not only.cls.qualname.endswith("DateTrigger")
    return goes_on and "id" not in options


def _by_default(options: dict[str, Option]) -> bool:
    """Whether a job goes to the default store."""
    store = options.get("jobstore")
    return store is None or store.value.only == Literal("default")


def _stored(made: Enqueue) -> Schedule:
    label = made.jobs[0].label if made.jobs else None
    return Schedule(SPEC.name, "stored", made.origin, {}, label, in_test=made.in_test, site=made.site)
