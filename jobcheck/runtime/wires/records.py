"""References to records: a row travels as `gid://app/Order/7` and the job fetches it anew (ACTIVEJOB.md A2, A3).

Django models and SQLAlchemy classes are recognised by their shape, without importing either; other classes register.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from jobcheck.runtime.errors import DeserializationError, RecordNotFound
from jobcheck.runtime.names import locate as locate_class
from jobcheck.runtime.names import name_of
from jobcheck.runtime.wires import UnserializableError


class Registered(NamedTuple):
    """How records of a class are named and found."""

    record_class: type
    id: str | Callable[[Any], Any]
    find: Callable[[Any], Any]
    parse: Callable[[str], Any]


_registered: dict[str, Registered] = {}
_session: list[Callable[[], Any]] = []


def parse_id(text: str) -> int | str:
    """The id of a text: an int when it is written as one, else the text."""
    return int(text) if text.isascii() and text.isdigit() else text


def register_record(
    record_class: type,
    *,
    find: Callable[[Any], Any],
    id: str | Callable[[Any], Any] = "id",  # noqa: A002
    parse: Callable[[str], Any] = parse_id,
) -> None:
    """Let records of a class, and of its subclasses, travel on the activejob wire as references.

    `id` is the attribute or callable that gives the id, `find` fetches by it (None or LookupError: there is none), and
    `parse` makes the id of its text. Raises ValueError when another class has that name.
    """
    known = _registered.get(record_class.__name__)
    if known is not None and name_of(known.record_class) != name_of(record_class):
        raise ValueError(f"records named {record_class.__name__} are {name_of(known.record_class)} already")
    _registered[record_class.__name__] = Registered(record_class, id, find, parse)


def register_session(factory: Callable[[], Any]) -> None:
    """Say how to get the SQLAlchemy session in which workers fetch records: a sessionmaker, or a scoped_session."""
    _session[:] = [factory]


def reference(value: Any, path: str) -> str | None:
    """`gid://<how it is found>/<class>/<id>` for a record, None for another value.

    Raises UnserializableError for a record that was never saved, and for an id that its text does not give back.
    """
    cls = value.__class__  # not type(): a lazy object, such as Django's request.user, answers for what it stands for
    known = next((known for known in map(_of_class, cls.__mro__) if known is not None), None)
    if known is not None:
        return _gid("app", known.record_class.__name__, [_registered_id(known, value, path)], value, path)
    if hasattr(getattr(cls, "_meta", None), "label") and hasattr(cls, "pk"):
        adding = getattr(getattr(value, "_state", None), "adding", False)
        return _gid("django", value._meta.label, [None if adding else value.pk], value, path)
    if hasattr(cls, "__mapper__"):
        return _gid("sqlalchemy", name_of(cls), _mapped_ids(value), value, path)
    return None


def locate(gid: str) -> Any:
    """The record of a reference. Raises RecordNotFound when it is gone, and what the database raises."""
    parts = str(gid).split("/")
    if len(parts) < 5 or parts[0] != "gid:":
        raise DeserializationError(f"{gid!r} is no reference to a record")
    from urllib.parse import unquote

    finders = {"app": _find_registered, "django": _find_django, "sqlalchemy": _find_mapped}
    if parts[2] not in finders:
        raise DeserializationError(f"nobody knows how to find {gid}")
    return finders[parts[2]](gid, parts[3], [unquote(part) for part in parts[4:]])


def _of_class(cls: type) -> Registered | None:
    known = _registered.get(cls.__name__)
    return known if known is not None and known.record_class is cls else None


def _gid(source: str, model: str, ids: list[Any], value: object, path: str) -> str:
    from urllib.parse import quote

    if any(part is None or part == "" for part in ids):
        raise UnserializableError(path, value, "it has no id; was it saved?")
    return f"gid://{source}/{model}/{'/'.join(quote(str(part), safe='') for part in ids)}"


def _registered_id(known: Registered, value: Any, path: str) -> Any:
    found = known.id(value) if callable(known.id) else getattr(value, known.id)
    if found is not None:
        again = known.parse(str(found))
        if type(again) is not type(found) or again != found:
            raise UnserializableError(path, value, f"its id {found!r} would arrive as {again!r}; register it with `parse`")
    return found


def _find_registered(gid: str, model: str, ids: list[str]) -> Any:
    known = _registered.get(model)
    if known is None:
        raise DeserializationError(f"no record class is registered for {gid}")
    try:
        record = known.find(known.parse(ids[0]))
    except LookupError as error:
        raise RecordNotFound(f"{gid} is gone") from error
    return _present(record, gid)


def _find_django(gid: str, label: str, ids: list[str]) -> Any:
    model = sys.modules["django.apps"].apps.get_model(label)
    try:
        # The base manager sees every row; a default manager may hide some.
        return model._base_manager.get(pk=ids[0])
    except model.DoesNotExist as error:
        raise RecordNotFound(f"{gid} is gone") from error


def _mapped_ids(value: Any) -> list[Any]:
    if value._sa_instance_state.key is None:
        return [None]
    return list(type(value).__mapper__.primary_key_from_instance(value))


def _find_mapped(gid: str, name: str, ids: list[str]) -> Any:
    if not _session:
        raise DeserializationError(f"register_session() was not called, so there is no session to find {gid} in")
    model: Any = locate_class(name)
    columns = model.__mapper__.primary_key
    key = tuple(column.type.python_type(text) for column, text in zip(columns, ids, strict=True))
    return _present(_session[0]().get(model, key), gid)


def _present(record: Any, gid: str) -> Any:
    if record is None:
        raise RecordNotFound(f"{gid} is gone")
    return record
