"""Idempotency keys: whether a call carries one, and whether a function that takes one is given it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve import effect_tables as tables
from jobcheck.solve.binding import argument_for
from jobcheck.solve.defs import Env, ExprDef, ParamDef
from jobcheck.solve.kinds import Function, Literal, LocalFunction, Mapping, Value
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.effects import Effect
    from jobcheck.solve.solver import Solver

_BODIES = frozenset({"json", "data", "content", "body", "form"})
# What makes a text of a dict: json, simplejson, orjson, urllib.parse, Django's http.
_ENCODERS = frozenset({"dumps", "urlencode", "encode"})
# How many names and calls are followed to the dict.
_DEEPEST = 4


def of_call(solver: Solver, call: ir.Call, env: Env) -> str:
    """The idempotency key that a call carries, as a keyword or a header."""
    for arg in call.args:
        if arg.keyword in tables.KEYS and not _none(solver.value(arg.value, env)):
            return f"{arg.keyword}="
        if arg.keyword == "headers" and key_header(solver, arg.value, env):
            return "an idempotency key among the headers"
        if arg.keyword in _BODIES and in_body(solver, arg.value, env):
            return "an idempotency key in the body"
        if arg.star == "**" and any(k in tables.KEYS for k in _keys(solver.value(arg.value, env))):
            return "an idempotency key"
    return ""


def _none(value: Value) -> bool:
    return value.only == Literal(None)


def key_header(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """Whether one of some headers is an idempotency key."""
    return any(key.lower() in tables.HEADERS for key in _keys(solver.value(node, env)))


def in_body(solver: Solver, node: ir.Expr, env: Env, depth: int = 0) -> bool:
    """Whether what is sent, a dict or the text made of one, has an idempotency key among its own."""
    if any(key in tables.BODY_KEYS for key in _keys(solver.value(node, env))):
        return True
    if depth >= _DEEPEST:
        return False
    if isinstance(node, ir.Name):
        definition, _ = env.lookup(node.id)
        return isinstance(definition, ExprDef) and in_body(solver, definition.node, definition.env, depth + 1)
    if not isinstance(node, ir.Call):
        return False
    if isinstance(node.func, ir.Attribute) and node.func.attr == "encode" and not isinstance(node.func.value, ir.Constant):
        return in_body(solver, node.func.value, env, depth + 1)
    last = node.func.attr if isinstance(node.func, ir.Attribute) else node.func.id if isinstance(node.func, ir.Name) else ""
    return last in _ENCODERS and bool(node.args) and in_body(solver, node.args[0].value, env, depth + 1)


def _keys(value: Value) -> list[str]:
    """The keys of a dict that are known texts."""
    found = [key.only for kind in value.kinds() if isinstance(kind, Mapping) for key, _ in kind.entries]
    return [key.value for key in found if isinstance(key, Literal) and isinstance(key.value, str)]


# --- keys that a caller may give ----------------------------------------------------------------------------------


def parameter(site: Site) -> str | None:
    """The parameter that a call's key is made of, where it is None unless the function is given one."""
    names = {definition.param.name for definition in _optional(site.unit.function, site.env)}
    for arg in site.call.args:
        if arg.keyword in tables.KEYS or arg.keyword == "headers":
            found = next((n.id for n in walk(arg.value) if isinstance(n, ir.Name) and n.id in names), None)
            if found is not None:
                return found
    spread = any(arg.star == "**" for arg in site.call.args)
    return next((name for name in sorted(names) if spread and name in tables.KEYS), None)


def _optional(function: ir.FunctionDef | None, env: Env) -> Iterator[ParamDef]:
    """The parameters whose default is None."""
    if function is None:
        return
    params = function.params
    for role, group in (("posonly", params.posonly), ("arg", params.args), ("kwonly", params.kwonly)):
        before = len(params.posonly) if role == "arg" else 0
        for index, param in enumerate(group):
            if isinstance(param.default, ir.Constant) and param.default.kind == "none":
                yield ParamDef(param, role, before + index, function, env)


def given(solver: Solver, effect: Effect, site: Site, callee: Function | LocalFunction) -> Effect:
    """An effect of a helper as this call of it leaves it: without a key, when the call gives none."""
    if effect.keyed is None:
        return effect
    unit = solver.function_unit(callee.ref) if isinstance(callee, Function) else None
    found = (d for d in _optional(unit.function if unit is not None else None, site.env) if d.param.name == effect.keyed)
    definition = next(found, None)
    if definition is None or unit is None:
        return replace(effect, keyed=None)
    argument = argument_for(site.call, definition, isinstance(callee, Function) and callee.bound is not None)
    if isinstance(argument, str):
        return replace(effect, keyed=None)
    if argument is None or _none(solver.value(argument, site.env)):
        return replace(effect, doubles=True, guard="", keyed=None, keyless=site.unit.origin(site.call))
    outer = {d.param.name for d in _optional(site.unit.function, site.env)}
    handed = next((n.id for n in walk(argument) if isinstance(n, ir.Name) and n.id in outer), None)
    return replace(effect, keyed=handed)
