"""Callbacks that run later without a queue: `transaction.on_commit(callback)` of Django, SQLAlchemy's session events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Callback
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import ClassRef, External, Kind, Origin, Value

if TYPE_CHECKING:
    from jobcheck.registry import Job, Registry
    from jobcheck.solve.solver import Solver

# The function, where its callback stands among the positional arguments, and the parameter's name.
_FORMS = {
    "django.db.transaction.on_commit": ("on_commit", 0, "func"),
    "threading.Timer": ("timer", 1, "function"),
    "atexit.register": ("atexit", 0, "func"),
}


class Deferral:
    """Not a queue: it only records the callbacks."""

    name = "deferral"
    display = ""
    modules = frozenset[str]()
    seeds = frozenset[str]()
    verbs = frozenset({"on_commit", "Timer", "register"})
    marks = (rb"\bon_commit\b",)
    makers = None

    def knows(self, qualname: str) -> bool:
        """See Framework."""
        return False

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework."""
        return None

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework."""
        return None

    def decorate(self, solver: Solver, decorator: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """See Framework."""
        return None

    def class_job(self, solver: Solver, cls: ClassRef) -> Job | None:
        """See Framework."""
        return None

    def makes_jobs(self, solver: Solver, value: Value) -> bool:
        """See Framework."""
        return False

    def guess(self, solver: Solver, filename: str, name: str) -> Value | None:
        """See Framework."""
        return None

    def pipe(self, solver: Solver, left: Value, right: Value, origin: Origin) -> Value | None:
        """See Framework."""
        return None

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """See Framework."""
        return None

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

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """See Framework."""

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework."""
