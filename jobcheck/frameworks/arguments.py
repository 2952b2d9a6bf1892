"""Arguments and options out of calls: what every framework needs to tell them apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.registry import Argument, Malformed, Option
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN, Alt, EnumMember, FrameworkValue, Function, Instance, Literal, Mapping, Origin, Plain, Sequence, Value, known,
)  # fmt: skip
from jobcheck.solve.operators import plain_name

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
        value = solver.value(arg.value, env)
        if arg.star == "*":
            _unpack(given, value, env.unit.origin(arg.value))
        elif arg.star == "**":
            _unpack_keywords(given, value, env.unit.origin(arg.value))
        else:
            given.arguments.append(Argument(value, env.unit.origin(arg.value), arg.keyword, "", arg.value))
    return given


def from_parts(solver: Solver, args: ir.Expr | None, kwargs: ir.Expr | None, env: Env, given: Given | None = None) -> Given:
    """`args=(...)` and `kwargs={...}` as parts of a call (`apply_async`)."""
    given = given or Given()
    if args is not None:
        _args_part(solver, args, env, given)
    if kwargs is not None:
        _kwargs_part(solver, kwargs, env, given)
    return given


def _args_part(solver: Solver, node: ir.Expr, env: Env, given: Given) -> None:
    if isinstance(node, (ir.TupleExpr, ir.ListExpr)):
        for element in node.elements:
            if isinstance(element, ir.Starred):
                _unpack(given, solver.value(element.value, env), env.unit.origin(element.value))
            else:
                given.arguments.append(Argument(solver.value(element, env), env.unit.origin(element), None, "", element))
        return
    value = solver.value(node, env)
    what = wrong_args(value)
    if what:
        given.malformed.append(Malformed(what, "args", env.unit.origin(node), value))
        given.open_args = True
        return
    _unpack(given, value, env.unit.origin(node))


def _kwargs_part(solver: Solver, node: ir.Expr, env: Env, given: Given) -> None:
    if isinstance(node, ir.DictExpr):
        for item in node.items:
            value = solver.value(item.value, env)
            if item.key is None:
                _unpack_keywords(given, value, env.unit.origin(item.value))
                continue
            key = solver.value(item.key, env).only
            if isinstance(key, Literal) and isinstance(key.value, str):
                given.arguments.append(Argument(value, env.unit.origin(item.value), key.value, "", item.value))
            else:
                given.open_kwargs = True
        return
    value = solver.value(node, env)
    what = wrong_kwargs(value)
    if what:
        given.malformed.append(Malformed(what, "kwargs", env.unit.origin(node), value))
        given.open_kwargs = True
        return
    _unpack_keywords(given, value, env.unit.origin(node))


def wrong_args(value: Value) -> str | None:
    """Why a value cannot be an argument list; None when it can or is not known."""
    if value.open or not value.alts:
        return None
    kinds = [k for k in value.kinds() if plain_name(k) != "none"]
    if not kinds:
        return None
    names = [plain_name(k) for k in kinds]
    if all(n in ("str", "bytes") for n in names):
        return "string"
    if all(isinstance(k, Mapping) for k in kinds):
        return "mapping"
    if all(n in ("int", "float", "bool", "uuid", "decimal", "date", "datetime", "datetime_naive", "datetime_aware") or
           isinstance(k, EnumMember) for n, k in zip(names, kinds)):
        return "not-iterable"
    if all(isinstance(k, (Function, FrameworkValue)) for k in kinds):
        return "not-iterable"
    return None


def wrong_kwargs(value: Value) -> str | None:
    """Why a value cannot be keyword arguments; None when it can or is not known."""
    if value.open or not value.alts:
        return None
    kinds = [k for k in value.kinds() if plain_name(k) != "none"]
    if not kinds:
        return None
    if all(plain_name(k) == "str" for k in kinds):
        return "json"
    if all(isinstance(k, Sequence) or plain_name(k) in ("int", "bool", "float", "uuid") for k in kinds):
        return "kwargs-not-dict"
    return None


def _unpack(given: Given, value: Value, origin: Origin) -> None:
    only = value.only
    if isinstance(only, Sequence) and only.items is not None and only.name in ("tuple", "list"):
        given.arguments.extend(Argument(item, origin_of(item, origin)) for item in only.items)
        return
    given.open_args = True
    elements = [k.element for k in value.kinds() if isinstance(k, Sequence)]
    if elements:
        given.arguments.append(Argument(value, origin, None, "*"))


def _unpack_keywords(given: Given, value: Value, origin: Origin) -> None:
    only = value.only
    if not isinstance(only, Mapping):
        given.open_kwargs = True
        return
    for key, item in only.entries:
        name = key.only
        if isinstance(name, Literal) and isinstance(name.value, str):
            given.arguments.append(Argument(item, origin_of(item, origin), name.value))
        else:
            given.open_kwargs = True
    if only.rest is not None:
        given.open_kwargs = True


def origin_of(value: Value, otherwise: Origin) -> Origin:
    """Where a value of a container was written, when in the same file; else where the container stands."""
    origin = value.alts[0].origin if value.alts else None
    return origin if origin is not None and origin.filename == otherwise.filename else otherwise


def options_of(solver: Solver, args: list[ir.Arg], env: Env, skip: frozenset[str] = frozenset()) -> tuple[dict[str, Option], bool]:
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


__all__ = ["UNKNOWN", "Alt", "Instance", "Plain", "known"]
