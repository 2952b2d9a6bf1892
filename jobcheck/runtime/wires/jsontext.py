"""JSON text, which every message passes through, and the search for the value that does not fit into it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jobcheck.runtime.wires import UnserializableError

Judge = Callable[[Any], "str | None"]
Place = tuple[str, Any]
MARKS = frozenset({"_aj_globalid", "_aj_serialized", "_aj_keywords"})
"""Keys by which the activejob wire knows what is not plain."""


def through_text(arguments: Sequence[Any], *, nan: bool) -> list[Any]:
    """What arrives after JSON text. Raises ValueError, TypeError or RecursionError for what JSON cannot say."""
    arrived: list[Any] = json.loads(json.dumps(list(arguments), allow_nan=nan))
    return arrived


def encode(arguments: Sequence[Any], judge: Judge, key_judge: Judge, *, nan: bool) -> list[Any]:
    """The arguments as they arrive, or UnserializableError with the place of the first that does not.

    `judge` and `key_judge` say why a value or a key of a dict cannot travel; None is: it can, so look inside.
    """
    try:
        return through_text(arguments, nan=nan)
    except (TypeError, ValueError, RecursionError) as error:
        refuse(arguments, judge, key_judge)
        raise UnserializableError("args", arguments, f"it is no JSON ({error})") from error


def refuse(arguments: Sequence[Any], judge: Judge, key_judge: Judge) -> None:
    """Raise UnserializableError for the first value, reading left to right and outside in, that a judge refuses."""
    # A stack of its own, and each container once: arguments may be deeper than Python recurses, or hold themselves.
    stack: list[Place] = [(f"args[{index}]", value) for index, value in enumerate(arguments)][::-1]
    seen: set[int] = set()
    while stack:
        path, value = stack.pop()
        reason = judge(value)
        if reason is not None:
            raise UnserializableError(path, value, reason)
        if isinstance(value, (list, tuple, dict)) and id(value) not in seen:
            seen.add(id(value))
            stack.extend(list(_inside(path, value, key_judge))[::-1])


def check_arrived(arguments: Sequence[Any], *, plain: bool) -> None:
    """Raise UnserializableError for what no strict enqueue sends: NaN, and, on a wire of `plain` values, another wire's marks.

    A message that has them was written elsewhere, or by a release in which the job had another wire.
    """
    refuse(arguments, refuse_nan, _refuse_marks if plain else refuse_nan)


def _refuse_marks(key: object) -> str | None:
    return "it is a mark of the activejob wire" if key in MARKS else refuse_nan(key)


def refuse_nan(value: object) -> str | None:
    """Why a float that is no number cannot travel: other languages' JSON has no word for it."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"JSON has no {value!r}"
    return None


def _inside(path: str, value: Any, key_judge: Judge) -> Iterator[Place]:
    if not isinstance(value, dict):
        yield from ((f"{path}[{index}]", item) for index, item in enumerate(value))
        return
    for key, item in value.items():
        reason = key_judge(key)
        if reason is not None:
            raise UnserializableError(f"{path}, key {key!r}", key, reason)
        yield f"{path}[{key!r}]", item
