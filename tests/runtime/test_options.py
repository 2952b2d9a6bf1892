"""The options of an enqueue, and what strict mode refuses of them."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from jobcheck.runtime import Job, OptionError, perform_all_later


class ChargeOrder(Job):
    queue_as = "billing"
    priority = 10

    def perform(self, order_id):
        return order_id, self.queue_name, self.priority


@pytest.mark.parametrize("wait", [60, 60.0, timedelta(minutes=1)])
def test_wait_counts_from_the_enqueue(adapter, wait):
    before = time.time()
    ChargeOrder.set(wait=wait).perform_later(7)
    (enqueued,) = adapter.enqueued_jobs
    assert before + 60 <= enqueued.at <= time.time() + 60
    assert datetime.fromisoformat(enqueued.data["scheduled_at"]).timestamp() == pytest.approx(enqueued.at)


def test_wait_of_a_configured_job_counts_from_each_enqueue(adapter, monkeypatch):
    later = ChargeOrder.set(wait=60)
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    later.perform_later(7)
    assert adapter.enqueued_jobs[0].at == 1_000_000_060.0


def test_wait_zero_is_given(adapter):  # ACTIVEJOB.md A1: `wait: 0` does go through enqueue_at
    ChargeOrder.set(wait=0).perform_later(7)
    assert adapter.enqueued_jobs[0].at is not None


def test_none_is_not_given(adapter):  # ACTIVEJOB.md A1: `priority: nil` keeps the default
    ChargeOrder.set(wait=None, wait_until=None, queue=None, priority=None).perform_later(7)
    (enqueued,) = adapter.enqueued_jobs
    assert (enqueued.at, enqueued.data["queue_name"], enqueued.data["priority"]) == (None, "billing", 10)


def test_wait_until_in_any_zone_and_in_the_past(adapter):
    zone = timezone(timedelta(hours=2))
    ChargeOrder.set(wait_until=datetime(2020, 1, 1, 2, tzinfo=zone)).perform_later(7)
    (enqueued,) = adapter.enqueued_jobs
    assert enqueued.at == datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp()
    assert enqueued.data["scheduled_at"] == "2020-01-01T00:00:00.000000+00:00"


def test_queue_and_priority(adapter):
    ChargeOrder.set(queue="low", priority=0).perform_later(7)
    (enqueued,) = adapter.enqueued_jobs
    assert (enqueued.data["queue_name"], enqueued.data["priority"]) == ("low", 0)
    assert ChargeOrder(7).queue_name == "billing"


def test_set_on_one_job_keeps_its_arguments(adapter):
    perform_all_later(ChargeOrder(7).set(queue="low"), ChargeOrder(8))
    assert [(job.data["arguments"], job.data["queue_name"]) for job in adapter.enqueued_jobs] == [
        ([7], "low"),
        ([8], "billing"),
    ]


def test_perform_now_sees_the_options_and_does_not_wait():
    assert ChargeOrder.set(wait=3600, queue="low", priority=1).perform_now(7) == (7, "low", 1)


@pytest.mark.parametrize(
    "bad",
    [
        *(-1, -0.001, timedelta(seconds=-1), float("nan"), float("inf"), 10**400, 10**15),
        *(True, "5", "tomorrow", [5], "polynomially_longer", datetime(2030, 1, 1, tzinfo=timezone.utc)),
    ],
)
def test_bad_wait(bad, adapter):
    with pytest.raises(OptionError, match="wait"):
        ChargeOrder.set(wait=bad)
    assert adapter.enqueued_jobs == []


@pytest.mark.parametrize("bad", [60, "2030-01-01", datetime(2030, 1, 1).date(), timedelta(1)])
def test_bad_wait_until(bad):
    with pytest.raises(OptionError, match="wait_until must be a datetime"):
        ChargeOrder.set(wait_until=bad)


def test_naive_wait_until_is_refused():
    with pytest.raises(OptionError, match="no time zone"):
        ChargeOrder.set(wait_until=datetime(2030, 1, 1))


def test_both_waits_are_refused():
    with pytest.raises(OptionError, match="both"):
        ChargeOrder.set(wait=60, wait_until=datetime(2030, 1, 1, tzinfo=timezone.utc))


@pytest.mark.parametrize("bad", [{"queue": ""}, {"queue": " "}, {"queue": 7}, {"priority": "3"}, {"priority": 1.5}])
def test_bad_queue_or_priority(bad):
    with pytest.raises(OptionError, match=next(iter(bad))):
        ChargeOrder.set(**bad)


def test_unknown_option_names_the_near_one():
    with pytest.raises(OptionError, match=r"unknown option 'prority'; did you mean 'priority'\?"):
        ChargeOrder.set(prority=1)


def test_unknown_option_without_a_near_one_lists_them():
    with pytest.raises(OptionError, match="known are wait, wait_until, queue, priority"):
        ChargeOrder.set(bogus=1)


def test_options_of_enqueue_are_checked_too():
    with pytest.raises(OptionError):
        ChargeOrder(7).enqueue(bogus=1)


@pytest.mark.usefixtures("lax")
class TestLax:
    def test_unknown_option_is_ignored(self, adapter):  # ACTIVEJOB.md A1: `set(bogus: 1)`
        ChargeOrder.set(bogus=1).perform_later(7)
        assert len(adapter.enqueued_jobs) == 1

    def test_wait_until_overrides_wait(self, adapter):  # ACTIVEJOB.md A1: order of application
        ChargeOrder.set(wait=60, wait_until=datetime(2020, 1, 1, tzinfo=timezone.utc)).perform_later(7)
        assert adapter.enqueued_jobs[0].at == datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp()

    def test_naive_wait_until_is_local_time(self, adapter):
        ChargeOrder.set(wait_until=datetime(2020, 1, 1)).perform_later(7)
        assert adapter.enqueued_jobs[0].at == datetime(2020, 1, 1).timestamp()

    def test_bad_wait_is_refused_all_the_same(self):  # ACTIVEJOB.md A1: `wait: "abc"` is an error in Rails too
        with pytest.raises(OptionError):
            ChargeOrder.set(wait="abc")
