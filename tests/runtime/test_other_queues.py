"""ACTIVEJOB.md B, fact by fact: Resque, Sidekiq and delayed_job. `deviation` says that we do otherwise: docs/runtime.md."""

from datetime import datetime, timedelta, timezone

import pytest

from jobcheck.runtime import (
    Job,
    KeywordArgumentsError,
    OptionError,
    RecordNotFound,
    SerializationError,
    configure,
    execute,
    register_record,
    retry_on,
)
from jobcheck.runtime.payload import dump

SEEN = []


class Keep(Job):
    """Keeps what it was given."""

    def perform(self, *values):
        SEEN[:] = values


class Strict(Keep):
    wire = "sidekiq"


def test_b1_01_the_message():
    """B1.1, deviation: not only the class and its arguments, but all the keys of Active Job."""
    assert {"job_class", "arguments", "job_id", "executions", "enqueued_at"} <= dump(Keep(44, "masterbrew")).keys()


def test_b1_02_what_json_can_say():
    """B1.2: arguments are JSON, the wire that is the default."""
    assert Keep.wire == "resque"
    assert dump(Keep(44, {"a": None}))["arguments"] == [44, {"a": None}]
    with pytest.raises(SerializationError):
        dump(Keep(object()))


def test_b1_03_no_queue_is_the_default_one():
    """B1.3, deviation: a class that names no queue is not refused."""
    assert Keep(1).queue_name == "default"


def test_b1_04_inline_goes_through_text():
    """B1.4: inline, the job sees what a worker would see."""
    configure(adapter="inline")
    Keep.perform_later((1, 2), {1: "a"})
    assert SEEN == [[1, 2], {"1": "a"}]


def test_b1_05_names_of_methods_mean_nothing():
    """B1.5, deviation: no hooks by the beginning of a method's name."""

    class Named(Keep):
        def before_perform_fail(self):
            raise AssertionError

    execute(dump(Named(1)))


def test_b1_06_nothing_is_retried_unasked(adapter):
    """B1.6: neither a retry nor a delay that nobody asked for."""

    class Fails(Job):
        def perform(self):
            raise KeyError

    with pytest.raises(KeyError):
        execute(dump(Fails()))
    assert adapter.enqueued_jobs == []


def test_b1_07_failed_jobs(adapter):
    """B1.7, deviation: there is no failed queue; the error comes out, and the adapter's worker decides."""
    assert not hasattr(adapter, "failed_jobs")


@pytest.mark.parametrize(
    "options", [{"queue": ""}, {"queue": 7}, {"wait": "soon"}, {"wait_until": "soon"}, {"wait": -1}, {"priority": "high"}]
)
def test_b2_01_checked_when_it_is_pushed(options):
    """B2.1: queue, time and priority are refused at the enqueue."""
    with pytest.raises(OptionError):
        Keep.set(**options).perform_later(1)


def test_b2_02_no_keyword_arguments():
    """B2.2: arguments are a list."""
    with pytest.raises(KeywordArgumentsError):
        Strict.perform_later(a=1)


def test_b2_03_wait_and_wait_until(adapter):
    """B2.3, deviation: no number is a moment; a large `wait` is a long one."""
    Keep.set(wait=2_000_000_000).perform_later(1)
    assert adapter.enqueued_jobs[0].at > (datetime.now(timezone.utc) + timedelta(days=20_000)).timestamp()


class Text(str): ...


class Row(dict): ...


@pytest.mark.parametrize(
    ("value", "named"), [((1,), "tuple"), ({1: "a"}, "int"), (Text("a"), "Text"), (Row(), "Row"), (1 + 2j, "complex")]
)
def test_b2_04_exact_types(value, named):
    """B2.4: int, float, bool, None, str, list, dict with text for keys, and no subclass; the value's class is named."""
    with pytest.raises(SerializationError, match=named):
        Strict.perform_later([{"a": value}])
    assert Strict.perform_later([{"a": 1, "b": [1.5, True, None, "x"]}])


def test_b2_05_the_check_is_the_wire():
    """B2.5, deviation: there is no switch that only warns."""
    with pytest.raises(OptionError):
        configure(adapter="test", on_complex_arguments="warn")


def test_b2_06_retries_are_asked_for(adapter):
    """B2.6, deviation: no 25 retries; as many as are declared."""

    @retry_on(KeyError, attempts=2)
    class Fails(Job):
        def perform(self):
            raise KeyError

    Fails.perform_later()
    with pytest.raises(KeyError):
        adapter.drain()
    assert len(adapter.performed_jobs) == 2


def test_b3_01_a_missing_row_is_not_retried(adapter):
    """B3.1: a record that is gone fails the job for good, unless the job says otherwise."""

    class Parcel:
        number = 7

    register_record(Parcel, id="number", find=lambda number: None)

    class Send(Job):
        wire = "activejob"

        def perform(self, parcel): ...

    Send.perform_later(Parcel())
    with pytest.raises(RecordNotFound):
        adapter.drain()
    assert adapter.enqueued_jobs == []


def test_b3_02_no_objects():
    """B3.2, deviation: only what JSON can say, no graph of objects."""
    with pytest.raises(SerializationError):
        dump(Keep(Keep))
