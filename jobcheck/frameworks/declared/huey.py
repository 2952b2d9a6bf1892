"""Huey, djhuey and django-huey. Source: huey 3.5.4, installed and run; django-huey 1.3.1, read.

See facts/FRAMEWORKS.md 4 and tests/facts/test_huey.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared import scheduled
from jobcheck.frameworks.declared.calls import Given
from jobcheck.frameworks.declared.carried import Bound
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Spec
from jobcheck.registry import Argument, Deferred, Enqueue, Job, Registry, Schedule
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import External, Value
from jobcheck.solve.operators import plain_name

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

SWALLOWED = frozenset("eta delay id retries retry_delay retry_backoff priority expires timeout".split())
_UNTAKEN = "has `context=True` and no parameter `task`: each run raises TypeError"
_MOMENTS = frozenset("int float timedelta datetime datetime_naive datetime_aware".split())
_CRONTABS = frozenset({"huey.crontab", "huey.api.crontab"})
# Its fields, by the names that `rules.wiring.cron` has for them.
_FIELDS = {
    "minute": "minute", "hour": "hour", "day": "day_of_month", "month": "month_of_year", "day_of_week": "day_of_week",
    "strict": "strict",
}  # fmt: skip
_BARE = "it makes a decorator of the function, and the call that should enqueue it fails"
_TASK = Declares("task", bare=False, unbare=_BARE)
_COMMITTED = Declares("on_commit_task", bare=False, unbare=_BARE)
_CONTEXT = Declares("context_task", bare=False, leads=("obj", "as_argument"))
_PERIODIC = Declares("periodic_task", bare=False, leads=("validate_datetime",), periodic=True)
_CLASSES = (
    "Huey MemoryHuey RedisHuey RedisExpireHuey PriorityRedisHuey PriorityRedisExpireHuey SqliteHuey FileHuey "
    "PostgresHuey CySqliteHuey BlackHoleHuey".split()
)
# Those whose queue is a file of this host, or in this process.
_LOCAL = ("SqliteHuey", "CySqliteHuey", "FileHuey", "MemoryHuey")
_DJHUEY = {
    "task": _TASK, "db_task": _TASK, "on_commit_task": _COMMITTED, "periodic_task": _PERIODIC, "db_periodic_task": _PERIODIC,
}  # fmt: skip
# django-huey has the same over several queues, of which `queue=` names one.
_DJANGO_HUEY = {name: declares for name, declares in _DJHUEY.items() if name != "on_commit_task"}
SPEC = Spec(
    name="huey",
    display="Huey",
    modules=frozenset({"huey", "django_huey"}),
    seeds=frozenset({"huey", "Huey", "_task", ".schedule("}),
    marks=(rb"\.\s*(?:schedule|call_local|s)\s*\(",),
    functions={
        **{f"huey.{name}": Makes("app") for name in _CLASSES},
        **{f"huey.api.{name}": Makes("app") for name in _CLASSES},
        **{f"huey.contrib.djhuey.{name}": declares for name, declares in _DJHUEY.items()},
        **{f"django_huey.{name}": declares for name, declares in _DJANGO_HUEY.items()},
        "django_huey.get_queue": Makes("app"),
    },
    attributes={
        "app": {"task": _TASK, "periodic_task": _PERIODIC, "context_task": _CONTEXT},
        "job": {
            "schedule": Form("schedule", "lists", swallowed=SWALLOWED, lists_at=(0, 1)),
            "s": Form("s", swallowed=SWALLOWED, sent=False, partial=True),
            "call_local": Form("call_local", immediate=True),
        },
    },
    objects={"huey.contrib.djhuey.HUEY": "app"},
    call=Form("call", swallowed=SWALLOWED),
    makers=rb"\b(?:task|periodic_task)\s*\(",
    retried_by="retries",
    wire="huey-pickle",
    mismatch="the job fails in the consumer with TypeError",
    verb="",  # a decorator above wraps the call that enqueues, which may be meant
    awaits=False,
    send="`huey.enqueue(...)`",
    shapes={
        "string": "each of its characters becomes an argument",
        "mapping": "its keys become the arguments",
        "not-a-sequence": "",
        "kwargs": "the call raises ValueError",
    },
    if_async="which Huey refuses: the module does not import (ConfigurationError)",
)


class Huey(DeclaredFramework):
    """Huey: calling a job enqueues it."""

    def __init__(self) -> None:
        super().__init__(SPEC)

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, the schedules and the calls of jobs, which no verb gives away."""
        for job in self.jobs.values():
            registry.schedules.extend(_crontabs(solver, job))
            registry.enqueues.extend(_periodic(solver, job))
        for job in list(self.jobs.values()):
            for unit in solver.callers.units_mentioning(job.label) or ():
                for site in solver.flow(unit).sites:
                    if all(e.site is not site for e in registry.enqueues):
                        self.record(solver, site, registry)
        super().finish(solver, registry)
        same_host = bool(self.jobs) and _on_this_host(solver)
        for job in self.jobs.values():
            job.same_host = same_host
            if job.decl is not None and arguments.truth(job.options.get("context")):
                taken = any(param.name == "task" or param.kind == "kwarg" for param in job.decl.params)
                job.misbound = "" if taken or job.signature is None else _UNTAKEN

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        for made in super()._enqueues(solver, site, bound, certain):
            if bound.job is not None and self.declared_by(bound.job) == "on_commit_task":
                made.deferred = Deferred("on_commit", made.origin)
            if made.immediate and bound.job is not None:  # `call_local` fills nothing, so that the caller may
                filled = self.injected(solver, bound.job)
                made.arguments = [given for given in made.arguments if given.name not in filled]
            yield made

    def _filled(self, solver: Solver, made: Enqueue, form: Form, given: Given) -> Iterator[Enqueue]:
        """`schedule(60)`: where neither `eta` nor `delay` is said, a moment in the place of the arguments is one."""
        said = any(arg.keyword in ("eta", "delay", "args") or arg.star for arg in made.site.call.args)
        first = given.rest[0] if form.name == "schedule" and given.rest and not said else None
        if first is not None and first.keyword is None and _is_moment(solver.value(first.value, made.site.env)):
            given.rest[0] = ir.Arg(first.start, first.end, first.value, "delay")
        return super()._filled(solver, made, form, given)

    def injected(self, solver: Solver, job: Job) -> frozenset[str]:
        """`context=True` hands the task over as `task`."""
        return frozenset({"task"}) if arguments.truth(job.options.get("context")) else frozenset()


def _on_this_host(solver: Solver) -> bool:
    """Whether the project only speaks of queues of this host."""
    mentions = solver.callers.mentions
    others = (name for name in _CLASSES if name not in _LOCAL and name not in ("Huey", "BlackHoleHuey"))
    return any(mentions.files(name) for name in _LOCAL) and not any(mentions.files(name) for name in others)


def _is_moment(value: Value) -> bool:
    """Whether a value is a time to wait, or a moment."""
    return not value.open and all(plain_name(kind) in _MOMENTS for kind in value.kinds())


def _crontabs(solver: Solver, job: Job) -> Iterator[Schedule]:
    """The cron expressions in a job's decorator."""
    if job.decorated is None:
        return
    unit = solver.unit(job.filename, job.decorated.start, job.decorated.end)
    for site in solver.flow(unit).sites:
        only = solver.value(site.call.func, site.env).only
        if isinstance(only, External) and only.qualname in _CRONTABS:
            yield _crontab(solver, site, job)


def _periodic(solver: Solver, job: Job) -> Iterator[Enqueue]:
    """What the consumer enqueues of a periodic job when it is time: a call without arguments."""
    site = scheduled.decorator_site(solver, job)
    func = site.call.func if site is not None else None
    name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    if site is not None and name.endswith("periodic_task"):
        yield scheduled.enqueue(solver, job, site, "periodic", site.call, None, None)


def _crontab(solver: Solver, site: Site, job: Job) -> Schedule:
    fields: dict[str, Argument] = {}
    for index, arg in enumerate(site.call.args):
        name = arg.keyword or (list(_FIELDS)[index] if index < len(_FIELDS) and not arg.star else "*")
        name = _FIELDS.get(name, name)
        fields[name] = Argument(solver.value(arg.value, site.env), site.unit.origin(arg.value), name, arg.star, arg.value)
    in_test = solver.is_test(job.filename)
    return Schedule("huey", "crontab", site.unit.origin(site.call), fields, job.name, job.label, in_test, site)
