"""A framework out of its tables: see `spec`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from typing import Literal as Either

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments, decorating, delivery, dispatch, passing, signatures
from jobcheck.frameworks.base import NoJobs
from jobcheck.frameworks.declared import injection
from jobcheck.frameworks.declared.spec import INJECTED, Declares, Form, Makes, Meaning, Spec
from jobcheck.frameworks.hinges import Hinges, of_call
from jobcheck.frameworks.passing import Passing
from jobcheck.project import modules
from jobcheck.project.resolver import Query
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.registry import Argument, Enqueue, Job, Message, Option, Registry
from jobcheck.solve.defs import Env
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Literal,
    LocalFunction,
    Origin,
    Value,
    known,
    plain,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


@dataclass(frozen=True, slots=True)
class Configured:
    """Jobs with what is already said of their message: `job.configure(queue="low")`, `app.configure_task("name")`."""

    jobs: tuple[Job, ...] = ()
    name: str | None = None
    named: Origin | None = None
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    open_options: bool = False
    open_kwargs: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A form on its way to be called: on a job, on a configured one, or on a queue (both None)."""

    form: Form
    job: Job | None = None
    configured: Configured | None = None


@dataclass(frozen=True, slots=True)
class Decorator:
    """A decorator with the options that it was called with.

    For one of the project's own: `passing` is what it does to arguments, `own` the function that hands the options on.
    """

    declares: Declares
    options: tuple[tuple[str, Option], ...] = ()
    called: bool = False
    open: bool = False
    passing: Passing | None = None
    own: FunctionRef | None = None


@dataclass(slots=True)
class _Given:
    """The arguments of a call, told apart."""

    job: ir.Expr | None = None
    rest: list[ir.Arg] = field(default_factory=list)
    options: list[ir.Arg] = field(default_factory=list)
    open: bool = False


class DeclaredFramework(NoJobs):
    """Reads one Spec. A framework's file may derive from it for what no table says."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.name = spec.name
        self.display = spec.display
        self.modules = spec.modules
        self.seeds = spec.seeds
        self.marks = spec.marks
        self.makers = spec.makers
        self.jobs: dict[tuple[str, int], Job] = {}
        self._handing: dict[tuple[str, int], FunctionRef] = {}
        forms = [m for table in spec.attributes.values() for n, m in table.items() if isinstance(m, Form)]
        names = {n for table in spec.attributes.values() for n, m in table.items() if isinstance(m, Form)}
        self.verbs = spec.verbs | names | {q.rpartition(".")[2] for q, m in spec.functions.items() if isinstance(m, Form)}
        assert forms or spec.functions
        self.forms: dict[str, list[Form]] = {}
        for name, meaning in (*(pair for t in spec.attributes.values() for pair in t.items()), *spec.functions.items()):
            if isinstance(meaning, Form) and not meaning.immediate:
                self.forms.setdefault(name.rpartition(".")[2], []).append(meaning)
        self.forwarded = frozenset(self.forms)

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """See Framework."""
        forms = self.forms.get(verb, [])
        found = of_call(call, owner=any(form.job_at is None for form in forms))
        positional = [a.value for a in call.args if a.keyword is None and not a.star]
        keywords = {a.keyword: a.value for a in call.args if a.keyword is not None}
        for form in forms:
            if form.job_at is not None:
                found.jobs += positional[form.job_at : form.job_at + 1]
                found.jobs += [keywords[name] for name in form.job_names if name in keywords]
            if form.takes != "call":
                found.lists += [keywords[name] for name in form.lists if name in keywords]
        return found

    def knows(self, qualname: str) -> bool:
        """See Framework."""
        return any(qualname.startswith(f"{module}.") for module in self.modules)

    def meaning(self, qualname: str) -> Meaning | None:
        """What calling a name from outside the project does or gives."""
        return self.spec.functions.get(qualname)

    def annotated_as(self, qualname: str) -> Value | None:
        """See Framework."""
        made = self.meaning(qualname)
        return self._made(made.role) if isinstance(made, Makes) else None

    # --- values ------------------------------------------------------------------------------------------------

    def _made(self, role: str, data: object = None) -> Value:
        return known(FrameworkValue(self.name, role, data))

    def _mine(self, kind: Kind) -> FrameworkValue | None:
        return kind if isinstance(kind, FrameworkValue) and kind.framework == self.name else None

    def _role_of(self, solver: Solver, kind: Kind) -> str | None:
        """The role of an object: one of the framework's, or an instance of a project's class that derives from one."""
        mine = self._mine(kind)
        if mine is not None:
            return mine.role
        if isinstance(kind, External):
            return self.spec.objects.get(kind.qualname)
        if isinstance(kind, Instance):
            info = solver.classes.info(kind.cls)
            names = info.externals if info is not None else {kind.cls.qualname}
            for name in sorted(names):
                made = self.meaning(name)
                if isinstance(made, Makes):
                    return made.role
        return None

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
            return self._made(makes.role, before.jobs[0] if len(before.jobs) == 1 else None)
        form = Form("", job_at=makes.job_at, job_names=makes.job_names)
        given = self._told_apart(form, node)
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

    # --- declarations ------------------------------------------------------------------------------------------

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
        if not isinstance(data, Decorator) or not (data.called or data.declares.bare):
            return None
        own = signatures.which(solver, decorator, filename, decl)
        job = self._declared(solver, FunctionRef(filename, decl.qualname, decl.start), decl, cls, data, own)
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
            unknown_options=data is not None and data.open,
        )
        if data is not None and data.own is not None:
            self._handing[key] = data.own
        if decorator is not None:
            job.decorated = Origin(ref.filename, decorator.start, decorator.end)
        self.jobs[key] = job
        below = decl.decorators if decorator is None else [d for d in decl.decorators if d.start > decorator.start]
        changed = data is not None and data.declares.name == "changing"
        if cls is None and not changed:
            job.signature = signatures.seen_by_caller(
                solver, ref.filename, decl, self.skipped(job), below, self.injected(solver, job), data.passing if data else None
            )
        return job

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

    # --- records -----------------------------------------------------------------------------------------------

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework."""
        callee = solver.value(site.call.func, site.env)
        for kind in callee.kinds():
            bound = self._bound(kind)
            if bound is not None:
                registry.enqueues.extend(self._enqueues(solver, site, bound, certain=True))
        if callee.unknown and isinstance(site.call.func, ir.Attribute) and site.call.func.attr in self.spec.guessed:
            for form in self._guesses(site.call.func.attr):
                registry.enqueues.extend(self._enqueues(solver, site, Bound(form), certain=False))
                return

    def _bound(self, kind: Kind) -> Bound | None:
        if isinstance(kind, External):
            form = self.meaning(kind.qualname)
            return Bound(form) if isinstance(form, Form) else None
        mine = self._mine(kind)
        if mine is None:
            return None
        if isinstance(mine.data, Bound):
            return mine.data
        if isinstance(mine.data, Job) and mine.role == "job" and self.spec.call is not None:
            return Bound(self.spec.call, mine.data)
        return None

    def _guesses(self, verb: str) -> Iterator[Form]:
        for role, table in self.spec.attributes.items():
            form = table.get(verb)
            if role != "job" and isinstance(form, Form) and form.job_at is not None:
                yield form

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        form, env = bound.form, site.env
        given = self._told_apart(form, site.call)
        jobs: tuple[Job, ...] = (bound.job,) if bound.job is not None else ()
        name = None
        before = bound.configured or Configured()
        if before.jobs or before.name is not None:
            jobs, name = before.jobs, before.name
        elif bound.job is None and given.job is not None:
            jobs, name = self._jobs(solver, solver.value(given.job, env), site.unit.filename)
        if not certain and not jobs and not (name is not None and self.spec.named_by_string):
            return
        in_test = solver.is_test(site.unit.filename)
        made = Enqueue(self.name, form.name, site, site.unit.origin(site.call), jobs, name, in_test=in_test)
        for job in jobs:
            job.awaited = job.awaited and form.awaits
        made.sent, made.immediate = form.sent, form.immediate
        made.unawaited = certain and form.awaited and site.usage == "dropped"
        made.arguments_only = form.takes in ("call", "keywords") and not form.swallowed
        if name is not None and (given.job is not None or before.named is not None):
            made.named = site.unit.origin(given.job) if given.job is not None else before.named
        for messages in self._filled(solver, made, form, given):
            self._complete(messages, before)
            messages.transactional = self.transactional(solver, messages)
            yield messages

    def _complete(self, made: Enqueue, before: Configured) -> None:
        """Add what was said before the call that enqueues; what the call says itself comes first."""
        made.options = {o.name: o for o in before.options} | made.options
        given = {a.name for a in made.arguments}
        made.arguments = [a for a in before.arguments if a.name not in given] + made.arguments
        made.open_options = made.open_options or before.open_options
        made.open_kwargs = made.open_kwargs or before.open_kwargs

    def transactional(self, solver: Solver, enqueue: Enqueue) -> bool:
        """Whether a message is written on the application's own connection, and committed with its rows."""
        return self.spec.transactional

    def _filled(self, solver: Solver, made: Enqueue, form: Form, given: _Given) -> Iterator[Enqueue]:
        """The enqueues of a call, with their arguments: one, or one for each dict of a bulk form."""
        if form.takes != "dicts":
            self._fill(solver, made, form, given)
            yield made
            return
        for arg in given.rest:
            one = replace(made, arguments=[], options=dict(made.options), malformed=[], unplaced=[])
            if arg.star:
                one.open_kwargs = True
            else:
                found = arguments.from_parts(solver, None, arg.value, made.site.env)
                one.arguments, one.open_kwargs, one.malformed = found.arguments, found.open_kwargs, found.malformed
            yield one

    def _told_apart(self, form: Form, call: ir.Call) -> _Given:
        """Which parts of a call are the job, its arguments, and options."""
        given = _Given()
        lead = len(form.lead)
        position = 0
        for arg in call.args:
            if arg.keyword is not None:
                if arg.keyword in form.job_names and form.job_at is not None and given.job is None:
                    given.job = arg.value
                elif arg.keyword in form.swallowed or arg.keyword in form.lead:
                    given.options.append(arg)
                else:
                    given.rest.append(arg)
                continue
            if arg.star or given.open:
                given.open = given.open or arg.star == "*"
                given.rest.append(arg)
                continue
            if form.job_at is not None and position == form.job_at:
                given.job = arg.value
            elif position >= lead + (form.job_at is not None):
                given.rest.append(arg)
            else:
                name = form.lead[position - (form.job_at is not None and position > form.job_at)]
                given.options.append(ir.Arg(arg.start, arg.end, arg.value, name))
            position += 1
        return given

    def _fill(self, solver: Solver, made: Enqueue, form: Form, given: _Given) -> None:
        env = made.site.env
        made.options, _ = arguments.options_of(solver, given.options, env)
        keywords = {a.keyword: a for a in made.site.call.args if a.keyword is not None}
        as_lists = form.takes == "lists" or (form.takes == "either" and any(name in keywords for name in form.lists))
        if as_lists:
            self._fill_lists(solver, made, form, given, keywords)
            return
        by_name = form.takes == "keywords" or bool(form.unplaced)
        rest = [a for a in given.rest if not by_name or a.keyword is not None or a.star == "**"]
        found = arguments.from_call(solver, rest, env)
        made.arguments, made.open_args, made.open_kwargs = found.arguments, found.open_args, found.open_kwargs
        if by_name:
            lost = arguments.from_call(solver, [a for a in given.rest if a not in rest and not a.star], env)
            made.unplaced, made.unplaced_happens = lost.arguments, form.unplaced
            made.open_kwargs = made.open_kwargs or bool(lost.arguments)  # what is missing was meant by them
        self._take_spread(solver, made, form, [a for a in rest if a.star == "**"])

    def _take_spread(self, solver: Solver, made: Enqueue, form: Form, spread: list[ir.Arg]) -> None:
        """`enqueue(f, **options)`: the names that the form takes for itself are options there, too."""
        taken = form.swallowed | frozenset(form.lead)
        options, _ = arguments.options_of(solver, spread, made.site.env)
        made.options |= {name: option for name, option in options.items() if name in taken and name not in made.options}
        if form.takes == "either" and any(a.name in form.lists for a in made.arguments):
            made.arguments, made.open_args, made.open_kwargs = [], True, True
        made.arguments = [a for a in made.arguments if a.name not in taken]

    def _fill_lists(self, solver: Solver, made: Enqueue, form: Form, given: _Given, keywords: dict[str, ir.Arg]) -> None:
        env = made.site.env
        parts: list[ir.Expr | None] = []
        positional = [a.value for a in given.rest if a.keyword is None and not a.star]
        for index, name in enumerate(form.lists):
            at = form.lists_at[index] if form.lists_at is not None else -1
            arg = keywords.get(name)
            parts.append(arg.value if arg is not None else positional[at] if 0 <= at < len(positional) else None)
        found = arguments.from_parts(solver, parts[0], parts[1], env)
        made.arguments, made.open_args, made.open_kwargs = found.arguments, found.open_args, found.open_kwargs
        made.malformed = found.malformed
        others, is_open = arguments.options_of(solver, given.rest, env, frozenset(form.lists))
        made.options |= others
        made.open_options = is_open
        made.open_args = made.open_args or given.open or (is_open and parts[0] is None)
        made.open_kwargs = made.open_kwargs or given.open or (is_open and parts[1] is None)

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

    # --- the end -----------------------------------------------------------------------------------------------

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework: jobs that only enqueues made known, and messages."""
        for job in self.jobs.values():
            if all(job is not known_job for known_job in registry.jobs):
                registry.jobs.append(job)
        by_name: dict[str, list[Job]] = {}
        for job in self.jobs.values():
            for name in self.names(job):
                by_name.setdefault(name, []).append(job)
        if by_name:
            options = frozenset(name for forms in self.forms.values() for form in forms for name in form.swallowed)
            registry.enqueues.extend(dispatch.enqueues(solver, self.name, by_name, registry, options))
        for enqueue in registry.enqueues:
            if enqueue.framework != self.name:
                continue
            if not enqueue.jobs and enqueue.job_name in by_name:
                enqueue.jobs = tuple(by_name[enqueue.job_name])
            for job in enqueue.jobs:
                registry.messages.append(self.message(solver, enqueue, job))
        for job in self.jobs.values():
            job.wires = self.wires(solver, job)[0]
            retried = self.retried(solver)
            if self.spec.retried_by is not None and retried != "never":
                silent = not job.unknown_options or self._leaves(solver, job, self.spec.retried_by)
                unasked = self.display if retried == "always" and silent else None
                job.delivery = tuple(delivery.of_option(job, registry, self.spec.retried_by, unasked, self.spec.once))

    def retried(self, solver: Solver) -> Either["never", "asked", "always"]:
        """Whether jobs are performed again after an error: all that do not say otherwise, those that ask for it, none."""
        return "always" if self.spec.retried else "asked"

    def _leaves(self, solver: Solver, job: Job, option: str) -> bool:
        """Whether the project's own decorator of a job has nothing to say about an option: it does not name it."""
        ref = self._handing.get((job.filename, job.function.start)) if job.function is not None else None
        found = solver.function_decl(ref) if ref is not None else None
        if ref is None or found is None:
            return False
        return option.encode() not in (solver.raw(ref.filename) or b"")[found[0].start : found[0].end]

    def names(self, job: Job) -> tuple[str, ...]:
        """The strings by which a job may be named."""
        return (job.name,)

    def message(self, solver: Solver, enqueue: Enqueue, job: Job) -> Message:
        """One enqueue meeting one job."""
        wires, confidence = self.wires(solver, job)
        if len(enqueue.jobs) > 1:
            confidence = confidence.lowered()
        happens = "the call raises TypeError" if enqueue.immediate else self.spec.mismatch
        return Message(enqueue, job, wires, confidence, happens)

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """The serializers that may carry a job's messages."""
        forced = solver.forced_wire(self.name)
        return ((forced,), Confidence.HIGH) if forced else ((self.spec.wire,), Confidence.MEDIUM)


def _function_of(solver: Solver, kind: Function | LocalFunction) -> FunctionRef | None:
    """The project's function that a decorator is, or is made by."""
    nested = solver.nested_node(kind) if isinstance(kind, LocalFunction) else None
    if nested is not None:
        unit = nested[1].unit
        return FunctionRef(unit.filename, unit.qualname, unit.offset)
    return kind.ref if isinstance(kind, Function) else None
