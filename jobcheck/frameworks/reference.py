"""The reference job API (`jobcheck.runtime`): how it spells jobs, enqueues and options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments, missing, reference_retries, reference_unsent, signatures
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

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

NAME = "reference"
_BASES = frozenset({"jobcheck.runtime.Job", "jobcheck.runtime.job.Job"})
_DECORATORS = frozenset({"jobcheck.runtime.job"})
_MARKS = frozenset({"jobcheck.runtime.retry_on", "jobcheck.runtime.discard_on", "jobcheck.runtime.idempotent"})
_OPTIONS = ("queue_as", "priority", "wire")
_WIRES = ("resque", "sidekiq", "activejob")
_VERBS = frozenset({"perform_later", "perform_now", "set", "perform_all_later"})
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
    marks = (rb"\b(?:perform_later|perform_now|perform_all_later)\b",)
    makers = rb"\bjob\s*\("

    def __init__(self) -> None:
        self.jobs: dict[tuple[str, int], Job] = {}

    def knows(self, qualname: str) -> bool:
        """See Framework."""
        return qualname in _DECORATORS or qualname in _MARKS

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
        unknown = [d for d in decl.decorators if not self._harmless(solver, filename, d)]
        return None if unknown else signatures.signature_of(solver, filename, decl, skip)

    def _harmless(self, solver: Solver, filename: str, decorator: object) -> bool:
        from jobcheck.project.shape import DecoratorDecl

        assert isinstance(decorator, DecoratorDecl)
        name = solver.decorator_name(filename, decorator)
        return name in _DECORATORS or name in _MARKS or signatures.keeps_signature(solver, filename, decorator)

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
        if name not in _VERBS:
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
                self._bulk(solver, site, registry)

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

    def _bulk(self, solver: Solver, site: Site, registry: Registry) -> None:
        """`perform_all_later(ChargeOrder(1), ChargeOrder(2))`."""
        for arg in site.call.args:
            if arg.star or not isinstance(arg.value, ir.Call):
                continue
            value = solver.value(arg.value, site.env).only
            job = self.class_job(solver, value.cls) if isinstance(value, Instance) and value.cls.filename else None
            if job is None:
                continue
            inner = Site(arg.value, site.env, site.around, "argument", site.stmt, site.unit)
            made = self._enqueue(solver, inner, job, "perform_later")
            made.form = "perform_all_later"
            registry.enqueues.append(made)

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """See Framework."""
        reference_unsent.record(self, solver, flow, registry)

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework: the wire is the job's, resque where it does not say."""
        for job in registry.jobs:
            if job.framework == NAME:
                job.handlers = reference_retries.handlers(solver, job)
        for enqueue in registry.enqueues:
            if enqueue.framework != NAME:
                continue
            for job in enqueue.jobs:
                said = job.wire.only
                if isinstance(said, Literal) and said.value in _WIRES:
                    registry.messages.append(Message(enqueue, job, (str(said.value),)))
                elif job.wire.unknown and "wire" not in job.options:
                    registry.messages.append(Message(enqueue, job, ("resque",)))
                else:
                    registry.messages.append(Message(enqueue, job, ("resque",), Confidence.LOW))
