"""Celery: attributes of its objects and the values of calls on them. What a call *does* is in record.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import declare, model, names
from jobcheck.registry import Job
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Instance,
    Kind,
    Literal,
    Sequence,
    Value,
    known,
    plain,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.frameworks.celery import Celery
    from jobcheck.solve.solver import Solver

_APP_METHODS = frozenset({"send_task", "signature", "subtask", "register_task", "add_periodic_task", "AsyncResult"})


def attribute(celery: Celery, solver: Solver, owner: Kind, name: str) -> Value | None:
    """`owner.name` where owner is Celery's; None for other owners."""
    if isinstance(owner, FrameworkValue):
        if owner.framework == model.NAME and owner.role == "app" and isinstance(owner.data, ClassRef):
            return _attribute_of_own(solver, owner.data, name)
        return _own_attribute(owner, name) if owner.framework == model.NAME else None
    if isinstance(owner, External):
        if owner.qualname in names.CURRENT_APPS:
            return _app_attribute(name)
        return None
    if isinstance(owner, (Instance, ClassObject)):
        if isinstance(owner, Instance) and _is_app_class(solver, owner.cls):
            custom = owner.cls.filename is None or _overrides(solver, owner.cls, "task")
            return _app_attribute(name, custom) if name in ("task", "tasks", *_APP_METHODS) else None
        if name in names.JOB_VERBS and name != "run" and not _overrides(solver, owner.cls, name):
            job = declare.class_job(celery, solver, owner.cls)
            if job is not None:
                return model.bound(FrameworkValue(model.NAME, "job", job), name)
            if isinstance(owner, Instance) and name == "retry" and _is_task_base(solver, owner.cls):
                return UNKNOWN
    return None


def _attribute_of_own(solver: Solver, cls: ClassRef, name: str) -> Value:
    """An attribute of an app whose class is the project's: it may declare jobs by methods of its own."""
    if name in ("task", "tasks", *_APP_METHODS) or not _overrides(solver, cls, name):
        return _app_attribute(name, _overrides(solver, cls, "task"))
    return solver.attribute(known(Instance(cls)), name)


def _overrides(solver: Solver, cls: ClassRef, name: str) -> bool:
    return any(True for _ in solver.member(cls, name))


def _is_task_base(solver: Solver, cls: ClassRef) -> bool:
    info = solver.classes.info(cls)
    return info is not None and bool(info.externals & names.TASK_BASES)


def _own_attribute(owner: FrameworkValue, name: str) -> Value:
    match owner.role:
        case "app":
            return _app_attribute(name, owner.data is not None)
        case "job":
            return _job_attribute(owner, name)
        case "named" if name in names.JOB_VERBS:
            return model.bound(owner, name)
        case "tasks" if name in ("get", "__getitem__"):
            return model.bound(owner, name)
        case "signature" | "canvas" if name in names.SIGNATURE_VERBS:
            return model.bound(owner, name)
        case "result":
            if name in names.RESULT_WAITS or name in names.RESULT_POLLS:
                return model.bound(owner, name)
            return plain("str") if name in ("id", "task_id", "status", "state") else UNKNOWN
        case _:
            return UNKNOWN


def _app_attribute(name: str, custom: bool = False) -> Value:
    """An attribute of an app; `custom` when the project's own app class has a `task` of its own."""
    if name == "task":
        return model.decorator(model.Decorator(open=custom))
    if name in _APP_METHODS:
        return model.bound(FrameworkValue(model.NAME, "app"), name)
    if name == "tasks":
        return known(FrameworkValue(model.NAME, "tasks", model.Tasks()))
    if name in ("Task", "task_cls"):
        return known(External("celery.Task"))
    return UNKNOWN


def _job_attribute(owner: FrameworkValue, name: str) -> Value:
    if name in names.JOB_VERBS:
        return model.bound(owner, name)
    if name == "name":
        return plain("str")
    if name == "request":
        return known(FrameworkValue(model.NAME, "request", owner.data))
    if name == "AsyncResult":
        return model.bound(owner, "AsyncResult")
    return model.app() if name in ("app", "_get_app") else UNKNOWN


def _is_app_class(solver: Solver, cls: ClassRef) -> bool:
    if cls.filename is None:  # another library's is known by its name, as an app that is imported from there is
        return cls.qualname in names.APPS or "celery" in cls.qualname.rpartition(".")[2].lower()
    info = solver.classes.info(cls)
    return info is not None and bool(info.externals & names.APPS)


def call(celery: Celery, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
    """The value of `callee(...)` where callee is Celery's; None for other callees."""
    if isinstance(callee, External):
        return _call_external(celery, solver, callee.qualname, node, env)
    if isinstance(callee, ClassObject):
        if callee.cls.filename and _is_app_class(solver, callee.cls):
            return model.app(cls=callee.cls)
        return None
    if not isinstance(callee, FrameworkValue) or callee.framework != model.NAME:
        return None
    match callee.role:
        case "decorator":
            assert isinstance(callee.data, model.Decorator)
            return declare.from_decorator_call(celery, solver, callee.data, node, env)
        case "job":
            assert isinstance(callee.data, Job)
            return solver.returned(callee.data.function) if callee.data.function else UNKNOWN
        case "method":
            assert isinstance(callee.data, model.Bound)
            return _call_method(celery, solver, callee.data, node, env)
        case "canvas":
            return model.result()
        case _:
            return UNKNOWN


def _call_external(celery: Celery, solver: Solver, qualname: str, node: ir.Call, env: Env) -> Value | None:
    if qualname in names.APPS:
        return model.app()
    if qualname in names.DECORATORS or (qualname.endswith(".task") and declare.is_decorator_name(qualname)):
        return declare.from_decorator_call(celery, solver, model.Decorator(), node, env)
    if qualname in names.CANVAS:
        return _canvas(celery, solver, names.CANVAS[qualname], node, env)
    if qualname in names.SIGNATURES:
        return _named_signature(celery, solver, node, env)
    if qualname in names.RESULTS:
        return model.result()
    if qualname in names.CRONTABS:
        return known(FrameworkValue(model.NAME, "crontab"))
    if qualname == "celery.current_app._get_current_object":
        return model.app()
    return None


def _named_signature(celery: Celery, solver: Solver, node: ir.Call, env: Env) -> Value:
    """`signature("name", ...)` or `signature(job, ...)`."""
    first = argument(node, 0, "varies") or argument(node, 0, "task")
    value = solver.value(first, env) if first is not None else UNKNOWN
    only = value.only
    origin = env.unit.origin(node)
    job = model.data_of(only, "job") if only is not None else None
    immutable = _immutable(solver, node, env)
    if isinstance(job, Job):
        return model.signature(model.Signature(origin, (job,), None, immutable))
    name = only.value if isinstance(only, Literal) and isinstance(only.value, str) else None
    if name is None:
        return value if model.data_of(only, "signature") else UNKNOWN  # type: ignore[arg-type]
    return model.signature(model.Signature(origin, (), name, immutable))


def _immutable(solver: Solver, node: ir.Call, env: Env) -> bool | None:
    """`immutable=` of a call; None when its value is not known."""
    if any(a.star for a in node.args):
        return None
    given = argument(node, 99, "immutable")
    if given is None:
        return False
    found = arguments.literal(solver.value(given, env))
    return found if isinstance(found, bool) else None


def _canvas(celery: Celery, solver: Solver, what: str, node: ir.Call, env: Env) -> Value:
    parts: list[Value] = []
    is_open = False
    given = [a for a in node.args if a.keyword is None]
    if what != "chord" and len(given) == 1 and not given[0].star:
        value = solver.value(given[0].value, env)
        only = value.only
        if isinstance(only, Sequence) and only.items is not None:
            return model.canvas(model.Canvas(what, env.unit.origin(node), list(only.items)))
        if not isinstance(only, FrameworkValue):
            is_open = True
            parts = [solver.iterated(value)] if what == "group" else []
            return model.canvas(model.Canvas(what, env.unit.origin(node), parts, is_open))
    for arg in given:
        if arg.star:
            is_open = True
        else:
            parts.append(solver.value(arg.value, env))
    for arg in node.args:
        if what == "chord" and arg.keyword in ("header", "body"):
            parts.append(solver.value(arg.value, env))
    if is_open and what == "chain":
        parts = []
    return model.canvas(model.Canvas(what, env.unit.origin(node), parts, is_open))


def _call_method(celery: Celery, solver: Solver, method: model.Bound, node: ir.Call, env: Env) -> Value:
    owner, verb = method.owner, method.verb
    assert isinstance(owner, FrameworkValue)
    if owner.role == "job":
        return _call_job_method(owner, verb, solver, node, env)
    if owner.role in ("signature", "canvas"):
        return _call_signature_method(owner, verb)
    if owner.role == "app":
        return _call_app_method(celery, solver, verb, node, env)
    if isinstance(owner.data, model.Tasks):
        name = argument(node, 0)
        return owner.data.under(solver.value(name, env).only) if name is not None else UNKNOWN
    return model.result() if owner.role == "named" and verb in names.SENDING else UNKNOWN


def _call_job_method(owner: FrameworkValue, verb: str, solver: Solver, node: ir.Call, env: Env) -> Value:
    job = owner.data
    assert isinstance(job, Job)
    if verb in ("s", "si", "signature", "subtask", "subtask_from_request", "signature_from_request"):
        immutable = True if verb == "si" else False if verb == "s" else _immutable(solver, node, env)
        return model.signature(model.Signature(env.unit.origin(node), (job,), None, immutable))
    if verb in ("map", "starmap", "chunks"):
        return model.canvas(model.Canvas("group", env.unit.origin(node), []))
    if verb in ("delay", "apply_async", "apply"):
        return model.result(model.Result((job,), verb == "apply"))
    if verb in ("delay_on_commit", "apply_async_on_commit"):
        return plain("none")
    if verb == "retry":
        throw = argument(node, 99, "throw")
        return UNKNOWN if throw is not None else known(External("celery.exceptions.Retry"))
    if verb == "AsyncResult":
        return model.result()
    if verb == "run":
        return solver.returned(job.function) if job.function else UNKNOWN
    return UNKNOWN


def _call_signature_method(owner: FrameworkValue, verb: str) -> Value:
    if verb in ("set", "clone", "partial", "on_error", "freeze", "skew", "replace"):
        return known(owner)
    if verb in ("delay", "apply_async", "apply"):
        jobs = owner.data.jobs if isinstance(owner.data, model.Signature) else ()
        return model.result(model.Result(jobs, verb == "apply"))
    return UNKNOWN


def _call_app_method(celery: Celery, solver: Solver, verb: str, node: ir.Call, env: Env) -> Value:
    if verb in ("signature", "subtask"):
        return _named_signature(celery, solver, node, env)
    if verb in ("send_task", "AsyncResult"):
        return model.result()
    if verb == "register_task":
        first = argument(node, 0)
        kinds = solver.value(first, env).kinds() if first is not None else ()
        for kind in kinds:
            job = declare.instance_job(celery, solver, kind)
            if job is not None:
                return model.job(job)
    return UNKNOWN
