"""ACTIVEJOB.md A9, fact by fact: events and lines of the log."""

import logging
import re

import pytest

from jobcheck.runtime import (
    EnqueueError,
    Halt,
    Job,
    OptionError,
    before_enqueue,
    before_perform,
    configure,
    discard_on,
    execute,
    register_record,
    retry_on,
    subscribe,
)
from jobcheck.runtime.settings import settings
from jobcheck.runtime.wires import records


class Charge(Job):
    queue_as = "billing"

    def perform(self, order_id, note="x"):
        return order_id


class HaltedEnqueue(Charge):
    @before_enqueue
    def stop(self):
        raise Halt


class HaltedRun(Charge):
    @before_perform
    def stop(self):
        raise Halt


class Fails(Job):
    def perform(self):
        raise KeyError("x")


@retry_on(KeyError, wait=3, attempts=2)
class Retries(Fails): ...


@discard_on(KeyError)
class Discards(Fails): ...


@pytest.fixture
def events():
    seen = []
    end = subscribe(seen.append)
    yield seen
    end()


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "jobcheck.runtime")

    def read():
        found = []
        for record in caplog.records:
            text = re.sub(r"[0-9a-f-]{36}", "ID", record.getMessage()).replace(f"{__name__}.", "")
            text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "TIME", re.sub(r"in \d+\.\d ms", "in N ms", text))
            found.append((record.levelname, text))
        return found

    return read


def names(events):
    return [event.name for event in events]


def test_a9_01_nesting(adapter, events):
    """A9.1: retries and discards happen inside of the perform event, which ends without an error."""
    Retries.perform_now()
    Discards.perform_now()
    assert names(events) == ["perform_start", "enqueue", "enqueue_retry", "perform", "perform_start", "discard", "perform"]
    assert [event.error for event in events if event.name == "perform"] == [None, None]


def test_a9_02_the_events(adapter, events):
    """A9.2, deviation: one `enqueue` for enqueue_at too (the job knows when); no structured twins; no steps."""
    Charge.set(wait=5).perform_later(1)
    Charge.perform_now(1)
    assert names(events) == ["enqueue", "perform_start", "perform"]
    assert events[0].job.scheduled_at is not None


def test_a9_03_what_an_event_says(adapter, events):
    """A9.3: the job, the adapter, durations, the wait and the error of a retry, and whether it was halted."""
    Retries.perform_now()
    (retry,) = [event for event in events if event.name == "enqueue_retry"]
    assert (retry.adapter, repr(retry.error)) == ("test", "KeyError('x')")
    assert retry.wait == pytest.approx(3, abs=0.5)
    assert all(event.duration > 0 for event in events if event.name != "perform_start")
    HaltedRun.perform_now(1)
    assert events[-1].halted


def test_a9_04_errors_come_with_the_event(adapter, events):
    """A9.4: perform and enqueue say what went wrong."""
    with pytest.raises(KeyError):
        Fails.perform_now()
    assert isinstance(events[-1].error, KeyError)


def test_a9_05_tags_are_fields(adapter, caplog):
    """A9.5, deviation: no tags in the text: each record has `event`, `job_class` and `job_id`."""
    caplog.set_level(logging.INFO, "jobcheck.runtime")
    job = Charge.perform_later(1)
    (record,) = caplog.records
    assert (record.event, record.job_class, record.job_id) == ("enqueue", f"{__name__}.Charge", job.job_id)


def test_a9_06_enqueued(adapter, lines):
    """A9.6: to which queue, when, with what."""
    Charge.perform_later(7, "note")
    Charge.set(wait=60).perform_later(7)
    assert lines() == [
        ("INFO", "Enqueued Charge (Job ID: ID) to test(billing) with arguments: 7, 'note'"),
        ("INFO", "Enqueued Charge (Job ID: ID) to test(billing) at TIME with arguments: 7"),
    ]


def test_a9_07_failed_enqueuing(lines):
    """A9.7: refused, halted, or broken; the last is logged and comes out."""

    class Down:
        name = "down"
        error = EnqueueError("full")

        def enqueue(self, data):
            raise self.error

        enqueue_at = enqueue

    configure(adapter=Down())
    Charge.perform_later(7)
    HaltedEnqueue.perform_later(7)
    Down.error = ConnectionError("away")
    with pytest.raises(ConnectionError):
        Charge.perform_later(7)
    assert lines() == [
        ("ERROR", "Failed enqueuing Charge (Job ID: ID) to down(billing): EnqueueError (full)"),
        ("INFO", "Failed enqueuing HaltedEnqueue (Job ID: ID) to down(billing), a before_enqueue callback halted it"),
        ("ERROR", "Failed enqueuing Charge (Job ID: ID) to down(billing): ConnectionError (away)"),
    ]


def test_a9_08_performing_and_performed(adapter, lines):
    """A9.8: from which queue, since when, with what, and how long it took."""
    Charge.perform_later(7)
    execute(adapter.enqueued_jobs[0].data)
    assert lines()[1:] == [
        ("INFO", "Performing Charge (Job ID: ID) from test(billing) enqueued at TIME with arguments: 7"),
        ("INFO", "Performed Charge (Job ID: ID) from test(billing) in N ms"),
    ]


def test_a9_09_error_performing(adapter, lines, caplog):
    """A9.9: with the traceback; a halted run is an error too."""
    with pytest.raises(KeyError):
        Fails.perform_now()
    assert caplog.records[-1].exc_info
    HaltedRun.perform_now(7)
    errors = [line for line in lines() if line[0] == "ERROR"]
    assert errors == [
        ("ERROR", "Error performing Fails (Job ID: ID) from test(default) in N ms: KeyError ('x')"),
        ("ERROR", "Error performing HaltedRun (Job ID: ID) from test(billing) in N ms: a before_perform callback halted the run"),
    ]


def test_a9_10_retrying_stopped_discarded(adapter, lines):
    """A9.10: after how many attempts, in how many seconds, due to what."""
    Retries.perform_later()
    with pytest.raises(KeyError):
        adapter.drain()
    Discards.perform_now()
    told = [text for _, text in lines() if text.startswith(("Retrying", "Stopped", "Discarded"))]
    assert [re.sub(r"in [23][\d.]* seconds", "in 3 seconds", text) for text in told] == [
        "Retrying Retries (Job ID: ID) after 1 attempt in 3 seconds, due to a KeyError ('x')",
        "Stopped retrying Retries (Job ID: ID) due to a KeyError ('x'), which reoccurred on 2 attempts",
        "Discarded Discards (Job ID: ID) due to a KeyError ('x')",
    ]


def test_a9_11_records_by_reference(adapter, lines, monkeypatch):
    """A9.11: a record is shown as its reference, wherever it is inside of the arguments."""
    monkeypatch.setattr(records, "_registered", {})

    class Order:
        id = 7

        def __repr__(self):
            raise RuntimeError("asks the database")

    register_record(Order, find=lambda pk: Order())

    class Show(Job):
        wire = "activejob"

        def perform(self, *orders): ...

    Show.perform_later(Order(), {"order": [Order()]})
    assert lines()[0][1].endswith("with arguments: gid://app/Order/7, {'order': [gid://app/Order/7]}")


def test_a9_12_arguments_can_be_kept_out(adapter, lines):
    """A9.12: log_arguments = False."""

    class Secret(Charge):
        log_arguments = False

    Secret.perform_later("s3cret")
    adapter.drain()
    assert "s3cret" not in str(lines())
    assert len(lines()) == 3


def test_a9_13_no_line_of_the_source():
    """A9.13, deviation: no verbose_enqueue_logs: `logging` has `stack_info`, and a subscriber the stack."""
    assert not hasattr(Job, "verbose_enqueue_logs")


class TestSubscribing:
    def test_telling_makes_no_adapter(self, events):
        settings.restore((True, None))
        Charge.perform_now(1)
        assert settings.snapshot() == (True, None)
        assert events[-1].adapter == "async"

    def test_some_events_only_and_until_it_ends(self, adapter):
        seen = []
        end = subscribe(seen.append, "perform")
        Charge.perform_now(1)
        end()
        end()
        Charge.perform_now(1)
        assert names(seen) == ["perform"]

    def test_unknown_events(self):
        with pytest.raises(OptionError, match="did you mean 'perform'"):
            subscribe(print, "performed")

    def test_a_listener_that_fails_harms_no_job(self, adapter, caplog):
        def broken(event):
            raise ZeroDivisionError

        end = subscribe(broken)
        assert Charge.perform_now(7) == 7
        end()
        assert "A subscriber failed" in caplog.text

    def test_long_arguments_are_cut(self, adapter, lines):
        Charge.perform_later("x" * 10_000)
        assert len(lines()[0][1]) < 600
