"""How long a message is to wait before its job may run, as far as the enqueue says it."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.registry import Enqueue, Option
from jobcheck.solve.kinds import Literal, Mapping, Plain

# A wait of so many seconds leaves most transactions time enough.
_SHORTEST = 1.0
# Options that hold a span, in seconds where it is a number; and those that hold a moment.
_SPANS = ("countdown", "wait", "delay", "_defer_by", "time_delta", "schedule_in", "time_or_delta", "when")
_MOMENTS = ("eta", "_defer_until", "schedule_at", "run_after", "scheduled", "scheduled_time", "datetime", "wait_until", "time")
_MILLISECONDS = frozenset({"dramatiq"})
_UNITS = {
    "weeks": 604_800.0, "days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 1e-3,
    "microseconds": 1e-6,
}  # fmt: skip
_PARTS = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")


def waits(enqueue: Enqueue, shortest: float = _SHORTEST) -> bool:
    """Whether the options of an enqueue say that its job is not to run before so many seconds."""
    option = next((enqueue.options[name] for name in (*_SPANS, *_MOMENTS) if name in enqueue.options), None)
    if option is None or option.value.only in (Literal(None), Plain("none")):
        return False
    seconds = _seconds(option, 1e-3 if enqueue.framework in _MILLISECONDS else 1.0)
    return seconds is None or seconds >= shortest


def _seconds(option: Option, unit: float) -> float | None:
    only = option.value.only
    if isinstance(only, Literal) and isinstance(only.value, (int, float)):
        return only.value * unit
    if isinstance(only, Mapping) and only.rest is None:  # `{"minutes": 5}`
        return _sum([(_text(key.only), _number(value.only)) for key, value in only.entries])
    node = option.node
    if isinstance(node, ir.Call) and not any(arg.star for arg in node.args) and _last(node.func) == "timedelta":
        names = [arg.keyword or _PARTS[min(index, len(_PARTS) - 1)] for index, arg in enumerate(node.args)]
        return _sum([(name, _constant(arg.value)) for name, arg in zip(names, node.args, strict=True)])
    return None


def _sum(parts: list[tuple[str, float | None]]) -> float | None:
    numbers = [number * _UNITS[name] for name, number in parts if number is not None and name in _UNITS]
    return sum(numbers) if len(numbers) == len(parts) else None


def _text(kind: object) -> str:
    return kind.value if isinstance(kind, Literal) and isinstance(kind.value, str) else ""


def _number(kind: object) -> float | None:
    return kind.value if isinstance(kind, Literal) and isinstance(kind.value, (int, float)) else None


def _constant(node: ir.Expr) -> float | None:
    return node.value if isinstance(node, ir.Constant) and isinstance(node.value, (int, float)) else None


def _last(func: ir.Expr) -> str:
    return func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
