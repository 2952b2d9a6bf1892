"""Arguments and options out of calls: what every framework needs to tell them apart."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import malformed
from jobcheck.registry import Argument, Malformed, Option
from jobcheck.solve.binding import handed
from jobcheck.solve.defs import Def, Env, ExprDef
from jobcheck.solve.kinds import Literal, Mapping, Origin, Plain, Sequence, Value
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


@dataclass(slots=True)
class Given:
    """What a call hands to a job."""

    arguments: list[Argument] = field(default_factory=list)
    open_args: bool = False
    open_kwargs: bool = False
    malformed: list[Malformed] = field(default_factory=list)


def from_call(solver: Solver, args: list[ir.Arg], env: Env) -> Given:
    """Every argument of a call is an argument of the job (`delay(*args, **kwargs)`)."""
    given = Given()
    for arg in args:
        if arg.star == "*":
            _unpack(solver, given, arg.value, env)
        elif arg.star == "**":
            _unpack_keywords(solver, given, arg.value, env)
        else:
            given.arguments.append(_argument(solver, arg.value, env, arg.keyword))
    return given


def _argument(solver: Solver, node: ir.Expr, env: Env, name: str | None = None) -> Argument:
    written, home = written_at(node, env)
    return Argument(lambda: solver.value(node, env), home.unit.origin(written), name, "", written)


def written_at(node: ir.Expr, env: Env) -> tuple[ir.Expr, Env]:
    """Where an expression was written: a parameter that one call binds, as `binding` does, by its caller."""
    for _ in range(_LONGEST_TRAIL):
        definition = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
        if not isinstance(definition, ExprDef) or definition.env.unit is env.unit:
            break
        node, env = definition.node, definition.env
    return node, env


# How many functions an argument is followed through.
_LONGEST_TRAIL = 12


def from_parts(solver: Solver, args: ir.Expr | None, kwargs: ir.Expr | None, env: Env, given: Given | None = None) -> Given:
    """`args=(...)` and `kwargs={...}` as parts of a call (`apply_async`)."""
    given = given or Given()
    if args is not None:
        _args_part(solver, args, env, given)
    if kwargs is not None:
        _kwargs_part(solver, kwargs, env, given)
    return given


def _args_part(solver: Solver, node: ir.Expr, env: Env, given: Given) -> None:
    node, env = written_at(node, env)
    if isinstance(node, (ir.TupleExpr, ir.ListExpr)):
        for element in node.elements:
            if isinstance(element, ir.Starred):
                _unpack(solver, given, element.value, env)
            else:
                given.arguments.append(_argument(solver, element, env))
        return
    value = solver.value(node, env)
    if _is_none(value):
        return
    wrong = malformed.wrong_args(solver, node, env, value)
    if wrong is not None:
        given.malformed.append(wrong)
        given.open_args = True
        return
    _unpack(solver, given, node, env)


def _kwargs_part(solver: Solver, node: ir.Expr, env: Env, given: Given) -> None:
    node, env = written_at(node, env)
    if isinstance(node, ir.DictExpr):
        for item in node.items:
            if item.key is None:
                _unpack_keywords(solver, given, item.value, env)
                continue
            key = solver.value(item.key, env).only
            if isinstance(key, Literal) and isinstance(key.value, str):
                given.arguments.append(_argument(solver, item.value, env, key.value))
            else:
                given.open_kwargs = True
        return
    value = solver.value(node, env)
    if _is_none(value):
        return
    wrong = malformed.wrong_kwargs(node, env, value)
    if wrong is not None:
        given.malformed.append(wrong)
        given.open_kwargs = True
        return
    _unpack_keywords(solver, given, node, env)


def _is_none(value: Value) -> bool:
    """No list or dict of arguments at all."""
    return value.only in (Literal(None), Plain("none"))


def _unpack(solver: Solver, given: Given, node: ir.Expr, env: Env) -> None:
    value, origin = solver.value(node, env), env.unit.origin(node)
    given.open_args = given.open_args or not _whole(solver, node, env)
    only = value.only
    if isinstance(only, Sequence) and only.items is not None and only.name in ("tuple", "list"):
        written = [d for name, d in handed(node, env) if not name]
        same = len(written) == len(only.items)
        given.arguments.extend(_item(item, written[index] if same else None, origin) for index, item in enumerate(only.items))
        return
    given.open_args = True
    elements = [k.element for k in value.kinds() if isinstance(k, Sequence)]
    if elements:
        given.arguments.append(Argument(value, origin, None, "*"))


def _unpack_keywords(solver: Solver, given: Given, node: ir.Expr, env: Env) -> None:
    value, origin = solver.value(node, env), env.unit.origin(node)
    given.open_kwargs = given.open_kwargs or not _whole(solver, node, env)
    only = value.only
    if not isinstance(only, Mapping):
        given.open_kwargs = True
        return
    written = dict(handed(node, env))
    for key, item in only.entries:
        name = key.only
        if isinstance(name, Literal) and isinstance(name.value, str):
            given.arguments.append(_item(item, written.get(name.value), origin, name.value))
        else:
            given.open_kwargs = True
    if only.rest is not None:
        given.open_kwargs = True


# What may follow a name without its container being changed in a way that flow does not model.
_TAME = rb"(?:\s*(?:=(?!=)|\+=|:|is\b)|\[|\.(?:append|update|extend|insert|setdefault|pop|get|items|keys|values|copy)\b)"


def _whole(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """Whether a container holds just what flow saw: one written here, or a local name that no other code is handed."""
    if isinstance(node, (ir.TupleExpr, ir.ListExpr, ir.DictExpr)):
        return True
    if not isinstance(node, ir.Name) or not env.lookup(node.id)[1]:
        return False
    only = solver.value(node, env).only
    if isinstance(only, Sequence) and only.name == "tuple":
        return True  # it cannot be changed
    unit = env.unit
    data = solver.raw(unit.filename) or b""
    start = unit.offset + min((s.start for s in unit.body), default=0)
    end = unit.offset + max((s.end for s in unit.body), default=0)
    here = unit.offset + node.end
    uses = re.finditer(rb"(\*\*\s*)?(?<![\w.])" + re.escape(node.id.encode()) + rb"\b(" + _TAME + rb")?", data[start:end])
    return all(m[1] is not None or m[2] is not None or start + m.end() == here for m in uses)


def _item(item: Value, given: Def | None, container: Origin, name: str | None = None) -> Argument:
    """An item of a container; `given`: what a caller gave to `*args` or `**kwargs`, which it is."""
    if not isinstance(given, ExprDef):
        return Argument(item, origin_of(item, container), name)
    node, env = written_at(given.node, given.env)
    return Argument(item, env.unit.origin(node), name, "", node)


def origin_of(value: Value, otherwise: Origin) -> Origin:
    """Where a value of a container was written, when in the same file; else where the container stands."""
    origin = value.alts[0].origin if value.alts else None
    return origin if origin is not None and origin.filename == otherwise.filename else otherwise


def options_of(
    solver: Solver, args: list[ir.Arg], env: Env, skip: frozenset[str] = frozenset()
) -> tuple[dict[str, Option], bool]:
    """The keyword arguments of a call as options, and whether there are more that cannot be seen."""
    options: dict[str, Option] = {}
    is_open = False
    for arg in args:
        if arg.keyword is not None and arg.keyword not in skip:
            origin = env.unit.origin(arg)
            options[arg.keyword] = Option(arg.keyword, solver.value(arg.value, env), origin, arg.value)
        elif arg.star == "**":
            only = solver.value(arg.value, env).only
            if not isinstance(only, Mapping) or only.rest is not None:
                is_open = True
                continue
            for key, value in only.entries:
                name = key.only
                if isinstance(name, Literal) and isinstance(name.value, str) and name.value not in skip:
                    options[name.value] = Option(name.value, value, env.unit.origin(arg))
        elif arg.star == "*":
            is_open = True
    return options, is_open


def literal(value: Value) -> object:
    """The constant that a value surely is; None otherwise (also for None itself)."""
    only = value.only
    return only.value if isinstance(only, Literal) else None


def text(option: Option | None) -> str | None:
    """The string that an option surely is."""
    found = literal(option.value) if option else None
    return found if isinstance(found, str) else None


def truth(option: Option | None) -> bool | None:
    """The truth of an option; None when it is absent or not known."""
    only = option.value.only if option else None
    return bool(only.value) if isinstance(only, Literal) else None
