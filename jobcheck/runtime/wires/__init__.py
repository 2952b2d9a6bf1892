"""Wires: what can travel in a message, and what arrives of it. A job names its wire by `wire = "..."`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.options import suggestion


class UnserializableError(ValueError):
    """A value that the wire cannot carry, its place such as `args[0]['widget']`, and why. Becomes a
    SerializationError where the job is known.
    """

    def __init__(self, path: str, value: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.value = value
        self.reason = reason


class Wire(Protocol):
    """What serializes the arguments of a job."""

    name: str
    keywords: bool  # whether keyword arguments can travel

    def dump(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, strict: bool) -> list[Any]:
        """The arguments as JSON values, after a trip through JSON text. Strict refuses NaN and the infinities.

        Raises UnserializableError.
        """

    def load(self, arguments: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments as the job gets them; `arguments` is left as it is."""


def _resque() -> Wire:
    from jobcheck.runtime.wires.resque import ResqueWire

    return ResqueWire()


def _sidekiq() -> Wire:
    from jobcheck.runtime.wires.sidekiq import SidekiqWire

    return SidekiqWire()


def _activejob() -> Wire:
    from jobcheck.runtime.wires.activejob import ActiveJobWire

    return ActiveJobWire()


_WIRES: dict[str, Callable[[], Wire]] = {"resque": _resque, "sidekiq": _sidekiq, "activejob": _activejob}
NAMES = tuple(_WIRES)


def wire_named(name: object) -> Wire:
    """The wire of that name. Raises OptionError for an unknown one."""
    make = _WIRES.get(name) if isinstance(name, str) else None
    if make is None:
        raise OptionError(f"unknown wire {name!r}{suggestion(str(name), NAMES)}")
    return make()
