"""The tables against the real thing: kombu, pickle, json, and the wires of the reference runtime."""

import json
import logging
from pathlib import Path

import measure
import pytest

from jobcheck.runtime.wires.trip import trip as runtime_trip
from jobcheck.wire.tables import OTHER_TZINFO, outcome, row_names, wire

KINDS = {"same": "same", "changed": "changed", "error-at-enqueue": "enqueue-error", "error-in-worker": "worker-error"}
CODECS = measure.codecs()
MEASURED = json.loads(Path(__file__).with_name("measured.json").read_text())

# codec: the wires that it decides alone, and how many rows at least can be made without third parties.
DECIDES = {
    "celery-json": ["celery-json"],
    "celery-pickle": ["celery-pickle"],
    "celery-yaml": ["celery-yaml"],
    "celery-msgpack": ["celery-msgpack", "arq-msgpack"],
    "pickle": ["rq-pickle", "dramatiq-pickle", "huey-pickle", "huey-signed", "django-q2", "apscheduler-pickle"],
    "json": ["rq-json", "dramatiq-json", "saq-json"],
    "literal": ["django-q2-schedule"],
}
AT_LEAST = 105
# A dict that Celery makes a signature of again, which only Celery does.
BY_CELERY = {"signature"}


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def expected(name: str, row: str) -> str | None:
    found = outcome(wire(name), row)
    return found and found.kind


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("codec", sorted(DECIDES))
def test_each_row_fares_as_its_codec_says(codec):
    if codec not in CODECS:
        pytest.skip(f"{codec} is not installed")
    send, receive = CODECS[codec]
    differ = {}
    compared = 0
    for row, build in measure.VALUES.items():
        if row in BY_CELERY:
            continue
        real = KINDS[measure.trip(build, send, receive)["outcome"]]
        compared += 1
        differ.update({(name, row): real for name in DECIDES[codec] if expected(name, row) not in (real, None)})
    assert differ == {}
    assert compared >= AT_LEAST


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["resque", "sidekiq", "activejob"])
def test_each_row_fares_as_on_the_reference_runtime(name):
    compared = 0
    differ = {}
    for row, build in measure.VALUES.items():
        real = KINDS[runtime_trip(name, build()).outcome]
        compared += 1
        if expected(name, row) != real:
            differ[row] = (real, expected(name, row))
    assert differ == {}
    assert compared >= AT_LEAST


@pytest.mark.parametrize("name", ["resque", "sidekiq", "activejob"])
def test_keyword_arguments_travel_as_on_the_reference_runtime(name):
    from jobcheck.runtime.wires import wire_named

    assert wire(name).keyword_arguments is wire_named(name).keywords


def test_changed_rows_arrive_as_the_table_says():
    words = {
        "a list": list,
        "a str": str,
        "an int": int,
        "a float": float,
        "a dict": dict,
        "bytes": bytes,
        "None": None,
    }
    for codec, name in (("celery-json", "celery-json"), ("json", "rq-json")):
        send, receive = CODECS[codec]
        for row, build in measure.VALUES.items():
            found = outcome(wire(name), row)
            if found and found.becomes in words:
                assert type(receive(send(build()))) is words[found.becomes], (name, row)


@pytest.mark.parametrize("version", sorted(MEASURED["kombu"]))
@pytest.mark.parametrize("name", ["celery-json", "celery-pickle", "celery-yaml", "celery-msgpack"])
def test_older_kombu_is_as_it_was_measured(name, version):
    differs = MEASURED["kombu"][version]["differs"].get(name, {})
    old, new = wire(name, version), wire(name)
    for row in row_names():
        if row in differs and row != "logger":
            assert outcome(old, row).kind == KINDS[differs[row][0]], row
        elif row not in ("dt_zoneinfo", "pd_timestamp", "logger"):
            assert outcome(old, row) == outcome(new, row), row


def test_a_time_zone_may_become_an_offset():
    assert outcome(wire("celery-json"), "dt_zoneinfo").becomes == OTHER_TZINFO
    assert outcome(wire("celery-json", "5.2"), "dt_zoneinfo").becomes == "a str"
