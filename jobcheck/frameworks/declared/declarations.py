"""Which functions are jobs: those that are decorated, registered, or only enqueued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.frameworks import arguments, decorating, passing, signatures
from jobcheck.frameworks.declared import injection
from jobcheck.frameworks.declared.carried import Decorator
from jobcheck.frameworks.declared.roles import Roles
from jobcheck.frameworks.declared.spec import INJECTED, Declares, Makes
from jobcheck.project import modules
from jobcheck.project.resolver import Query
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.registry import Job, Option
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import (
    ClassRef,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Kind,
    Literal,
    LocalFunction,
    Origin,
    Value,
    known,
)

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


class Declarations(Roles):
    """The jobs of a framework, each made once."""

    def decorate(self, solver: Solver, decorator: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """See Framework."""
        data: object = None
        if isinstance(decorator, External):
            declares = self.meaning(decorator.qualname)
            data = Decorator(declares) if isinstance(declares, Declares) else None
        mine = self._mine(decorator)
        if mine is not None and isinstance(mine.data, Decorator):
            data = mine.data
        if data is None and isinstance(decorator, (Function, LocalFunction)):
            data = self._projects_own(solver, decorator, filename, decl)
        if not isinstance(data, Decorator):
            return None
        bare = not data.called and not data.declares.bare
        if bare and not data.declares.unbare:
            return None
        own = signatures.which(solver, decorator, filename, decl)
        job = self._declared(solver, FunctionRef(filename, decl.qualname, decl.start), decl, cls, data, own)
        if bare:
            job.undeclared = data.declares.unbare
            return None
        if data.declares.keeps:
            job.verb, job.awaited = "", job.awaited and data.declares.awaits
            return known(Function(FunctionRef(filename, decl.qualname, decl.start)), job.origin)
        return known(FrameworkValue(self.name, "job", job), job.origin)

    def makes_jobs(self, solver: Solver, value: Value) -> bool:
        """See Framework."""
        return any(self._makes(solver, kind) for kind in value.kinds())

    def _makes(self, solver: Solver, kind: Kind) -> bool:
        if self._declares(kind):
            return True
        flow = solver.nested_flow(kind) if isinstance(kind, LocalFunction) else None
        found = solver.nested_node(kind) if isinstance(kind, LocalFunction) else None
        if flow is None or found is None:
            return False
        if any(self._declares(returned) for returned in solver.flow_value(flow).kinds()):
            return True
        # It registers a function, and gives back the function itself.
        inside = (s for s in flow.sites if found[0].start <= s.call.start and s.call.end <= found[0].end)
        return any(self._registers(solver, site) for site in inside)

    def _declares(self, kind: Kind) -> bool:
        mine = self._mine(kind)
        return mine is not None and mine.role in ("job", "decorator")

    def _registers(self, solver: Solver, site: Site) -> bool:
        only = solver.value(site.call.func, site.env).only
        mine = self._mine(only) if only is not None else None
        if isinstance(only, External):
            return isinstance(self.meaning(only.qualname), Declares)
        return mine is not None and isinstance(mine.data, Decorator)

    def _projects_own(
        self, solver: Solver, kind: Function | LocalFunction, filename: str, decl: FunctionDecl
    ) -> Decorator | None:
        """A function of the project that is used as a decorator: what it returns may be a job."""
        value = solver.returned(kind.ref) if isinstance(kind, Function) else known(kind)
        if not self.makes_jobs(solver, value):
            return None
        own = signatures.which(solver, kind, filename, decl)
        options = decorating.options_of(solver, filename, own) if own is not None and own.is_call else {}
        does = passing.of(solver, filename, own) if own is not None else None
        ref = _function_of(solver, kind)
        return Decorator(Declares("own" if does is not None else "changing"), tuple(options.items()), True, True, does, ref)

    def job_of(self, solver: Solver, ref: FunctionRef, data: Decorator | None = None) -> Job | None:
        """The job that a function is because it is enqueued, or handed to a decorator as a value."""
        found = solver.function_decl(ref)
        return None if found is None else self._declared(solver, ref, found[0], found[1], data, None)

    def method_of(self, solver: Solver, ref: FunctionRef) -> Job | None:
        """The job that a method is because it is enqueued as one of an object or a class."""
        job = self.job_of(solver, ref)
        if job is not None and job.decl is not None and job.signature is None:
            rest = job.decl.decorators
            job.signature = signatures.seen_by_caller(solver, ref.filename, job.decl, self.spec.injected + 1, rest)
        return job

    def _declared(
        self, solver: Solver, ref: FunctionRef, decl: FunctionDecl, cls: ClassRef | None, data: Decorator | None,
        decorator: DecoratorDecl | None,
    ) -> Job:  # fmt: skip
        key = (ref.filename, ref.start)
        if key in self.jobs:
            return self.jobs[key]
        options = dict(data.options) if data is not None else {}
        job = Job(
            framework=self.name,
            name=self.job_name(solver, ref, decl, options),
            origin=Origin(ref.filename, decl.name_start, decl.name_end),
            filename=ref.filename,
            function=ref,
            decl=decl,
            options=options,
            is_async=decl.is_async,
            awaited=self.spec.awaits,
            verb=self.spec.verb,
            apart=self.spec.apart,
            callable=self.spec.callable,
            if_async=self.spec.if_async,
            if_sync=self.spec.if_sync,
            unknown_options=data is not None and data.open,
        )
        if data is not None and data.own is not None:
            self._handing[key] = data.own
        if decorator is not None:
            job.decorated = Origin(ref.filename, decorator.start, decorator.end)
        self.jobs[key] = job
        self._by[key] = data.declares.name if data is not None else ""
        below = decl.decorators if decorator is None else [d for d in decl.decorators if d.start > decorator.start]
        changed = data is not None and data.declares.name == "changing"
        if cls is None and not changed:
            job.signature = signatures.seen_by_caller(
                solver, ref.filename, decl, self.skipped(job), below, self.injected(solver, job), data.passing if data else None
            )
        return job

    def declared_by(self, job: Job) -> str:
        """The name of the decorator that makes a function a job; "" where it is one by being enqueued."""
        return self._by.get((job.filename, job.function.start), "") if job.function is not None else ""

    def job_name(self, solver: Solver, ref: FunctionRef, decl: FunctionDecl, options: dict[str, Option]) -> str:
        """The name under which a job is known to workers."""
        said = next((arguments.text(options[n]) for n in ("name", "actor_name", "task_name") if n in options), None)
        return said or f"{solver.project.module_name(ref.filename)}.{decl.qualname}"

    def skipped(self, job: Job) -> int:
        """How many first parameters the framework fills."""
        said = arguments.truth(job.options.get(self.spec.context or ""))
        return self.spec.injected + (1 if said else 0)

    def injected(self, solver: Solver, job: Job) -> frozenset[str]:
        """Names of parameters that the framework fills wherever they stand."""
        if not any(isinstance(meaning, Makes) and meaning.role == INJECTED for meaning in self.spec.functions.values()):
            return frozenset()
        return injection.names(solver, job, lambda kind: self._role_of(solver, kind) == INJECTED)

    def _jobs(self, solver: Solver, value: Value, filename: str) -> tuple[tuple[Job, ...], str | None]:
        """The jobs that a value stands for: functions, declared jobs, the dotted name of one."""
        found: list[Job] = []
        name: str | None = None
        for kind in value.kinds():
            job: Job | None = None
            mine = self._mine(kind)
            if mine is not None and isinstance(mine.data, Job):
                job = mine.data
            elif isinstance(kind, Function) and kind.bound is None:
                job = self.job_of(solver, kind.ref)
            elif isinstance(kind, Function) and self.spec.methods:
                job = self.method_of(solver, kind.ref)
            elif isinstance(kind, Literal) and isinstance(kind.value, str):
                name = kind.value
                job = self.named(solver, kind.value, filename)
            if job is not None and job not in found:
                found.append(job)
        return tuple(found), name

    def named(self, solver: Solver, name: str, filename: str) -> Job | None:
        """The job that a dotted path leads to."""
        dotted, _, last = name.rpartition(".")
        module = solver.project.find_module(dotted, filename) if dotted else None
        if not isinstance(module, str):
            return None
        resolution = Query(solver.project).attribute(modules.Module(module, dotted), last)
        for kind in solver.resolved(resolution, last).kinds():
            mine = self._mine(kind)
            if mine is not None and isinstance(mine.data, Job):
                return mine.data
            if isinstance(kind, Function):
                return self.job_of(solver, kind.ref)
        return None


def _function_of(solver: Solver, kind: Function | LocalFunction) -> FunctionRef | None:
    """The project's function that a decorator is, or is made by."""
    nested = solver.nested_node(kind) if isinstance(kind, LocalFunction) else None
    if nested is not None:
        unit = nested[1].unit
        return FunctionRef(unit.filename, unit.qualname, unit.offset)
    return kind.ref if isinstance(kind, Function) else None
