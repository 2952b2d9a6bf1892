"""Threads that a job starts, and the context variables that the code in them reads."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.rules.base import Context
from jobcheck.rules.state import variables
from jobcheck.solve.calls import argument
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import ClassObject, External, Function, Kind, LocalFunction, Origin
from jobcheck.solve.order import chain
from jobcheck.solve.reach import Visit
from jobcheck.values import dataclass

_THREADS = frozenset({"threading.Thread", "threading.Timer"})


@dataclass(frozen=True, slots=True)
class Started:
    """A thread that reads the variable `name` at `read`."""

    name: str
    origin: Origin
    read: Origin


def started(context: Context, visit: Visit) -> Iterator[Started]:
    """The threads that a function starts and that read a context variable which they do not set."""
    for site in visit.flow.sites:
        target = _target(context, site)
        if target is None:
            continue
        found = next(_reads(context, target, visit), None)
        if found is not None:
            yield Started(found[0], site.unit.origin(site.call), found[1])


def _target(context: Context, site: Site) -> Kind | None:
    """The function that a new thread runs."""
    name = getattr(site.call.func, "attr", getattr(site.call.func, "id", ""))
    if name not in ("Thread", "Timer"):
        return None
    callee = context.solver.value(site.call.func, site.env).only
    qualname = callee.qualname if isinstance(callee, External) else callee.cls.qualname if isinstance(callee, ClassObject) else ""
    if qualname not in _THREADS:
        return None
    node = argument(site.call, 1, "function" if name == "Timer" else "target")
    return context.solver.value(node, site.env).only if node is not None else None


def _reads(context: Context, target: Kind, visit: Visit) -> Iterator[tuple[str, Origin]]:
    """What the thread's function, and what it calls, reads of context variables; nothing when it sets one itself."""
    visits: list[Visit] = []
    if isinstance(target, Function):
        visits = context.solver.reach.of(target.ref)
    elif isinstance(target, LocalFunction):
        found = context.solver.nested_node(target)
        for site in _sites_in(visit.flow, found[0]) if found is not None else ():
            for ref in context.solver.reach.called(site):
                visits.extend(context.solver.reach.of(ref))
    if any(_sets(v) for v in visits):
        return
    for inner in visits:
        for read in variables.reads(context, inner):
            if not read.thread:
                yield read.name, inner.unit.origin(read.node)


def _sites_in(flow: Flow, node: ir.Node) -> list[Site]:
    """The calls of a nested function."""
    return [site for site in flow.sites if any(a.node is node for a in chain(site.around))]


def _sets(visit: Visit) -> bool:
    """Whether a function sets some variable, or takes over a context."""
    return any(isinstance(s.call.func, ir.Attribute) and s.call.func.attr in ("set", "copy_context") for s in visit.flow.sites)
