"""Serializers of the activejob wire: one per type that JSON lacks. Imports a type's module only when it is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import Enum, Flag
from typing import TYPE_CHECKING, Any, NamedTuple

from jobcheck.runtime.names import is_importable, locate, name_of
from jobcheck.runtime.wires import UnserializableError

if TYPE_CHECKING:
    from jobcheck.runtime.wires.activejob import Encoder

Json = dict[str, Any]
Decode = Callable[[Any], Any]


class Serializer(NamedTuple):
    """How values of one type travel. `dump` gives the fields beside the tag, `load` the value of all of them."""

    tag: str
    fits: Callable[[Any], bool]
    dump: Callable[[Any, Encoder, str], Json]
    load: Callable[[Json, Decode], Any]


_registered: dict[type, Serializer] = {}
_PLAIN = (str, int, float, bool, list, dict, type(None))


def register_serializer(cls: type, *, dump: Callable[[Any], Any], load: Callable[[Any], Any], tag: str | None = None) -> None:
    """Let values of a class, and of its subclasses, travel on the activejob wire.

    `dump` turns one into anything that the wire carries, `load` makes the value of that again. `tag` names it in messages;
    it is the class's dotted name, by which a worker finds the module that registers, and must stay when the class moves.
    Raises ValueError for a class that JSON carries, or a tag that is taken.
    """
    tag = tag or name_of(cls)
    taken = serializer_tagged(tag)
    if cls in _PLAIN or (taken is not None and taken is not _registered.get(cls)):
        raise ValueError(f"{name_of(cls)} cannot be registered: {'the tag is taken' if taken else 'JSON carries it'}")
    _registered[cls] = Serializer(
        tag,
        lambda value: isinstance(value, cls),
        lambda value, encoder, path: {"value": encoder.encode(dump(value), path)},
        lambda data, decode: load(decode(data["value"])),
    )


def serializer_for(value: object) -> Serializer | None:
    """The one that is registered for the value's class or its nearest base, else the first of ours that fits."""
    for cls in type(value).__mro__ if _registered else ():
        if cls in _registered:
            return _registered[cls]
    return next((serializer for serializer in SERIALIZERS if serializer.fits(value)), None)


def serializer_tagged(tag: object) -> Serializer | None:
    """The serializer of a tag found in a message."""
    return next((serializer for serializer in (*_registered.values(), *SERIALIZERS) if serializer.tag == tag), None)


def serializer_located(tag: object) -> Serializer | None:
    """As `serializer_tagged`, when the module that the tag names has been imported: it may register."""
    found = serializer_tagged(tag)
    if found is None and isinstance(tag, str) and "." in tag:
        locate(tag)
        found = serializer_tagged(tag)
    return found


def _by_text(cls: type, dump: Callable[[Any], Any], load: Callable[[Any], Any]) -> Serializer:
    return Serializer(
        cls.__name__,
        lambda value: isinstance(value, cls),
        lambda value, encoder, path: {"value": dump(value)},
        lambda data, decode: load(data["value"]),
    )


def _by_items(cls: type, dump: Callable[[Any, Encoder, str], list[Any]]) -> Serializer:
    return Serializer(
        cls.__name__,
        lambda value: isinstance(value, cls),
        lambda value, encoder, path: {"value": dump(value, encoder, path)},
        lambda data, decode: cls(decode(item) for item in data["value"]),
    )


def _lazily(module: str, name: str, dump: Callable[[Any], str]) -> Serializer:
    # A value of that type can only be there when its module is loaded.
    def fits(value: object) -> bool:
        return module in sys.modules and isinstance(value, getattr(sys.modules[module], name))

    def load(data: Json, decode: Decode) -> Any:
        return getattr(__import__(module), name)(data["value"])

    return Serializer(name, fits, lambda value, encoder, path: {"value": dump(value)}, load)


def _dump_members(value: Any, encoder: Encoder, path: str) -> list[Any]:
    import json

    # In the order of their text: the order of a set differs from process to process, and messages should not.
    return sorted((encoder.encode(item, f"{path}{{{item!r}}}") for item in value), key=json.dumps)


def _dump_datetime(value: datetime, encoder: Encoder, path: str) -> Json:
    zone = getattr(value.tzinfo, "key", None)  # the name of a zoneinfo.ZoneInfo; an offset alone forgets summer time
    return {"value": value.isoformat()} if zone is None else {"value": value.isoformat(), "zone": zone}


def _load_datetime(data: Json, decode: Decode) -> datetime:
    value = datetime.fromisoformat(data["value"])
    if "zone" not in data:
        return value
    from zoneinfo import ZoneInfo

    return value.astimezone(ZoneInfo(data["zone"]))


def _dump_time(value: time, encoder: Encoder, path: str) -> Json:
    if value.tzinfo is not None and value.utcoffset() is None:
        raise UnserializableError(path, value, "its zone has no offset without a date")
    return {"value": value.isoformat()}


def _dump_timedelta(value: timedelta, encoder: Encoder, path: str) -> Json:
    return {"value": [value.days, value.seconds, value.microseconds]}


def _dump_enum(value: Enum, encoder: Encoder, path: str) -> Json:
    name = _class_name(value, path)
    # A combination of flags has no name of its own in every Python.
    return {"class": name, "flags": value.value} if isinstance(value, Flag) else {"class": name, "name": value.name}


def _load_enum(data: Json, decode: Decode) -> Any:
    cls: Any = _class_named(data["class"], lambda found: issubclass(found, Enum))
    return cls(data["flags"]) if "flags" in data else cls[data["name"]]


def _dump_dataclass(value: Any, encoder: Encoder, path: str) -> Json:
    from dataclasses import fields

    names = [field.name for field in fields(value)]
    return {
        "class": _class_name(value, path),
        "fields": {name: encoder.encode(getattr(value, name), f"{path}.{name}") for name in names},
    }


def _load_dataclass(data: Json, decode: Decode) -> Any:
    cls = _class_named(data["class"], _has_fields)
    value: Any = object.__new__(cls)
    for name, item in data["fields"].items():
        object.__setattr__(value, name, decode(item))  # frozen ones too; the fields as they were, nothing computed anew
    return value


def _class_name(value: object, path: str) -> str:
    if not is_importable(type(value)):
        raise UnserializableError(path, value, "a worker could not find its class, which is local to a function or replaced")
    return name_of(type(value))


def _class_named(name: str, expected: Callable[[type], bool]) -> type:
    found = locate(name)
    # The message says which class, so it must not reach any other kind of class.
    if isinstance(found, type) and expected(found):
        return found
    raise LookupError(f"class {name} doesn't exist")


def _has_fields(cls: type) -> bool:
    return hasattr(cls, "__dataclass_fields__")


SERIALIZERS: tuple[Serializer, ...] = (
    # Order counts: an enum member may be an int too, and a datetime is a date.
    Serializer("Enum", lambda value: isinstance(value, Enum), _dump_enum, _load_enum),
    Serializer("datetime", lambda value: isinstance(value, datetime), _dump_datetime, _load_datetime),
    _by_text(date, date.isoformat, date.fromisoformat),
    Serializer(
        "time",
        lambda value: isinstance(value, time),
        _dump_time,
        lambda data, decode: time.fromisoformat(data["value"]),
    ),
    Serializer(
        "timedelta",
        lambda value: isinstance(value, timedelta),
        _dump_timedelta,
        lambda data, decode: timedelta(*data["value"]),
    ),
    _lazily("decimal", "Decimal", str),
    _lazily("uuid", "UUID", str),
    _by_text(bytes, bytes.hex, bytes.fromhex),
    _by_items(tuple, lambda value, encoder, path: encoder.items(value, path)),
    _by_items(set, _dump_members),
    _by_items(frozenset, _dump_members),
    Serializer("dataclass", lambda value: _has_fields(type(value)), _dump_dataclass, _load_dataclass),
)
