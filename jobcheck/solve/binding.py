"""A function as one call sees it: its flow with the parameters bound to what the call gives.

The same IR gets another flow, whose parameters are definitions in the caller's environment; so whatever is asked of
it is answered for this call alone, and an argument's origin is where the caller wrote it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import UNKNOWN_DEF, ChangeDef, Def, Env, ExprDef, GivenDef, NarrowDef, ParamDef
from jobcheck.solve.flow import Flow, function_flow
from jobcheck.solve.kinds import (
    DEEPEST,
    UNKNOWN,
    ClassObject,
    ClassRef,
    Coroutine,
    FrameworkValue,
    Function,
    Generator,
    Instance,
    Items,
    Literal,
    LocalFunction,
    Mapping,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def bound_flow(solver: Solver, callee: Function | LocalFunction, call: ir.Call, env: Env) -> Flow | None:
    """The flow of a function of the project for one call of it; None when it cannot be read or the call does not fit.

    A Function that is bound says what `self` is. The flow is made anew for each call: ask once and keep it. Its sites
    stand in a unit of its own, so that `site.unit.flow` is this flow.
    """
    found = _body(solver, callee)
    if found is None:
        return None
    unit, node, outer = found
    unit = replace(unit, flow=None)
    bindings = _Binder(solver, call, env, outer or Env(unit, {}, None, frozenset())).bind(node, _receiver(callee))
    if bindings is None:
        return None
    unit.flow = function_flow(unit, node, outer, bindings)
    return unit.flow


def flow_with(solver: Solver, callee: Function | LocalFunction, given: dict[str, Def]) -> Flow | None:
    """The flow of a function in which some parameters are known; the others are what they are for any call."""
    found = _body(solver, callee)
    if found is None:
        return None
    unit, node, outer = found
    unit = replace(unit, flow=None)
    unit.flow = function_flow(unit, node, outer, given)
    return unit.flow


def _body(solver: Solver, callee: Function | LocalFunction) -> tuple[Unit, ir.FunctionDef | ir.Lambda, Env | None] | None:
    if isinstance(callee, LocalFunction):
        nested = solver.nested_node(callee)
        return (nested[1].unit, nested[0], nested[1]) if nested is not None else None
    unit = solver.function_unit(callee.ref)
    node = unit.function if unit is not None and not unit.refused else None
    return (unit, node, None) if unit is not None and node is not None else None


def _receiver(callee: Function | LocalFunction) -> Value | None:
    return callee.bound if isinstance(callee, Function) else None


class _Binder:
    """Matches the arguments of one call to parameters, as Python would."""

    def __init__(self, solver: Solver, call: ir.Call, env: Env, home: Env) -> None:
        self.solver = solver
        self.env = env
        self.home = home  # where the function's defaults are evaluated
        self.positional: list[Def] = []
        self.keywords: dict[str, Def] = {}
        self.open_positional = False
        self.open_keywords = False
        self.receiver = ExprDef(call.func.value, env) if isinstance(call.func, ir.Attribute) else None
        for arg in call.args:
            self._given(arg)

    def _given(self, arg: ir.Arg) -> None:
        if arg.star == "*":
            self._spread(self.solver.value(arg.value, self.env), [d for n, d in handed(arg.value, self.env) if not n])
        elif arg.star == "**":
            self._spread_keywords(self.solver.value(arg.value, self.env), dict(handed(arg.value, self.env)))
        elif arg.keyword is not None:
            self.keywords[arg.keyword] = ExprDef(arg.value, self.env)
        elif not self.open_positional:
            self.positional.append(ExprDef(arg.value, self.env))

    def _spread(self, value: Value, written: list[Def]) -> None:
        only = value.only
        if isinstance(only, Sequence) and only.items is not None:
            same = len(written) == len(only.items)
            self.positional.extend(written if same else [GivenDef(item) for item in only.items])
        else:
            self.open_positional = True

    def _spread_keywords(self, value: Value, written: dict[str, Def]) -> None:
        only = value.only
        if not isinstance(only, Mapping):
            self.open_keywords = True
            return
        self.open_keywords = self.open_keywords or only.rest is not None
        for key, item in only.entries:
            name = key.only
            if isinstance(name, Literal) and isinstance(name.value, str):
                self.keywords[name.value] = written.get(name.value) or GivenDef(item)
            else:
                self.open_keywords = True

    def bind(self, node: ir.FunctionDef | ir.Lambda, receiver: Value | None) -> dict[str, Def] | None:
        """A definition for each parameter; None when the call does not fit."""
        params = node.params
        found: dict[str, Def] = {}
        named = [*params.posonly, *params.args]
        if receiver is not None and named:
            found[named.pop(0).name] = GivenDef(receiver, written=self.receiver)
        for index, param in enumerate(named):
            found[param.name] = self._one(param, index)
        extra = self.positional[len(named) :]
        if extra and params.vararg is None:
            return None
        for param in params.kwonly:
            found[param.name] = self._named(param)
        if params.vararg is not None:
            given = () if self.open_positional else tuple(("", d) for d in extra)
            found[params.vararg.name] = GivenDef(self._rest(extra), handed=given)
        taken = {p.name for p in (*params.args, *params.kwonly)}  # `args=` goes into **kwargs beside a parameter `*args`
        others = {n: d for n, d in self.keywords.items() if n not in taken}
        if params.kwarg is not None:
            found[params.kwarg.name] = GivenDef(self._others(others), handed=tuple(others.items()))
        elif others:
            return None
        return found

    def _one(self, param: ir.Param, index: int) -> Def:
        return self.positional[index] if index < len(self.positional) else self._named(param, self.open_positional)

    def _named(self, param: ir.Param, perhaps: bool = False) -> Def:
        given = self.keywords.get(param.name)
        if given is not None:
            return given
        if param.default is None or perhaps or self.open_keywords:
            return UNKNOWN_DEF
        return GivenDef(UNKNOWN, param.default, self.home)

    def _rest(self, extra: list[Def]) -> Value:
        items = tuple(self.solver.definition(d) for d in extra)
        if self.open_positional:
            return known(Sequence("tuple", UNKNOWN))
        return known(Sequence("tuple", join(items), items))

    def _others(self, others: dict[str, Def]) -> Value:
        entries = tuple((known(Literal(name)), self.solver.definition(d)) for name, d in others.items())
        return known(Mapping("dict", entries, (plain("str"), UNKNOWN) if self.open_keywords else None))


def handed(node: ir.Expr, env: Env) -> tuple[tuple[str, Def], ...]:
    """What the `*args` or `**kwargs` that an expression names was given by the call, as far as it still holds that."""
    definition = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
    replaced: set[object] = set()
    while isinstance(definition, (NarrowDef, ChangeDef)):
        if isinstance(definition, ChangeDef):
            replaced.add(definition.key.value if isinstance(definition.key, ir.Constant) else None)
        definition = definition.before
    if not isinstance(definition, GivenDef) or None in replaced:
        return ()
    return tuple((name, d) for name, d in definition.handed if not name or name not in replaced)


def argument_for(call: ir.Call, definition: ParamDef, bound: bool) -> ir.Expr | str | None:
    """What a call gives for a parameter: an expression, None when nothing, a word when that cannot be seen."""
    index = definition.index - (1 if bound else 0)
    if definition.role in ("arg", "kwonly"):
        for arg in call.args:
            if arg.keyword == definition.param.name:
                return arg.value
    starred = False
    if definition.role in ("arg", "posonly"):
        for position, arg in enumerate(a for a in call.args if a.keyword is None and a.star != "**"):
            starred = starred or arg.star == "*"
            if starred:
                break
            if position == index:
                return arg.value
    return "starred" if starred or any(a.star == "**" for a in call.args) else None


def inherits(callee: Function, declaring: ClassRef, value: Value) -> bool:
    """Whether a method is called on a class below the one that declares it, and gives something of the latter."""
    bound = callee.bound.only if callee.bound is not None else None
    called_on = bound.cls if isinstance(bound, (Instance, ClassObject)) else declaring
    return called_on != declaring and _mentions(value, declaring, DEEPEST)


def _mentions(value: Value, cls: ClassRef, depth: int) -> bool:
    """Whether a value is, or holds, something of a class."""
    for kind in value.kinds() if depth else ():
        match kind:
            case Instance(cls=own) | ClassObject(cls=own) if own == cls:
                return True
            case (
                Sequence(element=inner) | Generator(element=inner) | Coroutine(result=inner)
                | FrameworkValue(data=Items(element=inner))
            ):  # fmt: skip
                if _mentions(inner, cls, depth - 1):
                    return True
            case _:
                pass
    return False
