"""How long a wait is that the code writes down: numbers of seconds, timedeltas, moments counted from now."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl
from jobcheck.rules.base import Context
from jobcheck.solve.defs import Env, ExprDef
from jobcheck.solve.kinds import External, Literal

_UNITS = {
    "weeks": 604_800.0, "days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001,
    "microseconds": 0.000_001,
}  # fmt: skip
_IN_ORDER = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
_NOW = frozenset({"datetime.datetime.now", "datetime.datetime.utcnow", "django.utils.timezone.now"})
_DEEPEST = 6


def seconds(context: Context, node: ir.Expr, env: Env, depth: int = 0) -> float | None:
    """The number that an expression surely is; that of seconds for a timedelta."""
    if depth > _DEEPEST:
        return None
    only = context.solver.value(node, env).only
    if isinstance(only, Literal):
        return float(only.value) if isinstance(only.value, (int, float)) and not isinstance(only.value, bool) else None
    match node:
        case ir.Name():
            definition, local = env.lookup(node.id)
            if isinstance(definition, ExprDef):
                return seconds(context, definition.node, definition.env, depth + 1)
            return None if local else _of_module(context, env.unit.filename, node.id, depth)
        case ir.BinOp():
            return _arithmetic(node.op, seconds(context, node.left, env, depth + 1), seconds(context, node.right, env, depth + 1))
        case ir.Call(func=ir.Attribute(attr="total_seconds", value=span)):
            return seconds(context, span, env, depth + 1)
        case ir.Call():
            return _timedelta(context, node, env, depth)
        case _:
            return None


def _of_module(context: Context, filename: str, name: str, depth: int) -> float | None:
    """A constant of the module, or of one that it is imported from."""
    found = context.solver.project.resolve(filename, name)
    if not isinstance(found, modules.Declared) or len(found.decls) != 1:
        return None
    decl = found.decls[0]
    if not isinstance(decl, AssignDecl) or decl.value is None or decl.augmented or decl.unpacked:
        return None
    unit = context.solver.unit(found.filename, *decl.value)
    stmt = unit.body[0] if len(unit.body) == 1 else None
    if not isinstance(stmt, ir.ExprStmt):
        return None
    return seconds(context, stmt.value, Env(unit, {}, None, frozenset()), depth + 1)


def _arithmetic(op: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" | "//":
            return left / right if right else None
        case "**":
            return left**right if 0 <= left < 1_000 and 0 <= right < 20 else None
        case _:
            return None


def _timedelta(context: Context, node: ir.Call, env: Env, depth: int) -> float | None:
    if context.solver.value(node.func, env).only != External("datetime.timedelta"):
        return None
    total = 0.0
    for index, arg in enumerate(node.args):
        unit = arg.keyword or (_IN_ORDER[index] if index < len(_IN_ORDER) else "")
        number = seconds(context, arg.value, env, depth + 1)
        if arg.star or unit not in _UNITS or number is None:
            return None
        total += number * _UNITS[unit]
    return total


def from_now(context: Context, node: ir.Expr, env: Env, depth: int = 0) -> float | None:
    """How many seconds after now a moment is: `now() + timedelta(days=2)`."""
    if depth > _DEEPEST:
        return None
    match node:
        case ir.Name():
            definition, _ = env.lookup(node.id)
            return from_now(context, definition.node, definition.env, depth + 1) if isinstance(definition, ExprDef) else None
        case ir.BinOp(op="+" | "-"):
            base = from_now(context, node.left, env, depth + 1)
            return _arithmetic(node.op, base, seconds(context, node.right, env))
        case ir.Call():
            only = context.solver.value(node.func, env).only
            return 0.0 if isinstance(only, External) and only.qualname in _NOW else None
        case _:
            return None


def spelt(number: float) -> str:
    """A time as messages say it."""
    for size, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if number >= 2 * size or (number >= size and name != "days"):
            return f"{number / size:.3g} {name}"
    return f"{number:.3g} s"
