"""The keys a configuration file may have, and the type of each, checked with messages people can act on."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import TypeVar

from jobcheck.config_forwarders import read_forwarders
from jobcheck.findings import Confidence, Severity
from jobcheck.values import dataclass

Level = TypeVar("Level", Severity, Confidence)


class ConfigError(Exception):
    """The configuration cannot be used. The message names the file or option, the key, and what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its name, what its value has to be in words, and the function that reads it (TypeError: not that;
    its text, if any, says what was found)."""

    name: str
    expected: str
    read: Callable[[object], object]


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return tuple(_string(item) for item in value)


def _dotted_names(value: object) -> tuple[str, ...]:
    for name in _strings(value):
        if not all(part.isidentifier() for part in name.split(".")):
            raise TypeError(f"a list with {name!r} in it, which is no dotted name")
    return _strings(value)


def _names(value: object) -> tuple[str, ...]:
    for name in _strings(value):
        if not name.isidentifier():
            raise TypeError(f"a list with {name!r} in it, which is no name of an option")
    return _strings(value)


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError
    return {str(key): item for key, item in value.items()}


def _table_of_strings(value: object) -> dict[str, str]:
    return {key: _string(item) for key, item in _table(value).items()}


def _table_of_lists(value: object) -> dict[str, tuple[str, ...]]:
    return {key: _strings(item) for key, item in _table(value).items()}


def _level(levels: type[Level]) -> Callable[[object], Level]:
    def read(value: object) -> Level:
        name = _string(value).upper()
        if name not in levels.__members__:
            raise TypeError
        return levels[name]

    return read


_LIST = "a list of strings"
_MAP = "a table of strings"

KEYS = {
    key.name: key
    for key in (
        Key("select", _LIST, _strings),
        Key("extend-select", _LIST, _strings),
        Key("ignore", _LIST, _strings),
        Key("per-file-ignores", "a table of patterns, each with a list of rules", _table_of_lists),
        Key("exclude", _LIST, _strings),
        Key("extend-exclude", _LIST, _strings),
        Key("min-severity", "one of info, warning, error", _level(Severity)),
        Key("min-confidence", "one of low, medium, high", _level(Confidence)),
        Key("baseline", "a file name", _string),
        Key("tests", _LIST, _strings),
        Key("frameworks", _LIST, _strings),
        Key("serializers", _MAP, _table_of_strings),
        Key("versions", _MAP, _table_of_strings),
        Key("idempotency-decorators", 'a list of names such as "shop.jobs.exactly_once"', _dotted_names),
        Key("idempotency-options", 'a list of names such as "idempotent"', _names),
        Key("forwarders", "a list of tables, [[tool.jobcheck.forwarders]]", read_forwarders),
        Key("root", "a folder name", _string),
    )
}


def read_value(source: str, name: str, value: object) -> object:
    """The value of key `name` in its own type. Raises ConfigError that says what was expected and what was found."""
    key = KEYS.get(name)
    if key is None:
        raise ConfigError(f"{source}: unknown key {name!r}{_nearest_key(name)}")
    try:
        return key.read(value)
    except ValueError as error:
        raise ConfigError(f"{source}: {name}{error}") from None
    except TypeError as error:
        raise ConfigError(f"{source}: {name!r} must be {key.expected}, not {str(error) or _described(value)}") from None


def _nearest_key(name: str) -> str:
    close = difflib.get_close_matches(name.replace("_", "-").lower(), [*KEYS], n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; the keys are {', '.join(KEYS)}"


def _described(value: object) -> str:
    """What a TOML value is, in TOML's words."""
    if isinstance(value, str):
        return f"the string {value!r}" if value else "an empty string"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list | tuple):
        odd = next((item for item in value if not isinstance(item, str) or not item), None)
        return "a list" if odd is None else f"a list with {_described(odd)} in it"
    if isinstance(value, Mapping):
        return _described_table(value)
    return f"a {type(value).__name__}"


def _described_table(value: Mapping[object, object]) -> str:
    for name, item in value.items():
        if not isinstance(item, str) or not item:
            return f"a table where {name!r} is {_described(item)}"
    return "a table of strings" if value else "an empty table"
