"""From the call to the adapter: what is checked, what is handed over, what comes back."""

import uuid
from datetime import datetime, timedelta

import pytest

from jobcheck.runtime import (
    EnqueueError,
    Job,
    KeywordArgumentsError,
    OptionError,
    SerializationError,
    SignatureError,
    configure,
    job,
    perform_all_later,
)


class ChargeOrder(Job):
    def perform(self, order_id, amount=0):
        return order_id, amount


class Refusing:
    """An adapter whose queue is full."""

    def enqueue(self, data):
        raise EnqueueError("the queue is full")

    def enqueue_at(self, data, at):
        raise EnqueueError("the queue is full")


def test_message_has_the_keys_of_active_job(adapter):  # ACTIVEJOB.md A1, serialized job
    job = ChargeOrder.perform_later(7, 12.5)
    (enqueued,) = adapter.enqueued_jobs
    data = dict(enqueued.data)
    enqueued_at = datetime.fromisoformat(data.pop("enqueued_at"))
    assert enqueued_at.utcoffset() == timedelta(0)
    assert data == {
        "job_class": f"{__name__}.ChargeOrder",
        "job_id": job.job_id,
        "provider_job_id": None,
        "queue_name": "default",
        "priority": None,
        "arguments": [7, 12.5],
        "executions": 0,
        "exception_executions": {},
        "locale": None,
        "timezone": None,
        "scheduled_at": None,
        "version": 1,
    }
    assert uuid.UUID(job.job_id).version == 4


def test_perform_later_returns_the_job():
    job = ChargeOrder.perform_later(7)
    assert isinstance(job, ChargeOrder)
    assert job.successfully_enqueued


def test_each_call_is_another_job():
    assert ChargeOrder.perform_later(7).job_id != ChargeOrder.perform_later(7).job_id


def test_message_does_not_change_with_its_arguments(adapter):
    order = {"lines": [1]}
    ChargeOrder.perform_later(order)
    order["lines"].append(2)
    assert adapter.enqueued_jobs[0].data["arguments"] == [{"lines": [1]}]


def test_enqueue_error_is_false(adapter):  # ACTIVEJOB.md A1, A4
    configure(adapter=Refusing())
    assert ChargeOrder.perform_later(7) is False
    job = ChargeOrder(7)
    assert job.enqueue() is False
    assert not job.successfully_enqueued
    assert str(job.enqueue_error) == "the queue is full"


def test_other_errors_of_the_adapter_come_out():  # ACTIVEJOB.md A4
    class Broken(Refusing):
        def enqueue(self, data):
            raise ConnectionError("no broker")

    configure(adapter=Broken())
    with pytest.raises(ConnectionError):
        ChargeOrder.perform_later(7)


def test_provider_job_id_comes_from_the_adapter():
    class Numbered(Refusing):
        def enqueue(self, data):
            return "queue-1"

    configure(adapter=Numbered())
    assert ChargeOrder.perform_later(7).provider_job_id == "queue-1"


class TestSignature:
    @pytest.mark.parametrize("args", [(), (1, 2, 3)])
    def test_arity(self, adapter, args):
        with pytest.raises(SignatureError, match=r"ChargeOrder: .*perform\(order_id, amount=0\)"):
            ChargeOrder.perform_later(*args)
        assert adapter.enqueued_jobs == []

    def test_is_a_type_error(self):
        with pytest.raises(TypeError):
            ChargeOrder.perform_later()

    def test_names(self):
        @job(wire="activejob")
        def notify(user_id, *, urgent=False): ...

        notify.perform_later(1, urgent=True)
        notify.perform_later(user_id=1)
        with pytest.raises(SignatureError, match="urgnt"):
            notify.perform_later(1, urgnt=True)
        with pytest.raises(SignatureError):
            notify.perform_later(1, True)

    def test_parameters_may_have_any_name(self, adapter):
        @job(wire="activejob")
        def notify(self, cls, options, job, wait): ...

        notify.perform_later(self=1, cls=2, options=3, job=4, wait=5)
        assert adapter.perform_enqueued_jobs() == 1

    def test_async_perform(self):
        class Fetch(Job):
            async def perform(self): ...

        with pytest.raises(SignatureError, match="async"):
            Fetch.perform_later()

    def test_no_perform(self):
        class Empty(Job): ...

        with pytest.raises(SignatureError, match="has no perform"):
            Empty.perform_later()
        with pytest.raises(NotImplementedError):
            Empty.perform_now()

    @pytest.mark.usefixtures("lax")
    def test_lax_finds_out_in_the_worker(self, adapter):  # ACTIVEJOB.md A1: no signature check at enqueue
        ChargeOrder.perform_later()
        with pytest.raises(TypeError, match="order_id"):
            adapter.perform_enqueued_jobs()


@pytest.mark.parametrize("wire", ["resque", "sidekiq"])
class TestKeywordArguments:
    def test_in_the_call(self, adapter, wire):
        @job(wire=wire)
        def notify(user_id, urgent=False): ...

        with pytest.raises(KeywordArgumentsError, match=rf"{wire} wire carries no keyword arguments \(urgent\)"):
            notify.perform_later(1, urgent=True)
        assert adapter.enqueued_jobs == []

    def test_keyword_only_parameter(self, wire):
        @job(wire=wire)
        def notify(user_id, *, urgent=False): ...

        with pytest.raises(KeywordArgumentsError, match="urgent=False"):
            notify.perform_later(1)

    def test_any_keyword_parameter(self, wire):
        class Notify(Job):
            def perform(self, user_id, **options): ...

        Notify.wire = wire
        with pytest.raises(KeywordArgumentsError, match=r"\*\*options"):
            Notify.perform_later(1)

    @pytest.mark.usefixtures("lax")
    def test_lax_refuses_too(self, wire):
        @job(wire=wire)
        def notify(user_id): ...

        with pytest.raises(KeywordArgumentsError):
            notify.perform_later(user_id=1)

    def test_perform_now_takes_them(self, wire):
        @job(wire=wire)
        def notify(user_id, *, urgent=False):
            return urgent

        assert notify.perform_now(1, urgent=True) is True


class TestPerformAllLater:
    def test_returns_nothing_and_flattens(self, adapter):  # ACTIVEJOB.md A6
        jobs = [ChargeOrder(1), [ChargeOrder(2), (ChargeOrder(3) for _ in range(1))]]
        assert perform_all_later(*jobs) is None
        assert [job.data["arguments"] for job in adapter.enqueued_jobs] == [[1], [2], [3]]

    def test_nothing_to_do(self, adapter):
        perform_all_later()
        perform_all_later([])
        assert adapter.enqueued_jobs == []

    def test_one_bad_job_and_none_is_enqueued(self, adapter):
        with pytest.raises(SerializationError):
            perform_all_later(ChargeOrder(1), ChargeOrder({2}))
        assert adapter.enqueued_jobs == []

    def test_refusals_are_told_by_the_jobs(self):
        configure(adapter=Refusing())
        job = ChargeOrder(1)
        perform_all_later(job)
        assert not job.successfully_enqueued

    @pytest.mark.parametrize("bad", [7, "ChargeOrder", ChargeOrder, None])
    def test_no_job(self, bad):
        with pytest.raises(TypeError, match="takes jobs"):
            perform_all_later(bad)


class TestConfigure:
    def test_returns_the_adapter_in_force(self, adapter):
        assert configure() is adapter
        mine = Refusing()
        assert configure(adapter=mine) is configure() is mine

    def test_unknown_name(self):
        with pytest.raises(OptionError, match="did you mean 'inline'"):
            configure(adapter="inlin")

    def test_option_the_adapter_does_not_have(self):
        with pytest.raises(OptionError, match="store"):
            configure(adapter="test", store="jobs.db")

    def test_options_belong_to_a_name(self):
        with pytest.raises(TypeError, match="store"):
            configure(adapter=Refusing(), store="jobs.db")

    @pytest.mark.parametrize("bad", [7, object(), Refusing])
    def test_no_adapter(self, bad):  # ACTIVEJOB.md A1: must respond to enqueue and enqueue_at
        with pytest.raises(TypeError, match="enqueue and enqueue_at"):
            configure(adapter=bad)
