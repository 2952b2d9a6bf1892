"""Messages as text, and what is wrong with those that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from jobcheck.runtime.errors import PayloadError

if TYPE_CHECKING:
    from jobcheck.runtime.payload import JobData

# Written by older releases, or by hand, they may be missing or null.
_OPTIONAL: dict[str, Any] = {
    "provider_job_id": None,
    "queue_name": "default",
    "priority": None,
    "executions": 0,
    "exception_executions": None,
    "locale": None,
    "timezone": None,
    "enqueued_at": None,
    "scheduled_at": None,
    "version": 1,
}
_TYPES: dict[str, tuple[type, ...]] = {
    "job_class": (str,),
    "job_id": (str,),
    "arguments": (list,),
    "executions": (int,),
    "exception_executions": (dict, type(None)),
    "queue_name": (str,),
    "priority": (int, type(None)),
    "version": (int,),
    "provider_job_id": (str, type(None)),
    "locale": (str, type(None)),
    "timezone": (str, type(None)),
}
_DIGITS = re.compile(r"(\.\d{6})\d+")


def to_text(data: JobData) -> str:
    """A message as JSON text, for adapters that store text."""
    import json

    return json.dumps(data)


def read(message: object, version: int) -> JobData:
    """A message with all its keys, from a mapping or JSON text. Raises PayloadError."""
    data = _parsed(message) if isinstance(message, (str, bytes, bytearray)) else message
    if not isinstance(data, Mapping):
        raise PayloadError(f"a message is a JSON object, not {_short(repr(data))}")
    whole = {**data, **{key: default for key, default in _OPTIONAL.items() if data.get(key) is None}}
    for key, types in _TYPES.items():
        if not isinstance(whole.get(key), types) or isinstance(whole.get(key), bool):
            found = f"{key!r} is {_short(repr(whole[key]))}" if key in whole else f"there is no {key!r}"
            raise PayloadError(f"the message of {_of(whole)} cannot be read: {found}")
    for key, value in (whole["exception_executions"] or {}).items():
        if not isinstance(value, int):
            raise PayloadError(f"the message of {_of(whole)} cannot be read: {key!r} was counted {_short(repr(value))} times")
    for key in ("enqueued_at", "scheduled_at"):
        _check_moment(whole, key)
    if whole["version"] > version:
        raise PayloadError(
            f"the message of {_of(whole)} was written in version {whole['version']}; this release reads up to {version}"
        )
    return cast("JobData", whole)


def moment(text: str | None) -> datetime | None:
    """A moment of a message. Raises ValueError."""
    # Python 3.10 reads neither the Z nor the nine digits that other writers of such messages put there.
    return None if text is None else datetime.fromisoformat(_DIGITS.sub(r"\1", text.replace("Z", "+00:00")))


def _check_moment(data: dict[str, Any], key: str) -> None:
    try:
        moment(data[key])
    except (ValueError, TypeError, AttributeError):
        raise PayloadError(f"the message of {_of(data)} cannot be read: {key!r} is {_short(repr(data[key]))}") from None


def _parsed(text: str | bytes | bytearray) -> object:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        written = text if isinstance(text, str) else bytes(text).decode("utf-8", "replace")
        raise PayloadError(f"the message of {_of(_guessed(written))} is no JSON ({error}): {_short(written)}") from error


def _guessed(text: str) -> dict[str, str]:
    """The names in a broken text, for whoever has to find out what was lost."""
    return dict(re.findall(r'"(job_class|job_id)"\s*:\s*"([^"\\]{1,200})"', text))


def _of(data: Mapping[Any, Any]) -> str:
    name, job_id = data.get("job_class"), data.get("job_id")
    return f"{name or 'an unknown job'} (Job ID: {job_id or 'unknown'})"


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]} ..."
