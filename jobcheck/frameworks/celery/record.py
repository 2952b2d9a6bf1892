"""Celery: what its calls do, as records of the registry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments, missing
from jobcheck.frameworks.celery import (
    bases,
    beat,
    broker,
    compose,
    dedup,
    mismatch,
    model,
    names,
    registered,
    results,
    retries,
    unsent,
)
from jobcheck.frameworks.celery.config import default_wire, serializer_names
from jobcheck.frameworks.celery.delivery import Deliveries
from jobcheck.registry import Argument, Enqueue, Job, Message, Registry, Retry, Schedule, Wait
from jobcheck.solve.calls import argument
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import External, FrameworkValue, Literal, Sequence, Value

if TYPE_CHECKING:
    from jobcheck.frameworks.celery import Celery
    from jobcheck.solve.solver import Solver

_MISSED = frozenset({"delay", "apply_async"})
_WIRES = {"json": "celery-json", "pickle": "celery-pickle", "yaml": "celery-yaml", "msgpack": "celery-msgpack"}


class Recorder:
    """Turns sites into records; `finish` completes what needs all of them."""

    def __init__(self, celery: Celery) -> None:
        self.celery = celery
        self.made: dict[int, Enqueue] = {}
        self._bases: bases.Bases | None = None

    # --- one call ----------------------------------------------------------------------------------------------

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework.record."""
        callee = solver.value(site.call.func, site.env)
        if callee.unknown and isinstance(site.call.func, ir.Attribute) and site.call.func.attr == "add_periodic_task":
            self._periodic(solver, site, registry)
        if callee.unknown and self._handed_back(solver, site, registry):
            return
        if callee.unknown or not any(isinstance(k, (FrameworkValue, External)) for k in callee.kinds()):
            found = missing.find(solver, site, model.NAME, _MISSED)
            if found is not None:
                registry.missing.append(found)
            return
        for kind in callee.kinds():
            if isinstance(kind, External):
                self._external(solver, site, kind.qualname, registry)
            elif isinstance(kind, FrameworkValue) and kind.framework == model.NAME:
                self._own(solver, site, kind, registry)

    def _handed_back(self, solver: Solver, site: Site, registry: Registry) -> bool:
        """`request.task(job).delay(1)`: what is given one job, and gives something to send, gives that job back."""
        func = site.call.func
        if not isinstance(func, ir.Attribute) or func.attr not in names.SENDING or not isinstance(func.value, ir.Call):
            return False
        given = func.value.args
        only = solver.value(given[0].value, site.env).only if len(given) == 1 and not given[0].star else None
        job = model.data_of(only, "job") if only is not None else None
        if not isinstance(job, Job):
            return False
        self._job_method(solver, site, job, func.attr, registry)
        return True

    def _external(self, solver: Solver, site: Site, qualname: str, registry: Registry) -> None:
        if qualname in names.CANVAS:
            compose.note(solver, site, registry)
        elif qualname in names.SIGNATURES:
            self._named_signature(solver, site, registry)
        elif qualname == "functools.partial":
            self._bound(solver, site, registry)
        elif qualname in names.CRONTABS:
            registry.schedules.append(_crontab(solver, site))
        elif qualname.rpartition(".")[2] in ("get", "join") and qualname.rpartition(".")[0] in names.RESULTS:
            self._wait(solver, site, registry, qualname.rpartition(".")[2])

    def _own(self, solver: Solver, site: Site, kind: FrameworkValue, registry: Registry) -> None:
        if kind.role == "canvas":
            assert isinstance(kind.data, model.Canvas)
            compose.called(solver, site, kind.data)
            return
        if kind.role != "method":
            return
        assert isinstance(kind.data, model.Bound)
        owner, verb = kind.data.owner, kind.data.verb
        assert isinstance(owner, FrameworkValue)
        match owner.role:
            case "job":
                assert isinstance(owner.data, Job)
                self._job_method(solver, site, owner.data, verb, registry)
            case "signature" | "canvas":
                compose.sent(solver, self, site, owner, verb, registry)
            case "app":
                self._app_method(solver, site, verb, registry)
            case "named" if verb in names.SENDING:
                assert isinstance(owner.data, str)
                registry.enqueues.append(self.enqueue(solver, site, verb, (), owner.data))
            case "result" if verb in names.RESULT_WAITS:
                self._wait(solver, site, registry, verb, owner.data)
            case "result" if verb in names.RESULT_POLLS and _asks_again(site):
                self._wait(solver, site, registry, verb, owner.data)
            case _:
                pass

    def _job_method(self, solver: Solver, site: Site, job: Job, verb: str, registry: Registry) -> None:
        if verb == "retry":
            self._retry(solver, site, job, registry)
        elif verb in ("s", "si", "signature", "subtask"):
            self._signature(solver, site, job, verb, registry)
        elif verb in ("map", "starmap", "chunks"):
            self._items(solver, site, job, verb, registry)
        elif verb in names.SENDING:
            registry.enqueues.append(self.enqueue(solver, site, verb, (job,)))
        elif verb in ("replace", "add_to_chord"):
            for arg in site.call.args[:1]:
                compose.consume(solver.value(arg.value, site.env), 0)

    def enqueue(self, solver: Solver, site: Site, verb: str, jobs: tuple[Job, ...], job_name: str | None = None) -> Enqueue:
        """The record of a call that sends."""
        env, call = site.env, site.call
        made = Enqueue(model.NAME, verb, site, env.unit.origin(call), jobs, job_name, in_test=solver.is_test(env.unit.filename))
        made.immediate = verb == "apply"
        if verb in names.LISTED:
            self._list_form(solver, made, first=1 if verb == "send_task" else 0)
        else:
            given = arguments.from_call(solver, call.args, env)
            made.arguments, made.open_args, made.open_kwargs = given.arguments, given.open_args, given.open_kwargs
        if "serializer" in made.options:
            made.wire = made.options["serializer"].value
        for option in ("link", "link_error"):
            if option in made.options:
                compose.consume(made.options[option].value, 1 if option == "link" else None)
        return made

    def _list_form(self, solver: Solver, made: Enqueue, first: int) -> None:
        """`apply_async(args, kwargs, **options)`."""
        env, call = made.site.env, made.site.call
        starred = any(a.star == "*" for a in call.args)
        args = argument(call, first, "args")
        kwargs = argument(call, first + 1, "kwargs")
        given = arguments.from_parts(solver, args, kwargs, env)
        own = {"args", "kwargs", "name"}
        given_options = list(call.args)
        if made.form in ("signature", "subtask"):
            own |= {"options", "immutable", "app", "type", "subtask_type", "varies", "task"}
            bundle = argument(call, first + 2, "options")
            given_options += [ir.Arg(bundle.start, bundle.end, bundle, None, "**")] if bundle is not None else []
        options, is_open = arguments.options_of(solver, given_options, env, frozenset(own))
        made.arguments, made.malformed = given.arguments, mismatch.malformed(given.malformed, made.form)
        made.options, made.open_options = options, is_open
        made.open_args = given.open_args or starred or (is_open and args is None)
        made.open_kwargs = given.open_kwargs or starred or (is_open and kwargs is None)

    def _bound(self, solver: Solver, site: Site, registry: Registry) -> None:
        """`partial(job.delay, 1)`: an enqueue for whoever calls it; `on_commit` calls it as it is."""
        call = site.call
        if not call.args or call.args[0].keyword or call.args[0].star:
            return
        inner = ir.Call(call.start, call.end, call.args[0].value, call.args[1:])
        for kind in solver.value(inner.func, site.env).kinds():
            data = model.data_of(kind, "method")
            job = model.data_of(data.owner, "job") if isinstance(data, model.Bound) else None
            if isinstance(data, model.Bound) and isinstance(job, Job) and data.verb in names.SENDING:
                where = Site(inner, site.env, site.around, site.usage, site.stmt, site.unit)
                made = self.enqueue(solver, where, data.verb, (job,))
                made.sent, made.partial = False, not _handed_to_on_commit(solver, site)
                registry.enqueues.append(made)

    def _signature(self, solver: Solver, site: Site, job: Job, verb: str, registry: Registry) -> None:
        made = self.enqueue(solver, site, verb, (job,))
        made.sent = False
        made.partial, made.prepended = True, None
        registry.enqueues.append(made)
        self.made[id(solver.value(site.call, site.env).only and self._data(solver, site))] = made

    def _data(self, solver: Solver, site: Site) -> object:
        only = solver.value(site.call, site.env).only
        return only.data if isinstance(only, FrameworkValue) else None

    def _named_signature(self, solver: Solver, site: Site, registry: Registry) -> None:
        data = self._data(solver, site)
        if not isinstance(data, model.Signature):
            return
        made = Enqueue(
            model.NAME, "signature", site, site.env.unit.origin(site.call), data.jobs, data.name,
            in_test=solver.is_test(site.unit.filename),
        )  # fmt: skip
        self._list_form(solver, made, first=1)
        made.sent, made.partial, made.prepended = False, True, None
        first = argument(site.call, 0, "varies") or argument(site.call, 0, "task")
        made.named = site.env.unit.origin(first) if first is not None else None
        registry.enqueues.append(made)
        self.made[id(data)] = made

    def _items(self, solver: Solver, site: Site, job: Job, verb: str, registry: Registry) -> None:
        """`map(it)`, `starmap(it)`, `chunks(it, n)`: one run for each item."""
        env = site.env
        made = Enqueue(model.NAME, verb, site, env.unit.origin(site.call), (job,), in_test=solver.is_test(env.unit.filename))
        made.sent = False
        source = argument(site.call, 0, "it")
        item = solver.iterated(solver.value(source, env)) if source is not None else Value((), True)
        origin = env.unit.origin(source) if source is not None else made.origin
        only = item.only
        if verb == "map":
            made.arguments.append(Argument(item, origin))
        elif isinstance(only, Sequence) and only.items is not None:
            made.arguments.extend(Argument(part, origin) for part in only.items)
        else:
            made.open_args = True
        registry.enqueues.append(made)

    def _app_method(self, solver: Solver, site: Site, verb: str, registry: Registry) -> None:
        if verb == "send_task":
            first = argument(site.call, 0, "name")
            value = solver.value(first, site.env) if first is not None else Value((), True)
            name = arguments.literal(value)
            job = model.data_of(value.only, "job") if value.only is not None else None
            jobs = (job,) if isinstance(job, Job) else ()
            made = self.enqueue(solver, site, verb, jobs, name if isinstance(name, str) else None)
            made.named = site.env.unit.origin(first) if first is not None else None
            registry.enqueues.append(made)
        elif verb in ("signature", "subtask"):
            self._named_signature(solver, site, registry)
        elif verb == "add_periodic_task":
            self._periodic(solver, site, registry)

    def _periodic(self, solver: Solver, site: Site, registry: Registry) -> None:
        """`add_periodic_task(schedule, signature)`."""
        signature, schedule = argument(site.call, 1, "sig"), argument(site.call, 0, "schedule")
        only = None
        if signature is not None:
            only = solver.value(signature, site.env).only
            more = any(a.star or a.keyword in ("args", "kwargs") for a in site.call.args) or argument(site.call, 2)
            compose.consume(solver.value(signature, site.env), None if more else 0)
        data = model.data_of(only, "signature") if only is not None else None
        if schedule is not None:
            jobs = data.jobs if isinstance(data, model.Signature) else ()
            beat.entry(solver, registry, site, schedule, jobs[0].name if jobs else None, None)

    def _wait(self, solver: Solver, site: Site, registry: Registry, verb: str, result: object = None) -> None:
        unit = site.unit
        options = {
            a.keyword: Argument(solver.value(a.value, site.env), unit.origin(a), a.keyword, "", a.value)
            for a in site.call.args
            if a.keyword
        }
        wait = Wait(model.NAME, site, unit.origin(site.call), verb, options, solver.is_test(unit.filename))
        if isinstance(result, model.Result):
            wait.jobs, wait.immediate = result.jobs, result.immediate
        wait.polling = verb in names.RESULT_POLLS
        said = options.get("disable_sync_subtasks")
        wait.allowed = (said is not None and said.value.only != Literal(True)) or _joins(solver, site)
        registry.waits.append(wait)

    def _retry(self, solver: Solver, site: Site, job: Job, registry: Registry) -> None:
        unit = site.unit
        given = {
            a.keyword: Argument(solver.value(a.value, site.env), unit.origin(a.value), a.keyword, "", a.value)
            for a in site.call.args
            if a.keyword
        }
        positional = []
        for index, name in enumerate(names.RETRY_OPTIONS[:3]):
            node = argument(site.call, index)
            if node is not None:
                given.setdefault(name, Argument(solver.value(node, site.env), unit.origin(node), name, "", node))
                positional.append(name)
        again = self._again(solver, site, job, given)
        registry.retries.append(Retry(model.NAME, site, unit.origin(site.call), job, given, again, tuple(positional)))

    def _again(self, solver: Solver, site: Site, job: Job, given: dict[str, Argument]) -> Enqueue | None:
        """The next run as an enqueue, where the retry says what it gets; what it does not say stays as it was."""
        args, kwargs = given.get("args"), given.get("kwargs")
        if args is None and kwargs is None:
            return None
        parts = arguments.from_parts(solver, args.node if args else None, kwargs.node if kwargs else None, site.env)
        made = Enqueue(model.NAME, "retry", site, site.unit.origin(site.call), (job,), arguments=parts.arguments)
        made.open_args = parts.open_args or args is None
        made.open_kwargs = parts.open_kwargs or kwargs is None
        made.malformed = mismatch.malformed(parts.malformed, "retry")
        made.in_test = solver.is_test(site.unit.filename)
        return made

    # --- the rest of a function --------------------------------------------------------------------------------

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """See Framework.record_flow."""
        for pipe in flow.pipes:
            compose.piped(solver, pipe)
        unsent.record(solver, flow, registry)
        for job in self.celery.performed_by(flow.unit):
            retries.signals(solver, flow, job, registry)

    # --- when everything is recorded ---------------------------------------------------------------------------

    def finish(self, solver: Solver, registry: Registry) -> None:
        """Settle the place of signatures in their canvases, meet enqueues with jobs."""
        beat.record(solver, self, registry)
        registered.teach(solver)
        found = broker.broker(solver) if self.celery.jobs else None
        if found is not None:
            registry.brokers[model.NAME] = found
        backend, serializer = results.Backend(solver), self.celery.config(solver).result_serializer
        for job in registry.jobs:
            if job.framework == model.NAME:
                job.handlers = retries.handlers(solver, job)
                job.results = results.results_of(job, backend, serializer, default_wire(solver))
                job.dedup = dedup.dedup_of(solver, job)
                job.before = self._classes(solver).before(job)
        for retry in registry.retries:
            if retry.framework == model.NAME:
                retries.complete(solver, retry)
        Deliveries(solver).settle(registry)
        by_name: dict[str, list[Job]] = {}
        for job in self.celery.jobs.values():
            by_name.setdefault(job.name, []).append(job)
        for enqueue in registry.enqueues:
            if enqueue.framework != model.NAME:
                continue
            data = self._data(solver, enqueue.innermost) if not enqueue.sent else None
            if isinstance(data, model.Signature):
                compose.settle(enqueue, data, rewritten=_touches_signatures(solver, enqueue))
                if "serializer" in enqueue.options:
                    enqueue.wire = enqueue.options["serializer"].value
            if not enqueue.jobs and enqueue.job_name in by_name:
                enqueue.jobs = tuple(by_name[enqueue.job_name])
            if isinstance(data, model.Signature):
                results.note_fed(enqueue, data)
            if len(enqueue.jobs) == 1 and enqueue.deferred is None:
                enqueue.deferred = self._classes(solver).deferral(enqueue.jobs[0], enqueue.form)
        retries.keep_positions(solver, registry)
        again = [retry.enqueue for retry in registry.retries if retry.enqueue is not None]
        for enqueue in (*registry.enqueues, *again):
            if enqueue.framework == model.NAME:
                registry.messages.extend(self._message(solver, enqueue, job) for job in enqueue.jobs)

    def _message(self, solver: Solver, enqueue: Enqueue, job: Job) -> Message:
        wires, confidence = self._wires(solver, enqueue, job)
        if len(enqueue.jobs) > 1:
            confidence = confidence.lowered()
        made = Message(enqueue, job, wires, confidence, mismatch.outcome(solver, enqueue, job), mismatch.unseen(enqueue))
        made.rewritten = mismatch.rewritten(self._classes(solver), solver, enqueue, job)
        made.converted = self._classes(solver).rewrite(job, (*bases.ENQUEUE_STEPS, *bases.RUN_STEPS))
        return made

    def _classes(self, solver: Solver) -> bases.Bases:
        """The base classes of the project's jobs."""
        if self._bases is None:
            self._bases = bases.Bases(solver)
        return self._bases

    def _wires(self, solver: Solver, enqueue: Enqueue, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """Call beats job beats configuration; what cannot be read means the default, less surely."""
        if self._classes(solver).convert(job):
            return (), Confidence.LOW  # nobody knows what is put into the message
        fixed = self._classes(solver).wire(job)
        if fixed is not None:
            return tuple(_WIRES[n] for n in serializer_names(fixed) or () if n in _WIRES), Confidence.HIGH
        for said in (enqueue.wire, job.wire):
            if said.unknown and not said.alts and said.open:
                continue
            found = serializer_names(said)
            if found is not None:
                return tuple(_WIRES[n] for n in found if n in _WIRES), Confidence.HIGH
            return ("celery-json",), Confidence.LOW
        forced = solver.forced_wire(model.NAME)
        if forced:
            return (_WIRES.get(forced, forced),), Confidence.HIGH
        setting = self.celery.config(solver).task_serializer
        found = tuple(_WIRES[n] for n in setting.values if n in _WIRES)
        if len(found) < len(setting.values):
            return (), Confidence.LOW  # the project's own serializer: nobody knows what it carries
        confidence = Confidence.MEDIUM if setting.unreadable or enqueue.open_options else Confidence.HIGH
        return found or (default_wire(solver),), confidence


def _handed_to_on_commit(solver: Solver, site: Site) -> bool:
    """Whether a call is an argument of `on_commit(...)`."""
    if site.usage != "argument":
        return False
    around = (s.call for s in solver.flow(site.unit).sites if any(a.value is site.call for a in s.call.args))
    return any((getattr(c.func, "attr", "") or getattr(c.func, "id", "")) == "on_commit" for c in around)


def _touches_signatures(solver: Solver, enqueue: Enqueue) -> bool:
    """Whether the code around a signature writes to `.args` or `.kwargs`, perhaps its own."""
    unit = enqueue.innermost.unit
    data = solver.raw(unit.filename) or b""
    end = unit.offset + max((s.end for s in unit.body), default=0)
    return re.search(rb"\.(?:args|kwargs)\b", data[unit.offset : end]) is not None


def _asks_again(site: Site) -> bool:
    """Whether a call is made again and again: `while not result.ready(): sleep(1)`."""
    loop = site.enclosing("loop")
    return loop is not None and isinstance(loop.node, ir.While)


def _joins(solver: Solver, site: Site) -> bool:
    """Whether a call stands in `with allow_join_result():`."""
    around = site.around
    while around is not None:
        if around.role == "with" and isinstance(around.part, ir.WithItem) and isinstance(around.part.context, ir.Call):
            only = solver.value(around.part.context.func, around.env).only
            if isinstance(only, External) and only.qualname in names.ALLOW_JOIN:
                return True
        around = around.outer
    return False


def _crontab(solver: Solver, site: Site) -> Schedule:
    env = site.env
    fields: dict[str, Argument] = {}
    for index, arg in enumerate(site.call.args):
        name = arg.keyword or (names.CRON_FIELDS[index] if index < len(names.CRON_FIELDS) and not arg.star else None)
        if name is not None:
            fields[name] = Argument(solver.value(arg.value, env), env.unit.origin(arg.value), name, arg.star, arg.value)
        elif arg.star:
            fields["*"] = Argument(solver.value(arg.value, env), env.unit.origin(arg.value), None, arg.star, arg.value)
    return Schedule(model.NAME, "crontab", env.unit.origin(site.call), fields, in_test=solver.is_test(site.unit.filename))
