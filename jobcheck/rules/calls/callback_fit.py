"""JOB201's other half: a callback of a commit hook that cannot be called with what it is given."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.arguments import Given
from jobcheck.registry import Callback, Enqueue, Parameter, Signature
from jobcheck.rules.base import Context
from jobcheck.rules.calls import fit
from jobcheck.rules.calls.fit import Misfit
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import External, Function, LocalFunction, Origin, Value

_HOOKS = frozenset({"on_commit"})


def misfits(callback: Callback, context: Context) -> Iterator[tuple[str, Origin, list[Misfit]]]:
    """The function's name, where it is declared, and what does not fit. A commit hook calls without arguments."""
    if callback.what not in _HOOKS or callback.in_test:
        return
    source = context.solver.sources.of(callback.argument, callback.site.env)
    node, given = source.node, Given()
    if isinstance(node, ir.Call):
        target = _partial_of(node, source.env, context)
        if target is None:
            return
        given = arguments.from_call(context.solver, node.args[1:], source.env)
        node = target
    found = _function(context.solver.value(node, source.env), context)
    if found is None:
        return
    name, declared, signature = found
    made = Enqueue("", "callback", callback.site, callback.origin, arguments=given.arguments)
    made.open_args, made.open_kwargs = given.open_args, given.open_kwargs
    wrong = fit.misfits(made, signature)
    if wrong:
        yield name, declared, wrong


def _partial_of(call: ir.Call, env: Env, context: Context) -> ir.Expr | None:
    """The function of `partial(function, ...)`."""
    only = context.solver.value(call.func, env).only
    first = call.args[0] if call.args else None
    if not isinstance(only, External) or only.qualname != "functools.partial" or first is None or first.star or first.keyword:
        return None
    return first.value


def _function(value: Value, context: Context) -> tuple[str, Origin, Signature] | None:
    """A function of the project that is known to be called as it is written."""
    solver, only = context.solver, value.only
    if isinstance(only, LocalFunction):
        found = solver.nested_node(only)
        if found is None or isinstance(found[0], ir.Lambda):
            return None
        return only.name, found[1].unit.origin(found[0]), _signature(found[0], 0)
    if isinstance(only, Function):
        decl = solver.function_decl(only.ref)
        unit = solver.function_unit(only.ref)
        if decl is None or decl[0].decorators or unit is None or unit.function is None:
            return None
        if decl[1] is not None and only.bound is None:
            return None
        declared = Origin(only.ref.filename, decl[0].name_start, decl[0].name_end)
        return only.ref.name, declared, _signature(unit.function, 1 if only.bound is not None else 0)
    return None


def _signature(node: ir.FunctionDef, skip: int) -> Signature:
    params = node.params
    plain = [*(("posonly", p) for p in params.posonly), *(("arg", p) for p in params.args)][skip:]
    every = [*plain, *(("kwonly", p) for p in params.kwonly)]
    return Signature(
        tuple(Parameter(p.name, role, p.default is None) for role, p in every),
        params.vararg.name if params.vararg else None,
        params.kwarg.name if params.kwarg else None,
    )
