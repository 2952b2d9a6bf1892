"""The ways to a call inside a function of the project: through which calls, from where.

A route is found backwards, from the function to its callers, as long as what is asked about is a parameter there too;
it is then walked forwards, each function as the call before it sees it (`solve.binding`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.forwarders.dependence import parameters
from jobcheck.frameworks.hinges import Hinges
from jobcheck.solve.binding import argument_for, bound_flow, flow_with
from jobcheck.solve.defs import GivenDef, ParamDef, all_params
from jobcheck.solve.kinds import Function, FunctionRef, Instance, LocalFunction, known
from jobcheck.solve.sites import Flow, Site
from jobcheck.solve.subclasses import subclasses
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many functions a job is handed through, how many routes are walked to one call, and the largest function on the way.
DEEPEST_ROUTE = 4
MOST_ROUTES = 100
LARGEST_FORWARDER = 8_000

Callee = Function | LocalFunction


@dataclass(frozen=True, slots=True)
class Step:
    """A call on the way, as it stands in its function, and what it calls. `partial`: more arguments may be added."""

    site: Site
    callee: Callee
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """The steps to a call, the outermost first. `on_self`: it still depends on what sort of object the first is a method of."""

    steps: tuple[Step, ...]
    on_self: bool = False


class Routes:
    """Finds and walks the routes of one project."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver

    # --- backwards ---------------------------------------------------------------------------------------------

    def ways(self, unit: Unit, hanging: list[ParamDef], depth: int = 0, busy: frozenset[FunctionRef] = frozenset()) -> list[Way]:
        """The ways to a function on whose parameters something hangs."""
        ref = ref_of(unit)
        if ref is None or unit.function is None or ref in busy or depth >= DEEPEST_ROUTE or self.too_large(ref):
            return []
        found: list[Way] = []
        for step in self._steps(ref):
            more = self._hanging_at(step, hanging)
            if depth and all(p.role in ("vararg", "kwarg") for p in more):
                more = []  # the job is known here; what is handed on from further out would be told again and again
            outer = self.ways(step.site.unit, more, depth + 1, busy | {ref}) if more else []
            if outer:
                found.extend(Way((*way.steps, step), way.on_self) for way in outer)
            else:
                found.append(Way((step,), any(self.is_receiver(p, step.site.unit) for p in more)))
            if len(found) >= MOST_ROUTES:
                break
        return found[:MOST_ROUTES]

    def _steps(self, ref: FunctionRef) -> list[Step]:
        """The calls of a function, and `partial(function, ...)`, which is one when whoever is given it calls it."""
        callers = self._solver.callers
        found = [Step(call.site, call.callee) for call in callers.of(ref, far=True).calls]
        for unit in callers.units_mentioning(ref.name, far=True) or () if callers.mentions.files("partial") else ():
            found.extend(step for site in self._sites(unit) if (step := self._partial(site, ref)) is not None)
        return found

    def _sites(self, unit: Unit) -> list[Site]:
        return [] if unit.refused else [s for s in self._solver.flow(unit).sites if last_name(s.call.func) == "partial"]

    def _partial(self, site: Site, ref: FunctionRef) -> Step | None:
        first = site.call.args[0] if site.call.args else None
        if first is None or first.star or first.keyword or last_name(first.value) != ref.name:
            return None
        kinds = self._solver.value(first.value, site.env).kinds()
        callee = next((k for k in kinds if isinstance(k, Function) and k.ref == ref), None)
        inner = ir.Call(site.call.start, site.call.end, first.value, site.call.args[1:])
        where = Site(inner, site.env, site.around, site.usage, site.stmt, site.unit)
        return Step(where, callee, True) if callee is not None else None

    def nested_ways(self, unit: Unit, node: ir.FunctionDef | ir.Lambda) -> list[Way]:
        """The calls of a nested function by the function that it stands in."""
        found = []
        for site in self._solver.flow(unit).sites:
            if not isinstance(site.call.func, ir.Name):
                continue
            for kind in self._solver.value(site.call.func, site.env).kinds():
                nested = self._solver.nested_node(kind) if isinstance(kind, LocalFunction) else None
                if nested is not None and nested[0] is node:
                    assert isinstance(kind, LocalFunction)
                    found.append(Way((Step(site, kind),)))
        return found[:MOST_ROUTES]

    def too_large(self, ref: FunctionRef) -> bool:
        """Whether a function is too long to be solved for single calls of it."""
        found = self._solver.function_decl(ref)
        return found is None or found[0].end - found[0].start > LARGEST_FORWARDER

    def _hanging_at(self, step: Step, hanging: list[ParamDef]) -> list[ParamDef]:
        """The parameters of the calling function that decide about those of the called one."""
        site = step.site
        if site.unit.function is None:
            return []
        given = Hinges()
        for param in hanging:
            into = given.lists if param.role in ("vararg", "kwarg") else given.jobs
            into += self._given_for(step, param)
        return own_parameters(parameters(given, site.env), site.unit)

    def _given_for(self, step: Step, param: ParamDef) -> list[ir.Expr]:
        call, bound = step.site.call, isinstance(step.callee, Function) and step.callee.bound is not None
        if bound and param.index == 0:
            return [call.func.value] if isinstance(call.func, ir.Attribute) and isinstance(call.func.value, ir.Name) else []
        if param.role in ("vararg", "kwarg"):
            return [a.value for a in call.args if a.star == ("*" if param.role == "vararg" else "**")]
        found = argument_for(call, param, bound)
        if isinstance(found, ir.Node):
            return [found]
        return [a.value for a in call.args if a.star] if found == "starred" else []

    def is_receiver(self, param: ParamDef, unit: Unit) -> bool:
        """Whether a parameter is the `self` of a method."""
        return param.index == 0 and unit.cls is not None and param.function is unit.function

    # --- forwards ----------------------------------------------------------------------------------------------

    def walk(self, way: Way, target: ir.Call) -> Iterator[tuple[Site, ...]]:
        """The sites along a way, each in the flow that the call before it gives; nothing where a branch leaves it out."""
        calls = [step.site.call for step in way.steps[1:]] + [target]
        for first in self._starts(way.steps[0].site, way.on_self):
            sites = self._along(first, way.steps, calls)
            if sites is not None:
                yield sites

    def at_subclasses(self, site: Site) -> Iterator[Site]:
        """A call in a method as each subclass sees it."""
        yield from self._starts(site, True)

    def _along(self, first: Site, steps: tuple[Step, ...], calls: list[ir.Call]) -> tuple[Site, ...] | None:
        sites = [first]
        for step, call in zip(steps, calls, strict=True):
            callee = self._callee(sites[-1], step)
            flow = bound_flow(self._solver, callee, sites[-1].call, sites[-1].env)
            following = site_in(flow, call) if flow is not None else None
            if following is None:
                return None
            sites.append(following)
        return tuple(sites)

    def _callee(self, site: Site, step: Step) -> Callee:
        """What a step calls, bound to what it is called on in this flow."""
        if site is step.site:
            return step.callee
        for kind in self._solver.value(site.call.func, site.env).kinds():
            if isinstance(kind, LocalFunction) or (isinstance(kind, Function) and isinstance(step.callee, Function)
                                                   and kind.ref == step.callee.ref):  # fmt: skip
                return kind
        return step.callee

    def _starts(self, site: Site, on_self: bool) -> Iterator[Site]:
        unit = site.unit
        ref = ref_of(unit)
        if not on_self or unit.cls is None or unit.function is None or ref is None:
            yield site
            return
        name = all_params(unit.function.params)[0].name
        for child in subclasses(self._solver, unit.cls):
            flow = flow_with(self._solver, Function(ref), {name: GivenDef(known(Instance(child)))})
            found = site_in(flow, site.call) if flow is not None else None
            if found is not None:
                yield found


def own_parameters(found: list[ParamDef], unit: Unit) -> list[ParamDef]:
    """Those that belong to the function that a unit is, not to one nested in it."""
    return [p for p in found if p.function is unit.function]


def ref_of(unit: Unit) -> FunctionRef | None:
    """The function that a unit is."""
    return FunctionRef(unit.filename, unit.qualname, unit.offset) if unit.function is not None else None


def site_in(flow: Flow, call: ir.Call) -> Site | None:
    """The site of a call in another flow of the same function."""
    return next((s for s in flow.sites if s.call is call), None)


def last_name(node: ir.Expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""
