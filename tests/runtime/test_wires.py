"""What the resque and sidekiq wires carry, change and refuse; ACTIVEJOB.md B1 and B2."""

import collections
import datetime as dt
import decimal
import enum
import math
import pathlib
import uuid

import pytest

from jobcheck.runtime import SerializationError, configure, job
from jobcheck.runtime.wires import NAMES
from jobcheck.runtime.wires.trip import same, table, trip

Point = collections.namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 1


class Name(str, enum.Enum):
    RED = "red"


class Text(str): ...


class Number(int): ...


class Widget:
    def __repr__(self):
        return "Widget()"  # the same in every process that collects the tests


PLAIN = [None, True, 0, -1, 2**70, 1.5, "", "é\x00\ud800", [], {}, [1, ["a", None]], {"a": {"b": [1]}}]
NOT_JSON = [
    {1},
    frozenset(),
    b"abc",
    Color.RED,
    dt.datetime(2026, 1, 31),
    dt.date(2026, 1, 31),
    dt.timedelta(1),
    decimal.Decimal("1.5"),
    uuid.UUID(int=1),
    pathlib.Path("x"),
    Widget(),
    Widget,
    len,
    1j,
    range(3),
    KeyError(),
]


@pytest.mark.parametrize("wire", ["resque", "sidekiq", "activejob"])
@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_json_values_arrive_as_they_are(wire, value):
    assert trip(wire, value).outcome == "same"


@pytest.mark.parametrize("wire", ["resque", "sidekiq"])
@pytest.mark.parametrize("value", NOT_JSON, ids=repr)
@pytest.mark.parametrize("inside", [lambda v: v, lambda v: [v], lambda v: {"k": [v]}], ids=["bare", "list", "dict"])
def test_other_values_are_refused_at_enqueue(wire, value, inside):
    assert trip(wire, inside(value)).outcome == "error-at-enqueue"


class TestResque:
    @pytest.mark.parametrize(
        ("sent", "arrives"),
        [
            ((1, (2,)), [1, [2]]),
            (Point(1, 2), [1, 2]),
            (Level.HIGH, 1),
            (Name.RED, "red"),
            (Text("a"), "a"),
            (Number(1), 1),
            (collections.OrderedDict(a=1), {"a": 1}),
            ({1: "a", 2.5: "b", False: "c"}, {"1": "a", "2.5": "b", "false": "c"}),
            ({None: 1}, {"null": 1}),
            ({Level.HIGH: 1}, {"1": 1}),
            ({1: "a", "1": "b"}, {"1": "b"}),
        ],
        ids=repr,
    )
    def test_silently_changed(self, sent, arrives):
        result = trip("resque", sent)
        assert (result.outcome, result.arrived) == ("changed", arrives)
        assert same(result.arrived, arrives)

    @pytest.mark.parametrize("key", [Color.RED, (1, 2), b"a", uuid.UUID(int=1)], ids=repr)
    def test_refused_keys(self, key):  # the symbol keys of the notes
        result = trip("resque", {"a": {key: 1}})
        assert result.outcome == "error-at-enqueue"
        assert f"args[0]['a'], key {key!r}: a key must be a string" == str(result.error)


class TestSidekiq:
    @pytest.mark.parametrize(
        "value",
        [
            (1,),
            Point(1, 2),
            Level.HIGH,
            Name.RED,
            Text("a"),
            Number(1),
            collections.OrderedDict(a=1),
            {1: 1},
            {None: 1},
        ],
        ids=repr,
    )
    def test_only_exact_types(self, value):
        assert trip("sidekiq", value).outcome == "error-at-enqueue"
        assert trip("sidekiq", [{"a": value}]).outcome == "error-at-enqueue"

    def test_a_subclass_of_str_will_do_as_a_key(self):
        assert trip("sidekiq", {Text("a"): 1}).arrived == {"a": 1}


@pytest.mark.parametrize("wire", NAMES)
class TestEveryWire:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [math.nan], {"a": [math.inf]}], ids=repr)
    def test_nan_is_refused_in_strict_mode(self, wire, value):  # ACTIVEJOB.md A2: a gap worth closing
        assert trip(wire, value).outcome == "error-at-enqueue"
        assert trip(wire, value, strict=False).outcome == "same"

    def test_arguments_that_hold_themselves(self, wire):
        loop = []
        loop.append(loop)
        ring = {}
        ring["self"] = [ring]
        assert trip(wire, loop).outcome == "error-at-enqueue"
        assert trip(wire, ring).outcome == "error-at-enqueue"

    def test_depth(self, wire):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        result = trip(wire, deep)
        assert result.outcome == "error-at-enqueue"
        while deep:  # freeing it whole would recurse as well
            deep = deep.pop()

    def test_shared_values_are_no_loop(self, wire):
        line = ["a"]
        assert trip(wire, [line, line]).outcome == "same"


class TestSerializationError:
    def test_names_job_path_and_type(self, adapter):
        @job
        def paint(options): ...

        with pytest.raises(SerializationError) as caught:
            paint.perform_later({"size": 1, "widget": Widget()})
        error = caught.value
        assert (error.path, error.type, error.wire) == ("args[0]['widget']", "Widget", "resque")
        assert error.job == f"{__name__}.{paint.__qualname__}"
        for part in (error.job, error.path, error.type, error.wire):
            assert part in str(error)
        assert adapter.enqueued_jobs == []

    @pytest.mark.parametrize(
        ("args", "path"),
        [
            ((1, {2}), "args[1]"),
            (([1, [{2}]],), "args[0][1][0]"),
            (([b"first"], {2}), "args[0][0]"),
            (({"a": b"first", "b": {2}},), "args[0]['a']"),
            (([math.nan],), "args[0][0]"),
        ],
    )
    @pytest.mark.parametrize("wire", ["resque", "sidekiq"])
    def test_path_of_the_first_bad_value(self, args, path, wire):
        @job(wire=wire)
        def paint(*args): ...

        with pytest.raises(SerializationError) as caught:
            paint.perform_later(*args)
        assert caught.value.path == path

    def test_lax_lets_nan_pass(self, adapter):
        @job
        def paint(value):
            assert math.isnan(value)

        configure(strict=False)
        paint.perform_later(math.nan)
        assert adapter.perform_enqueued_jobs() == 1


def test_table():
    assert table({"set": {1}, "tuple": (1,)}) == {
        "set": {"resque": "error-at-enqueue", "sidekiq": "error-at-enqueue", "activejob": "same"},
        "tuple": {"resque": "changed", "sidekiq": "error-at-enqueue", "activejob": "same"},
    }


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, True, False),
        ([1], [True], False),
        ({1: 1}, {True: 1}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        (math.nan, math.nan, True),
        (0.0, -0.0, False),
        ((1,), [1], False),
        ([1], [1, 2], False),
    ],
)
def test_same(left, right, expected):
    assert same(left, right) is expected
