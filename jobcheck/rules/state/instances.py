"""Attributes of job objects: what the run reads, what the run sets, what is set where the job is enqueued."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project.shape import AssignDecl, FunctionDecl
from jobcheck.registry import Enqueue, Job
from jobcheck.rules.base import Context
from jobcheck.solve.flow import Flow
from jobcheck.solve.kinds import ClassRef, FrameworkValue, FunctionRef, Instance, Kind, Mapping, Origin, Sequence
from jobcheck.solve.reach import Visit
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

# What frameworks keep on the object, and say so.
_OWN = frozenset({
    "request", "name", "app", "backend", "max_retries", "default_retry_delay", "rate_limit", "time_limit", "soft_time_limit",
    "ignore_result", "serializer", "acks_late", "track_started", "priority", "queue", "args", "kwargs", "job_id", "wire",
    "queue_as", "queue_name", "scheduled_at", "enqueued_at", "executions", "idempotency", "provider_job_id", "run", "perform",
    "locale", "timezone", "exception_executions", "successfully_enqueued", "enqueue_error", "queue_name_prefix",
    "queue_name_delimiter", "retry_jitter", "log_arguments", "enqueue_after_commit",
    "routing_key", "expires", "exchange", "retry", "retries", "options", "autoretry_for", "__name__", "__module__", "__doc__",
    "typing", "abstract",
})  # fmt: skip
# Methods that run where the job is enqueued, by name or by decorator.
_BEFORE = frozenset({"__init__", "__new__", "delay", "apply_async", "perform_later", "enqueue", "set"})
_HOOKS = frozenset({"before_enqueue", "after_enqueue", "around_enqueue"})
_CHANGES = frozenset({"append", "add", "update", "extend", "insert", "appendleft", "setdefault"})


@dataclass(frozen=True, slots=True)
class Use:
    """An attribute of the job object, where it is read or set."""

    name: str
    origin: Origin


@dataclass(eq=False, slots=True)
class Run:
    """What a run does with the job's object: attributes read, set, and changed in place before they are set."""

    reads: dict[str, Use]
    sets: dict[str, Use]
    changes: dict[str, Use]


def run_of(job: Job, context: Context) -> Run:
    """What the job's own methods do when it runs."""
    found = Run({}, {}, {})
    roots = [job.function, *job.hooks] if job.function is not None else []
    for visit in [visit for root in roots for visit in context.solver.reach.of(root)]:
        name = _self_name(job, visit, context)
        if name is not None and visit.unit.function is not None:
            _read(visit.unit, visit.unit.function, name, found)
    return found


def _self_name(job: Job, visit: Visit, context: Context) -> str | None:
    """What the function calls the job's object: `self` in methods of its class and in bound functions."""
    function = visit.unit.function
    first = next(iter([*function.params.posonly, *function.params.args]), None) if function is not None else None
    if first is None:
        return None
    if visit.call is None:
        return first.name if job.bound else None
    info = context.solver.classes.info(job.cls) if job.cls is not None else None
    return first.name if info is not None and visit.unit.cls in info.ancestors else None


def _read(unit: Unit, function: ir.FunctionDef, name: str, found: Run) -> None:
    stored = {id(t) for s in walk(function.body) if isinstance(s, ir.Assign) for t in s.targets}
    changed = _changed(function)
    for node in walk(function.body):
        if not isinstance(node, ir.Attribute) or not _is_name(node.value, name) or node.attr in _OWN:
            continue
        use = Use(node.attr, unit.origin(node))
        if id(node) in stored:
            found.sets.setdefault(node.attr, use)
        elif id(node) in changed:
            found.changes.setdefault(node.attr, use)
        else:
            found.reads.setdefault(node.attr, use)


def _changed(function: ir.FunctionDef) -> set[int]:
    found: set[int] = set()
    for node in walk(function.body):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr in _CHANGES:
            found.add(id(node.func.value))
        elif isinstance(node, ir.AugAssign):
            found.add(id(node.target))
        elif isinstance(node, ir.Assign):
            found.update(id(t.value) for t in node.targets if isinstance(t, ir.Subscript))
    return found


def _is_name(node: ir.Expr, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


# --- what is set on the other side -----------------------------------------------------------------------------


def set_before(job: Job, enqueue: Enqueue, context: Context) -> Iterator[Use]:
    """Attributes of the job's object that a function sets where it enqueues the job."""
    flow = enqueue.unit.flow
    for write in flow.writes if flow is not None else ():
        target = write.target
        if not isinstance(target, ir.Attribute) or target.attr in _OWN or write.value is None:
            continue
        if any(_is_job(kind, job) for kind in context.solver.value(target.value, write.env).kinds()):
            yield Use(target.attr, enqueue.unit.origin(target))


def _is_job(kind: Kind, job: Job) -> bool:
    if isinstance(kind, FrameworkValue):
        return kind.role in ("job", "result") and kind.data is job
    return isinstance(kind, Instance) and job.cls is not None and kind.cls == job.cls


def set_when_made(job: Job, context: Context) -> Iterator[tuple[FunctionDecl, Use]]:
    """Attributes that methods of the job's class set where it is made or enqueued, from what they are given there."""
    info = context.solver.classes.info(job.cls) if job.cls is not None else None
    for ancestor in info.ancestors if info is not None else ():
        above = context.solver.classes.info(ancestor)
        for decl in above.decl.functions if above is not None else ():
            if above is not None and _before(decl):
                yield from ((decl, use) for use in _given(above.filename, decl, context))


def _before(decl: FunctionDecl) -> bool:
    return decl.name in _BEFORE or any(d.dotted.rpartition(".")[2] in _HOOKS for d in decl.decorators)


def _given(filename: str, decl: FunctionDecl, context: Context) -> Iterator[Use]:
    """Attributes of self that are set from a parameter, or from anything at all in a hook."""
    unit = context.solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
    function = unit.function if unit is not None and not unit.refused else None
    if unit is None or function is None or not function.params.args:
        return
    flow: Flow = context.solver.flow(unit)
    own = function.params.args[0].name
    names = {p.name for p in (*function.params.args[1:], *function.params.kwonly)}
    for write in flow.writes:
        target = write.target
        if not isinstance(target, ir.Attribute) or not _is_name(target.value, own) or write.value is None:
            continue
        from_caller = any(isinstance(n, ir.Name) and n.id in names for n in walk(write.value))
        if target.attr not in _OWN and (from_caller or decl.name != "__init__"):
            yield Use(target.attr, unit.origin(target))


def kept(job: Job, name: str, context: Context) -> Origin | None:
    """Where the class says what an attribute is at first, if that is a container or a number."""
    for filename, decl, cls in context.solver.member(job.cls, name) if job.cls is not None else ():
        if isinstance(decl, AssignDecl) and any(
            isinstance(k, (Mapping, Sequence)) and k.name not in ("tuple", "frozenset")
            for k in context.solver.declared(filename, decl, cls).kinds()
        ):
            return Origin(filename, decl.start, decl.end)
        return None
    return _made_in_init(job.cls, name, context) if job.cls is not None else None


def _made_in_init(cls: ClassRef, name: str, context: Context) -> Origin | None:
    for filename, decl, _ in context.solver.member(cls, "__init__"):
        unit = context.solver.function_unit(FunctionRef(filename, getattr(decl, "qualname", ""), getattr(decl, "start", -1)))
        for write in context.solver.flow(unit).writes if unit is not None and not unit.refused else ():
            target = write.target
            if isinstance(target, ir.Attribute) and target.attr == name and unit is not None:
                made = isinstance(write.value, (ir.ListExpr, ir.DictExpr, ir.SetExpr))
                return unit.origin(write.stmt) if made else None
        return None
    return None
