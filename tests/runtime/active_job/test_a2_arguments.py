"""ACTIVEJOB.md A2 and A3, fact by fact: arguments and references. Records of Django and SQLAlchemy: ../test_django.py."""

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum

import pytest

from jobcheck.runtime import (
    DeserializationError,
    Job,
    RecordNotFound,
    SerializationError,
    configure,
    discard_on,
    execute,
    register_record,
    register_serializer,
)
from jobcheck.runtime.payload import dump
from jobcheck.runtime.wires import records, serializers
from jobcheck.runtime.wires.trip import trip


class Take(Job):
    wire = "activejob"

    def perform(self, *args, **kwargs):
        return args, kwargs


class Text(str): ...


class Color(Enum):
    RED = "red"


class Money:
    def __init__(self, cents):
        self.cents = cents


class Coin(Money): ...


class Widget:
    rows: dict[int, "Widget"]

    def __init__(self, pk):
        self.id = pk


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(serializers, "_registered", {})
    monkeypatch.setattr(records, "_registered", {})
    Widget.rows = {7: Widget(7)}
    register_record(Widget, find=Widget.rows.get)


def stored(*args, **kwargs):
    return dump(Take(*args, **kwargs))["arguments"]


def arrives(value):
    return trip("activejob", value).arrived


@pytest.mark.parametrize("value", [None, True, False, 3, 2**70, 1.5, "text", ""])
def test_a2_01_as_is(value):
    """A2.1: null, booleans, numbers and text travel as they are."""
    assert stored(value) == [value]


def test_a2_02_subclasses_of_text(registered):
    """A2.2: a subclass of str is asked of the custom serializers, else it is plain text."""
    assert stored(Text("x")) == ["x"]
    register_serializer(Text, dump=str, load=Text, tag="text")
    assert stored(Text("x")) == [{"_aj_serialized": "text", "value": "x"}]
    assert type(arrives(Text("x"))) is Text


def test_a2_03_symbols():
    """A2.3, deviation: Python has no symbols; what comes nearest, an Enum member, is tagged."""
    assert stored(Color.RED) == [{"_aj_serialized": "Enum", "class": f"{__name__}.Color", "name": "RED"}]


def test_a2_04_records_are_references(registered):
    """A2.4: a record is `gid://app/Model/id`."""
    assert stored(Widget.rows[7]) == [{"_aj_globalid": "gid://app/Widget/7"}]


def test_a2_05_lists_by_element(registered):
    """A2.5: each element by itself."""
    assert stored([1, [Widget.rows[7]]]) == [[1, [{"_aj_globalid": "gid://app/Widget/7"}]]]


def test_a2_06_keys():
    """A2.6, deviation: a dict has text for keys, and needs no `_aj_symbol_keys`; other keys are refused."""
    assert stored({"a": 1, "b": {"c": 2}}) == [{"a": 1, "b": {"c": 2}}]
    with pytest.raises(SerializationError):
        stored({1: "a"})


def test_a2_07_keyword_arguments():
    """A2.7, deviation: they come last, as in Ruby, but marked `_aj_keywords`; a dict at the end stays one."""
    assert stored(1, d=4, z=9) == [1, {"d": 4, "z": 9, "_aj_keywords": ["d", "z"]}]
    assert execute(dump(Take(1, d=4))) == ((1,), {"d": 4})
    assert execute(dump(Take(1, {"d": 4}))) == ((1, {"d": 4}), {})


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (dt.date(2026, 1, 31), {"_aj_serialized": "date", "value": "2026-01-31"}),
        (dt.datetime(2026, 1, 31, 5, 6), {"_aj_serialized": "datetime", "value": "2026-01-31T05:06:00"}),
        (dt.time(5, 6), {"_aj_serialized": "time", "value": "05:06:00"}),
        (Decimal("1.50"), {"_aj_serialized": "Decimal", "value": "1.50"}),
        (dt.timedelta(days=1, seconds=2), {"_aj_serialized": "timedelta", "value": [1, 2, 0]}),
        (uuid.UUID(int=7), {"_aj_serialized": "UUID", "value": "00000000-0000-0000-0000-000000000007"}),
    ],
)
def test_a2_08_dates_times_decimals(value, data):
    """A2.8: dates and times in ISO 8601, decimals as text, a duration by its parts."""
    assert stored(value) == [data]
    assert arrives(value) == value


def test_a2_09_times_with_a_zone():
    """A2.9: the name of the zone comes along."""
    from zoneinfo import ZoneInfo

    paris = dt.datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert arrives(paris).tzinfo == ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("value", [range(3), slice(1), int, Money, dt])
def test_a2_10_ranges_classes_modules(value):
    """A2.10, deviation: no serializers for ranges and classes: two numbers and a name say it, and outlive a renaming."""
    with pytest.raises(SerializationError):
        stored(value)


@pytest.mark.parametrize("value", [b"\x00\xff", {1, 2}, frozenset("a"), (1, (2,)), Color.RED])
def test_a2_11_what_ruby_lacks(value):
    """A2.11, deviation: bytes, sets, tuples, enums and dataclasses travel: they are what Python programs pass."""
    assert arrives(value) == value
    assert type(arrives(value)) is type(value)


@pytest.mark.parametrize("key", [1, None, ("a",), Color.RED, b"a"])
def test_a2_12_keys_that_are_no_text(key):
    """A2.12: refused."""
    with pytest.raises(SerializationError, match="key"):
        stored({key: 1})


@pytest.mark.parametrize("key", ["_aj_globalid", "_aj_serialized", "_aj_keywords"])
def test_a2_13_reserved_keys(key):
    """A2.13: the keys of the wire itself are refused."""
    with pytest.raises(SerializationError, match="key"):
        stored({key: 1})


def test_a2_14_records_that_are_not_saved(registered):
    """A2.14: without an id there is no reference, and the text says so."""
    with pytest.raises(SerializationError, match="was it saved"):
        stored(Widget(None))


LOCAL = Enum("Local", "A", qualname="f.<locals>.Local")


@pytest.mark.parametrize("value", [object(), lambda: 1, 1j, ValueError("x"), Money(1), LOCAL.A])
def test_a2_15_everything_else(value):
    """A2.15: functions, complex numbers, errors, plain objects, members of local classes: SerializationError, a TypeError."""
    with pytest.raises(SerializationError) as caught:
        Take.perform_later({"widget": [value]})
    assert isinstance(caught.value, TypeError)
    assert caught.value.path == "args[0]['widget'][0]"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a2_16_no_number(value):
    """A2.16, deviation: NaN is refused; Active Job lets it pass, and the JSON encoder fails later."""
    with pytest.raises(SerializationError):
        stored(value)
    configure(strict=False)
    assert stored(value)


def test_a2_17_every_error_in_reading_is_wrapped():
    """A2.17: DeserializationError in these words, the error below it."""
    data = dump(Take(1))
    data["arguments"] = [{"_aj_serialized": "date", "value": "soon"}]
    with pytest.raises(DeserializationError, match="Error while trying to deserialize arguments: ") as caught:
        execute(data)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a2_18_a_missing_record(registered):
    """A2.18: RecordNotFound, a DeserializationError, which handlers can tell from other failures."""
    data = dump(Take(Widget.rows.pop(7)))
    with pytest.raises(RecordNotFound) as caught:
        execute(data)
    assert isinstance(caught.value, DeserializationError)

    @discard_on(RecordNotFound)
    class Careful(Take): ...

    Widget.rows[7] = Widget(7)
    data = dump(Careful(Widget.rows[7]))
    Widget.rows.clear()
    assert isinstance(execute(data), RecordNotFound)


class TestCustomSerializers:
    """A2.19: one's own serializers; exact class first, then bases; what they give is serialized in turn."""

    @pytest.fixture(autouse=True)
    def money(self, registered):
        register_serializer(Money, dump=lambda m: {"at": dt.date(2026, 1, 1), "cents": m.cents}, load=lambda d: Money(d["cents"]))

    def test_a2_19_there_and_back(self):
        assert arrives([Money(5)])[0].cents == 5

    def test_a2_19_subclasses(self):
        assert type(arrives(Coin(5))) is Money
        register_serializer(Coin, dump=lambda c: c.cents, load=Coin)
        assert type(arrives(Coin(5))) is Coin

    def test_a2_19_what_they_give_must_travel(self):
        register_serializer(Coin, dump=lambda c: object(), load=Coin)
        with pytest.raises(SerializationError, match=r"args\[0\]\[0\]"):
            stored([Coin(1)])

    def test_a2_19_other_wires_know_nothing_of_them(self):
        assert trip("resque", Money(1)).outcome == trip("sidekiq", Money(1)).outcome == "error-at-enqueue"

    def test_a2_19_what_cannot_be_registered(self):
        for cls in (str, dict, type(None)):
            with pytest.raises(ValueError, match="JSON carries it"):
                register_serializer(cls, dump=str, load=str)
        with pytest.raises(ValueError, match="the tag is taken"):
            register_serializer(Coin, dump=str, load=str, tag="date")
        register_serializer(Money, dump=str, load=str)  # a module that is imported again

    def test_a2_19_a_worker_imports_the_module_that_registers(self, tmp_path, monkeypatch):
        (tmp_path / "shopmoney.py").write_text(
            "from jobcheck.runtime import register_serializer\n"
            "class Euro:\n    def __init__(self, n): self.n = n\n"
            "register_serializer(Euro, dump=lambda e: e.n, load=Euro)\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        data = dump(Take(1))
        data["arguments"] = [{"_aj_serialized": "shopmoney.Euro", "value": 3}]
        ((euro,), _) = execute(data)
        assert euro.n == 3


def test_a3_01_many_ids(registered):
    """A3.1: an id may have several parts; each is quoted, and there are those of the record."""

    class Seat:
        def __init__(self, row, number):
            self.key = f"{row}/{number}"

    register_record(Seat, id="key", find=lambda key: Seat(*key.split("/")), parse=str)
    assert stored(Seat("a b", 7)) == [{"_aj_globalid": "gid://app/Seat/a%20b%2F7"}]
    assert arrives(Seat("a b", 7)).key == "a b/7"


def test_a3_02_found_is_not_filtered(registered):
    """A3.2: the finder is the class's own, and for Django the base manager, which hides no row."""
    assert arrives(Widget.rows[7]) is Widget.rows[7]


def test_a3_03_no_row_is_not_a_failed_query(registered):
    """A3.3: as GlobalID's `fetch`: RecordNotFound only when there is none."""

    def down(pk):
        raise ConnectionError("the database is away")

    register_record(Widget, find=down)
    with pytest.raises(DeserializationError) as caught:
        execute(dump(Take(Widget(7))))
    assert not isinstance(caught.value, RecordNotFound)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_a3_04_one_by_one():
    """A3.4, deviation: no locate_many, no allow-lists and no signed references: records are few, and messages one's own."""
    assert not hasattr(records, "locate_many")


def test_a2_24_the_finders_own_error_is_its_cause():
    """A2.24, deviation: discard_on(the finder's own error) still takes a missing record, by its cause."""

    class Buyer:
        number = 7

    records.register_record(Buyer, id="number", find={}.__getitem__)

    @discard_on(KeyError)
    class Greet(Job):
        wire = "activejob"

        def perform(self, buyer): ...

    assert isinstance(execute(dump(Greet(Buyer()))), KeyError)
