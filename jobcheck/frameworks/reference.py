"""The reference job API (`jobcheck.runtime`): how it spells jobs, enqueues and options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import (
    arguments,
    delivery,
    hinges,
    missing,
    reference_hooks,
    reference_retries,
    reference_unsent,
    signatures,
)
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Enqueue, Job, Message, Option, Registry
from jobcheck.solve.defs import Env
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    FunctionRef,
    Instance,
    Kind,
    Literal,
    Origin,
    Value,
    known,
)  # fmt: skip
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

NAME = "reference"
_BASES = frozenset({"jobcheck.runtime.Job", "jobcheck.runtime.job.Job"})
_DECORATORS = frozenset({"jobcheck.runtime.job"})
_MARKS = frozenset(f"jobcheck.runtime.{name}" for name in ("retry_on", "discard_on", "rescue_from", "idempotent"))
_OPTIONS = ("queue_as", "priority", "wire", "enqueue_after_commit", "queue_name_prefix", "queue_name_delimiter")
_WIRES = ("resque", "sidekiq", "activejob")
_METHODS = frozenset({"perform_later", "perform_now", "set", "enqueue"})
_VERBS = _METHODS | {"perform_all_later"}
_MISSED = frozenset({"perform_later", "perform_now"})


@dataclass(frozen=True, slots=True)
class _Method:
    """A method of a job, not called yet."""

    job: Job
    verb: str


class Reference:
    """The framework object; it holds the jobs found so far."""

    name = NAME
    display = "jobcheck.runtime"
    modules = frozenset({"jobcheck"})
    seeds = frozenset({"perform_later", "perform_now", "perform_all_later", "jobcheck.runtime"})
    verbs = _VERBS
    forwarded = _MISSED
    marks = (rb"\b(?:perform_later|perform_now|perform_all_later)\b|\.\s*enqueue\s*\(",)
    makers = rb"\bjob\s*\("

    def __init__(self) -> None:
        self.jobs: dict[tuple[str, int], Job] = {}

    def knows(self, qualname: str) -> bool:
        """See Framework."""
        return qualname in _DECORATORS or qualname in _MARKS

    def hinges(self, call: ir.Call, verb: str) -> hinges.Hinges:
        """See Framework."""
        return hinges.of_call(call)

    def knows_all_names(self) -> bool:
        """See Framework."""
        return False

    def annotated_as(self, qualname: str) -> Value | None:
        """See Framework."""
        return None

    # --- declarations ------------------------------------------------------------------------------------------

    def decorate(self, solver: Solver, decorator: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """See Framework: `@job` and `@job(...)`."""
        options: dict[str, Option] = {}
        if isinstance(decorator, External) and decorator.qualname in _DECORATORS:
            pass
        elif isinstance(decorator, FrameworkValue) and decorator.framework == NAME and decorator.role == "decorator":
            options = dict(decorator.data)  # type: ignore[call-overload]
        else:
            return None
        key = (filename, decl.start)
        if key not in self.jobs:
            job = Job(
                framework=NAME,
                name=f"{solver.project.module_name(filename)}.{decl.name}",
                origin=Origin(filename, decl.name_start, decl.name_end),
                filename=filename,
                function=FunctionRef(filename, decl.qualname, decl.start),
                decl=decl,
                options=options,
                is_async=decl.is_async,
                wire=options["wire"].value if "wire" in options else UNKNOWN,
            )
            own = signatures.which(solver, decorator, filename, decl)
            job.decorated = Origin(filename, own.start, own.end) if own else None
            self.jobs[key] = job
            job.signature = self._signature(solver, filename, decl, 0)
        return known(FrameworkValue(NAME, "job", self.jobs[key]), self.jobs[key].origin)

    def _signature(self, solver: Solver, filename: str, decl: FunctionDecl, skip: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
        others = [d for d in decl.decorators if not self._is_own(solver, filename, d)]
        return signatures.seen_by_caller(solver, filename, decl, skip, others)

    def _is_own(self, solver: Solver, filename: str, decorator: object) -> bool:
        from jobcheck.project.shape import DecoratorDecl

        assert isinstance(decorator, DecoratorDecl)
        name = solver.decorator_name(filename, decorator)
        return name in _DECORATORS or name in _MARKS

    def class_job(self, solver: Solver, cls: ClassRef) -> Job | None:
        """See Framework: a subclass of Job that has a perform method."""
        info = solver.classes.info(cls)
        if info is None or not (info.externals & _BASES):
            return None
        assert cls.filename is not None
        key = (cls.filename, cls.start)
        if key in self.jobs:
            return self.jobs[key]
        found = next(((f, d) for f, d, _ in solver.member(cls, "perform") if isinstance(d, FunctionDecl)), None)
        if found is None:
            return None
        filename, perform = found
        options = self._options(solver, cls)
        job = Job(
            framework=NAME,
            name=cls.qualname,
            origin=Origin(cls.filename, info.decl.name_start, info.decl.name_end),
            filename=cls.filename,
            function=FunctionRef(filename, perform.qualname, perform.start),
            decl=perform,
            cls=cls,
            options=options,
            bound=True,
            is_async=perform.is_async,
            wire=options["wire"].value if "wire" in options else UNKNOWN,
        )
        self.jobs[key] = job
        job.signature = self._signature(solver, filename, perform, 1)
        return job

    def _options(self, solver: Solver, cls: ClassRef) -> dict[str, Option]:
        options: dict[str, Option] = {}
        for name in _OPTIONS:
            for filename, decl, declaring in solver.member(cls, name):
                value = solver.declared(filename, decl, declaring)
                options[name] = Option(name, value, Origin(filename, decl.start, decl.end))  # type: ignore[attr-defined]
                break
        return options

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """See Framework."""
        return None

    # --- values ------------------------------------------------------------------------------------------------

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework."""
        if name not in _METHODS:
            return None
        job: Job | None = None
        if isinstance(owner, (ClassObject, Instance)) and owner.cls.filename is not None:
            job = self.class_job(solver, owner.cls)
        elif isinstance(owner, FrameworkValue) and owner.framework == NAME and isinstance(owner.data, Job):
            job = owner.data
        if job is None:
            return None
        return known(FrameworkValue(NAME, "method", _Method(job, name)))

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework."""
        if isinstance(callee, External):
            if callee.qualname in _DECORATORS:
                options, _ = arguments.options_of(solver, node.args, env)
                return known(FrameworkValue(NAME, "decorator", tuple(options.items())))
            return None
        if not isinstance(callee, FrameworkValue) or callee.framework != NAME:
            return None
        if callee.role == "method":
            assert isinstance(callee.data, _Method)
            job, verb = callee.data.job, callee.data.verb
            if verb == "set":
                return known(FrameworkValue(NAME, "configured", job))
            if verb == "perform_now" and job.function:
                return solver.returned(job.function)
            if verb == "perform_later":
                return known(FrameworkValue(NAME, "result", job))
        return UNKNOWN

    def makes_jobs(self, solver: Solver, value: Value) -> bool:
        """See Framework."""
        return False

    def guess(self, solver: Solver, filename: str, name: str) -> Value | None:
        """See Framework."""
        return None

    def pipe(self, solver: Solver, left: Value, right: Value, origin: Origin) -> Value | None:
        """See Framework."""
        return None

    def verb_of(self, kind: Kind) -> tuple[Job, str] | None:
        """The job and the verb of `ChargeOrder.perform_later`, not called yet."""
        if isinstance(kind, FrameworkValue) and kind.framework == NAME and isinstance(kind.data, _Method):
            return kind.data.job, kind.data.verb
        return None

    # --- registry ----------------------------------------------------------------------------------------------

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework."""
        callee = solver.value(site.call.func, site.env)
        found = missing.find(solver, site, NAME, _MISSED) if callee.unknown else None
        if found is not None:
            registry.missing.append(found)
        for kind in callee.kinds():
            if isinstance(kind, FrameworkValue) and kind.framework == NAME and kind.role == "method":
                assert isinstance(kind.data, _Method)
                job, verb = kind.data.job, kind.data.verb
                if verb in ("perform_later", "perform_now"):
                    registry.enqueues.append(self._enqueue(solver, site, job, verb))
            elif isinstance(kind, External) and kind.qualname == "jobcheck.runtime.perform_all_later":
                nodes = [a.value for a in site.call.args if not a.star]
                self._objects(solver, site, nodes, "perform_all_later", registry)
        func = site.call.func
        if isinstance(func, ir.Attribute) and func.attr == "enqueue":
            self._objects(solver, site, [func.value], "enqueue", registry)

    def _built(self, solver: Solver, node: ir.Expr, env: Env) -> Iterator[tuple[ir.Call, Env, Job, list[ir.Arg]]]:
        """The job objects that an expression makes, in lists and comprehensions too, with the options set on them."""
        if isinstance(node, (ir.ListExpr, ir.TupleExpr, ir.SetExpr)):
            for element in node.elements:
                yield from self._built(solver, element, env)
        elif isinstance(node, ir.Comprehension) and node.kind != "dict":
            inner = env.unit.flow.scopes.get(id(node)) if env.unit.flow else None
            if inner is not None:
                yield from self._built(solver, node.element, inner)
        elif isinstance(node, ir.Name):
            source = solver.sources.of(node, env)
            if isinstance(source.node, ir.Call):
                yield from self._built(solver, source.node, source.env)
        elif isinstance(node, ir.Call):
            func = node.func
            if isinstance(func, ir.Attribute) and func.attr == "set" and isinstance(func.value, ir.Call):
                for call, where, job, options in self._built(solver, func.value, env):
                    yield call, where, job, [*options, *node.args]
                return
            built = self._job_of(solver, solver.value(func, env).only)
            if built is not None:
                yield node, env, built, []

    def _job_of(self, solver: Solver, kind: Kind | None) -> Job | None:
        """The job that a job class, or a function under `@job`, stands for."""
        if isinstance(kind, ClassObject) and kind.cls.filename is not None:
            return self.class_job(solver, kind.cls)
        if isinstance(kind, FrameworkValue) and kind.framework == NAME and kind.role == "job":
            return kind.data if isinstance(kind.data, Job) else None
        return None

    def _enqueue(self, solver: Solver, site: Site, job: Job, verb: str) -> Enqueue:
        made = Enqueue(NAME, verb, site, site.unit.origin(site.call), (job,), in_test=solver.is_test(site.unit.filename))
        made.immediate = verb == "perform_now"
        given = arguments.from_call(solver, site.call.args, site.env)
        made.arguments, made.open_args, made.open_kwargs = given.arguments, given.open_args, given.open_kwargs
        func = site.call.func
        if isinstance(func, ir.Attribute) and isinstance(func.value, ir.Call):
            inner = func.value
            if isinstance(inner.func, ir.Attribute) and inner.func.attr == "set":
                made.options, made.open_options = arguments.options_of(solver, inner.args, site.env)
        return made

    def _objects(self, solver: Solver, site: Site, nodes: list[ir.Expr], form: str, registry: Registry) -> None:
        """`perform_all_later(ChargeOrder(1), [ChargeOrder(2)])`, `ChargeOrder(1).enqueue(wait=5)`."""
        for node in nodes:
            for call, env, job, set_options in self._built(solver, node, site.env):
                inner = Site(call, env, site.around, "argument", site.stmt, site.unit)
                made = self._enqueue(solver, inner, job, form)
                given = [*set_options, *(site.call.args if form == "enqueue" else [])]
                made.options, made.open_options = arguments.options_of(solver, given, env)
                registry.enqueues.append(made)

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """See Framework."""
        reference_unsent.record(self, solver, flow, registry)

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework: the wire is the job's, resque where it does not say."""
        for job in registry.jobs:
            if job.framework == NAME:
                job.handlers = reference_retries.handlers(solver, job)
                reference_hooks.hooks(solver, job)
                reference_hooks.prefix(job)
                job.delivery = tuple(delivery.of_handlers(solver, job))
                job.wires = _wires(job)[0]
        for enqueue in registry.enqueues:
            if enqueue.framework != NAME:
                continue
            enqueue.deferred = enqueue.deferred or reference_hooks.after_commit(enqueue)
            happens = "the run raises TypeError" if enqueue.immediate else "the call raises SignatureError"
            for job in enqueue.jobs:
                registry.messages.append(Message(enqueue, job, *_wires(job), happens))


def _wires(job: Job) -> tuple[tuple[str, ...], Confidence]:
    """The wire that a job names; resque, surely, when it names none and, perhaps, when that cannot be read."""
    said = job.wire.only
    if isinstance(said, Literal) and said.value in _WIRES:
        return (str(said.value),), Confidence.HIGH
    silent = job.wire.unknown and "wire" not in job.options
    return ("resque",), Confidence.HIGH if silent else Confidence.LOW
