"""ACTIVEJOB.md A1, fact by fact: the class API and the message. `deviation` says that we do otherwise: docs/runtime.md."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from jobcheck.runtime import (
    ConfiguredJob,
    DeserializationError,
    EnqueueError,
    Halt,
    Job,
    OptionError,
    SignatureError,
    UnknownJobClassError,
    after_enqueue,
    before_enqueue,
    before_perform,
    configure,
    discard_on,
    execute,
    job,
    retry_on,
    subscribe,
)
from jobcheck.runtime.payload import dump, load


class Add(Job):
    def perform(self, a, b=1):
        return a + b


class Refusing:
    def enqueue(self, data):
        raise EnqueueError("full")

    enqueue_at = enqueue


def test_a1_01_a_new_job():
    """A1.1: arguments, a UUID4, queue and priority of the class, nothing scheduled, nothing executed."""
    new = Add(1, 2)
    assert (new.args, new.kwargs) == ((1, 2), {})
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", new.job_id)
    assert (new.queue_name, new.priority, new.scheduled_at) == ("default", None, None)
    assert (new.executions, new.exception_executions) == (0, {})


def test_a1_02_perform_later_returns_the_job(adapter):
    """A1.2: perform_later enqueues and returns the job."""
    enqueued = Add.perform_later(1)
    assert isinstance(enqueued, Add)
    assert enqueued.successfully_enqueued
    assert adapter.enqueued_jobs[0].data["job_id"] == enqueued.job_id


def test_a1_03_perform_later_refused_is_false():
    """A1.3: False when a callback halted, or the adapter raised EnqueueError."""

    class Halted(Add):
        @before_enqueue
        def stop(self):
            raise Halt

    assert Halted.perform_later(1) is False
    configure(adapter=Refusing())
    assert Add.perform_later(1) is False


def test_a1_04_the_job_is_at_hand_after_a_failed_enqueue():
    """A1.4, deviation: no block that gets the job even on failure; a job that is built first is there anyway."""
    configure(adapter=Refusing())
    job = Add(1)
    assert job.enqueue() is False
    assert (job.successfully_enqueued, str(job.enqueue_error)) == (False, "full")


def test_a1_05_an_instance_is_enqueued_by_its_own_method(adapter):
    """A1.5, deviation: perform_later takes arguments only; an instance is enqueued by `enqueue`, and stays the same job."""
    job = Add(1)
    assert job.enqueue() is job
    with pytest.raises(TypeError):
        Add.perform_later(job)
    assert [enqueued.data["job_id"] for enqueued in adapter.enqueued_jobs] == [job.job_id]


def test_a1_06_perform_now_returns_the_result():
    """A1.6: perform_now runs here and returns what perform returns."""
    assert Add.perform_now(40, 2) == 42


def test_a1_07_perform_now_halted_is_false():
    """A1.7: False when a before_perform halted it."""

    class Halted(Add):
        @before_perform
        def stop(self):
            raise Halt

    assert Halted.perform_now(1) is False


@pytest.mark.parametrize("handler", [retry_on, discard_on])
def test_a1_08_perform_now_returns_the_error_that_was_handled(handler):
    """A1.8: the error that a handler took, and the cause when that is what matched."""
    cause = KeyError("row")

    @handler(KeyError)
    class Fails(Job):
        def perform(self):
            raise RuntimeError from cause

    assert Fails.perform_now() is cause


def test_a1_09_set_gives_a_configured_job(adapter):
    """A1.9: set(wait, wait_until, queue, priority) on the class, with perform_later and perform_now."""
    configured = Add.set(wait=60, queue="low", priority=3)
    assert isinstance(configured, ConfiguredJob)
    configured.perform_later(1)
    (enqueued,) = adapter.enqueued_jobs
    assert (enqueued.data["queue_name"], enqueued.data["priority"]) == ("low", 3)
    assert enqueued.at is not None
    assert configured.perform_now(1) == 2


def test_a1_10_both_waits_are_refused():
    """A1.10, deviation: wait_until does not silently override wait."""
    with pytest.raises(OptionError):
        Add.set(wait=1, wait_until=datetime.now(timezone.utc))


def test_a1_11_unknown_options_are_refused(lax):
    """A1.11, deviation: set(bogus=1) is refused; it is ignored only outside of strict mode."""
    Add.set(bogus=1)
    configure(strict=True)
    with pytest.raises(OptionError, match="bogus"):
        Add.set(bogus=1)


def test_a1_12_a_wait_that_is_no_time():
    """A1.12: wait "abc" is an error at once."""
    with pytest.raises(OptionError):
        Add.set(wait="abc")


def test_a1_13_a_priority_in_text_is_refused():
    """A1.13, deviation: priority "3" is not turned into 3."""
    with pytest.raises(OptionError):
        Add.set(priority="3")


def test_a1_14_only_none_is_not_given(adapter):
    """A1.14: priority None keeps the default, wait 0 does go through enqueue_at."""
    Add.set(priority=None, wait=0).perform_later(1)
    assert adapter.enqueued_jobs[0].at is not None


def test_a1_15_set_and_enqueue_on_an_instance(adapter):
    """A1.15: the same options on one job; enqueue starts over with `successfully_enqueued`."""
    job = Add(1).set(queue="low")
    job.successfully_enqueued, job.enqueue_error = True, EnqueueError()
    configure(adapter=Refusing())
    job.enqueue()
    assert job.successfully_enqueued is False
    configure(adapter=adapter)
    assert job.enqueue(priority=2) is job
    assert job.enqueue_error is None
    assert (job.queue_name, job.priority) == ("low", 2)


def test_a1_16_queue_as_by_name_and_by_callable():
    """A1.16: a callable is asked lazily, when queue_name is read, and sees the arguments."""
    asked = []

    class Routed(Add):
        queue_as = lambda job: asked.append(1) or f"shard{job.args[0]}"  # noqa: E731

    job = Routed(7)
    assert not asked
    assert (job.queue_name, job.queue_name, len(asked)) == ("shard7", "shard7", 1)


@pytest.mark.parametrize("queue_as", ["x", lambda job: "x"])
def test_a1_17_the_prefix(adapter, queue_as):
    """A1.17: prefix p makes p_x of x, whether named or computed, and p_y of set(queue="y"); the delimiter is "_"."""

    @job(queue_as=queue_as)
    def named(): ...

    named.queue_name_prefix = "p"
    assert named().queue_name == "p_x"
    assert named().set(queue="y").queue_name == "p_y"
    named.queue_name_delimiter = "."
    assert named().queue_name == "p.x"


def test_a1_18_the_worker_does_not_prefix_again(adapter):
    """A1.18: what is stored is the whole name; a retry stays there."""

    @retry_on(KeyError)
    class Prefixed(Job):
        queue_name_prefix, queue_as = "p", "x"

        def perform(self):
            raise KeyError

    Prefixed.perform_later()
    adapter.perform_enqueued_jobs()
    assert adapter.enqueued_jobs[0].data["queue_name"] == "p_x"


def test_a1_19_priority_by_number_and_by_callable(adapter):
    """A1.19: default None; a number or a callable of the job."""

    class Urgent(Add):
        priority = lambda job: job.args[0]  # noqa: E731

    Urgent.perform_later(5)
    assert adapter.enqueued_jobs[0].data["priority"] == 5
    assert Add(1).priority is None


def test_a1_20_an_adapter_by_name_or_object():
    """A1.20: an object must have enqueue and enqueue_at; the default is async."""
    from jobcheck.runtime.adapters.asynchronous import AsyncAdapter
    from jobcheck.runtime.settings import Settings

    with pytest.raises(TypeError):
        configure(adapter=object())
    assert isinstance(Settings().adapter, AsyncAdapter)


def test_a1_21_one_adapter_for_the_process():
    """A1.21, deviation: there is no adapter per class: a test that replaces the adapter has to reach every job."""
    assert configure() is configure(adapter=configure())
    assert not hasattr(Job, "queue_adapter")


def test_a1_22_class_settings_are_inherited():
    """A1.22: log_arguments, enqueue_after_commit, retry_jitter, queue_name_prefix come from the base class."""

    class Base(Job):
        log_arguments, enqueue_after_commit, retry_jitter, queue_name_prefix = False, True, 0.15, "shop"

    class Derived(Base):
        def perform(self): ...

    assert (Derived.log_arguments, Derived.enqueue_after_commit, Derived.retry_jitter) == (False, True, 0.15)
    assert Derived().queue_name == "shop_default"


def test_a1_23_what_a_job_can_be_asked(adapter):
    """A1.23: enqueued_at is known only to a job that came out of a message."""
    sent = Add.set(wait=60).perform_later(1)
    assert sent.enqueued_at is None
    arrived = load(adapter.enqueued_jobs[0].data)
    assert arrived.enqueued_at is not None
    assert arrived.scheduled_at == sent.scheduled_at
    assert (arrived.job_id, arrived.provider_job_id, arrived.locale, arrived.timezone) == (sent.job_id, None, None, None)


def test_a1_24_without_perform(lax):
    """A1.24: NotImplementedError in the run; strict mode refuses at the enqueue."""

    class Empty(Job): ...

    with pytest.raises(NotImplementedError):
        Empty.perform_now()
    configure(strict=True)
    with pytest.raises(SignatureError):
        Empty.perform_later()


def test_a1_25_the_call_is_checked_at_the_enqueue(adapter, lax):
    """A1.25, deviation: Active Job finds a wrong call in the worker; we do so only outside of strict mode."""
    Add.perform_later()
    with pytest.raises(TypeError):
        adapter.perform_enqueued_jobs()
    configure(strict=True)
    with pytest.raises(SignatureError):
        Add.perform_later()


def test_a1_26_the_keys_of_a_message():
    """A1.26, deviation: the keys of Active Job, and `version`, so that an old worker knows what it must not touch."""
    keys = "job_class job_id provider_job_id queue_name priority arguments executions exception_executions locale timezone"
    assert [*dump(Add(1))] == [*keys.split(), "enqueued_at", "scheduled_at", "version"]


def test_a1_27_the_moment_of_the_enqueue():
    """A1.27, deviation: enqueued_at is UTC in ISO 8601, with the six digits that Python's clock has; nine can be read."""
    data = dump(Add(1))
    moment = datetime.fromisoformat(data["enqueued_at"])
    assert moment.utcoffset() == timedelta(0)
    assert abs((datetime.now(timezone.utc) - moment).total_seconds()) < 60
    data["enqueued_at"] = "2026-08-22T10:00:00.123456789Z"
    assert load(data).enqueued_at == datetime(2026, 8, 22, 10, 0, 0, 123456, timezone.utc)


def test_a1_28_an_unknown_class():
    """A1.28: UnknownJobClassError in these words."""
    data = dump(Add(1))
    data["job_class"] = "shop.Gone"
    with pytest.raises(UnknownJobClassError, match=r"Failed to instantiate job, class `shop\.Gone` doesn't exist"):
        execute(data)


def test_a1_29_an_old_message_without_executions(adapter):
    """A1.29: no executions are 0; without counters the retries are counted by the executions."""

    @retry_on(KeyError, attempts=3)
    class Old(Job):
        def perform(self):
            raise KeyError

    data = {**dump(Old()), "executions": None, "exception_executions": None}
    assert load(data).executions == 0
    assert isinstance(execute({**data, "executions": 1}), KeyError)
    with pytest.raises(KeyError):
        execute({**data, "executions": 2})


def test_a1_30_arguments_are_read_inside_the_run():
    """A1.30: handlers see a DeserializationError, before_perform does not run, and nothing says "Performing"."""
    called, said = [], []

    @discard_on(DeserializationError)
    class Reads(Job):
        wire = "activejob"

        def perform(self, value): ...

        @before_perform
        def look(self):
            called.append(1)

    end = subscribe(lambda event: said.append(event.name))
    data = dump(Reads(1))
    data["arguments"] = [{"_aj_serialized": "date", "value": "soon"}]
    assert isinstance(execute(data), DeserializationError)
    end()
    assert (called, said) == ([], ["discard", "perform"])


def test_a1_31_after_enqueue_sees_the_refusal():
    """A1.31: `successfully_enqueued` and `enqueue_error` are there for after_enqueue."""
    seen = []

    class Watched(Add):
        @after_enqueue
        def look(self):
            seen.append((self.successfully_enqueued, self.enqueue_error is not None))

    configure(adapter=Refusing())
    Watched.perform_later(1)
    assert seen == [(False, True)]
