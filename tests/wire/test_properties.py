"""The judge against real serializers, over values that are made up."""

import datetime as dt
import logging
import math

import measure
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from value_of import NoFacts, value_of

from jobcheck.runtime.wires.trip import trip as runtime_trip
from jobcheck.wire.judge import judge
from jobcheck.wire.tables import wire

CODECS = measure.codecs()
KINDS = {"same": "same", "changed": "changed", "error-at-enqueue": "enqueue-error", "error-in-worker": "worker-error"}
RUNS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=5)
json_leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | text
json_values = st.recursive(
    json_leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=12
)

moments = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)).map(lambda moment: moment.replace(fold=0))
rich_leaves = (
    json_leaves
    | st.integers()
    | st.integers(2**63 - 2, 2**64 + 2)
    | st.sampled_from([math.nan, math.inf, 2.0, 1e16, "\ud800", "a\x00", b"abc", b"\xff\x00", 1 + 2j, bytearray(b"a")])
    | st.binary(max_size=3)
    | st.decimals(allow_nan=False)
    | moments
    | moments.map(lambda moment: moment.replace(tzinfo=dt.timezone.utc))
    | moments.map(dt.datetime.date)
    | moments.map(dt.datetime.time)
    | st.timedeltas()
    | st.uuids()
    | st.sampled_from([measure.Color.RED, measure.IColor.RED, measure.OldStrCol.RED, measure.Perm.R, measure.IPerm.W])
    | st.frozensets(st.integers(0, 9), max_size=3)
    | st.sets(text, max_size=3)
    | st.just(range(3))
)
keys = (
    text
    | st.integers(-99, 99)
    | st.floats(-9, 9)
    | st.sampled_from([None, True, b"k", (1, 2), measure.Color.RED, measure.IColor.RED, measure.OldStrCol.RED])
    | st.uuids()
    | st.just(dt.date(2024, 1, 2))
)
rich_values = st.recursive(
    rich_leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(text, inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=2)
    ),
    max_leaves=8,
)


def verdict(thing, name):
    """The worst outcome that the judge finds."""
    found = judge(value_of(thing), wire(name), NoFacts())
    return max((trip.outcome for trip in found), key=lambda outcome: outcome.severity).kind if found else "same"


def real(thing, codec):
    send, receive = CODECS[codec]
    return KINDS[measure.trip(lambda: thing, send, receive)["outcome"]]


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", ["celery-json", "celery-pickle", "celery-yaml", "celery-msgpack"])
@RUNS
@given(thing=json_values)
def test_json_values_are_quiet_and_come_back(name, thing):
    assert judge(value_of(thing), wire(name), NoFacts()) == []
    if name in CODECS:
        send, receive = CODECS[name]
        assert measure.same(thing, receive(send(thing)))


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("celery-json", "celery-json"),
        ("celery-pickle", "celery-pickle"),
        ("celery-msgpack", "celery-msgpack"),
        ("celery-yaml", "celery-yaml"),
        ("json", "rq-json"),
        ("pickle", "rq-pickle"),
    ],
)
@RUNS
@given(thing=rich_values)
def test_the_verdict_is_what_happens(codec, name, thing):
    if codec not in CODECS:
        pytest.skip(f"{codec} is not installed")
    assert verdict(thing, name) == real(thing, codec)


@pytest.mark.parametrize("name", ["resque", "sidekiq", "activejob"])
@RUNS
@given(thing=rich_values)
def test_the_verdict_is_what_the_reference_runtime_does(name, thing):
    assert verdict(thing, name) == KINDS[runtime_trip(name, thing).outcome]
