"""django-q2 (and its parent, django-q). Source: django-q2 1.11.1, installed and run (facts/FRAMEWORKS.md 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.arguments import Given, options_of, text, truth
from jobcheck.frameworks.declared import calls, coroutines, django_q_cluster, django_q_rows, importable
from jobcheck.frameworks.declared.carried import Bound
from jobcheck.frameworks.declared.django_q_cluster import Cluster, Said
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Form, Makes, Spec
from jobcheck.frameworks.hinges import Hinges
from jobcheck.registry import Argument, Broker, Cause, Enqueue, Job, Message, Registry
from jobcheck.solve.defs import dotted
from jobcheck.solve.kinds import UNKNOWN, ClassRef, External, Function, Kind, Value, known, plain
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

OPTIONS = frozenset(
    "hook group save sync cached ack_failure iter_count iter_cached chain broker cluster timeout q_options task_name".split()
)
SCHEDULED = frozenset("hook cluster name schedule_type minutes repeats next_run cron intended_date_kwarg".split())
# What the scheduler gives to `async_task` besides, which keeps it: `group` and `broker` are its own there, and go through.
_FIRED = OPTIONS - {"hook", "cluster", "group", "broker"}
_AS_TEXT = "the table keeps `<function ...>`, which no worker finds"
_FUNC = ("func",)
_ASYNC = Form("async_task", job_at=0, job_names=_FUNC, swallowed=OPTIONS)
_OBJECT = Form("AsyncTask", job_at=0, job_names=_FUNC, swallowed=OPTIONS)
_SCHEDULE = Form("schedule", job_at=0, job_names=_FUNC, swallowed=SCHEDULED | _FIRED, by_name=_AS_TEXT)
_ITER = Form("async_iter", job_at=0, job_names=_FUNC, swallowed=OPTIONS)
_CHAIN = Form("async_chain")
_HOOK = Form("hook")
_ROWS = "django_q.models.Schedule"
_ROW_FORMS = ("create", "get_or_create", "update_or_create")
_MODULES = ("django_q.tasks", "django_q")
_FORMS = {"async_task": _ASYNC, "AsyncTask": _OBJECT, "schedule": _SCHEDULE, "async_iter": _ITER, "async_chain": _CHAIN}
SPEC = Spec(
    name="django-q2",
    display="django-q2",
    modules=frozenset({"django_q"}),
    seeds=frozenset({"django_q", "async_task", "AsyncTask"}),
    marks=(
        rb"\b(?:async_task|AsyncTask|schedule|async_iter|async_chain|Schedule)\s*\(",
        rb"\.\s*append\s*\(",
        rb"\bSchedule\.objects\.(?:\w+_or_)?create\s*\(",
    ),
    functions={
        **{f"{module}.{name}": form for module in _MODULES for name, form in _FORMS.items()},
        **{f"{module}.Chain": Makes("chain") for module in _MODULES},
        _ROWS: Form("Schedule"),
        **{f"{_ROWS}.objects.{name}": Form(f"Schedule.{name}") for name in _ROW_FORMS},
    },
    attributes={"chain": {"append": Form("append", job_at=0, job_names=_FUNC, swallowed=OPTIONS, sent=False)}},
    wire="django-q2",
    mismatch="the job fails in the worker with TypeError",
    named_by_string=True,
    awaits=False,
    verb="async_task",
)
_ANY = (ClassRef("Exception"),)
# What was run once: the row that it made may have been changed since, and the job been renamed with it.
_HISTORY = re.compile(r"(?:^|/)(?:scripts?|\w*migrations)/")


class DjangoQ(DeclaredFramework):
    """django-q2: any function that can be imported is a job, by itself or by its dotted name."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._said: Said | None = None

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """See Framework; of all the `create` that there are, only that of schedules."""
        if verb not in ("Schedule", *_ROW_FORMS):
            return super().hinges(call, verb)
        ours = dotted(call.func).removesuffix(f".objects.{verb}").endswith("Schedule")
        func = django_q_rows.fields(call).get("func") if ours else None
        return Hinges(jobs=[func.value]) if func is not None else Hinges()

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework; the manager of schedules is no queryset of the project."""
        if owner == External(_ROWS) and name == "objects":
            return known(External(f"{_ROWS}.objects"))
        return super().attribute(solver, owner, name)

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        first = next((a.value for a in site.call.args if a.keyword is None and not a.star), None)
        if bound.form.name.startswith("Schedule"):
            yield from self._row(solver, site, bound.form)
        elif bound.form is _CHAIN:
            for job, given in django_q_rows.of_chain(solver, first, site.env):
                yield self._enqueued(solver, site, _CHAIN, job, given)
        elif bound.form is _ITER:
            yield from self._iterated(solver, site)
        else:
            yield from self._called_form(solver, site, bound, certain)

    def _called_form(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        for made in super()._enqueues(solver, site, bound, certain):
            if made.form == _OBJECT.name:
                made.sent = site.usage == "receiver"  # `AsyncTask(f, 1).run()`
            node = calls.told_apart(bound.form, site.call).job
            if certain and node is not None:
                made.unimportable = importable.why_not(solver, site, node, made.jobs) if not made.misnamed else ""
            _dated(made)
            yield made
            hook = made.options.get("hook")
            if certain and hook is not None and hook.node is not None:
                yield self._hook(solver, site, hook.node)

    def _hook(self, solver: Solver, site: Site, node: ir.Expr) -> Enqueue:
        """`hook="shop.jobs.done"`: called with the result when the job is done; what is wrong with it only a log line says."""
        task = Argument(UNKNOWN, site.unit.origin(node))
        made = self._enqueued(solver, site, _HOOK, node, Given([task]))
        made.follows, made.transactional = True, True
        return made

    def _enqueued(self, solver: Solver, site: Site, form: Form, job: ir.Expr, given: Given) -> Enqueue:
        """An enqueue of a job that stands somewhere in a call, with arguments from elsewhere in it."""
        jobs, name = self._jobs(solver, solver.value(job, site.env), site.unit.filename)
        in_test = solver.is_test(site.unit.filename)
        made = Enqueue(self.name, form.name, site, site.unit.origin(site.call), jobs, name, in_test=in_test)
        made.named = site.unit.origin(job) if name is not None else None
        made.arguments, made.malformed = given.arguments, given.malformed
        made.open_args, made.open_kwargs = given.open_args, given.open_kwargs
        made.transactional = self.transactional(solver, made)
        for found in jobs:
            found.awaited = False
        return made

    def _row(self, solver: Solver, site: Site, form: Form) -> Iterator[Enqueue]:
        """`Schedule.objects.create(func="shop.jobs.digest", args="3")`."""
        said = django_q_rows.fields(site.call)
        func = said.pop("func", None)
        if func is None:
            return
        made = self._enqueued(solver, site, form, func.value, django_q_rows.of_row(solver, said, site.env))
        others = [arg for name, arg in said.items() if name not in ("args", "kwargs")]
        made.options, _ = options_of(solver, others, site.env)
        made.follows = form.name != "Schedule.create"  # a row that is there already stays as it is
        if isinstance(solver.value(func.value, site.env).only, Function):
            made.named, made.misnamed = site.unit.origin(func.value), _AS_TEXT
        history = _HISTORY.search(site.unit.filename) is not None
        if history and not made.jobs:
            return
        if history or not django_q_rows.seen_whole(site.call):
            made.open_args = made.open_kwargs = made.open_options = True
        _dated(made)
        yield made

    def _iterated(self, solver: Solver, site: Site) -> Iterator[Enqueue]:
        """`async_iter(f, [1, 2])`: each item is a message of its own."""
        given = calls.told_apart(_ITER, site.call)
        named = next((a.value for a in given.rest if a.keyword == "args_iter"), None)
        held = named or next((a.value for a in given.rest if a.keyword is None and not a.star), None)
        others = [a for a in given.rest if a.keyword not in (None, "args_iter")]
        for one in django_q_rows.of_items(solver, held, site.env) if given.job is not None else ():
            one.open_kwargs = one.open_kwargs or bool(others) or any(a.star for a in site.call.args)
            made = self._enqueued(solver, site, _ITER, given.job, one) if given.job is not None else None
            if made is not None:
                made.options, _ = options_of(solver, given.options, site.env)
                yield made

    def message(self, solver: Solver, enqueue: Enqueue, job: Job) -> Message:
        """A schedule keeps the text of its arguments."""
        made = super().message(solver, enqueue, job)
        if enqueue.form == _HOOK.name:
            made.wires, made.mismatch = (), "django-q2 logs that the hook failed, and goes on"
        if _is_row(enqueue) and solver.forced_wire(self.name) is None:
            made.wires = ("django-q2-schedule",)
        return made

    def transactional(self, solver: Solver, enqueue: Enqueue) -> bool:
        """A schedule is a row; a message is one with the ORM broker. Where the settings are not seen nothing is claimed."""
        said = self._settings(solver)
        return _is_row(enqueue) or said.in_table or not said.elsewhere

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; and which jobs their broker delivers again."""
        super().finish(solver, registry)
        said = self._settings(solver)
        in_table = said.in_table and not said.elsewhere
        own = (e for e in registry.enqueues if e.framework == self.name)
        coroutines.mark(solver, (e for e in own if e.form == _SCHEDULE.name or (in_table and e.form in _FORMS)))
        cluster = django_q_cluster.delivering(self._settings(solver)) if self.jobs else None
        if cluster is None:
            return
        if cluster.patience is not None:
            registry.brokers[self.name] = Broker(
                cluster.broker, cluster.patience, cluster.origin, cluster.limit, limited_by="timeout"
            )
        for job in self.jobs.values():
            if cluster.repeats and any(_repeated(e) for e in registry.enqueues if job in e.jobs):
                job.delivery = (_again(cluster),)

    def _settings(self, solver: Solver) -> Said:
        if self._said is None:
            self._said = django_q_cluster.read(solver)
        return self._said


def _again(cluster: Cluster) -> Cause:
    """A job that failed is not acknowledged, and handed out again."""
    return Cause("retry", cluster.origin, _ANY, shared=True, form="django-q2")


def _repeated(enqueue: Enqueue) -> bool:
    """Whether a message is left on the queue by a job that fails."""
    acknowledged = enqueue.options.get("ack_failure")
    hidden = "q_options" in enqueue.options or enqueue.open_options or enqueue.in_test
    if enqueue.form == _HOOK.name:
        return False
    return not hidden and (acknowledged is None or truth(acknowledged) is False)


def _dated(made: Enqueue) -> None:
    """`intended_date_kwarg="day"`: the scheduler passes the time for which a run was meant under that name."""
    option = made.options.get("intended_date_kwarg") if _is_row(made) else None
    if option is None:
        return
    name = text(option)
    if name:
        made.arguments = [*made.arguments, Argument(plain("str"), option.origin, name)]
    else:
        made.open_kwargs = True


def _is_row(enqueue: Enqueue) -> bool:
    return enqueue.form == _SCHEDULE.name or enqueue.form.startswith("Schedule")
