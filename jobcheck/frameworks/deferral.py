"""Callbacks that run later without a queue: `transaction.on_commit(callback)` of Django, SQLAlchemy's session events.

What is enqueued in such a callback is marked as deferred, with what defers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.frameworks.hinges import Hinges
from jobcheck.frameworks.postponed import Postponed
from jobcheck.registry import Callback
from jobcheck.solve.calls import argument
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import External, FrameworkValue, Kind, Literal

if TYPE_CHECKING:
    from jobcheck.registry import Registry
    from jobcheck.solve.solver import Solver

# The function, where its callback stands among the positional arguments, and the parameter's name.
_FORMS = {
    "django.db.transaction.on_commit": ("on_commit", 0, "func"),
    "django.db.connection.on_commit": ("on_commit", 0, "func"),
    "threading.Timer": ("timer", 1, "function"),
    "atexit.register": ("atexit", 0, "func"),
}
_EVENTS = frozenset({"sqlalchemy.event.listen", "sqlalchemy.event.api.listen"})
# Methods of transactions whose owner is seldom known; the name is nobody else's.
_METHODS = {"addAfterCommitHook": ("after_commit", 0, "hook")}


class Deferral(NoJobs):
    """Not a queue: it only records the callbacks, and what is deferred by them."""

    name = "deferral"
    verbs = frozenset({"on_commit", "Timer", "register", "listen", "addAfterCommitHook"})
    seeds = frozenset({"on_commit", "addAfterCommitHook"})
    marks = (rb"\bon_commit\b", rb"\baddAfterCommitHook\b")

    forwarded = frozenset({"on_commit", "addAfterCommitHook"})

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """See Framework: the callback."""
        node = argument(call, 0, "func") or argument(call, 0, "hook")
        return Hinges([node] if isinstance(node, (ir.Name, ir.Attribute)) else [])

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """Note a callback, and the enqueue that a bare `on_commit(job.delay)` is."""
        for what, node in callbacks_of(solver, site):
            origin = site.env.unit.origin(node)
            value = solver.value(node, site.env)
            registry.callbacks.append(Callback(what, site, origin, node, value, solver.is_test(site.unit.filename)))
            if any(isinstance(kind, FrameworkValue) for kind in value.kinds()) and not isinstance(node, ir.Call):
                called = Site(ir.Call(node.start, node.end, node, []), site.env, site.around, "dropped", site.stmt, site.unit)
                for framework in solver.frameworks:
                    framework.record(solver, called, registry)

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework."""
        postponed = Postponed(solver, registry.callbacks, registry.called)
        for enqueue in registry.enqueues:
            enqueue.deferred = postponed.enqueue(enqueue) or enqueue.deferred
            # Whoever runs the callback adds nothing to it.
            enqueue.partial = enqueue.partial and not (enqueue.deferred and postponed.is_callback(enqueue))


def callbacks_of(solver: Solver, site: Site) -> Iterator[tuple[str, ir.Expr]]:
    """What a call hands over to be called later, and when that is."""
    for what, index, name in _forms(solver, site):
        node = argument(site.call, index, name)
        if node is not None:
            yield what, node


def _forms(solver: Solver, site: Site) -> Iterator[tuple[str, int, str]]:
    func = site.call.func
    if isinstance(func, ir.Attribute) and func.attr in _METHODS:
        yield _METHODS[func.attr]
        return
    for kind in solver.value(func, site.env).kinds():
        form = _form(solver, site, kind)
        if form is not None:
            yield form


def _form(solver: Solver, site: Site, kind: Kind) -> tuple[str, int, str] | None:
    if not isinstance(kind, External):
        return None
    if kind.qualname in _EVENTS:
        node = argument(site.call, 1, "identifier")
        said = solver.value(node, site.env).only if node is not None else None
        return ("after_commit", 2, "fn") if said == Literal("after_commit") else None
    return _FORMS.get(kind.qualname)
