"""Celery: what a job declares about its retries, and whether they come to an end."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.arguments import literal, origin_of
from jobcheck.frameworks.celery import model, names
from jobcheck.frameworks.celery.config import older
from jobcheck.registry import Argument, Handler, Job, Option, Registry, Retry, Signal
from jobcheck.solve.exceptions import canonical
from jobcheck.solve.flow import Exit, Flow
from jobcheck.solve.kinds import (
    UNKNOWN,
    External,
    FrameworkValue,
    Instance,
    Literal,
    Mapping,
    Origin,
    Plain,
    Sequence,
    Value,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_LIMITS = frozenset({"expires", "retry_kwargs"})
_PREDICATES = frozenset({"celery.exceptions.Retry", "celery.exceptions.Ignore", "celery.exceptions.Reject"})


def declared(solver: Solver, job: Job, name: str) -> Option | None:
    """An option of a job, or that of the class that it has for a base; None when neither says anything.

    The value is unknown when that cannot be seen. A wrapper of the project's own around the job decorator may add
    options; that it adds one which ends the retries that the job asks for is not taken into account.
    """
    if name in job.options:
        return job.options[name]
    if (job.unknown_options and name not in _LIMITS) or ("base" in job.options and job.base is None):
        return Option(name, UNKNOWN, job.origin)
    if job.base is not None and job.cls is None:
        info = solver.classes.info(job.base)
        for filename, decl, cls in solver.member(job.base, name):
            origin = Origin(filename, decl.start, decl.end)  # type: ignore[attr-defined]
            return Option(name, solver.declared(filename, decl, cls), origin)
        if info is not None and not info.complete:
            return Option(name, UNKNOWN, job.origin)
    return None


def handlers(solver: Solver, job: Job) -> list[Handler]:
    """`autoretry_for` as a handler."""
    option = declared(solver, job, "autoretry_for")
    if option is None:
        return []
    errors, is_open = _errors(option)
    if not errors and not is_open:
        return []
    handler = Handler("retry", "autoretry_for", option.origin, errors, is_open)
    handler.bound, handler.bound_origin = _automatic_bound(solver, job)
    return [handler]


def _errors(option: Option) -> tuple[list[Argument], bool]:
    only = option.value.only
    if not isinstance(only, Sequence) or only.items is None:
        return [], True
    nodes = option.node.elements if isinstance(option.node, (ir.TupleExpr, ir.ListExpr)) else []
    found = []
    for index, item in enumerate(only.items):
        node = nodes[index] if len(nodes) == len(only.items) else None
        found.append(Argument(item, origin_of(item, option.origin), None, "", node))
    return found, False


def _automatic_bound(solver: Solver, job: Job) -> tuple[str, Origin | None]:
    kwargs = declared(solver, job, "retry_kwargs")
    if kwargs is None:
        return job_bound(solver, job)
    only = kwargs.value.only
    if not isinstance(only, Mapping) or only.rest is not None:
        return "unknown", None
    for key, value in only.entries:
        if key.only is None:
            return "unknown", None
        if key.only == Literal("max_retries") and value.only != Literal(None):
            return ("some", kwargs.origin) if isinstance(literal(value), int) else ("unknown", None)
    # `max_retries=None` there is what `retry()` gets: it means the job's own limit, not that there is none.
    return job_bound(solver, job)


def job_bound(solver: Solver, job: Job) -> tuple[str, Origin | None]:
    """Whether the job's own `max_retries` (3 when it says nothing) or `expires` ends its retries, and who says so."""
    expires = declared(solver, job, "expires")
    if expires is not None and expires.value.only != Literal(None):
        return "some", expires.origin
    option = declared(solver, job, "max_retries")
    if option is None:
        return "some", None
    # `1 if DEBUG else None`: in one of the worlds that the code knows there is no end.
    if any(kind in (Literal(None), Plain("inf")) for kind in option.value.kinds()):
        return "none", option.origin
    return ("some", option.origin) if isinstance(literal(option.value), int) else ("unknown", None)


def complete(solver: Solver, retry: Retry) -> None:
    """Settle what of a retry depends on its job."""
    own = retry.arguments.get("max_retries")
    if own is None or own.value.only == Literal(None):
        retry.bound, retry.bound_origin = job_bound(solver, retry.job)
    elif isinstance(literal(own.value), int):
        retry.bound, retry.bound_origin = "some", own.origin
    if any(arg.star for arg in retry.site.call.args):
        retry.bound = "unknown"
    throw = retry.arguments.get("throw")
    retry.raises = throw is None or throw.value.only == Literal(True)
    base = retry.job.base
    if base is not None and any(True for _ in solver.member(base, "retry")):
        retry.bound, retry.raises = "unknown", False  # who knows what the project's own does
        return
    if base is not None and any(True for _ in solver.member(base, "apply_async")):
        return  # the project's own apply_async may take options of its own
    for name in retry.arguments:
        if name not in names.RETRY_OPTIONS and name not in names.ENQUEUE_OPTIONS:
            retry.unknown[name] = nearest(name)


# Since then `retry(kwargs=...)` fills the parameters that the first run was given by position.
_REBINDS = (5, 7)


def keep_positions(solver: Solver, registry: Registry) -> None:
    """Put before the arguments of a retry that names new keywords only what it was called with by position: that stays."""
    if not older(solver, _REBINDS):
        return
    given: dict[int, int] = {}
    for enqueue in registry.enqueues:
        if len(enqueue.jobs) == 1 and enqueue.framework == model.NAME and not (enqueue.in_test or enqueue.immediate):
            key = id(enqueue.jobs[0])
            given[key] = max(given.get(key, 0), len(enqueue.positional) + (enqueue.prepended or 0))
    for retry in registry.retries:
        if retry.framework == model.NAME and retry.enqueue is not None and "args" not in retry.arguments:
            retry.enqueue.prepended = given.get(id(retry.job), 0)


def nearest(name: str) -> str | None:
    """The argument of `retry` that a name was probably meant to be."""
    meant = names.RETRY_MEANT.get(name)
    return meant or next(iter(get_close_matches(name, names.RETRY_OPTIONS, n=1, cutoff=0.7)), None)


# --- what a job says by raising ------------------------------------------------------------------------------------


def signals(solver: Solver, flow: Flow, job: Job, registry: Registry) -> None:
    """Add what a job raises for Celery's sake, and where it names `retry` without calling it."""
    for part in [flow, *flow.nested.values()]:
        for raised in part.raises:
            _signal(solver, raised, job, registry, raised=True)
        for returned in part.returns:
            _signal(solver, returned, job, registry, raised=False)
    for bare in flow.bare:
        _signal(solver, bare, job, registry, raised=False)


def _signal(solver: Solver, found: Exit, job: Job, registry: Registry, *, raised: bool) -> None:
    if found.node is None:
        return
    what = _said(solver.value(found.node, found.env))
    if what is None or (what != "method" and not raised):
        return
    if what == "celery.exceptions.Retry" and isinstance(found.node, ir.Call) and _is_method(solver, found):
        return  # `raise self.retry()`: the call is recorded
    registry.signals.append(Signal(model.NAME, what, found, found.env.unit.origin(found.node), job))


def _is_method(solver: Solver, found: Exit) -> bool:
    assert isinstance(found.node, ir.Call)
    return any(isinstance(k, FrameworkValue) for k in solver.value(found.node.func, found.env).kinds())


def _said(value: Value) -> str | None:
    only = value.only
    if isinstance(only, FrameworkValue):
        data = model.data_of(only, "method")
        return "method" if isinstance(data, model.Bound) and data.verb == "retry" else None
    name = only.qualname if isinstance(only, External) else only.cls.qualname if isinstance(only, Instance) else ""
    return canonical(name) if canonical(name) in _PREDICATES else None
