"""The resque wire (the default): whatever JSON text can say, and only as JSON says it (ACTIVEJOB.md B1).

Silently changed, as Resque does it: tuples arrive as lists, keys that are numbers, booleans or None as strings, members
of int and str enums and other subclasses as their plain values. Everything else is refused at enqueue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobcheck.runtime.wires import jsontext


class ResqueWire:
    """JSON primitives, string keys, no keyword arguments."""

    name = "resque"
    keywords = False

    def dump(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, strict: bool) -> list[Any]:
        """As Wire.dump; keyword arguments were refused before."""
        arguments = jsontext.encode(args, _judge, _judge_key, nan=not strict)
        if strict:
            jsontext.check_arrived(arguments, plain=True)
        return arguments

    def load(self, arguments: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """As Wire.load."""
        return tuple(jsontext.through_text(arguments, nan=True)), {}


def _judge(value: object) -> str | None:
    if value is None or isinstance(value, (str, int, float, list, tuple, dict)):
        return jsontext.refuse_nan(value)
    return "JSON has no such value; pass an id or plain values"


def _judge_key(key: object) -> str | None:
    if key is None or isinstance(key, (str, int, float)):
        return jsontext.refuse_nan(key)
    return "a key must be a string"
