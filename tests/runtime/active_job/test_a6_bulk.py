"""ACTIVEJOB.md A6 and A7, fact by fact: many at once, and adapters. A6.5 to A6.10 need a database: ../test_django.py."""

import logging

import pytest

from jobcheck.runtime import EnqueueError, Job, configure, execute, perform_all_later, subscribe
from jobcheck.runtime.adapters.inline import InlineAdapter
from jobcheck.runtime.events import adapter_name


class Charge(Job):
    def perform(self, order_id): ...


class Mail(Job):
    def perform(self, order_id): ...


class Bulk:
    """Takes many at once, and refuses odd numbers."""

    name = "bulk"

    def __init__(self):
        self.given = []

    def enqueue(self, data):
        raise AssertionError("one by one")

    enqueue_at = enqueue

    def enqueue_all(self, messages):
        self.given = list(messages)
        return [EnqueueError("odd") if data["arguments"][0] % 2 else f"no {n}" for n, (data, _) in enumerate(messages)]


@pytest.fixture
def events():
    seen = []
    end = subscribe(seen.append)
    yield seen
    end()


def test_a6_01_flattened_and_nothing_returned(adapter):
    """A6.1: jobs and lists of them; None."""
    assert perform_all_later(Charge(1), [Charge(2), [Mail(3)]]) is None
    assert [enqueued.data["arguments"] for enqueued in adapter.enqueued_jobs] == [[1], [2], [3]]


def test_a6_02_an_adapter_that_takes_many():
    """A6.2, deviation: enqueue_all is used where there is one; it answers for each message, where Ruby's counts."""
    bulk = configure(adapter=Bulk())
    jobs = [Charge(0), Charge(1).set(wait=60), Charge(2)]
    perform_all_later(jobs)
    assert [job.successfully_enqueued for job in jobs] == [True, False, True]
    assert [job.provider_job_id for job in jobs] == ["no 0", None, "no 2"]
    assert str(jobs[1].enqueue_error) == "odd"
    assert [at is None for _, at in bulk.given] == [True, False, True]


def test_a6_03_one_event(adapter, events):
    """A6.3: enqueue_all, with the jobs and no single ones; an empty list is none."""
    jobs = [Charge(1), Mail(2)]
    perform_all_later(jobs)
    perform_all_later([])
    assert [(event.name, event.jobs) for event in events] == [("enqueue_all", tuple(jobs))]


@pytest.mark.parametrize(
    ("jobs", "line"),
    [
        ([Charge(0), Charge(2), Mail(2)], "Enqueued 3 jobs to bulk (2 Charge, 1 Mail)"),
        ([Charge(0), Charge(1)], "Enqueued 1 job out of 2 to bulk (1 Charge)"),
        ([Charge(1)], "Failed enqueuing 1 job to bulk"),
    ],
)
def test_a6_04_the_line(jobs, line, caplog):
    """A6.4: how many of which class."""
    configure(adapter=Bulk())
    with caplog.at_level(logging.INFO, "jobcheck.runtime"):
        perform_all_later(jobs)
    assert caplog.messages == [line]


def test_a7_01_the_contract():
    """A7.1: enqueue and enqueue_at; an id may come back, EnqueueError may be raised; enqueue_all is optional."""

    class Numbered:
        def enqueue(self, data):
            return "n1"

        def enqueue_at(self, data, at):
            raise EnqueueError("later is not")

    configure(adapter=Numbered())
    assert Charge.perform_later(1).provider_job_id == "n1"
    assert Charge.set(wait=5).perform_later(1) is False


def test_a7_02_messages_not_jobs(adapter):
    """A7.2, deviation: an adapter gets messages, never jobs: so that none can keep what does not travel."""
    seen = []

    class Sees:
        def enqueue(self, data):
            seen.append(type(data))

        enqueue_at = enqueue

    configure(adapter=Sees())
    Charge.perform_later(1)
    assert seen == [dict]


def test_a7_03_the_workers_side(adapter):
    """A7.3: `execute(message)`."""
    Charge.perform_later(1)
    assert execute(adapter.enqueued_jobs[0].data) is None


def test_a7_04_a_name():
    """A7.4: an adapter may have one, for the log; else its class has."""
    assert adapter_name(Bulk()) == "bulk"
    assert adapter_name(object()) == "object"


def test_a7_05_inline_has_no_later():
    """A7.5: enqueue_at raises NotImplementedError."""
    with pytest.raises(NotImplementedError):
        InlineAdapter().enqueue_at({}, 0)


def test_a7_06_async_loses_what_waits_at_the_end():
    """A7.6: it serializes all the same, drops what waits when the program ends, and says so; five threads."""
    import subprocess
    import sys

    program = "from jobcheck.runtime import *\n@job\ndef late(): ...\nlate.set(wait=600).perform_later()\n"
    paths = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=paths, check=True, timeout=60)
    assert "1 waiting and 0 running jobs are lost" in done.stderr


def test_a7_07_no_stopping():
    """A7.7, deviation: `stopping?` belongs to continuations, which are not there."""
    from jobcheck.runtime.settings import Adapter

    assert {name for name in vars(Adapter) if not name.startswith("_")} == {"enqueue", "enqueue_at"}


def test_a7_08_capabilities():
    """A7.8, deviation: adapters of other engines, and the table of what they can, come with the bridges."""
    from jobcheck.runtime.adapters import _ADAPTERS

    assert set(_ADAPTERS) >= {"async", "inline", "test"}


def test_a11_01_no_continuations():
    """A11.1, deviation: no steps: a job that can stop in the middle is several jobs, each enqueuing the next."""
    assert not hasattr(Job, "step")
