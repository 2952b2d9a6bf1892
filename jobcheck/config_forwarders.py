"""`[[tool.jobcheck.forwarders]]`: functions that enqueue what they are handed, where that cannot be inferred."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from jobcheck.values import dataclass

Place = int | str
"""A parameter: its position, counted without `self`, or its name."""

REST = "rest"


@dataclass(frozen=True, slots=True)
class Forwarder:
    """One function. `function` is its dotted name, with its module or any end of that.

    `job` is the parameter that is the job, its name, or a method that enqueues it. `args` and `kwargs` are the job's
    arguments: `rest` (all that is given beside the other parameters) or a parameter that is a list or a dict of them;
    None: there are none. `options` are keywords that are no arguments. `framework` is the job's, where only a name is
    given. `deferred`: it waits until the transaction has been committed.
    """

    function: str
    job: Place
    args: Place | None = None
    kwargs: Place | None = None
    options: tuple[str, ...] = ()
    framework: str | None = None
    deferred: bool = False


def read_forwarders(value: object) -> tuple[Forwarder, ...]:
    """The entries. Raises TypeError for no list at all, ValueError with a text that begins with the place in it."""
    if not isinstance(value, list | tuple):
        raise TypeError
    return tuple(_entry(number, entry) for number, entry in enumerate(value, 1))


def _entry(number: int, entry: object) -> Forwarder:
    where = f"[{number}]"
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: must be a table with at least 'function' and 'job'")
    for key in entry:
        if key not in _READERS:
            raise ValueError(f"{where}: unknown key {key!r}{_nearest(str(key))}")
    missing = [key for key in ("function", "job") if key not in entry]
    if missing:
        raise ValueError(f"{where}: {missing[0]!r} is missing; an entry needs 'function' and 'job'")
    read = {key: _read(where, key, item) for key, item in entry.items()}
    if "args" not in read and "kwargs" not in read:
        read |= {"args": REST, "kwargs": REST}
    return Forwarder(**read)  # type: ignore[arg-type]


def _read(where: str, key: str, value: object) -> object:
    expected, reader = _READERS[key]
    try:
        return reader(value)
    except TypeError:
        raise ValueError(f"{where}: {key!r} must be {expected}, not {value!r}") from None


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key.lower(), [*_READERS], n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; the keys are {', '.join(_READERS)}"


def _dotted(value: object) -> str:
    if not isinstance(value, str) or not all(part.isidentifier() for part in value.split(".")):
        raise TypeError
    return value


def _place(value: object) -> Place:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    if (isinstance(value, int) and value < 0) or (isinstance(value, str) and not value.isidentifier()):
        raise TypeError
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item.isidentifier() for item in value):
        raise TypeError
    return tuple(value)


def _word(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "function": ('a dotted name such as "shop.queue.dispatch"', _dotted),
    "job": ("the position or the name of a parameter", _place),
    "args": ('"rest", or the position or the name of a parameter', _place),
    "kwargs": ('"rest", or the position or the name of a parameter', _place),
    "options": ("a list of names", _names),
    "framework": ("the name of a framework", _word),
    "deferred": ("true or false", _truth),
}
