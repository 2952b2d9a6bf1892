"""Celery: from decorators and classes to jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments, decorating, signatures
from jobcheck.frameworks.celery import model, names
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.registry import Job, Option, Signature
from jobcheck.solve.defs import Env, all_params, dotted
from jobcheck.solve.flow import Flow
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
    LocalFunction,
    Origin,
    Value,
    known,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.frameworks.celery import Celery
    from jobcheck.solve.solver import Solver


# What a decorator of the project returns whose functions become jobs.
_MAKES = ("job", "decorator", "made")


def is_decorator_name(qualname: str) -> bool:
    """Whether a name from outside the project makes jobs: Celery's own, or `.task` of an app imported from elsewhere."""
    if qualname in names.DECORATORS:
        return True
    owner, _, last = qualname.rpartition(".")
    if last != "task":
        return False
    return owner in names.CURRENT_APPS or ("celery" in owner.lower() and not owner.lower().startswith("celery."))


def decorate(celery: Celery, solver: Solver, kind: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
    """The job that a function becomes under a decorator of this kind; None when it is none of Celery's."""
    data = decorator_data(celery, solver, kind)
    if data is None:
        return None
    decorator = signatures.which(solver, kind, filename, decl)
    return model.job(job_of(celery, solver, filename, decl, cls, data, decorator))


def decorator_data(celery: Celery, solver: Solver, kind: Kind) -> model.Decorator | None:
    """What a decorator of Celery's says; None for other things."""
    if isinstance(kind, External):
        return model.Decorator() if is_decorator_name(kind.qualname) else None
    found = model.data_of(kind, "decorator")
    if isinstance(found, model.Decorator):
        return found
    # A function of the project that is used as a decorator: what it returns may be a job.
    if not isinstance(kind, (Function, LocalFunction)):
        return None
    returned = solver.returned(kind.ref) if isinstance(kind, Function) else known(kind)
    if not makes_jobs(solver, returned):
        return None
    made = [k.data for k in _made(solver, returned) if isinstance(k.data, model.Decorator)]
    return model.Decorator(made[0].options if len(made) == 1 else {}, open=True)


def makes_jobs(solver: Solver, value: Value) -> bool:
    """Whether a returned value is a job, a decorator of jobs, or an inner function that returns one."""
    if any(True for _ in _made(solver, value)):
        return True
    nested = ((kind, solver.nested_flow(kind)) for kind in value.kinds() if isinstance(kind, LocalFunction))
    return any(flow is not None and _registers(solver, kind, flow) for kind, flow in nested)


def _made(solver: Solver, value: Value) -> Iterator[FrameworkValue]:
    """The jobs and decorators of jobs among some values, and among what the inner functions there return."""
    for kind in value.kinds():
        if isinstance(kind, FrameworkValue) and kind.framework == model.NAME and kind.role in _MAKES:
            yield kind
        flow = solver.nested_flow(kind) if isinstance(kind, LocalFunction) else None
        for k in solver.flow_value(flow).kinds() if flow is not None else ():
            if isinstance(k, FrameworkValue) and k.framework == model.NAME and k.role in _MAKES:
                yield k


def _registers(solver: Solver, kind: LocalFunction, flow: Flow) -> bool:
    """Whether a decorator gives its function back as it is, and has some app make a job of it, perhaps in a callback:
    `celery_app.task(**options)(function)`."""
    nested = solver.nested_node(kind)
    params = all_params(nested[0].params) if nested is not None else []
    return _gives_back(solver, kind) and any(_makes_of(site.call, params[0].name) for site in flow.sites)


def _gives_back(solver: Solver, kind: Function | LocalFunction) -> bool:
    """Whether a decorator returns what it is given."""
    if isinstance(kind, LocalFunction):
        nested = solver.nested_node(kind)
        flow, node = solver.nested_flow(kind), nested[0] if nested is not None else None
    else:
        unit = solver.function_unit(kind.ref)
        flow, node = (solver.flow(unit), unit.function) if unit is not None and not unit.refused else (None, None)
    params = all_params(node.params) if node is not None else []
    return (
        bool(params) and flow is not None and bool(flow.returns) and all(_is_name(e.node, params[0].name) for e in flow.returns)
    )


def _is_name(node: ir.Expr | None, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


def _makes_of(call: ir.Call, name: str) -> bool:
    maker = call.func.func if isinstance(call.func, ir.Call) else call.func
    if len(call.args) != 1 or not _is_name(call.args[0].value, name) or not isinstance(maker, ir.Attribute):
        return False
    owner = dotted(maker.value).rpartition(".")[2].lower()
    return maker.attr == "task" and ("celery" in owner or owner == "app")


def job_of(
    celery: Celery, solver: Solver, filename: str, decl: FunctionDecl, cls: ClassRef | None, data: model.Decorator,
    decorator: DecoratorDecl | None,
) -> Job:  # fmt: skip
    """The job of a decorated function, made once."""
    key = (filename, decl.start)
    if key in celery.jobs:
        return celery.jobs[key]
    options = dict(data.options)
    # A decorator of the project's above this one that gives something else back: what is enqueued is that, perhaps another job.
    above = [d for d in decl.decorators if decorator is not None and d.start < decorator.start]
    kinds = (kind for d in above for kind in solver.decorator_value(filename, d).kinds())
    remade = any(isinstance(kind, (Function, LocalFunction)) and not _gives_back(solver, kind) for kind in kinds)
    is_open = data.open or remade
    if decorator is not None and data.open and decorator.is_call:
        said = decorating.options_of(solver, filename, decorator)
        # what the project's decorator was handed by this very one says more than the parameter that it became
        options = {**options, **{n: o for n, o in said.items() if n not in options or options[n].value.only is None}}
    bound = arguments.truth(options.get("bind")) is True
    base = _base(solver, options.get("base"))
    name = arguments.text(options.get("name")) or f"{solver.project.module_name(filename)}.{decl.name}"
    job = Job(
        framework=model.NAME,
        name=name,
        origin=Origin(filename, decl.name_start, decl.name_end),
        filename=filename,
        function=FunctionRef(filename, decl.qualname, decl.start),
        decl=decl,
        options=options,
        bound=bound,
        is_async=decl.is_async,
        wire=options["serializer"].value if "serializer" in options else UNKNOWN,
        decorated=Origin(filename, decorator.start, decorator.end) if decorator else None,
        base=base,
        unknown_options=is_open,
    )
    celery.jobs[key] = job
    if "bind" in options and arguments.truth(options["bind"]) is None:
        return job  # whether the first parameter is the job itself is not known
    if is_open and "bind" not in options and decl.params and decl.params[0].name in ("self", "task", "_task", "_self"):
        return job
    if remade:
        return job
    is_function = cls is None or any(d.dotted == "staticmethod" for d in decl.decorators)
    if is_function and (not is_open or "bind" in options or not _wrapped(solver, decorator, filename)):
        job.signature = _signature(solver, filename, decl, decorator, 1 if bound else 0)
    return job


def _wrapped(solver: Solver, decorator: DecoratorDecl | None, filename: str) -> bool:
    """Whether the project's own wrapper stands between function and Celery: it may add or take arguments."""
    if decorator is None:
        return True
    kinds = solver.decorator_value(filename, decorator).kinds()
    return not any(isinstance(k, (External, FrameworkValue)) and model.data_of(k, "made") is None for k in kinds)


def _signature(solver: Solver, filename: str, decl: FunctionDecl, decorator: DecoratorDecl | None, skip: int) -> Signature | None:
    """The signature, unless a decorator between function and job is not understood."""
    below = decl.decorators
    if decorator is not None:
        below = [d for d in decl.decorators if d.start > decorator.start]
    return signatures.seen_by_caller(solver, filename, decl, skip, below)


def _base(solver: Solver, option: Option | None) -> ClassRef | None:
    only = option.value.only if option else None
    if isinstance(only, ClassObject):
        return only.cls
    return ClassRef(only.qualname) if isinstance(only, External) else None


def from_decorator_call(celery: Celery, solver: Solver, base: model.Decorator, node: ir.Call, env: Env) -> Value | None:
    """`decorator(...)`: with a function the job, with options a decorator."""
    positional = [a.value for a in node.args if a.keyword is None and not a.star]
    options, is_open = arguments.options_of(solver, node.args, env)
    if any(a.star == "*" for a in node.args):
        return model.decorator(model.Decorator({**base.options, **options}, True, True))
    data = model.Decorator({**base.options, **options}, base.open or is_open, True)
    if not positional:
        return model.decorator(data)
    only = solver.value(positional[0], env).only
    if isinstance(only, Function):
        found = solver.function_decl(only.ref)
        if found is not None:
            return model.job(job_of(celery, solver, only.ref.filename, found[0], found[1], data, None))
    return model.made(data)


def class_job(celery: Celery, solver: Solver, cls: ClassRef) -> Job | None:
    """The job that a subclass of celery.Task is; None for other classes and for abstract ones without run."""
    info = solver.classes.info(cls)
    if info is None or not (info.externals & names.TASK_BASES):
        return None
    assert cls.filename is not None
    key = (cls.filename, cls.start)
    if key in celery.jobs:
        return celery.jobs[key]
    run = next((d for _, d, _ in solver.member(cls, "run") if isinstance(d, FunctionDecl)), None)
    where = next(((f, d) for f, d, _ in solver.member(cls, "run") if isinstance(d, FunctionDecl)), None)
    options = _class_options(solver, cls)
    if run is None or where is None or arguments.truth(options.get("abstract")) is True:
        return None
    name = arguments.text(options.get("name")) or f"{solver.project.module_name(cls.filename)}.{info.decl.name}"
    job = Job(
        framework=model.NAME,
        name=name,
        origin=Origin(cls.filename, info.decl.name_start, info.decl.name_end),
        filename=cls.filename,
        function=FunctionRef(where[0], run.qualname, run.start),
        decl=run,
        cls=cls,
        options=options,
        bound=True,
        is_async=run.is_async,
        wire=options["serializer"].value if "serializer" in options else UNKNOWN,
        base=info.bases[0] if info.bases else None,
    )
    celery.jobs[key] = job
    job.signature = signatures.seen_by_caller(solver, where[0], run, 1, run.decorators)
    return job


def _class_options(solver: Solver, cls: ClassRef) -> dict[str, Option]:
    """Class attributes of a task class that are options."""
    options: dict[str, Option] = {}
    info = solver.classes.info(cls)
    for ancestor in info.ancestors if info else ():
        above = solver.classes.info(ancestor)
        if above is None:
            continue
        for assign in above.decl.assigns:
            if assign.value is None or len(assign.names) != 1 or assign.names[0] in options:
                continue
            if assign.names[0] in names.TASK_OPTIONS:
                value = solver.declared(above.filename, assign, above.ref)
                options[assign.names[0]] = Option(assign.names[0], value, Origin(above.filename, assign.start, assign.end))
    return options


def instance_job(celery: Celery, solver: Solver, kind: Kind) -> Job | None:
    """The job that an instance (or the class) of a task class stands for."""
    if isinstance(kind, (Instance, ClassObject)) and kind.cls.filename is not None:
        return class_job(celery, solver, kind.cls)
    return None
