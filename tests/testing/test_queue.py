"""ACTIVEJOB.md A8, fact by fact: the helpers for what waits and what ran. `deviation`: docs/runtime.md says why."""

from datetime import datetime, timedelta, timezone
from importlib.metadata import entry_points

import pytest

from jobcheck.runtime import Job, configure, job, retry_on
from jobcheck.runtime.settings import settings
from jobcheck.testing import (
    assert_enqueued,
    assert_no_enqueued,
    assert_no_performed,
    assert_performed,
    perform_enqueued_jobs,
)


class Charge(Job):
    queue_as = "billing"

    def perform(self, order_id): ...


class Notify(Job):
    wire = "activejob"

    def perform(self, user_id, *, urgent=False): ...


@retry_on(KeyError, attempts=3)
class Flaky(Job):
    def perform(self):
        raise KeyError


@job
def spawn(number):
    if number:
        spawn.perform_later(number - 1)


@pytest.fixture(autouse=True)
def queue():
    before = settings.snapshot()
    yield configure(adapter="test")
    settings.restore(before)


def test_a8_01_what_the_adapter_keeps(queue):
    """A8.1: what waits and what was performed, as messages with their time."""
    Charge.set(wait=60, priority=2).perform_later(7)
    (waiting,) = queue.enqueued_jobs
    assert (waiting.data["arguments"], waiting.data["queue_name"], waiting.data["priority"]) == ([7], "billing", 2)
    assert waiting.at is not None
    perform_enqueued_jobs()
    assert (queue.enqueued_jobs, queue.performed_jobs) == ([], [waiting])


def test_a8_02_no_flags_that_perform_at_once():
    """A8.2, deviation: there is no `perform_enqueued_jobs = True`; the inline adapter performs at once."""
    configure(adapter="inline")
    with pytest.raises(KeyError):
        job(lambda: {}["x"]).perform_later()


def test_a8_03_counts():
    """A8.3: so many jobs, of one class, of several, on a queue."""
    Charge.perform_later(1)
    Charge.perform_later(2)
    Notify.perform_later(3)
    assert len(assert_enqueued(count=3)) == 3
    assert_enqueued(Charge, count=2)
    assert_enqueued((Charge, Notify), count=3)
    assert_enqueued(queue="billing", count=2)
    with pytest.raises(AssertionError):
        assert_enqueued(count=2)


def test_a8_04_none():
    """A8.4: assert_no_enqueued and assert_no_performed."""
    assert_no_enqueued()
    assert_no_performed()
    Charge.perform_later(1)
    assert_no_enqueued(Notify)
    assert_no_enqueued(queue="default")
    with pytest.raises(AssertionError):
        assert_no_enqueued(Charge)
    perform_enqueued_jobs()
    with pytest.raises(AssertionError):
        assert_no_performed(Charge)


def test_a8_05_one_that_fits_is_given_back():
    """A8.5: by class, arguments, time, queue and priority; the job comes back with its arguments read."""
    at = datetime.now(timezone.utc) + timedelta(hours=1)
    Notify.set(wait_until=at, priority=1, queue="mail").perform_later(7, urgent=True)
    (found,) = assert_enqueued(Notify, args=[7], kwargs={"urgent": True}, at=at, queue="mail", priority=1)
    assert (type(found), found.args, found.kwargs) == (Notify, (7,), {"urgent": True})
    for wrong in ({"args": [8]}, {"kwargs": {}}, {"queue": "x"}, {"priority": 2}, {"at": at + timedelta(minutes=1)}):
        with pytest.raises(AssertionError):
            assert_enqueued(Notify, **wrong)


def test_a8_06_performed_with():
    """A8.6: the same of what was performed."""
    Charge.perform_later(7)
    perform_enqueued_jobs()
    assert assert_performed(Charge, args=[7], count=1)[0].args == (7,)


def test_a8_07_act_then_assert():
    """A8.7, deviation: no block forms: a Python test acts and then asserts; a with-block would hide which came first."""
    Charge.perform_later(7)
    assert_enqueued(Charge)
    with pytest.raises(TypeError), assert_enqueued(Charge):
        pass


def test_a8_08_classes_or_a_predicate():
    """A8.8, deviation: classes and a predicate of the arguments; there is no `except`, and so nothing to refuse."""
    Charge.perform_later(7)
    assert_enqueued(Charge, args=lambda order_id: order_id > 5)
    with pytest.raises(AssertionError):
        assert_enqueued(Charge, args=lambda order_id: order_id < 5)
    with pytest.raises(TypeError):
        assert_enqueued(except_=Charge)


def test_a8_09_only_what_waits_is_performed():
    """A8.9: performing runs what waits, returns how many, and leaves children and retries waiting."""
    spawn.perform_later(2)
    Flaky.perform_later()
    assert perform_enqueued_jobs() == 2
    assert_enqueued(count=2)


def test_a8_10_children_and_retries():
    """A8.10: with `children` they run too, without waiting: three attempts, then the error."""
    spawn.perform_later(2)
    assert perform_enqueued_jobs(children=True) == 3
    Flaky.perform_later()
    with pytest.raises(KeyError):
        perform_enqueued_jobs(children=True)
    assert_performed(Flaky, count=3)


def test_a8_11_until():
    """A8.11: `at` runs what is due by then, and what has no time."""
    now = datetime.now(timezone.utc)
    Charge.set(wait=60).perform_later(1)
    Charge.set(wait=3600).perform_later(2)
    Charge.perform_later(3)
    assert perform_enqueued_jobs(at=now + timedelta(minutes=5)) == 2
    assert_enqueued(Charge, args=[2], count=1)


@pytest.mark.parametrize(("seconds", "fits"), [(0.9, True), (-0.9, True), (1.5, False)])
def test_a8_12_a_second_does_not_count(seconds, fits):
    """A8.12: times match within a second."""
    at = datetime.now(timezone.utc) + timedelta(hours=1)
    Charge.set(wait_until=at).perform_later(1)
    try:
        assert_enqueued(Charge, at=at + timedelta(seconds=seconds))
    except AssertionError:
        assert not fits
    else:
        assert fits


def test_a8_13_keyword_arguments_are_asked_by_name():
    """A8.13, deviation: they are no dict at the end of the arguments, but `kwargs`."""
    Notify.perform_later(7, urgent=True)
    assert_enqueued(Notify, args=[7], kwargs={"urgent": True})


def test_a8_14_what_there_is_instead():
    """A8.14: the text names near ones, or the classes that there are."""
    Charge.perform_later(7)
    with pytest.raises(AssertionError, match=r"(?s)Potential matches:.*Charge \[7\], queue='billing'"):
        assert_enqueued(Charge, args=[8])
    with pytest.raises(AssertionError, match=r"(?s)Jobs enqueued: 1 .*Charge"):
        assert_enqueued(Notify)
    with pytest.raises(AssertionError, match="Jobs performed: none"):
        assert_performed(Notify)


def test_a8_15_another_adapter():
    """A8.15: TypeError that names it, for performing too."""
    configure(adapter="inline")
    for helper in (assert_enqueued, assert_no_enqueued, assert_performed, perform_enqueued_jobs):
        with pytest.raises(TypeError, match="inline"):
            helper()


def test_a8_16_mail():
    """A8.16, deviation: nothing about mail: Django's test runner has `mail.outbox`."""
    import jobcheck.testing

    assert not any("mail" in name for name in jobcheck.testing.__all__)


def test_arguments_that_cannot_be_read_are_shown_as_they_are_stored(queue):
    Notify.perform_later(7)
    queue.enqueued_jobs[0].data["arguments"][:] = [{"_aj_serialized": "gone"}]
    assert assert_enqueued(Notify)[0].args == ({"_aj_serialized": "gone"},)


class TestPlugin:
    def test_fixtures(self, tmp_path):
        import subprocess
        import sys

        (tmp_path / "test_shop.py").write_text(
            """
from jobcheck.runtime import Job, configure
from jobcheck.runtime.settings import settings

class Charge(Job):
    def perform(self, order_id): ...

def test_queue(job_queue):
    Charge.perform_later(7)
    assert job_queue.drain() == 1

def test_helpers(assert_enqueued, assert_no_enqueued, perform_enqueued_jobs, assert_performed, assert_no_performed):
    assert_no_enqueued()
    assert_no_performed()
    Charge.perform_later(7)
    assert_enqueued(Charge, args=[7])
    perform_enqueued_jobs()
    assert_performed(Charge)

def test_after():
    assert settings._adapter is None
"""
        )
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        if all(entry.value != "jobcheck.pytest_plugin" for entry in entry_points(group="pytest11")):
            command += ["-p", "jobcheck.pytest_plugin"]  # not installed, or before it had a plugin
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "3 passed" in done.stdout, done.stdout + done.stderr
