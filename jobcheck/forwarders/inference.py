"""Forwarders that can be inferred: what an enqueue verb stands on, or its arguments, come from a parameter.

The enqueue is recorded once for each call that leads to it, as that call sees it: by the framework's own `record`, in
the flow of the function with its parameters bound. The enqueue inside the function itself is then no record.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.forwarders.dependence import named_forms, parameters
from jobcheck.forwarders.hooks import deferring_names
from jobcheck.forwarders.routes import Callee, Routes, Step, Way, own_parameters, ref_of
from jobcheck.forwarders.runners import called_by
from jobcheck.frameworks.arguments import written_at
from jobcheck.frameworks.hinges import Hinges
from jobcheck.registry import Callback, Enqueue, Registry
from jobcheck.solve.defs import GivenDef
from jobcheck.solve.kinds import FrameworkValue, Function, LocalFunction, Origin, Partial
from jobcheck.solve.sites import Flow, Site

if TYPE_CHECKING:
    from jobcheck.forwarders.configured import Configured
    from jobcheck.frameworks.base import Framework
    from jobcheck.solve.defs import ParamDef
    from jobcheck.solve.solver import Solver

# How many functions down a callable that enqueues is followed.
DEEPEST_FOLLOW = 3


class Forwarders:
    """Adds to a registry what is enqueued through the functions of one project."""

    def __init__(self, solver: Solver, registry: Registry, configured: Configured) -> None:
        self._solver = solver
        self._registry = registry
        self._configured = configured
        self._routes = Routes(solver)
        self._hand: dict[int, tuple[Flow, list[Site]]] = {}
        self._done: set[tuple[object, ...]] = set()

    @cached_property
    def _verbs(self) -> frozenset[str]:
        return frozenset(verb for framework in self._solver.frameworks for verb in framework.forwarded)

    def verb(self, site: Site, verb: str) -> str:
        """The verb of a call by a local name: `send = job.delay if later else job; send(1)`."""
        func = site.call.func
        if not isinstance(func, ir.Name) or verb in self._verbs:
            return verb
        return next((v for v in named_forms(func, site.env) if v in self._verbs), verb)

    # --- from the enqueue to the callers -----------------------------------------------------------------------

    def take(self, site: Site, verb: str, framework: Framework) -> bool:
        """Record a call at the callers of its function, when it hangs on them; whether it was."""
        ref = ref_of(site.unit)
        if ref is None:
            return False
        if self._configured.is_one(self._solver, ref):
            return True  # what it does with what it is handed, the configuration says
        found = parameters(framework.hinges(site.call, verb), site.env)
        return bool(found) and self._at_callers(site, found)

    def _at_callers(self, site: Site, found: list[ParamDef]) -> bool:
        unit = site.unit
        hanging = own_parameters(found, unit)
        nested = [p for p in found if p.function is not unit.function]
        on_self = [p for p in hanging if self._routes.is_receiver(p, unit)]
        ways = self._routes.ways(unit, hanging) if len(on_self) < len(hanging) else []
        for param in nested:
            ways += self._routes.nested_ways(unit, param.function)
        recorded = [self._record(sites, way.steps[0].partial) for way in ways for sites in self._routes.walk(way, site.call)]
        if not ways and on_self and not self._known(site):
            recorded = [self._record((found_site,)) for found_site in self._routes.at_subclasses(site)]
        return any(recorded)

    def _known(self, site: Site) -> bool:
        """Whether the call means something of a framework's without any caller."""
        return any(isinstance(kind, FrameworkValue) for kind in self._solver.value(site.call.func, site.env).kinds())

    # --- from a call to what it leads to -----------------------------------------------------------------------

    def follow(self, site: Site) -> None:
        """Look into a function of the project that is handed a callable which enqueues, or is called like an enqueue."""
        func = site.call.func
        self._run(site)
        verb = func.attr if isinstance(func, ir.Attribute) else ""
        enqueues = verb in self._verbs or any(self._is_form(a.value, site) for a in site.call.args)
        if not enqueues and not any(isinstance(a.value, (ir.Lambda, ir.Call, ir.Name)) for a in site.call.args):
            return
        for kind in self._solver.value(func, site.env).kinds() if enqueues or self._may_defer(func) else ():
            if isinstance(kind, (Function, LocalFunction)):
                self._into((Step(site, kind),))

    def _run(self, site: Site) -> None:
        """`executor.submit(job.delay, 1)`, `Thread(target=job.delay, args=(1,))`: somebody else's code calls it with the rest."""
        inner = called_by(site.call)
        if inner is not None and self._is_form(inner.func, site):
            where = Site(inner, site.env, site.around, site.usage, site.stmt, site.unit)
            for framework in self._solver.frameworks:
                framework.record(self._solver, where, self._registry)

    def _may_defer(self, func: ir.Expr) -> bool:
        """Whether a function of the project with that name has to do with commits."""
        name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        return name in self._deferring

    @cached_property
    def _deferring(self) -> frozenset[str]:
        return deferring_names(self._solver)

    def _is_form(self, node: ir.Expr, site: Site) -> bool:
        """`job.delay`, not called."""
        if not isinstance(node, ir.Attribute) or node.attr not in self._verbs:
            return False
        return any(isinstance(kind, FrameworkValue) for kind in self._solver.value(node, site.env).kinds())

    def _into(self, steps: tuple[Step, ...]) -> None:
        """Record what hangs on the parameters of the function that the last step calls."""
        callee = steps[-1].callee
        flow = self._flow(callee)
        if flow is None:
            return
        for inner in self._handing(callee, flow):
            for sites in self._routes.walk(Way(steps), inner.call):
                self._called(sites)
                if not self._record(sites) and len(steps) < DEEPEST_FOLLOW:
                    self._deeper(steps, inner, sites[-1])

    def _handing(self, callee: Callee, flow: Flow) -> list[Site]:
        """The calls in a function that are given its parameters, or are calls of one."""
        key = id(flow)
        if key not in self._hand:
            node = self._node(callee)
            self._hand[key] = (flow, [s for s in flow.sites if any(p.function is node for p in parameters(_whole(s), s.env))])
        return self._hand[key][1]

    def _called(self, sites: tuple[Site, ...]) -> None:
        """A closure or partial that is called where the way ends."""
        first, last = sites[0], sites[-1]
        node, home = written_at(last.call.func, last.env)
        if node is last.call.func or home.unit is not first.unit:
            return
        value = self._solver.value(node, home)
        if any(isinstance(kind, (LocalFunction, Partial, Function)) for kind in value.kinds()):
            in_test = self._solver.is_test(first.unit.filename)
            self._registry.called.append(Callback("called", last, home.unit.origin(node), node, value, in_test))

    def _deeper(self, steps: tuple[Step, ...], inner: Site, bound: Site) -> None:
        for kind in self._solver.value(bound.call.func, bound.env).kinds():
            if isinstance(kind, Function) and all(kind.ref != getattr(s.callee, "ref", None) for s in steps):
                self._into((*steps, Step(inner, kind)))

    def _flow(self, callee: Callee) -> Flow | None:
        if isinstance(callee, LocalFunction):
            return self._solver.nested_flow(callee)
        unit = self._solver.function_unit(callee.ref) if not self._routes.too_large(callee.ref) else None
        return self._solver.flow(unit) if unit is not None and unit.function is not None else None

    def _node(self, callee: Callee) -> ir.FunctionDef | ir.Lambda | None:
        if isinstance(callee, LocalFunction):
            nested = self._solver.nested_node(callee)
            return nested[0] if nested is not None else None
        unit = self._solver.function_unit(callee.ref)
        return unit.function if unit is not None else None

    # --- records -----------------------------------------------------------------------------------------------

    def _record(self, sites: tuple[Site, ...], partial: bool = False) -> bool:
        """Add what the last site does, told at the first one; whether it does anything.

        `partial`: the first is a `partial(...)`, to which more arguments may be added.
        """
        first, last = sites[0], sites[-1]
        made = Registry()
        for framework in self._solver.frameworks:
            framework.record(self._solver, last, made)
        if self._is_signature(last):
            return True
        key = (first.unit.filename, first.unit.offset, first.call.start, *(id(s.call) for s in sites[1:]))
        enqueues = [e for e in made.enqueues if e.jobs or e.job_name]
        names = tuple(j.name for e in enqueues for j in e.jobs)
        if (key, names) not in self._done:
            self._done.add((key, names))
            for enqueue in enqueues:
                enqueue.partial = enqueue.partial or partial
            self._registry.enqueues.extend(self._told_at(enqueue, sites) for enqueue in enqueues)
            self._registry.callbacks.extend(self._handed_by(callback, sites) for callback in made.callbacks)
        return bool(enqueues or made.callbacks)

    def _is_signature(self, site: Site) -> bool:
        """Whether the call sends a signature that was recorded where it is made."""
        for kind in self._solver.value(site.call.func, site.env).kinds():
            owner = getattr(kind.data, "owner", None) if isinstance(kind, FrameworkValue) else None
            if isinstance(owner, FrameworkValue) and owner.role in ("signature", "canvas"):
                return True
        return False

    def _in_sight(self, enqueue: Enqueue) -> None:
        """Lists that a function on the way made of its `*args` are told at the call that gave these."""
        env = enqueue.innermost.env
        for argument in enqueue.arguments:
            node = argument.node
            definition = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
            if isinstance(definition, GivenDef) and definition.handed:
                argument.origin, argument.node = enqueue.origin, None

    def _told_at(self, enqueue: Enqueue, sites: tuple[Site, ...]) -> Enqueue:
        first = sites[0]
        if len(sites) > 1:
            enqueue.through = (*sites[1:-1], enqueue.site)
            enqueue.site, enqueue.origin = first, first.unit.origin(first.call)
            enqueue.in_test = self._solver.is_test(first.unit.filename)
            enqueue.named = _name_in(first, enqueue.job_name)
            self._in_sight(enqueue)
            for argument in enqueue.arguments:
                if argument.node is not None and argument.origin != first.unit.origin(argument.node):
                    argument.node = None  # it was written in a function on the way, not where the enqueue is told now
        return enqueue

    def _handed_by(self, callback: Callback, sites: tuple[Site, ...]) -> Callback:
        """A callback that the outermost function hands over."""
        first, last = sites[0], sites[-1]
        callback.argument, home = written_at(callback.argument, last.env)
        callback.origin = home.unit.origin(callback.argument)
        callback.site, callback.in_test = first, self._solver.is_test(first.unit.filename)
        return callback


def _name_in(site: Site, name: str | None) -> Origin | None:
    """Where a call writes a job's name; None where it says it in other words."""
    written = (a.value for a in site.call.args if isinstance(a.value, ir.Constant) and a.value.value == name)
    found = next(written, None) if name is not None else None
    return site.unit.origin(found) if found is not None else None


def _whole(site: Site) -> Hinges:
    """A call and all that it is given."""
    return Hinges([site.call.func, *(a.value for a in site.call.args)], [a.value for a in site.call.args if a.star])
