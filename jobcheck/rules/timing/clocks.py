"""Which clock a datetime was read from: shared by the rules about moments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from jobcheck.code import ir
from jobcheck.frameworks.arguments import literal
from jobcheck.rules.base import Context
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import AugDef, Def, Env, ExprDef, NarrowDef, PhiDef
from jobcheck.solve.kinds import External, Function, Literal, Origin, Plain
from jobcheck.values import dataclass

_DEEPEST = 8
_DATETIME = "datetime.datetime."
_DJANGO = "django.utils.timezone."


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a datetime comes from.

    `what`: local (the host's clock without a zone), utc (UTC, without saying so), wall (a day and hour that somebody wrote
    down, without a zone), django (`timezone.now()`: in UTC, as long as USE_TZ holds). A moment with a zone is none.
    """

    what: str
    origin: Origin
    spelling: str
    moment: datetime | None = None


def clocks(context: Context, node: ir.Expr, env: Env, depth: int = 0) -> Iterator[Clock]:
    """The clocks that a datetime without time zone may have been read from; those that cannot be seen are left out."""
    if depth > _DEEPEST:
        return
    match node:
        case ir.Name():
            definition, _ = env.lookup(node.id)
            if definition is not None:
                yield from _defined(context, definition, depth + 1)
        case ir.BinOp(op="+" | "-"):
            for part in (node.left, node.right):
                yield from clocks(context, part, env, depth + 1)
        case ir.IfExp():
            for part in (node.body, node.orelse):
                yield from clocks(context, part, env, depth + 1)
        case ir.BoolOp():
            for part in (node.left, node.right):
                yield from clocks(context, part, env, depth + 1)
        case ir.Call():
            yield from _called(context, node, env, depth)
        case _:
            pass


def _defined(context: Context, definition: Def, depth: int) -> Iterator[Clock]:
    if depth > _DEEPEST:
        return
    match definition:
        case ExprDef():
            yield from clocks(context, definition.node, definition.env, depth)
        case NarrowDef() | AugDef():
            yield from _defined(context, definition.before, depth + 1)
        case PhiDef():
            for part in definition.parts:
                yield from _defined(context, part, depth + 1)
        case _:
            pass


def _called(context: Context, node: ir.Call, env: Env, depth: int) -> Iterator[Clock]:
    if isinstance(node.func, ir.Attribute) and node.func.attr == "replace" and _is_moment(context, node.func.value, env):
        yield from _replaced(context, node, node.func.value, env, depth)
        return
    for kind in context.solver.value(node.func, env).kinds():
        if isinstance(kind, External):
            clock = _read(context, kind.qualname, node, env)
            if clock is not None:
                yield clock
        elif isinstance(kind, Function):
            yield from _returned(context, kind, depth)


def _is_moment(context: Context, node: ir.Expr, env: Env) -> bool:
    """Whether `.replace` is that of a datetime and not of a text."""
    return any(k in _MOMENTS for k in context.solver.value(node, env).kinds()) or isinstance(node, ir.Call)


_MOMENTS = frozenset({Plain("datetime"), Plain("datetime_naive"), Plain("datetime_aware")})


def _replaced(context: Context, node: ir.Call, owner: ir.Expr, env: Env, depth: int) -> Iterator[Clock]:
    zone = next((arg.value for arg in node.args if arg.keyword == "tzinfo"), None)
    if zone is None:
        yield from clocks(context, owner, env, depth + 1)
    elif context.solver.value(zone, env).only in (Literal(None), Plain("none")):
        for clock in clocks(context, owner, env, depth + 1):
            yield Clock("utc", clock.origin, clock.spelling) if clock.what == "django" else clock


def _returned(context: Context, function: Function, depth: int) -> Iterator[Clock]:
    unit = context.solver.function_unit(function.ref)
    if unit is None or unit.refused:
        return
    for exit_ in context.solver.flow(unit).returns:
        if exit_.node is not None:
            yield from clocks(context, exit_.node, exit_.env, depth + 2)


def _read(context: Context, qualname: str, node: ir.Call, env: Env) -> Clock | None:
    what = _what(context, qualname, node, env)
    if what is None:
        return None
    origin = env.unit.origin(node)
    return Clock(what, origin, context.text(origin, 40), _written(context, node, env) if what == "wall" else None)


def _what(context: Context, qualname: str, node: ir.Call, env: Env) -> str | None:
    if qualname in (f"{_DJANGO}now", f"{_DJANGO}make_naive"):
        return "django" if qualname.endswith("now") else "local"
    name = "" if qualname == _DATETIME[:-1] else qualname.removeprefix(_DATETIME)
    if name == qualname:
        return None
    if name in ("utcnow", "utcfromtimestamp"):
        return "utc"
    zone_at = {"now": 0, "fromtimestamp": 1, "today": 99, "": 7, "combine": 2}.get(name)
    if zone_at is not None:
        zone = argument(node, zone_at, "tz" if name in ("now", "fromtimestamp") else "tzinfo")
        if any(arg.star for arg in node.args) or (zone is not None and _zoned(context, zone, env)):
            return None
        return "local" if name in ("now", "fromtimestamp", "today") else "wall"
    return "wall" if name == "strptime" and _unzoned_format(context, node, env) else None


def _zoned(context: Context, zone: ir.Expr, env: Env) -> bool:
    return context.solver.value(zone, env).only not in (Literal(None), Plain("none"))


def _unzoned_format(context: Context, node: ir.Call, env: Env) -> bool:
    said = argument(node, 1)
    text = literal(context.solver.value(said, env)) if said is not None else None
    return isinstance(text, str) and "%z" not in text


def _written(context: Context, node: ir.Call, env: Env) -> datetime | None:
    """The moment that `datetime(2020, 1, 1)` is."""
    parts = [literal(context.solver.value(arg.value, env)) for arg in node.args if arg.keyword is None]
    if len(parts) != len(node.args) or len(parts) < 3 or not all(type(part) is int for part in parts):
        return None
    try:
        return datetime(*parts)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None
