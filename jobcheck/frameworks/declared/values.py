"""What calling and reading a framework's objects gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared import calls
from jobcheck.frameworks.declared.carried import Bound, Configured, Decorator
from jobcheck.frameworks.declared.declarations import Declarations
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Meaning
from jobcheck.registry import Job, Option
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Value,
    known,
    plain,
)

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


class Values(Declarations):
    """The values of a framework's objects, their attributes and their calls."""

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework."""
        role = self._role_of(solver, owner)
        if role is None:
            return None
        if isinstance(owner, Instance) and any(True for _ in solver.member(owner.cls, name)):
            return None
        meaning = self.spec.attributes.get(role, {}).get(name)
        mine = self._mine(owner)
        job = mine.data if mine is not None and isinstance(mine.data, Job) else None
        configured = mine.data if mine is not None and isinstance(mine.data, Configured) else None
        if meaning is None:
            return UNKNOWN if mine is not None else None
        return self._meant(meaning, job, configured)

    def _meant(self, meaning: Meaning, job: Job | None, configured: Configured | None) -> Value:
        match meaning:
            case Form():
                return self._made("method", Bound(meaning, job, configured))
            case Declares():
                return self._made("decorator", Decorator(meaning))
            case Makes():
                return self._made("maker", (meaning, configured or Configured((job,) if job is not None else ())))

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework."""
        if isinstance(callee, External):
            meaning = self.meaning(callee.qualname)
            return None if meaning is None else self._called(solver, meaning, None, node, env)
        declares = self._decorator_class(solver, callee.cls) if isinstance(callee, ClassObject) else None
        if declares is not None:
            return self._called(solver, declares, None, node, env)
        if isinstance(callee, ClassObject):
            role = self._role_of(solver, Instance(callee.cls))
            return None if role is None else known(Instance(callee.cls))
        mine = self._mine(callee)
        if mine is None:
            return None
        match mine.data:
            case Bound(form=form, job=job):
                return self._result(solver, form, job)
            case Decorator(declares=declares):
                return self._called(solver, declares, None, node, env)
            case (Makes() as makes, Configured() as configured):
                return self._object(solver, makes, configured, node, env)
            case Job() if mine.role == "job" and self.spec.call is not None:
                return self._result(solver, self.spec.call, mine.data)
            case Job(function=FunctionRef() as ref) if mine.role == "job" and self.spec.callable:
                return solver.returned(ref)
            case _:
                return UNKNOWN

    def _decorator_class(self, solver: Solver, cls: ClassRef) -> Declares | None:
        """What a class of the project declares that derives from a decorator of the framework: `class job(rq.decorators.job)`."""
        info = solver.classes.info(cls) if any(isinstance(m, Declares) for m in self.spec.functions.values()) else None
        if info is None or any(True for _ in solver.member(cls, "__call__")):
            return None
        found = (self.meaning(name) for name in sorted(info.externals))
        return next((meaning for meaning in found if isinstance(meaning, Declares)), None)

    def _called(self, solver: Solver, meaning: Meaning, job: Job | None, node: ir.Call, env: Env) -> Value:
        if isinstance(meaning, Form):
            return self._result(solver, meaning, job)
        if isinstance(meaning, Makes):
            return self._object(solver, meaning, Configured(), node, env)
        options, is_open = arguments.options_of(solver, node.args, env)
        positional = [a for a in node.args if a.keyword is None and not a.star]
        if positional:
            only = solver.value(positional[0].value, env).only
            if isinstance(only, Function):
                found = self.job_of(solver, only.ref, Decorator(meaning, tuple(options.items()), True, is_open))
                return self._made("job", found) if found is not None else UNKNOWN
        for name, arg in zip(meaning.leads, positional, strict=False):
            origin = env.unit.origin(arg)
            options.setdefault(name, Option(name, solver.value(arg.value, env), origin, arg.value))
        return self._made("decorator", Decorator(meaning, tuple(options.items()), True, is_open))

    def _object(self, solver: Solver, makes: Makes, before: Configured, node: ir.Call, env: Env) -> Value:
        """What a call makes, with what the call says of the messages that will be enqueued through it."""
        if not makes.configures:
            said = before.options or before.open_options or before.name is not None
            return self._made(makes.role, before if said else before.jobs[0] if len(before.jobs) == 1 else None)
        form = Form("", job_at=makes.job_at, job_names=makes.job_names)
        given = calls.told_apart(form, node)
        options, is_open = arguments.options_of(solver, given.rest, env)
        held = options.pop(makes.keywords_in or "", None)
        found = arguments.from_parts(solver, None, held.node, env) if held is not None else arguments.Given()
        jobs, name = before.jobs, before.name
        if given.job is not None:
            jobs, name = self._jobs(solver, solver.value(given.job, env), env.unit.filename)
        kept = tuple(o for o in before.options if o.name not in options)
        return self._made(makes.role, Configured(
            jobs, name, env.unit.origin(given.job) if given.job is not None else before.named,
            kept + tuple(options.values()), before.arguments + tuple(found.arguments), before.open_options or is_open,
            before.open_kwargs or found.open_kwargs or is_open,
        ))  # fmt: skip

    def _result(self, solver: Solver, form: Form, job: Job | None) -> Value:
        if form.immediate and job is not None and job.function is not None:
            return solver.returned(job.function)
        return plain("coroutine") if form.awaited else self._made("result" if form.sent else "message", job)
