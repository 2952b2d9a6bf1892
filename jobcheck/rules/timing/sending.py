"""Where an enqueue really happens: the call itself, or the one that sends the signature that it makes."""

from __future__ import annotations

from typing import cast

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.frameworks.settings_text import said
from jobcheck.registry import Argument, Enqueue, Job
from jobcheck.rules.base import Context
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.kinds import FrameworkValue
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Site

_BROKERS = ("BROKER_URL", "CELERY_BROKER_URL", "broker_url")
_WAITING = frozenset({"enqueue", "enqueue_call", "delay"})
_SENDS = frozenset({"delay", "apply_async"})
_ABSENCE = frozenset({"DoesNotExist", "ObjectDoesNotExist", "NoResultFound", "Exception", "BaseException"})
# django-rq waits for the commit by itself since this version.
_WAITS_SINCE = 4


def sending(enqueue: Enqueue, context: Context) -> Site | None:
    """The call that puts the message on the queue here and now; None when that happens elsewhere, later or never."""
    if enqueue.in_test or enqueue.deferred is not None or enqueue.immediate or enqueue.follows or enqueue.form == "retry":
        return None
    if _in_database(enqueue, context) or _waits_by_itself(enqueue, context):
        return None
    if enqueue.sent:
        return enqueue.site
    flow = enqueue.unit.flow
    for site in flow.sites if flow is not None and not enqueue.partial else ():
        if site.call.start <= enqueue.site.call.start and enqueue.site.call.end <= site.call.end and _sends(site, context):
            return site
    return None


def reads_now(enqueue: Enqueue) -> bool:
    """Whether the arguments are read where the call is written, though the message is sent later."""
    later = enqueue.deferred is not None or enqueue.transactional or (not enqueue.sent and not enqueue.partial)
    return later and not (enqueue.in_test or enqueue.immediate or enqueue.form == "retry" or enqueue.site.deferred)


def written(argument: Argument, enqueue: Enqueue) -> tuple[ir.Expr, Env] | None:
    """The expression of an argument, which may stand in a function that hands the job on."""
    if argument.node is not None:
        return argument.node, enqueue.site.env
    inner = enqueue.innermost
    if inner is enqueue.site or argument.star:
        return None
    nodes = (n for a in inner.call.args for n in walk(a.value))
    found = next((n for n in nodes if inner.unit.origin(n) == argument.origin), None)
    return (cast("ir.Expr", found), inner.env) if found is not None else None


def _in_database(enqueue: Enqueue, context: Context) -> bool:
    """Whether the queue is a table of the same connection: a message is committed with the rows, or not at all."""
    if enqueue.transactional:
        return True
    return context.once("queue-in-database", lambda: _django_broker(context)) and enqueue.framework == "celery"


def _waits_by_itself(enqueue: Enqueue, context: Context) -> bool:
    """django-rq waits for the commit unless its settings say otherwise; the forms that name a time, or many jobs, do not."""
    if enqueue.framework != "rq" or enqueue.form not in _WAITING:
        return False
    return context.once("django-rq-waits", lambda: _rq_waits(context))


def _rq_waits(context: Context) -> bool:
    if not context.solver.callers.mentions.files("django_rq"):
        return False
    modes = [text for text, _ in said(context.solver, "COMMIT_MODE")]
    if modes or not _is_old(context.solver.versions.get("django-rq", "")):
        return not any("auto" in mode for mode in modes)
    return any("False" in text for text, _ in said(context.solver, "AUTOCOMMIT"))


def _is_old(version: str) -> bool:
    """Whether a version of django-rq enqueues at once: before 4.0 it does unless `AUTOCOMMIT` is turned off."""
    major = version.partition(".")[0]
    return major.isdigit() and int(major) < _WAITS_SINCE


def _django_broker(context: Context) -> bool:
    """Celery 3's broker on Django's own connection."""
    urls = [text for name in _BROKERS for text, _ in said(context.solver, name)]
    return bool(urls) and all(text.lstrip("urUR\"'").startswith("django://") for text in urls)


def _sends(site: Site, context: Context) -> bool:
    """`chain(...).apply_async()`, `chain(...)()`."""
    func = site.call.func
    if isinstance(func, ir.Attribute) and func.attr in _SENDS:
        return _is_message(func.value, site, context)
    return isinstance(func, ir.Call) and _is_message(func, site, context)


def _is_message(node: ir.Expr, site: Site, context: Context) -> bool:
    kinds = context.solver.value(node, site.env).kinds()
    return any(isinstance(k, FrameworkValue) and k.role in ("signature", "canvas") for k in kinds)


def is_fallback(enqueue: Enqueue) -> bool:
    """Whether the job is called first, and enqueued where that fails: `try: job(pk)`, `except Exception: job.delay(pk)`."""
    site = enqueue.innermost
    job = dotted(site.call.func.value) if isinstance(site.call.func, ir.Attribute) else None
    tries = (around.node for around in chain(site.around) if around.role == "handler")
    return job is not None and any(
        isinstance(node, ir.Call) and dotted(node.func) == job
        for found in tries
        if isinstance(found, ir.Try)
        for stmt in found.body
        for node in walk(stmt)
    )


def needs_fields(site: Site) -> bool:
    """Whether a receiver gets to a call only for a save that says which fields it writes: `if "name" in update_fields`."""
    return any(around.role == "branch" and around.truth and isinstance(around.node, ir.If) and _names_fields(around.node.test)
               for around in chain(site.around))  # fmt: skip


def _names_fields(test: ir.Expr) -> bool:
    match test:
        case ir.BoolOp(op=op, left=left, right=right):
            sides = (_names_fields(left), _names_fields(right))
            return any(sides) if op == "and" else all(sides)
        case ir.Compare(left=ir.Name(id="update_fields"), ops=["is not"]) | ir.Name(id="update_fields"):
            return True
        case ir.Compare(ops=["in"], comparators=[ir.Name(id="update_fields")]):
            return True
        case _:
            return False


def is_old(site: Site) -> bool:
    """Whether a receiver gets to a call only for a row that was there before: `if not created`."""
    branches = (around for around in chain(site.around) if around.role == "branch")
    return any(isinstance(b.node, ir.If) and _says_old(b.node.test, b.truth) for b in branches)


def _says_old(test: ir.Expr, holds: bool) -> bool:
    match test:
        case ir.Name(id="created"):
            return not holds
        case ir.UnaryOp(op="not", operand=operand):
            return _says_old(operand, not holds)
        case ir.BoolOp(op=op, left=left, right=right) if op == ("and" if holds else "or"):
            return _says_old(left, holds) or _says_old(right, holds)
        case _:
            return False


def retries_absence(job: Job, context: Context) -> bool:
    """Whether the job runs again when the row it looks for is not there: by `autoretry_for`, or a retry that it asks for."""
    return any(
        handler.what == "retry" and any(getattr(getattr(k, "cls", k), "name", str(getattr(k, "qualname", ""))).rpartition(".")[2]
                                        in _ABSENCE for e in handler.errors for k in e.value.kinds())
        for handler in job.handlers
    ) or any(retry.job is job and _on_absence(retry.site) for retry in context.registry.retries)  # fmt: skip


def _on_absence(site: Site) -> bool:
    """Whether a place is the handler of an absent row: `except Order.DoesNotExist`."""
    parts = (around.part for around in chain(site.around) if around.role == "handler")
    handlers = [part for part in parts if isinstance(part, ir.Handler)]
    types = [
        n for h in handlers if h.type is not None for n in (h.type.elements if isinstance(h.type, ir.TupleExpr) else [h.type])
    ]
    return any(dotted(node).rpartition(".")[2] in _ABSENCE for node in types if isinstance(node, (ir.Name, ir.Attribute)))
