"""The options of an enqueue, read and checked: `wait`, `wait_until`, `queue`, `priority`."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.settings import settings

NAMES = ("wait", "wait_until", "queue", "priority")


class Options(NamedTuple):
    """Options that were given; None where the job's own value stands."""

    queue: str | None
    priority: int | None
    at: datetime | None  # aware, UTC


def read_options(given: Mapping[str, Any]) -> Options:
    """Check the options of one enqueue; a `wait` counts from now.

    None means "not given"; `wait=0` is given. Raises OptionError for an unknown name (ignored outside strict mode),
    a wrong type, a negative, infinite or NaN `wait`, a `wait_until` without time zone, and for both at once.
    """
    _refuse_unknown(given)
    wait, wait_until = given.get("wait"), given.get("wait_until")
    if wait is not None and wait_until is not None and settings.strict:
        raise OptionError("wait and wait_until are both given: one moment can hold only")
    # As in Active Job, wait_until has the last word.
    at = _after(wait) if wait_until is None else _moment(wait_until)
    return Options(check_queue(given.get("queue")), check_priority(given.get("priority")), at)


def seconds(value: object, name: str = "wait") -> float:
    """A number of seconds or a timedelta as seconds, zero or more. Raises OptionError for anything else."""
    if isinstance(value, timedelta):
        number = value.total_seconds()
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = _as_float(value)
    else:
        raise OptionError(f"{name} must be seconds or a timedelta, not {value!r}")
    if not math.isfinite(number) or number < 0:
        raise OptionError(f"{name} must be a finite time of zero or more, not {value!r}")
    return number


def check_queue(value: object) -> str | None:
    """A queue name, or None when not given. Raises OptionError for an empty name or another type."""
    if value is None:
        return None
    # An exact check: a str Enum member would print as its member in some brokers and as its value in others.
    if type(value) is not str or not value.strip():
        raise OptionError(f"queue must be a name, not {value!r}")
    return value


def check_priority(value: object) -> int | None:
    """A priority (lower is more important), or None when not given. Raises OptionError for another type."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise OptionError(f"priority must be an integer, not {value!r}")
    return int(value)


def suggestion(name: str, known: tuple[str, ...]) -> str:
    """`; did you mean 'priority'?` when a known name is near, else the list of them."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    if not settings.strict:
        return
    for name in given:
        if name not in NAMES:
            raise OptionError(f"unknown option {name!r}{suggestion(name, NAMES)}")


def _after(wait: object) -> datetime | None:
    if wait is None:
        return None
    try:
        return datetime.fromtimestamp(time.time() + seconds(wait), timezone.utc)
    except (OverflowError, ValueError, OSError) as error:
        if isinstance(error, OptionError):
            raise
        raise OptionError(f"wait is beyond the calendar: {wait!r} (seconds, not milliseconds)") from None


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise OptionError(f"wait_until must be a datetime, not {value!r}")
    # Which hour a naive time means depends on who reads it: this process, the worker's host, or UTC.
    if value.utcoffset() is None and settings.strict:
        raise OptionError(f"wait_until has no time zone: {value!r}")
    return value.astimezone(timezone.utc)
