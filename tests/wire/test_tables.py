"""The tables as they are shipped: whole, well formed, and saying what the frameworks do."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from jobcheck.project.versions import VERSIONED
from jobcheck.wire.tables import SAME, Outcome, ends, measured_version, outcome, row_names, wire, wire_names

ROOT = Path(__file__).parents[2]
RAW = json.loads((ROOT / "jobcheck/wire/tables.json").read_text())
PICKLES = ["rq-pickle", "dramatiq-pickle", "huey-pickle", "huey-signed", "django-q2", "apscheduler-pickle"]


def kind(name, row, version=None):
    found = outcome(wire(name, version), row)
    return found and found.kind


def becomes(name, row, version=None):
    return outcome(wire(name, version), row).becomes


def test_every_wire_has_every_row():
    assert len(row_names()) == len(set(row_names())) >= 155
    assert {len(w["cells"]) for w in RAW["wires"].values()} == {len(row_names())}
    assert len(wire_names()) == 29


def test_little_is_unmeasured():
    missing = {(name, row) for name in wire_names() for row in row_names() if kind(name, row) is None}
    assert {row for _, row in missing} <= {"json_hook"}
    assert {name for name, _ in missing} == {"taskiq-json", "taskiq-json-annotated", "taskiq-pickle"}


@pytest.mark.parametrize("parts", RAW["outcomes"], ids=str)
def test_outcomes_are_well_formed(parts):
    found = Outcome(*parts)
    assert (found.becomes is not None) == (found.kind == "changed")
    assert (found.error is not None) == found.is_error
    if found.error:
        assert re.match(r"[A-Z]\w+(: \S.*)?$", found.error)
    if found.becomes:
        assert re.match(r"(an?|another|what|the) |bytes$|None$", found.becomes)


def test_outcomes_do_not_speak_of_the_measurement():
    text = json.dumps(RAW["outcomes"])
    assert not re.search(r"matrix|measure|CustomErr|SAUser|PydM|AttC|\bDC\b|/root|/work|\bColor\b|0x[0-9a-f]{6}", text)


def test_unknown_names_are_refused():
    with pytest.raises(KeyError):
        wire("celery-jsonn")
    with pytest.raises(KeyError):
        outcome(wire("celery-json"), "no_such_row")


@pytest.mark.parametrize("name", PICKLES[1:])
def test_pickles_are_one_family(name):
    assert [kind(name, row) for row in row_names()] == [kind(PICKLES[0], row) for row in row_names()]


@pytest.mark.parametrize("name", ["dramatiq-json", "saq-json"])
def test_plain_jsons_are_one_family(name):
    assert [outcome(wire(name), row) for row in row_names()] == [outcome(wire("rq-json"), row) for row in row_names()]


def test_what_calls_can_carry():
    assert {n for n in wire_names() if not wire(n).keyword_arguments} == {"resque", "sidekiq"}
    assert {n for n in wire_names() if not wire(n).positional} == {"procrastinate-json", "saq-json"}


@pytest.mark.parametrize("row", ["int", "str", "list", "dict_str", "none", "bool", "float", "float_integral"])
@pytest.mark.parametrize("name", wire_names())
def test_plain_values_travel_everywhere(name, row):
    assert outcome(wire(name), row) == SAME


@pytest.mark.parametrize("row", ["lambda", "lock", "module", "socket", "coroutine", "dict_keys", "contextvar", "frame"])
@pytest.mark.parametrize("name", [n for n in wire_names() if n != "huey-immediate"])
def test_what_no_wire_carries(name, row):
    assert outcome(wire(name), row).is_error


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("celery-json", "uuid", "same"),
        ("celery-json", "set", "enqueue-error"),
        ("celery-json", "tuple", "changed"),
        ("celery-json", "signature", "same"),
        ("celery-json", "async_result", "enqueue-error"),
        ("celery-json", "json_hook", "changed"),
        ("celery-json", "dict_kombu", "worker-error"),
        ("rq-json", "dict_kombu", "same"),
        ("rq-json", "json_hook", "enqueue-error"),
        ("celery-msgpack", "dict_int", "worker-error"),
        ("celery-msgpack", "int_gt_2_64", "enqueue-error"),
        ("celery-yaml", "set", "same"),
        ("celery-yaml", "dict_tuple", "worker-error"),
        ("rq-pickle", "exception_custom_init", "worker-error"),
        ("rq-pickle", "zip", "same"),
        ("arq-pickle", "dj_queryset", "enqueue-error"),
        ("procrastinate-json", "float_1e16", "changed"),
        ("procrastinate-json", "str_nul", "enqueue-error"),
        ("taskiq-json", "zip", "changed"),
        ("taskiq-json-annotated", "uuid", "same"),
        ("django-q2-schedule", "uuid", "worker-error"),
        ("resque", "nan", "enqueue-error"),
        ("rq-json", "nan", "same"),
        ("sidekiq", "tuple", "enqueue-error"),
        ("activejob", "tuple", "same"),
        ("activejob", "dj_model", "same"),
    ],
)
def test_some_cells(name, row, expected):
    assert kind(name, row) == expected


@pytest.mark.parametrize("version", ["4.4.7", "4.6.11", "5.0", "5.2", "5.2.4", "5.2.7", "v", "5"])
def test_kombu_before_5_3_loses_types(version):
    known = version != "v"
    assert kind("celery-json", "uuid", version) == ("changed" if known else "same")
    assert kind("celery-json", "bytes_utf8", version) == ("enqueue-error" if known else "same")
    assert becomes("celery-json", "dt_naive", version) == ("a str" if known else None)


@pytest.mark.parametrize("version", [None, "", "5.3", "5.3.0", "5.3.0b3", "5.5.4", "6.0", "latest"])
def test_kombu_since_5_3_keeps_them(version):
    assert kind("celery-json", "uuid", version) == "same"


def test_kombu_3_refuses_them():
    assert kind("celery-json", "uuid", "3.1.26") == "enqueue-error"
    assert kind("celery-json", "set", "3.1") == kind("celery-json", "set") == "enqueue-error"


def test_versions_of_other_wires_change_nothing():
    assert wire("rq-json", "1.16.2").cells == wire("rq-json", "2.12").cells == wire("rq-json").cells
    assert wire("celery-pickle", "5.2").cells == wire("celery-pickle").cells
    assert measured_version("kombu") == "5.7.0"


def test_versions_that_matter_are_looked_for():
    assert {found["library"] for found in RAW["wires"].values() if found.get("older")} <= VERSIONED


@pytest.mark.parametrize("version", ["0.6", "0.8.1"])
def test_the_backport_of_django_tasks_went_through_json(version):
    assert kind("django-tasks-immediate", "bytes_utf8", version) == "enqueue-error"
    assert becomes("django-tasks-immediate", "dict_int", version) == "a dict with str keys"
    assert becomes("django-tasks-rq", "tuple", version) == "a list"
    assert kind("django-tasks-rq", "tuple", "0.9.0") == kind("django-tasks-rq", "tuple") == "same"


def test_the_committed_tables_are_what_the_tool_writes():
    spec = importlib.util.spec_from_file_location("make_wire_tables", ROOT / "tools/make_wire_tables.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    made = json.loads(json.dumps(tool.from_runs()))
    assert made == RAW, "run: python tools/make_wire_tables.py"
    for name, ranges in tool.older(json.loads((Path(__file__).parent / "measured.json").read_text())).items():
        for found in ranges:
            below = wire(name, _just_below(found["below"]))
            assert all(outcome(below, row) == Outcome(*cell) for row, cell in found["rows"].items())


def _just_below(version):
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return ".".join(map(str, [*numbers[:-1], numbers[-1] - 1, 99]))


@pytest.mark.parametrize(("version", "both"), [("5.2..5.9999", ("5.2", "5.9999")), ("5.2.7", ("5.2.7", "5.2.7")), ("", ("", ""))])
def test_ends(version: str, both: tuple[str, str]) -> None:
    assert ends(version) == both


def test_a_range_has_what_its_ends_do_alike() -> None:
    oldest, newest, between = wire("celery-json", "5.2"), wire("celery-json", "5.9999"), wire("celery-json", "5.2..5.9999")
    assert oldest.cells["decimal"] != newest.cells["decimal"]
    assert "decimal" not in between.cells
    assert between.cells["set"] == oldest.cells["set"] == newest.cells["set"]
