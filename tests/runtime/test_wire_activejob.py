"""The activejob wire: what JSON lacks arrives as it was; ACTIVEJOB.md A2."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import pathlib
import uuid
from zoneinfo import ZoneInfo

import pytest

from jobcheck.runtime import DeserializationError, SerializationError, execute, job
from jobcheck.runtime.payload import dump
from jobcheck.runtime.wires.trip import trip

Point = collections.namedtuple("Point", "x y")
BERLIN = ZoneInfo("Europe/Berlin")


class Color(enum.Enum):
    RED = "red"
    CRIMSON = "red"


class Level(enum.IntEnum):
    HIGH = 1


class Name(str, enum.Enum):
    RED = "red"


class Perm(enum.Flag):
    READ = 1
    WRITE = 2


class IntPerm(enum.IntFlag):
    READ = 1
    WRITE = 2


class Opaque(enum.Enum):
    THING = object()


@dataclasses.dataclass
class Line:
    sku: str
    on: dt.date


@dataclasses.dataclass(frozen=True)
class Order:
    lines: list
    total: decimal.Decimal
    note: str = dataclasses.field(default="", init=False)


class Moment(dt.datetime): ...


class Text(str): ...


class Outer:
    class Color(enum.Enum):
        RED = 1


CARRIED = [
    Color.RED,
    Color.CRIMSON,
    Level.HIGH,
    Name.RED,
    Perm.READ | Perm.WRITE,
    IntPerm(3),
    Opaque.THING,
    Outer.Color.RED,
    dt.datetime(2026, 1, 31, 12, 30, 1, 5),
    dt.datetime(2026, 1, 31, tzinfo=dt.timezone.utc),
    dt.datetime(2026, 1, 31, tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30))),
    dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),
    dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
    dt.datetime.min,
    dt.date(2026, 1, 31),
    dt.time(12, 30, 0, 5),
    dt.time(12, 30, tzinfo=dt.timezone.utc),
    dt.timedelta(days=-1, seconds=5, microseconds=7),
    dt.timedelta.max,
    decimal.Decimal("1.50"),
    decimal.Decimal("-0"),
    uuid.UUID(int=7),
    b"\xff\x00",
    b"",
    {1, 2},
    set(),
    frozenset({"a", (1, 2)}),
    (),
    (1, (2, [3])),
    Line("a", dt.date(2026, 1, 31)),
    Order([Line("a", dt.date(2026, 1, 31))], decimal.Decimal("1.5")),
    {"a": [(1,), {"b": {2}}]},
]


@pytest.mark.parametrize("value", CARRIED, ids=lambda value: type(value).__name__)  # the repr of a set may differ
def test_arrives_as_it_was(value):
    assert trip("activejob", value)[:2] == ("same", value)


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (Point(1, 2), (1, 2)),
        (Text("a"), "a"),
        (Moment(2026, 1, 31), dt.datetime(2026, 1, 31)),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (dt.datetime(2026, 1, 31, fold=1), dt.datetime(2026, 1, 31)),
    ],
    ids=repr,
)
def test_subclasses_arrive_as_what_they_derive_from(value, arrives):
    assert trip("activejob", value)[:2] == ("changed", arrives)


def local_enum():
    class Local(enum.Enum):
        A = 1

    return Local.A


def local_dataclass():
    @dataclasses.dataclass
    class Local:
        a: int

    return Local(1)


@pytest.mark.parametrize(
    "value",
    [
        *(pathlib.Path("x"), object(), Color, len, 1j, range(3), KeyError(), bytearray(), lambda: None),
        *(local_enum(), local_dataclass(), dt.time(12, tzinfo=BERLIN)),
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],  # the same in every process that collects the tests
)
def test_refused(value):
    assert trip("activejob", value).outcome == "error-at-enqueue"


@pytest.mark.parametrize("key", [1, None, True, Color.RED, Name.RED, Text("a"), (1,)], ids=repr)
def test_keys_are_plain_strings(key):  # ACTIVEJOB.md A2: non string/symbol hash key
    assert trip("activejob", {key: 1}).outcome == "error-at-enqueue"


@pytest.mark.parametrize("key", ["_aj_globalid", "_aj_serialized", "_aj_keywords"])
def test_reserved_keys(key):  # ACTIVEJOB.md A2
    assert "the wire uses this key itself" in str(trip("activejob", [{key: 1}]).error)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (dt.date(2026, 1, 31), {"_aj_serialized": "date", "value": "2026-01-31"}),
        (Color.CRIMSON, {"_aj_serialized": "Enum", "class": f"{__name__}.Color", "name": "RED"}),
        ({2, 1}, {"_aj_serialized": "set", "value": [1, 2]}),
        ((1, b"a"), {"_aj_serialized": "tuple", "value": [1, {"_aj_serialized": "bytes", "value": "61"}]}),
        ({"a": 1}, {"a": 1}),
    ],
    ids=repr,
)
def test_what_is_stored(value, stored):
    @job(wire="activejob")
    def paint(value): ...

    assert dump(paint(value))["arguments"] == [stored]


@pytest.mark.parametrize(
    ("args", "kwargs", "path"),
    [
        (({"widget": object()},), {}, "args[0]['widget']"),
        (((1, [object()]),), {}, "args[0][1][0]"),
        ((), {"widget": {"a": object()}}, "kwargs['widget']['a']"),
        ((Line(object(), None),), {}, "args[0].sku"),
        (([float("nan")],), {}, "args[0][0]"),
        (({len},), {}, "args[0]{<built-in function len>}"),
        ((), {"_aj_keywords": 1}, "kwargs, key '_aj_keywords'"),
    ],
)
def test_path(args, kwargs, path):
    @job(wire="activejob")
    def paint(*args, **kwargs): ...

    with pytest.raises(SerializationError) as caught:
        paint.perform_later(*args, **kwargs)
    assert caught.value.path == path


class TestKeywordArguments:
    def test_travel_as_the_last_object(self):  # ACTIVEJOB.md A2: restored as real keywords
        @job(wire="activejob")
        def notify(user_id, *, urgent, on):
            return user_id, urgent, on

        data = dump(notify(7, urgent=True, on=dt.date(2026, 1, 31)))
        assert data["arguments"][-1].pop("_aj_keywords") == ["urgent", "on"]
        data = dump(notify(7, urgent=True, on=dt.date(2026, 1, 31)))
        assert execute(data) == (7, True, dt.date(2026, 1, 31))

    def test_a_dict_at_the_end_stays_positional(self):  # ACTIVEJOB.md A2
        @job(wire="activejob")
        def notify(options):
            return options

        assert execute(dump(notify({"urgent": True}))) == {"urgent": True}


class TestHostileMessages:
    @pytest.mark.parametrize(
        "stored",
        [
            {"_aj_serialized": "Enum", "class": "os.system", "name": "x"},
            {"_aj_serialized": "dataclass", "class": "subprocess.Popen", "fields": {"args": "ls"}},
            {"_aj_serialized": "Enum", "class": "no.such.module", "name": "x"},
            {"_aj_serialized": "Enum", "class": f"{__name__}.Color", "name": "GREEN"},
            {"_aj_serialized": "nothing"},
            {"_aj_serialized": ["list"]},
            {"_aj_serialized": "date"},
            {"_aj_globalid": "no reference"},
            {"_aj_globalid": "gid://nobody/Order/7"},
            {"_aj_globalid": None},
        ],
    )
    def test_end_as_a_deserialization_error(self, stored):
        @job(wire="activejob")
        def paint(value): ...

        data = dump(paint(1))
        data["arguments"] = [stored]
        with pytest.raises(DeserializationError):
            execute(data)
