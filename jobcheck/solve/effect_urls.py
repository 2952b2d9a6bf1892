"""Requests of urllib: `urlopen` sends something when it, or the `Request` that it opens, has a body or a method for that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve import effect_keys
from jobcheck.solve import effect_tables as tables
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env, ExprDef, dotted
from jobcheck.solve.effect_names import full_names
from jobcheck.solve.kinds import Literal, Value
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

OPENING = frozenset({"urllib.request.urlopen", "urllib.request.build_opener().open", "urllib.request.OpenerDirector().open"})
_REQUEST = "urllib.request.Request"
# How many names are followed to where a request is built.
_DEEPEST = 4
_METHOD = 5  # of the parameters of Request
_ADDING = frozenset({"add_header", "add_unredirected_header"})


def row(solver: Solver, site: Site) -> tuple[str, bool]:
    """Kind, and whether it doubles, of a call that opens an address."""
    return tables.WRITES.get(_method(solver, site), ("read", False))


def key(solver: Solver, site: Site) -> str:
    """The idempotency key of such a call: among the headers of its request, or in its body."""
    for call, env in _calls(solver, site):
        headers, body = argument(call, 2, "headers"), argument(call, 1, "data")
        if call is not site.call and headers is not None and effect_keys.key_header(solver, headers, env):
            return "an idempotency key among the headers"
        if body is not None and effect_keys.in_body(solver, body, env):
            return "an idempotency key in the body"
    return "an idempotency key among the headers" if any(_adds_key(solver, s) for s in _on_request(site)) else ""


def built(solver: Solver, node: ir.Expr | None, env: Env, depth: int = 0) -> tuple[ir.Call, Env] | None:
    """The call of `Request` that an expression gives, in the function itself."""
    if isinstance(node, ir.Call):
        return (node, env) if _REQUEST in full_names(solver, node, env) else None
    if isinstance(node, ir.Name) and depth < _DEEPEST:
        definition, _ = env.lookup(node.id)
        if isinstance(definition, ExprDef):
            return built(solver, definition.node, definition.env, depth + 1)
    return None


def _calls(solver: Solver, site: Site) -> Iterator[tuple[ir.Call, Env]]:
    """The call that opens, and the one that built what it opens."""
    yield site.call, site.env
    made = built(solver, argument(site.call, 0, "url"), site.env)
    if made is not None:
        yield made


def _method(solver: Solver, site: Site) -> str:
    """The method of HTTP; "" where it is not known."""
    sends = _body_is_set(site)
    for call, env in _calls(solver, site):
        given = argument(call, _METHOD, "method") if call is not site.call else None
        value = solver.value(given, env) if given is not None else None
        if value is not None and value.only != Literal(None):
            return value.only.value.upper() if isinstance(value.only, Literal) and isinstance(value.only.value, str) else ""
        body = argument(call, 1, "data")
        sends = sends or (body is not None and not _may_be_none(solver.value(body, env)))
    return "POST" if sends else "GET"


def _may_be_none(value: Value) -> bool:
    return any(kind == Literal(None) for kind in value.kinds())


def _request_name(site: Site) -> str:
    node = argument(site.call, 0, "url")
    return node.id if isinstance(node, ir.Name) else ""


def _body_is_set(site: Site) -> bool:
    """`request.data = body`, before it is opened."""
    flow, name = site.unit.flow, _request_name(site)
    writes = flow.writes if flow is not None and name else ()
    return any(w.stmt.end <= site.call.start and dotted(w.target) == f"{name}.data" for w in writes)


def _on_request(site: Site) -> Iterator[Site]:
    """The calls of methods that add a header to the request."""
    flow, name = site.unit.flow, _request_name(site)
    for other in flow.sites if flow is not None and name else ():
        func = other.call.func
        if isinstance(func, ir.Attribute) and func.attr in _ADDING and isinstance(func.value, ir.Name) and func.value.id == name:
            yield other


def _adds_key(solver: Solver, site: Site) -> bool:
    named = argument(site.call, 0, "key")
    only = solver.value(named, site.env).only if named is not None else None
    return isinstance(only, Literal) and isinstance(only.value, str) and only.value.lower() in tables.HEADERS
