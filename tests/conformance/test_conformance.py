"""The committed measurements are what the frameworks that are installed here do; tools/conformance.py runs all."""

import importlib.util
import sys

import pytest
import running
from configurations import CONFIGURATIONS
from labels import LABELS
from stores import SERVERS

from jobcheck.wire.tables import row_names, wire_names

# Which module has to be there. Those named here are in the `test` extra and run in CI, on files (Celery's filesystem
# transport, SQLite) or in memory; the others run in CI where someone installed them, and by tools/conformance.py always.
NEEDS = {
    "celery-json": "celery", "celery-pickle": "celery", "celery-yaml": "yaml", "celery-msgpack": "msgpack",
    "huey-pickle": "huey", "huey-signed": "huey", "huey-immediate": "huey", "apscheduler-pickle": "apscheduler",
}  # fmt: skip
# Kinds that fare otherwise with other versions of Python or of their own library than the ones of the environments.
BY_VERSION = {"logger", "dataclass_frozen_slots", "zoneinfo", "dt_zoneinfo", "frame"}
AT_LEAST = 130


def test_there_is_a_box_for_each_wire_and_a_measurement_for_each_box():
    assert set(CONFIGURATIONS) == set(wire_names()) - {"resque", "sidekiq", "activejob"}
    assert {path.stem for path in running.MEASURED.glob("*.json")} == set(CONFIGURATIONS)


def test_each_environment_is_pinned():
    for name in {configuration.environment for configuration in CONFIGURATIONS.values()}:
        pins = (running.HERE / "environments" / f"{name}.txt").read_text().split()
        assert pins
        assert all("==" in pin for pin in pins)


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
    # What is not there, needs a library that does not install beside the framework.
    by_library = ("async_result", "signature", "peewee", "peewee_query", "mongoengine", "object_id")
    assert set(LABELS) - set(committed) <= set(by_library)


@pytest.mark.parametrize("name", NEEDS)
def test_the_framework_does_what_is_committed(name):
    if importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    rows = running.measure(name, sys.executable, on_files=True)
    committed = running.committed(name)
    differ = {row: found for row, found in running.differences(rows, committed).items() if row not in BY_VERSION}
    assert differ == {}
    assert len(rows.keys() & committed.keys()) >= AT_LEAST
