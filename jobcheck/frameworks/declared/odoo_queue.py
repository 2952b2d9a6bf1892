"""Odoo's queue_job. Source: OCA/queue 11.0 to 18.0; its encoder, and its delayables (18.0.4.1.2), run without Odoo.

`records.with_delay(priority=5).method(argument)`: the method of the recordset is the job. What is enqueued has no
verb of its own, so the calls that make a delayable are sought, and the call on what they give is the enqueue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments, raised
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.odoo_context import MAKERS, Contexts, given
from jobcheck.frameworks.declared.odoo_models import OdooModels
from jobcheck.frameworks.declared.spec import Makes, Spec
from jobcheck.registry import Argument, Cause, Enqueue, Job, Message, Registry, Unsent
from jobcheck.solve.defs import Env, ExprDef
from jobcheck.solve.flow import Exit, Flow, Site
from jobcheck.solve.kinds import External, Function, FunctionRef
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Properties of a job: parameters of `with_delay` and `delayable`, in order, and what `set` takes.
PROPERTIES = ("priority", "eta", "max_retries", "description", "channel", "identity_key")
# Methods of a delayable itself; every other name is a method of the records.
_OWN = frozenset({"set", "delay", "on_done"})
# The error that asks for another run, and what it is made of.
RETRYABLE = "odoo.addons.queue_job.exception.RetryableJobError"
# The releases of Odoo whose queue_job lets a lost worker's job lie.
_LEAVES_DEAD = frozenset(range(8, 16))
_RETRY_AFTER = ("msg", "seconds", "ignore_retry")
_GRAPHS = {f"odoo.addons.queue_job.delay.{what}": what for what in ("chain", "group")}
# A name that more methods have than this says nothing of which one is meant.
_MOST_NAMESAKES = 6
# How many `.set(...)` and assignments may lie between a delayable and the call on it.
_LONGEST_TRAIL = 8
SPEC = Spec(
    name="odoo-queue-job",
    display="Odoo queue_job",
    modules=frozenset({"odoo", "openerp"}),
    seeds=frozenset({"with_delay", "delayable", "addons.queue_job"}),
    marks=(rb"\.\s*(?:with_delay|delayable)\s*\(", rb"\b(?:chain|group)\s*\("),
    functions={name: Makes("graph") for name in _GRAPHS},
    attributes={},
    wire="odoo-queue-json",
    mismatch="the job fails in the worker with TypeError",
    methods=True,
    transactional=True,
    awaits=False,
    verb=".with_delay()",
)


@dataclass(frozen=True, slots=True)
class _Delayable:
    """What a method is called on to enqueue it: the call that made it, of which records, with which properties."""

    call: ir.Call
    env: Env
    form: str
    records: ir.Expr
    given: list[ir.Arg]
    name: str


class OdooQueueJob(DeclaredFramework):
    """queue_job: any method of a model is a job; a message is a row, written with the application's own."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._models: OdooModels | None = None
        self._guessed: list[Enqueue] = []
        self._put: list[tuple[Enqueue, list[Argument], str, bool]] = []
        self._extended: bool | None = None

    def names(self, job: Job) -> tuple[str, ...]:
        """None: a job is never enqueued by its name."""
        return ()

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """The encoder of the field that keeps a job's arguments; there is no other."""
        wires, _ = super().wires(solver, job)
        return wires, Confidence.HIGH

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """Add what a function enqueues, and what it makes and never sends."""
        if any(_maker(site.call) is not None for site in flow.sites):
            for site in flow.sites:
                registry.enqueues.extend(self._enqueued(solver, site))
            registry.unsent.extend(_unsent(solver, flow))
        for site in flow.sites:
            what = _graph(solver, site) if site.usage == "dropped" else None
            if what is not None:
                origin = flow.unit.origin(site.call)
                registry.unsent.append(Unsent(self.name, what, origin, in_test=solver.is_test(flow.unit.filename)))

    def _of_models(self, solver: Solver) -> OdooModels:
        if self._models is None:
            self._models = OdooModels(solver)
        return self._models

    def _enqueued(self, solver: Solver, site: Site) -> Iterator[Enqueue]:
        found = _delayed(site)
        if found is None or _has_its_own(solver, found.call, found.env):
            return
        jobs, sure = self._jobs_named(solver, found.records, found.env, found.name)
        made = Enqueue(self.name, found.form, site, site.unit.origin(site.call), jobs)
        made.in_test = solver.is_test(site.unit.filename)
        made.sent, made.arguments_only, made.transactional = found.form == "with_delay", True, True
        made.options, made.open_options = arguments.options_of(solver, found.given, found.env)
        if self._is_extended(solver):
            made.options = {name: option for name, option in made.options.items() if name in PROPERTIES}
        handed = arguments.from_call(solver, site.call.args, site.env)
        made.arguments, made.open_args, made.open_kwargs = handed.arguments, handed.open_args, handed.open_kwargs
        put = list(given(solver, found.records, found.env))
        if put and not made.in_test:
            self._put.append((made, put, found.name, sure))
        if not sure:
            self._guessed.append(made)
        yield made

    def _jobs_named(self, solver: Solver, records: ir.Expr, env: Env, name: str) -> tuple[tuple[Job, ...], bool]:
        """The methods that may be meant, and whether it is this one and no other."""
        models = self._of_models(solver)
        model = models.model_of(records, env)
        refs = models.methods_of(model, name) if model is not None else [ref for ref, _ in models.methods(name)]
        if len(refs) > _MOST_NAMESAKES:
            return (), False
        jobs = [self.method_of(solver, ref) for ref in refs]
        return tuple(job for job in jobs if job is not None), model is not None and len(refs) == 1

    def _is_extended(self, solver: Solver) -> bool:
        """Whether a model of the project has a `with_delay` of its own, which may take more."""
        if self._extended is None:
            models = self._of_models(solver)
            self._extended = any(True for name in sorted(MAKERS) for _ in models.methods(name))
        return self._extended

    def method_of(self, solver: Solver, ref: FunctionRef) -> Job | None:
        """See DeclaredFramework."""
        job = super().method_of(solver, ref)
        if job is not None:
            job.verb = f".{job.label}"
        return job

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; then, why a job may run again, though the rows that it wrote are taken back."""
        super().finish(solver, registry)
        contexts = Contexts(solver)
        for enqueue, put, name, sure in self._put:
            named = [job.function for job in enqueue.jobs if job.function is not None]
            named = named or [ref for ref, _ in self._of_models(solver).methods(name)]
            registry.forgotten.extend(contexts.forgotten(enqueue, put, named, sure))
        for job in self.jobs.values():
            raised.settle(solver, job, registry, RETRYABLE, _RETRY_AFTER)
            if self._of_models(solver).release(job.filename) not in _LEAVES_DEAD:
                job.delivery = (*job.delivery, Cause("worker-lost", job.origin, shared=True, form="queue_job's runner"))

    def message(self, solver: Solver, enqueue: Enqueue, job: Job) -> Message:
        """See DeclaredFramework; a method that only its name leads to may be another model's."""
        made = super().message(solver, enqueue, job)
        made.rewritten = any(enqueue is guessed for guessed in self._guessed)
        return made


def _maker(call: ir.Expr) -> str | None:
    """`with_delay` or `delayable`, when a call is one of them."""
    func = call.func if isinstance(call, ir.Call) else None
    return func.attr if isinstance(func, ir.Attribute) and func.attr in MAKERS else None


def _has_its_own(solver: Solver, maker: ir.Call, env: Env) -> bool:
    """Whether what looks like a delayable is made by a class of the project that is no model."""
    only = solver.value(maker.func, env).only
    found = solver.function_decl(only.ref) if isinstance(only, Function) else None
    info = solver.classes.info(found[1]) if found is not None and found[1] is not None else None
    return info is not None and info.complete and not info.externals


def _delayed(site: Site) -> _Delayable | None:
    """The call that made what a method is called on, where it stands, and the properties that were given since."""
    method = _method(site)
    if method is None or method[1] in MAKERS | _OWN:
        return None
    (node, name, env), given = method, list[ir.Arg]()
    for _ in range(_LONGEST_TRAIL):
        match node:
            case ir.Call(func=ir.Attribute(value=records, attr=attr)) if attr in MAKERS:
                return _Delayable(node, env, attr, records, _named(node) + given, name)
            case ir.Call(func=ir.Attribute(value=before, attr="set"), args=args):
                node, given = before, [*args, *given]
            case ir.Name(id=held):
                definition = env.lookup(held)[0]
                if not isinstance(definition, ExprDef):
                    return None
                node, env = definition.node, definition.env
            case _:
                return None
    return None


def _method(site: Site) -> tuple[ir.Expr, str, Env] | None:
    """What a method is called on, and its name: `x.method()`, `getattr(x, "method")()`, a name for one of the two."""
    node, env = site.call.func, site.env
    definition = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
    if isinstance(definition, ExprDef):
        node, env = definition.node, definition.env
    match node:
        case ir.Attribute(value=owner, attr=attr):
            return owner, attr, env
        case ir.Call(func=ir.Name(id="getattr"), args=[ir.Arg(value=owner), ir.Arg(value=ir.Constant(value=str() as attr)), *_]):
            return owner, attr, env
        case _:
            return None


def _named(call: ir.Call) -> list[ir.Arg]:
    """The arguments of `with_delay(5, eta)` with their names."""
    args: list[ir.Arg] = []
    for index, arg in enumerate(call.args):
        plain = arg.keyword is None and not arg.star and index < len(PROPERTIES)
        args.append(ir.Arg(arg.start, arg.end, arg.value, PROPERTIES[index]) if plain else arg)
    return args


def _unsent(solver: Solver, flow: Flow) -> Iterator[Unsent]:
    """`records.delayable().method()` and `records.with_delay()` as statements, `records.with_delay().method` uncalled."""
    in_test = solver.is_test(flow.unit.filename)
    for site in flow.sites:
        if site.usage != "dropped":
            continue
        found = _delayed(site)
        if found is not None and found.form == "delayable":
            yield Unsent(SPEC.name, "message", flow.unit.origin(site.call), in_test=in_test)
        elif _maker(site.call) is not None and not _by_super(site.call):
            yield Unsent(SPEC.name, "delayable", flow.unit.origin(site.call), in_test=in_test)
    for bare in flow.bare:
        if _is_bare(bare):
            assert bare.node is not None
            yield Unsent(SPEC.name, "method", flow.unit.origin(bare.node), in_test=in_test)


def _is_bare(bare: Exit) -> bool:
    return isinstance(bare.node, ir.Attribute) and bare.node.attr not in _OWN and _maker(bare.node.value) is not None


def _by_super(call: ir.Call) -> bool:
    owner = call.func.value if isinstance(call.func, ir.Attribute) else None
    return isinstance(owner, ir.Call) and isinstance(owner.func, ir.Name) and owner.func.id == "super"


def _graph(solver: Solver, site: Site) -> str | None:
    """chain or group, when a call makes a graph of delayables."""
    func = site.call.func
    last = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    if last not in ("chain", "group"):
        return None
    only = solver.value(func, site.env).only
    return _GRAPHS.get(only.qualname) if isinstance(only, External) else None
