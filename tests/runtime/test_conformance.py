"""The conformance tests that are for everybody's adapters, on ours, on one that stores text, and on bad ones."""

import threading
import time
from contextlib import suppress

import pytest

from jobcheck.runtime import configure, execute, to_text
from jobcheck.runtime.adapters.asynchronous import AsyncAdapter
from jobcheck.runtime.adapters.inline import InlineAdapter
from jobcheck.runtime.adapters.test import TestAdapter
from jobcheck.testing import AdapterConformance


class TestInlineAdapter(AdapterConformance):
    waits = False

    def make(self):
        return InlineAdapter()


class TestAsyncAdapter(AdapterConformance):
    def make(self):
        return AsyncAdapter(threads=2)

    def settle(self, adapter):
        assert adapter.wait(10)


class TestTestAdapter(AdapterConformance):
    def make(self):
        return TestAdapter()

    def settle(self, adapter):
        while any(job.at is None or job.at <= time.time() for job in adapter.enqueued_jobs):
            with suppress(Exception):
                adapter.perform_enqueued_jobs(at=time.time())


class TextQueue:
    """A queue as somebody would write it over Kafka: bytes in a log, in the order of their writing. See docs/runtime.md."""

    name = "text"

    def __init__(self):
        self.log, self.parked = [], []

    def enqueue(self, data):
        return self.enqueue_at(data, 0)

    def enqueue_at(self, data, at):
        self.log.append((at, to_text(data).encode()))
        return str(len(self.log))

    def enqueue_all(self, messages):
        return [self.enqueue_at(data, at or 0) for data, at in messages]

    def work(self):
        while any(at <= time.time() for at, _ in self.log):
            at, text = self.log.pop(0)
            if at > time.time():
                self.log.append((at, text))
                continue
            try:
                execute(text)
            except Exception:
                self.parked.append(text)


class TestTextQueue(AdapterConformance):
    def make(self):
        return TextQueue()

    def settle(self, adapter):
        adapter.work()


def failures(adapter_class, tmp_path):
    """The names of the tests that such an adapter does not pass."""

    class Suite(AdapterConformance):
        def make(self):
            return adapter_class()

        def settle(self, adapter):
            adapter.work()

    failed = []
    for name in [name for name in dir(Suite) if name.startswith("test_")]:
        test, folder = getattr(Suite(), name), tmp_path / name
        folder.mkdir()
        try:
            test(folder) if test.__code__.co_argcount > 1 else test()
        except Exception:
            failed.append(name)
    return failed


class TestItFindsBadAdapters:
    def test_the_good_one_passes(self, tmp_path):
        assert failures(TextQueue, tmp_path) == []

    @pytest.mark.parametrize(
        ("named", "broken"),
        [
            ("test_a_job_is_performed_once", {"work": lambda self: [execute(t) for _, t in self.log for _ in range(2)]}),
            ("test_a_job_waits_for_its_time", {"enqueue_at": lambda self, data, at: TextQueue.enqueue_at(self, data, 0)}),
            ("test_a_failure_costs_no_other_job", {"work": lambda self: [execute(t) for _, t in self.log]}),
            ("test_a_message_is_its_own", {"enqueue": lambda self, data: data.update(seen=1)}),
            ("test_many_at_once", {"enqueue_all": lambda self, messages: [None for _ in messages]}),
        ],
    )
    def test_bad_ones_do_not(self, named, broken, tmp_path):
        assert named in failures(type("Bad", (TextQueue,), broken), tmp_path)


def test_settings_are_as_they_were(adapter, tmp_path):
    TestTextQueue().test_a_job_is_performed_once(tmp_path)
    assert configure() is adapter
    assert threading.active_count() < 50
