"""Records that are deleted after their key was enqueued, and jobs that go and fetch them."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.registry import Enqueue, Job
from jobcheck.rules.base import Confidence, Context
from jobcheck.rules.state.lifetimes import End, follows
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.kinds import External, Function, Instance, Sequence, Value
from jobcheck.solve.sites import Site
from jobcheck.solve.sources import Source
from jobcheck.solve.uses import Use

_SIGNALS = frozenset({
    "django.db.models.signals.post_delete", "django.db.models.signals.pre_delete",
    "django.db.models.signals.signals.post_delete", "django.db.models.signals.signals.pre_delete",
})  # fmt: skip
_ABSENT = frozenset({
    "DoesNotExist", "ObjectDoesNotExist", "NoResultFound", "RecordNotFound", "Exception", "BaseException", "Http404",
})  # fmt: skip


def fetch_in(job: Job, parameter: str, context: Context) -> Use | None:
    """Where the job fetches the row of a key and fails when there is none."""
    for use in context.uses(job, parameter).of(()):
        if use.how != "argument" or use.caught & _ABSENT or not isinstance(use.node, ir.Call):
            continue
        flow = context.solver.flow(use.env.unit)
        site = next((s for s in flow.sites if s.call is use.node), None)
        operation = context.solver.records.operation(site) if site is not None else None
        func = use.node.func
        named = func.attr if isinstance(func, ir.Attribute) else getattr(func, "id", "")
        if operation is not None and operation.act in ("fetch", "lock") and operation.by_key and "get" in named:
            return use
    return None


def of_record(node: ir.Expr, env: Env, enqueue: Enqueue, context: Context) -> End | None:
    """What deletes the record whose key an expression is, after the enqueue; or the signal that says it is deleted."""
    source = context.solver.sources.of(node, env)
    key = source.node
    if isinstance(key, ir.Call) and dotted(key.func) == "str" and key.args:
        source = context.solver.sources.of(key.args[0].value, source.env)
        key = source.node
    if not isinstance(key, ir.Attribute) or not _is_key(key, source.env, context):
        return None
    return _deleted_after(key.value, source.env, enqueue, context) or _receives_deleted(key.value, enqueue, context)


def _is_key(node: ir.Attribute, env: Env, context: Context) -> bool:
    if node.attr == "pk":
        return True
    only = context.solver.value(node.value, env).only
    field = context.solver.records.field(only.cls, node.attr) if isinstance(only, Instance) else None
    return field.key if field is not None else node.attr == "id"


def _deleted_after(owner: ir.Expr, env: Env, enqueue: Enqueue, context: Context) -> End | None:
    record = context.solver.sources.of(owner, env)
    for site in context.solver.flow(enqueue.unit).sites:
        if site.call.start < enqueue.site.call.end or not _deletes(site, record, context):
            continue
        if follows(enqueue.site, site) and not _softly(site, context):
            return End("is deleted right after", site.call, Confidence.HIGH)
    return None


def _deletes(site: Site, record: Source, context: Context) -> bool:
    """Whether a call deletes the record: `record.delete()`, `session.delete(record)`, `super().delete()` in a model."""
    func = site.call.func
    if not isinstance(func, ir.Attribute) or func.attr not in ("delete", "adelete", "delete_instance"):
        return False
    if isinstance(func.value, ir.Call) and dotted(func.value.func) == "super":
        function = site.unit.function
        own = function is not None and function.name == func.attr and site.unit.cls is not None
        first = function.params.args[0].name if own and function is not None and function.params.args else ""
        known = own and site.unit.cls is not None and bool(context.solver.classes.record(site.unit.cls))
        return known and isinstance(record.node, ir.Name) and record.node.id == first
    operation = context.solver.records.operation(site)
    if operation is None or operation.act != "delete" or operation.record is None:
        return False
    return context.solver.sources.same(context.solver.sources.of(operation.record, site.env), record)


def _softly(site: Site, context: Context) -> bool:
    """Whether the project's own `delete` is called, which may leave the row."""
    return any(isinstance(kind, Function) for kind in context.solver.value(site.call.func, site.env).kinds())


def _receives_deleted(owner: ir.Expr, enqueue: Enqueue, context: Context) -> End | None:
    """`instance` of a receiver of pre_delete or post_delete."""
    function = enqueue.unit.function
    if function is None or not isinstance(owner, ir.Name) or owner.id != "instance":
        return None
    env = Env(enqueue.unit, {}, None, frozenset())
    for decorator in function.decorators:
        call = decorator.value
        if isinstance(call, ir.Call) and call.args and _is_delete(context.solver.value(call.args[0].value, env)):
            return End("is being deleted", decorator, Confidence.HIGH)
    return None


def _is_delete(signal: Value) -> bool:
    only = signal.only
    if isinstance(only, Sequence) and only.items:
        return all(_is_delete(item) for item in only.items)
    return isinstance(only, External) and only.qualname in _SIGNALS
