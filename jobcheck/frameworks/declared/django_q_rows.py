"""django-q2's other ways to say what is to run: rows of `Schedule`, chains and lists of arguments.

A row's arguments are text, which the scheduler reads with `ast.literal_eval` (django_q/scheduler.py of 1.11.1).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.registry import Argument, Malformed
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import UNKNOWN, Literal, Sequence, Value, known

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_STOPS = "the scheduler raises {error} each time it comes to this row, and no schedule at all is run any more"
_EMPTIES = "the scheduler cannot read it, and runs the job without any keyword argument"
# How many items of a written list are looked at.
_MOST_ITEMS = 50

Part = tuple[ir.Expr, arguments.Given]


def fields(call: ir.Call) -> dict[str, ir.Arg]:
    """The fields of a row by name, those among `defaults={...}` too."""
    found = {a.keyword: a for a in call.args if a.keyword is not None}
    for name in ("create_defaults", "defaults"):
        arg = found.pop(name, None)
        for item in arg.value.items if arg is not None and isinstance(arg.value, ir.DictExpr) else ():
            if isinstance(item.key, ir.Constant) and isinstance(item.key.value, str):
                found[item.key.value] = ir.Arg(item.key.start, item.value.end, item.value, item.key.value)
    return found


def seen_whole(call: ir.Call) -> bool:
    """Whether all fields of a row are written in the call."""
    held = [a.value for a in call.args if a.keyword in ("defaults", "create_defaults")]
    dicts = [node for node in held if isinstance(node, ir.DictExpr)]
    return (
        not any(a.star for a in call.args)
        and len(dicts) == len(held)
        and all(isinstance(item.key, ir.Constant) for node in dicts for item in node.items)
    )


def of_row(solver: Solver, said: dict[str, ir.Arg], env: Env) -> arguments.Given:
    """The arguments that a row holds."""
    given = arguments.Given()
    for name, read in (("args", _positional), ("kwargs", _keywords)):
        arg = said.get(name)
        if arg is None:
            continue
        value = solver.value(arg.value, env)
        only = value.only
        if isinstance(only, Literal) and isinstance(only.value, str):
            read(only.value, arg, value, env, given)
        elif isinstance(arg.value, (ir.TupleExpr, ir.ListExpr, ir.DictExpr)):
            positional = name == "args"
            found = arguments.from_parts(solver, arg.value if positional else None, None if positional else arg.value, env)
            given.arguments += found.arguments
            given.malformed += found.malformed
            given.open_args, given.open_kwargs = given.open_args or found.open_args, given.open_kwargs or found.open_kwargs
        elif only != Literal(None):
            given.open_args, given.open_kwargs = given.open_args or name == "args", given.open_kwargs or name == "kwargs"
    return given


def _positional(text: str, arg: ir.Arg, value: Value, env: Env, given: arguments.Given) -> None:
    if not text:
        return
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        happens = _STOPS.format(error=type(error).__name__)
        given.malformed.append(Malformed("not-literal", "args", env.unit.origin(arg.value), value, happens))
        given.open_args = True
        return
    items = found if type(found) is tuple else (found,)
    given.arguments += [Argument(_constant(item), env.unit.origin(arg.value)) for item in items]


def _keywords(text: str, arg: ir.Arg, value: Value, env: Env, given: arguments.Given) -> None:
    found = _dict_of(text) if text else {}
    if found is None:
        given.malformed.append(Malformed("not-literal", "kwargs", env.unit.origin(arg.value), value, _EMPTIES))
        given.open_kwargs = True
        return
    given.arguments += [Argument(_constant(item), env.unit.origin(arg.value), name) for name, item in found.items()]


def _dict_of(text: str) -> dict[str, object] | None:
    """`{'a': 1}` or `a=1`, as the scheduler reads it."""
    try:
        found = ast.literal_eval(text)
        return found if isinstance(found, dict) and all(isinstance(key, str) for key in found) else None
    except (ValueError, SyntaxError):
        pass
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        keywords = call.keywords if isinstance(call, ast.Call) else []
        return {k.arg: ast.literal_eval(k.value) for k in keywords if k.arg is not None}
    except (ValueError, SyntaxError):
        return None


def _constant(value: object) -> Value:
    simple = value is None or isinstance(value, (bool, int, float, str))
    return known(Literal(value)) if simple else UNKNOWN  # type: ignore[arg-type]


def of_chain(solver: Solver, node: ir.Expr | None, env: Env) -> Iterator[Part]:
    """The jobs of `async_chain([(f, args, kwargs), g])`, where the list is written in the call."""
    for item in node.elements[:_MOST_ITEMS] if isinstance(node, ir.ListExpr) else ():
        if isinstance(item, ir.TupleExpr) and not any(isinstance(e, ir.Starred) for e in item.elements) and item.elements:
            job, args, kwargs = (*item.elements, None, None)[:3]
            assert job is not None
            yield job, arguments.from_parts(solver, args, kwargs, env)
        elif not isinstance(item, (ir.TupleExpr, ir.Starred)):
            yield item, arguments.Given()


def of_items(solver: Solver, node: ir.Expr | None, env: Env) -> Iterator[arguments.Given]:
    """The messages of `async_iter(f, [1, (2, 3)])`: a tuple holds arguments, everything else is one."""
    written = node.elements if isinstance(node, (ir.ListExpr, ir.TupleExpr)) else None
    if node is None or written is None or any(isinstance(item, ir.Starred) for item in written):
        yield arguments.Given(open_args=True)
        return
    for item in written[:_MOST_ITEMS]:
        only = solver.value(item, env).only
        if isinstance(item, ir.TupleExpr) or (isinstance(only, Sequence) and only.name == "tuple"):
            yield arguments.from_parts(solver, item, None, env)
        elif only is None:
            yield arguments.Given(open_args=True)
        else:
            yield arguments.Given([Argument(solver.value(item, env), env.unit.origin(item), None, "", item)])
