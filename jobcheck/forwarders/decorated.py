"""Decorators of the project that give a function an enqueue verb: `fn.delay = ...`, a wrapper class with a `delay`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.binding import flow_with
from jobcheck.solve.defs import GivenDef, NestedDef, ParamDef, all_params
from jobcheck.solve.kinds import ClassObject, ClassRef, Function, Instance, Kind, LocalFunction, Value, join, known
from jobcheck.solve.sites import Flow

if TYPE_CHECKING:
    from jobcheck.solve.defs import Env
    from jobcheck.solve.solver import Solver


class Decorated(NoJobs):
    """Takes part in solving as if it were a framework: it says what `function.delay` is."""

    name = "decorated"

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework: what the function's decorators set on it, or on what they put in its place."""
        if not isinstance(owner, Function) or owner.bound is not None or name not in _verbs(solver):
            return None
        found = [value for flow in self._flows(solver, owner) for value in _set_on(solver, flow, name)]
        return join(found) if found else None

    def _flows(self, solver: Solver, owner: Function) -> Iterator[Flow]:
        """The project's decorators above a function, as they see it."""
        found = solver.function_decl(owner.ref)
        for decorator in found[0].decorators if found is not None else ():
            for kind in solver.decorator_value(owner.ref.filename, decorator).kinds():
                flow = _given(solver, kind, known(owner))
                if flow is not None:
                    yield flow

    def decorate(self, solver: Solver, decorator: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """See Framework: an object with an enqueue verb, made around the function."""
        if cls is not None:
            return None
        made = _made_by(solver, decorator)
        if not isinstance(made, Instance) or made.cls.filename is None:
            return None
        return known(made) if any(_has(solver, made.cls, verb) for verb in _verbs(solver)) else None


def _verbs(solver: Solver) -> frozenset[str]:
    return frozenset(verb for framework in solver.frameworks for verb in framework.forwarded)


def _has(solver: Solver, cls: ClassRef, verb: str) -> bool:
    return any(isinstance(decl, FunctionDecl) for _, decl, _ in solver.member(cls, verb))


def _made_by(solver: Solver, decorator: Kind) -> Kind | None:
    """What a decorator gives for any function."""
    match decorator:
        case ClassObject(cls=cls):
            return Instance(cls)
        case Function(ref=ref):
            return solver.returned(ref).only
        case LocalFunction():
            flow = solver.nested_flow(decorator)
            return solver.flow_value(flow).only if flow is not None else None
        case _:
            return None


def _given(solver: Solver, decorator: Kind, function: Value) -> Flow | None:
    """The flow of a decorator that is given a function."""
    if not isinstance(decorator, (Function, LocalFunction)):
        return None
    node = _node(solver, decorator)
    params = all_params(node.params) if node is not None else []
    return flow_with(solver, decorator, {params[0].name: GivenDef(function)}) if params else None


def _node(solver: Solver, kind: Function | LocalFunction) -> ir.FunctionDef | ir.Lambda | None:
    if isinstance(kind, LocalFunction):
        nested = solver.nested_node(kind)
        return nested[0] if nested is not None else None
    unit = solver.function_unit(kind.ref)
    return unit.function if unit is not None else None


def _set_on(solver: Solver, flow: Flow, name: str) -> Iterator[Value]:
    """What is assigned to an attribute of the function, or of the one that takes its place."""
    for write in flow.writes:
        target = write.target
        if not isinstance(target, ir.Attribute) or target.attr != name or write.value is None:
            continue
        if _is_function(target.value, write.env):
            yield solver.value(write.value, write.env)


def _is_function(node: ir.Expr, env: Env) -> bool:
    definition = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
    return isinstance(definition, (GivenDef, ParamDef, NestedDef))
