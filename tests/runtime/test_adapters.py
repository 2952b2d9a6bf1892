"""The adapters: inline, test, async."""

import logging
import threading
import time

import pytest

from jobcheck.runtime import Adapter, Job, OptionError, SerializationError, configure, job, retry_on
from jobcheck.runtime.settings import settings


@pytest.mark.parametrize("name", ["inline", "test", "async"])
def test_contract(name):
    assert isinstance(configure(adapter=name), Adapter)


class TestInline:
    @pytest.fixture(autouse=True)
    def inline(self):
        configure(adapter="inline")

    def test_runs_at_once_with_what_came_off_the_wire(self):  # ACTIVEJOB.md B1: inline round-trips
        seen = []

        @job
        def charge(order):
            seen.append(order)

        charge.perform_later({7: (1, 2)})
        assert seen == [{"7": [1, 2]}]

    def test_errors_come_out(self):
        @job
        def charge():
            raise KeyError

        with pytest.raises(KeyError):
            charge.perform_later()

    def test_refuses_what_a_queue_would_refuse(self):
        @job
        def charge(order): ...

        with pytest.raises(SerializationError):
            charge.perform_later(object())

    def test_cannot_wait(self):  # ACTIVEJOB.md A7: NotImplementedError
        @job
        def charge(): ...

        with pytest.raises(NotImplementedError):
            charge.set(wait=5).perform_later()


class TestTest:
    def test_performs_only_what_waits(self, adapter):  # ACTIVEJOB.md A8: not the children
        seen = []

        @job
        def child():
            seen.append("child")

        @job
        def parent():
            seen.append("parent")
            child.perform_later()

        parent.perform_later()
        assert adapter.perform_enqueued_jobs() == 1
        assert seen == ["parent"]
        assert adapter.perform_enqueued_jobs() == 1
        assert seen == ["parent", "child"]
        assert adapter.perform_enqueued_jobs() == 0
        assert len(adapter.performed_jobs) == 2

    def test_drain_performs_children(self, adapter):
        @job
        def count(n):
            if n:
                count.perform_later(n - 1)

        count.perform_later(3)
        assert adapter.drain() == 4

    def test_filters(self, adapter):
        class Charge(Job):
            queue_as = "billing"

            def perform(self): ...

        class Mail(Job):
            queue_as = "mail"

            def perform(self): ...

        for cls in (Charge, Mail, Charge):
            cls.perform_later()
        assert adapter.perform_enqueued_jobs(only=Charge) == 2
        assert adapter.perform_enqueued_jobs(queue="billing") == 0
        assert adapter.perform_enqueued_jobs(queue="mail") == 1

    def test_at(self, adapter):  # ACTIVEJOB.md A8: jobs due by then, and those without a time
        @job
        def charge(): ...

        charge.perform_later()
        charge.set(wait=60).perform_later()
        charge.set(wait=3600).perform_later()
        assert adapter.perform_enqueued_jobs(at=time.time() + 120) == 2
        assert adapter.perform_enqueued_jobs() == 1

    def test_error_leaves_the_others_waiting(self, adapter):
        @job
        def charge(fail):
            if fail:
                raise KeyError

        for fail in (False, True, False):
            charge.perform_later(fail)
        with pytest.raises(KeyError):
            adapter.perform_enqueued_jobs()
        assert (len(adapter.enqueued_jobs), len(adapter.performed_jobs)) == (1, 2)


class TestAsync:
    @pytest.fixture
    def queue(self):
        return configure(adapter="async", threads=3)

    def test_is_the_default(self):
        settings.adapter = None
        assert type(settings.adapter).__name__ == "AsyncAdapter"

    def test_runs_in_another_thread(self, queue):
        seen = []

        @job
        def charge(order_id):
            seen.append((order_id, threading.current_thread() is threading.main_thread()))

        charge.perform_later((7,))
        assert queue.wait(5)
        assert seen == [([7], False)]

    def test_side_by_side_up_to_the_limit(self, queue):
        together = threading.Barrier(3)

        @job
        def charge():
            together.wait(5)

        for _ in range(6):
            charge.perform_later()
        assert queue.wait(5)
        assert not together.broken

    def test_one_thread_keeps_the_order(self):
        queue = configure(adapter="async", threads=1)
        seen = []

        @job
        def charge(order_id):
            seen.append(order_id)

        for order_id in range(20):
            charge.perform_later(order_id)
        assert queue.wait(5)
        assert seen == list(range(20))

    def test_waits_and_lets_others_pass(self):
        queue = configure(adapter="async", threads=1)
        seen = []

        @job
        def charge(order_id):
            seen.append(order_id)

        charge.set(wait=0.2).perform_later(1)
        time.sleep(0.05)
        charge.perform_later(2)
        assert not queue.wait(0)
        assert queue.wait(5)
        assert seen == [2, 1]

    def test_far_future(self, queue):
        @job
        def charge(): ...

        charge.set(wait=10**10).perform_later()
        assert not queue.wait(0.05)

    def test_retries(self, queue):
        runs = []

        @job
        @retry_on(KeyError, wait=0, attempts=3)
        def charge():
            runs.append(1)
            if len(runs) < 3:
                raise KeyError

        charge.perform_later()
        assert queue.wait(5)
        assert len(runs) == 3

    @pytest.mark.parametrize("error", [KeyError("x"), SystemExit()])
    def test_error_is_logged_and_the_thread_lives_on(self, caplog, error):
        queue = configure(adapter="async", threads=1)

        @job
        def charge(fail):
            if fail:
                raise error

        with caplog.at_level(logging.ERROR, logger="jobcheck.runtime"):
            charge.perform_later(True)
            charge.perform_later(False)
            assert queue.wait(5)
        assert [record.message.split(" (")[0] for record in caplog.records] == [
            f"Error performing {charge.__module__}.{charge.__qualname__}"
        ]
        assert caplog.records[0].exc_info[1] is error

    def test_at_least_one_thread(self):
        with pytest.raises(OptionError, match="threads"):
            configure(adapter="async", threads=0)
