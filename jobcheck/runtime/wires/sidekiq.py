"""The sidekiq wire: JSON types exactly, nothing that would arrive as another type (ACTIVEJOB.md B2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobcheck.runtime.wires import jsontext

_EXACT = (str, int, float, bool, type(None), list, dict)


class SidekiqWire:
    """JSON types checked recursively and without their subclasses, string keys, no keyword arguments."""

    name = "sidekiq"
    keywords = False

    def dump(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, strict: bool) -> list[Any]:
        """As Wire.dump; keyword arguments were refused before. The check comes first: JSON would forgive too much."""
        jsontext.refuse(args, _judge, _judge_key)
        arguments = jsontext.encode(args, jsontext.refuse_nan, jsontext.refuse_nan, nan=not strict)
        if strict:
            jsontext.check_arrived(arguments, plain=True)
        return arguments

    def load(self, arguments: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """As Wire.load."""
        return tuple(jsontext.through_text(arguments, nan=True)), {}


def _judge(value: object) -> str | None:
    if type(value) in _EXACT:
        return None
    return "only exact JSON types travel: str, int, float, bool, None, list, dict"


def _judge_key(key: object) -> str | None:
    return None if isinstance(key, str) else "a key must be a string"
