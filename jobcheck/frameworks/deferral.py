"""Callbacks that run later without a queue: `transaction.on_commit(callback)` of Django, SQLAlchemy's session events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.frameworks.base import NoJobs
from jobcheck.registry import Callback
from jobcheck.solve.calls import argument
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import External

if TYPE_CHECKING:
    from jobcheck.registry import Registry
    from jobcheck.solve.solver import Solver

# The function, where its callback stands among the positional arguments, and the parameter's name.
_FORMS = {
    "django.db.transaction.on_commit": ("on_commit", 0, "func"),
    "threading.Timer": ("timer", 1, "function"),
    "atexit.register": ("atexit", 0, "func"),
}


class Deferral(NoJobs):
    """Not a queue: it only records the callbacks."""

    name = "deferral"
    verbs = frozenset({"on_commit", "Timer", "register"})
    marks = (rb"\bon_commit\b",)

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """Note a callback."""
        for kind in solver.value(site.call.func, site.env).kinds():
            form = _FORMS.get(kind.qualname) if isinstance(kind, External) else None
            if form is None:
                continue
            what, index, name = form
            node = argument(site.call, index, name)
            if node is not None:
                origin = site.env.unit.origin(node)
                value = solver.value(node, site.env)
                registry.callbacks.append(Callback(what, site, origin, node, value, solver.is_test(site.unit.filename)))
