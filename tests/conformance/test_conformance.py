"""The committed measurements are what the frameworks that are installed here do; tools/conformance.py runs all."""

import importlib.util
import os
import re
import sys

import pytest
import running
from configurations import CONFIGURATIONS, FACTS, OLDER
from labels import LABELS
from stores import ON_PATH, SERVERS, WHEELS

from jobcheck.wire.tables import row_names, wire_names

# Which module has to be there. Those named here are in the `test` extra and run in CI, on files (Celery's filesystem
# transport, SQLite) or in memory; CI's step `frameworks` runs all of them in environments of their own, on real stores.
NEEDS = {
    "celery-json": "celery", "celery-pickle": "celery", "celery-yaml": "yaml", "celery-msgpack": "msgpack",
    "huey-pickle": "huey", "huey-signed": "huey", "huey-immediate": "huey", "apscheduler-pickle": "apscheduler",
}  # fmt: skip
# What is not measured needs a library that does not install beside the framework.
BY_LIBRARY = {"async_result", "signature", "peewee", "peewee_query", "mongoengine", "object_id"}
AT_LEAST = 130


def test_there_is_a_box_for_each_wire_and_a_measurement_for_each_box():
    assert set(CONFIGURATIONS) == set(wire_names()) - {"resque", "sidekiq", "activejob"}
    assert {path.stem for path in running.MEASURED.glob("*.json")} == set(CONFIGURATIONS)


def test_each_environment_is_pinned():
    folder = running.HERE / "environments"
    newest = {configuration.environment for configuration in CONFIGURATIONS.values()}
    assert {path.name.split(".")[0] for path in folder.glob("*.txt")} == newest >= set(FACTS.values())
    assert {path.stem for path in folder.glob("older/*.txt")} == set(OLDER)
    for path in folder.rglob("*.txt"):
        pins = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
        assert pins
        assert all(re.match(r"[\w.-]+(\[\w+\])?==[\w.]+($|; python_version)", pin) for pin in pins)


def test_the_facts_are_there():
    assert all((running.HERE.parent / "facts" / name).exists() for name in FACTS)
    assert set(WHEELS) == set(ON_PATH) == set(SERVERS)


def test_each_kind_has_a_label_and_each_box_a_module():
    import kinds

    assert set(kinds.VALUES) <= set(LABELS)
    assert tuple(LABELS) == row_names()
    assert all((running.HERE / "boxes" / f"{found.box}.py").exists() for found in CONFIGURATIONS.values())
    assert all(found.store is None or found.store in SERVERS for found in CONFIGURATIONS.values())


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_each_measurement_is_whole(name):
    committed = running.committed(name)
    assert set(committed) <= set(LABELS)
    assert set(LABELS) - set(committed) <= BY_LIBRARY


@pytest.mark.parametrize("name", OLDER)
def test_each_older_measurement_is_whole(name):
    told = running.older_runs(name)
    pins = (running.HERE / "environments" / "older" / f"{name}.txt").read_text().splitlines()
    assert f"{told['library']}=={told['version']}" in pins
    assert tuple(told["rows"]) == tuple(told["differs"]) == OLDER[name].wires
    assert min(told["rows"].values()) >= AT_LEAST
    for wire, rows in told["differs"].items():
        assert running.otherwise(rows, running.committed(wire)).keys() == rows.keys()


@pytest.fixture(scope="module")
def trips():
    if not hasattr(os, "fork"):
        pytest.skip("no processes are forked here")
    with running.Trips(sys.executable) as made:
        yield made


@pytest.mark.parametrize("name", NEEDS)
def test_the_framework_does_what_is_committed(trips, name):
    if importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    rows = trips.measure(name, on_files=True)
    committed = running.committed(name)
    assert running.otherwise(rows, committed) == {}
    assert len(rows.keys() & committed.keys()) >= AT_LEAST
