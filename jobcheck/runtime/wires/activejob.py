"""The activejob wire: what JSON lacks travels as a tagged object and arrives as it was (ACTIVEJOB.md A2).

    {"_aj_serialized": "date", "value": "2026-01-31"}   a value with a serializer (serializers.py)
    {"_aj_globalid": "gid://app/Order/7"}               a reference to a record (records.py), fetched again by the job
    {"urgent": true, "_aj_keywords": ["urgent"]}        the keyword arguments, last in the list

The rest is JSON, its keys plain strings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from jobcheck.runtime.errors import DeserializationError
from jobcheck.runtime.wires import UnserializableError, jsontext, records
from jobcheck.runtime.wires.serializers import serializer_for, serializer_located

GLOBALID, SERIALIZED, KEYWORDS = "_aj_globalid", "_aj_serialized", "_aj_keywords"
RESERVED = (GLOBALID, SERIALIZED, KEYWORDS)


class ActiveJobWire:
    """References to records, serializers for the types of the standard library, keyword arguments."""

    name = "activejob"
    keywords = True

    def dump(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, strict: bool) -> list[Any]:
        """As Wire.dump."""
        encoder = Encoder(strict)
        try:
            dumped = [encoder.encode(value, f"args[{index}]") for index, value in enumerate(args)]
            if kwargs:
                named = {name: encoder.encode(value, f"kwargs[{name!r}]") for name, value in kwargs.items()}
                encoder.check_keys(kwargs, "kwargs")
                dumped.append({**named, KEYWORDS: list(kwargs)})
            return jsontext.through_text(dumped, nan=not strict)
        except (RecursionError, ValueError) as error:
            if isinstance(error, UnserializableError):
                raise
            raise UnserializableError("args", args, f"it is too deep, holds itself, or is no JSON ({error})") from error

    def load(self, arguments: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """As Wire.load. Raises DeserializationError, and RecordNotFound for a reference to a record that is gone."""
        if not (arguments and isinstance(arguments[-1], dict) and KEYWORDS in arguments[-1]):
            return tuple(decode(value) for value in arguments), {}
        *positional, named = arguments
        return tuple(decode(value) for value in positional), {name: decode(named[name]) for name in named[KEYWORDS]}


class Encoder:
    """Turns values into JSON values, and tells the path of the one it cannot turn."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict

    def encode(self, value: Any, path: str) -> Any:
        """The value as JSON values. Raises UnserializableError."""
        if value is None or type(value) in (str, int, bool):
            return value
        if type(value) is float:
            return self._number(value, path)
        reference = records.reference(value, path)
        if reference is not None:
            return {GLOBALID: reference}
        serializer = serializer_for(value)
        if serializer is not None:
            return {SERIALIZED: serializer.tag, **serializer.dump(value, self, path)}
        return self._plain(value, path)

    def items(self, values: Sequence[Any], path: str) -> list[Any]:
        """Each value of a sequence."""
        return [self.encode(value, f"{path}[{index}]") for index, value in enumerate(values)]

    def check_keys(self, value: Mapping[Any, Any], path: str) -> None:
        """Refuse keys that are no plain strings, or that the wire needs for itself."""
        for key in value:
            if type(key) is not str:
                raise UnserializableError(f"{path}, key {key!r}", key, "a key must be a string")
            if key in RESERVED:
                raise UnserializableError(f"{path}, key {key!r}", key, "the wire uses this key itself")

    def _plain(self, value: Any, path: str) -> Any:
        # As Active Job: subclasses without a serializer of their own travel as what they derive from.
        if isinstance(value, list):
            return self.items(value, path)
        if isinstance(value, dict):
            self.check_keys(value, path)
            return {key: self.encode(item, f"{path}[{key!r}]") for key, item in value.items()}
        if isinstance(value, float):
            return self._number(float(value), path)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, str):
            return str.__str__(value)
        raise UnserializableError(path, value, "there is no serializer for this type")

    def _number(self, value: float, path: str) -> float:
        if self.strict and not math.isfinite(value):
            raise UnserializableError(path, value, f"JSON has no {value!r}")
        return value


def decode(value: Any) -> Any:
    """The value that JSON values stand for."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if GLOBALID in value:
        return records.locate(value[GLOBALID])
    if SERIALIZED not in value:
        return {key: decode(item) for key, item in value.items()}
    serializer = serializer_located(value[SERIALIZED])
    if serializer is None:
        raise DeserializationError(f"there is no serializer {value[SERIALIZED]!r}")
    return serializer.load(value, decode)
