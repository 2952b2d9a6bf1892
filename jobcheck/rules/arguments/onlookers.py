"""Who looks at what a job has failed with: handlers that read the error, `throws`, those who keep the result."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project.shape import FunctionDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.solve.kinds import ClassRef, FunctionRef
from jobcheck.solve.sites import Site

# Methods of task classes that get the error, and words of a project that hands it to some function.
_HANDLERS = ("on_failure", "on_retry")
_SIGNALS = ("task_failure", "task_retry")
_CALLBACKS = ("link_error", "on_error")
# What is asked of a result by who does not look at the error.
_TELLS_APART = frozenset({"id", "task_id", "status", "state", "ready", "successful", "failed"})
# What Celery calls the error in `on_failure(self, exc, task_id, args, kwargs, einfo)` and in what its signals send.
_ERRORS = frozenset({"exc", "exception", "reason", "einfo"})


def is_looked_at(job: Job, context: Context, by_id: bool) -> bool:
    """Whether anything is seen that looks at what a job has failed with: else nobody minds what stands in for it.

    `by_id`: somebody who keeps the id alone counts, who may ask for the result by it."""
    if "throws" in job.options or context.once("failures-watched", lambda: _is_watched(context)):
        return True
    base = job.cls or job.base
    if _mentioning(_HANDLERS, context) if base is None else _handles(base, context):
        return True
    messages = (m.enqueue for m in context.registry.messages if m.job is job)
    kept = (e.site for e in messages if e.sent and not e.in_test and e.site.usage not in ("dropped", "other"))
    return any(by_id or not _only_named(site) for site in kept)


def _only_named(site: Site) -> bool:
    """Whether of what an enqueue returns only the id, or how far the job is, is ever asked: `job.delay().id`."""
    bodies = site.unit.body
    if site.usage == "receiver":
        return any(isinstance(n, ir.Attribute) and n.value is site.call and n.attr in _TELLS_APART for n in walk(bodies))
    stmt = site.stmt
    if site.usage != "assigned" or not isinstance(stmt, ir.Assign) or stmt.value is not site.call:
        return False
    names = [t.id for t in stmt.targets if isinstance(t, ir.Name)]
    if len(names) != len(stmt.targets):
        return False
    named = [n.value for n in walk(bodies) if isinstance(n, ir.Attribute) and n.attr in _TELLS_APART]
    asked = {id(node) for node in (*named, *stmt.targets)}
    return all(id(n) in asked for n in walk(bodies) if isinstance(n, ir.Name) and n.id in names)


def _is_watched(context: Context) -> bool:
    return bool(_mentioning(_CALLBACKS, context)) or any(_receives(f, context) for f in _mentioning(_SIGNALS, context))


def _mentioning(words: tuple[str, ...], context: Context) -> list[str]:
    files = (name for word in words for name in context.solver.callers.mentions.files(word))
    return [name for name in files if not context.solver.is_test(name)]


def _receives(filename: str, context: Context) -> bool:
    """Whether a file that mentions a signal of failures has a receiver that reads the error, or one that is not seen."""
    try:
        functions = context.solver.project.shape(filename).functions
    except UnreadableSource:
        return True
    receivers = [f for f in functions if any(_connects(d.dotted) for d in f.decorators)]
    return not receivers or any(_reads_error(filename, f, None, context) for f in receivers)


def _connects(dotted: str) -> bool:
    owner, _, last = dotted.rpartition(".")
    return last == "connect" and owner.rpartition(".")[2] in _SIGNALS


def _handles(base: ClassRef, context: Context) -> bool:
    found = ((f, d, c) for name in _HANDLERS for f, d, c in context.solver.member(base, name))
    return any(not isinstance(d, FunctionDecl) or _reads_error(f, d, c, context) for f, d, c in found)


def _reads_error(filename: str, decl: FunctionDecl, cls: ClassRef | None, context: Context) -> bool:
    """Whether a handler does anything with the error but hand it to the method that it overrides."""
    errors = {p.name for p in decl.params if p.name in _ERRORS or p.kind in ("vararg", "kwarg")}
    if cls is not None and len(decl.params) > 1:
        errors.add(decl.params[1].name)
    unit = context.solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
    if unit is None or unit.function is None:
        return True
    body = unit.function.body
    up = [n for n in walk(body) if isinstance(n, ir.Call) and _is_overridden(n.func)]
    handed = {id(n) for call in up for n in walk(call)}
    return any(isinstance(n, ir.Name) and n.id in errors and id(n) not in handed for n in walk(body))


def _is_overridden(func: ir.Expr) -> bool:
    return (
        isinstance(func, ir.Attribute)
        and func.attr in _HANDLERS
        and isinstance(func.value, ir.Call)
        and isinstance(func.value.func, ir.Name)
        and func.value.func.id == "super"
    )
