"""docs/runtime.md: its code runs, its adapter keeps the contract, and it lists every departure that a test shows."""

import re
import sys
import types
from pathlib import Path

import pytest

from jobcheck.runtime.settings import settings
from jobcheck.testing import AdapterConformance

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "runtime.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


class Kafka:
    """Stands for a broker and for both clients of kafka-python, as far as the guide uses them."""

    def __init__(self):
        self.records, self.committed = [], 0

    def send(self, topic, value, key, headers):
        record = types.SimpleNamespace(
            topic=topic, partition=0, offset=len(self.records), value=value, key=key, headers=headers, get=lambda timeout: record
        )
        self.records.append(record)
        return record

    def __iter__(self):
        while self.committed < len(self.records):
            record = self.records[self.committed]
            if record.topic in ("jobs.failed", "jobs.unreadable"):
                self.committed += 1
            else:
                yield record

    def commit(self):
        self.committed += 1


KAFKA = Kafka()


@pytest.fixture(scope="module")
def names():
    """What the guide's code defines, run from top to bottom in one module."""
    module = types.ModuleType("guide_to_the_runtime")
    errors = types.ModuleType("kafka.errors")
    errors.KafkaError = type("KafkaError", (Exception,), {})
    before, strange = settings.snapshot(), {"kafka": types.ModuleType("kafka"), "kafka.errors": errors, module.__name__: module}
    vars(module).update(producer=KAFKA, consumer=KAFKA)
    sys.modules.update(strange)
    try:
        for number, block in enumerate(BLOCKS):
            exec(compile(block, f"docs/runtime.md, block {number}", "exec"), vars(module))
        yield vars(module)
    finally:
        settings.restore(before)
        for name in strange:
            del sys.modules[name]


def test_the_code_runs(names):
    assert names["ChargeOrder"].idempotency.startswith("the payment provider")
    names["configure"](adapter="inline")
    sync = names["Sync"]
    assert sync.perform_now(1) is None
    assert names["Refund"]().perform(names["Customer"](7), names["Money"](5, "EUR")) == (7, 5)


@pytest.mark.parametrize("test", [name for name in dir(AdapterConformance) if name.startswith("test_")])
def test_its_adapter_keeps_the_contract(names, test, tmp_path):
    method = getattr(names["TestKafka"](), test)
    method(tmp_path) if method.__code__.co_argcount > 1 else method()
    assert KAFKA.committed == len(KAFKA.records)


def test_its_rehearsal_ends_as_it_says(names):
    assert f"```text\n{names['report']}\n```" in GUIDE


def test_every_departure_is_listed():
    shown = set()
    for path in (ROOT / "tests").glob("**/*.py"):
        shown |= set(re.findall(r'"""([AB]\d+\.\d+), deviation', path.read_text("utf-8")))
    assert shown == set(re.findall(r"^\| ([AB]\d+\.\d+) \|", GUIDE, re.MULTILINE))


def test_facts_are_numbered_without_gaps():
    numbers: dict[str, set[int]] = {}
    for path in (*(ROOT / "tests" / "runtime").glob("**/*.py"), *(ROOT / "tests" / "testing").glob("*.py")):
        for section, number in re.findall(r'["\']([AB]\d+)\.(\d+)[ :,]', path.read_text("utf-8")):
            numbers.setdefault(section, set()).add(int(number))
    assert set(numbers) == {*(f"A{n}" for n in range(1, 12)), "B1", "B2", "B3"}
    assert {section: found for section, found in numbers.items() if found != set(range(1, len(found) + 1))} == {}
