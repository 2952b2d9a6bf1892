"""What `kombu.utils.json.register_type` teaches Celery's json: the types of frameworks/celery/registered.py."""

import enum
from dataclasses import dataclass

import pytest

json = pytest.importorskip("kombu.utils.json")
serialization = pytest.importorskip("kombu.serialization")


@dataclass
class Money:
    cents: int


class Price(Money): ...


class Colour(enum.Enum):
    RED = 1


class Named(str, enum.Enum):
    RED = "red"


@pytest.fixture(autouse=True)
def taught(monkeypatch):
    monkeypatch.setattr(json, "_encoders", dict(json._encoders))
    monkeypatch.setattr(json, "_decoders", dict(json._decoders))


def arrives(value):
    content_type, encoding, body = serialization.dumps(value, serializer="json")
    return serialization.loads(body, content_type, encoding)


def test_refused_before():
    with pytest.raises(Exception, match="not JSON serializable"):
        arrives(Money(5))


def test_a_class_and_what_derives_from_it():
    json.register_type(Money, "money", lambda m: m.cents, Money)
    assert arrives({"of": [Money(5), Price(6)]}) == {"of": [Money(5), Money(6)]}


def test_what_json_writes_by_itself_never_gets_there():
    json.register_type(enum.Enum, "enum", lambda e: e.name, Colour.__getitem__)
    assert arrives([Colour.RED, Named.RED]) == [Colour.RED, "red"]


def test_keys_do_not_get_there():
    json.register_type(enum.Enum, "enum", lambda e: e.name, Colour.__getitem__)
    with pytest.raises(Exception, match="keys must be"):
        arrives({Colour.RED: 1})
