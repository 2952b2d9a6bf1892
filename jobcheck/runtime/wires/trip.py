"""One value sent over a wire: the machine-readable behaviour that the analyzer's wire tables are tested against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from jobcheck.runtime.wires import NAMES, UnserializableError, wire_named

Outcome = Literal["same", "changed", "error-at-enqueue", "error-in-worker"]


class Trip(NamedTuple):
    """What became of the value: `arrived` when it did, `error` when it did not. "same" is equal and of equal types."""

    outcome: Outcome
    arrived: Any = None
    error: Exception | None = None


def trip(wire: str, value: Any, *, strict: bool = True) -> Trip:
    """Send a value over the wire as the only argument of a job. Raises OptionError for an unknown wire."""
    chosen = wire_named(wire)
    try:
        stored = chosen.dump([value], {}, strict=strict)
    except UnserializableError as error:
        return Trip("error-at-enqueue", error=error)
    try:
        ((arrived,), _) = chosen.load(stored)
    except Exception as error:
        return Trip("error-in-worker", error=error)
    return Trip("same" if same(value, arrived) else "changed", arrived)


def table(values: Mapping[str, Any], *, strict: bool = True) -> dict[str, dict[str, Outcome]]:
    """The outcome for each named value on each wire: `table({"set": {1}})["set"]["resque"] == "error-at-enqueue"`."""
    return {name: {wire: trip(wire, value, strict=strict).outcome for wire in NAMES} for name, value in values.items()}


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal and of equal types, also inside lists, tuples and dicts."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        # Keys pairwise in their order, as 1 and "1" and True are told apart only by looking at both.
        return same(list(left), list(right)) and same(list(left.values()), list(right.values()))
    if isinstance(left, (float, datetime)):
        return repr(left) == repr(right)  # NaN is itself, 0.0 is not -0.0, and one moment in two zones is two values
    return bool(left == right)
