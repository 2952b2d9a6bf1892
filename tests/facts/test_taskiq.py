"""What TaskIQ does at run time with the defects in tests/fixtures/taskiq. It is not among the packages of the tests."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import inspect
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any

import pytest

taskiq = pytest.importorskip("taskiq")
from taskiq.schedule_sources import LabelScheduleSource  # noqa: E402
from taskiq.scheduler.scheduler import TaskiqScheduler  # noqa: E402

Sends = Callable[[Any], Any]


def performed(job: Callable[..., Any], send: Sends, *middlewares: Any, **labels: Any) -> Any:
    """The result of a job that `send` enqueues, in the worker of a broker in memory."""

    async def run() -> Any:
        broker = taskiq.InMemoryBroker(await_inplace=True).with_middlewares(*middlewares)
        await broker.startup()
        sent = await send(broker.task(**labels)(job))
        result = await sent.wait_result(timeout=5)
        await broker.shutdown()
        return result

    return asyncio.run(run())


async def takes(user_id: Any, language: Any = "en") -> Any:
    return user_id, language


@pytest.mark.parametrize(
    "send",
    [
        lambda job: job.kiq(),
        lambda job: job.kiq(1, "de", "at"),
        lambda job: job.kiq(1, delay=5),
        lambda job: job.kicker().with_labels(delay=0).kiq(1, lang="de"),
    ],
    ids=["too few", "too many", "an option", "through a kicker"],
)
def test_arguments_that_do_not_fit_fail_in_the_worker(send: Sends) -> None:
    result = performed(takes, send)
    assert result.is_err
    assert isinstance(result.error, TypeError)


def test_an_enqueue_that_is_not_awaited_sends_nothing() -> None:
    ran: list[int] = []

    def job(number: int) -> None:
        ran.append(number)

    async def run() -> None:
        broker = taskiq.InMemoryBroker(await_inplace=True)
        declared = broker.task(job)
        for coroutine in (declared.kiq(1), declared.kicker().with_labels(delay=0).kiq(1)):
            assert inspect.iscoroutine(coroutine)
            coroutine.close()
        await declared.kiq(2)

    asyncio.run(run())
    assert ran == [2]


def test_without_annotation_dates_and_keys_arrive_as_text() -> None:
    def job(since, marks):
        return type(since).__name__, list(marks), hasattr(since, "isoformat")

    result = performed(job, lambda job: job.kiq(date(2026, 1, 1), {1: "a"}))
    assert result.return_value == ("str", ["1"], False)


def test_annotations_bring_them_back() -> None:
    def job(since: date, marks: dict[int, str], plain: dict) -> Any:
        return type(since).__name__, list(marks), list(plain)

    job.__annotations__ = {"since": date, "marks": dict[int, str], "plain": dict}
    result = performed(job, lambda job: job.kiq(date(2026, 1, 1), {1: "a"}, {1: "a"}))
    assert result.return_value == ("date", [1], ["1"])


def test_a_record_and_a_lambda_are_refused_at_enqueue() -> None:
    class Order:
        id = 1

    for value in (Order(), lambda: 1):
        with pytest.raises(Exception, match="Cannot send task"):
            performed(takes, lambda job, value=value: job.kiq(value))


def test_a_set_arrives_as_a_list() -> None:
    result = performed(lambda x: type(x).__name__, lambda job: job.kiq({"a"}), task_name="set")
    assert result.return_value == "list"


def test_a_wrapper_above_the_job_has_no_kiq() -> None:
    assert not hasattr(functools.lru_cache(taskiq.InMemoryBroker().task(takes)), "kiq")


def test_parameters_are_injected_by_default_and_by_annotation() -> None:
    def session() -> str:
        return "session"

    async def by_default(order_id: int, db: str = taskiq.TaskiqDepends(session)) -> Any:
        return order_id, db

    async def by_annotation(db, order_id) -> Any:
        return order_id, db

    by_default.__annotations__ = {"order_id": int, "db": str}
    by_annotation.__annotations__ = {"db": Annotated[str, taskiq.TaskiqDepends(session)], "order_id": int}
    assert performed(by_default, lambda job: job.kiq(1)).return_value == (1, "session")
    assert performed(by_annotation, lambda job: job.kiq(order_id=1)).return_value == (1, "session")


def test_a_label_retries_only_where_a_middleware_reads_it() -> None:
    for middlewares, runs in (((), 1), ((taskiq.SimpleRetryMiddleware(default_retry_count=3),), 3)):
        ran: list[int] = []

        async def fails(ran: list[int] = ran) -> None:
            ran.append(1)
            raise ValueError

        assert performed(fails, lambda job: job.kiq(), *middlewares, retry_on_error=True).is_err
        assert len(ran) == runs


def test_a_moment_without_zone_is_read_as_utc() -> None:
    async def run() -> list[str]:
        broker = taskiq.InMemoryBroker()
        declared = broker.task(takes)
        scheduled: list[str] = []

        class Source(LabelScheduleSource):
            async def add_schedule(self, schedule: Any) -> None:
                scheduled.append(schedule.time.isoformat())

        await declared.schedule_by_time(Source(broker), datetime(2030, 1, 1, 12, 0), 1)
        return scheduled

    assert TaskiqScheduler is not None
    assert asyncio.run(run()) == ["2030-01-01T12:00:00"]
    from taskiq.cli.scheduler.run import to_tz_aware

    assert to_tz_aware(datetime(2030, 1, 1, 12, 0)).utcoffset() == timedelta(0)
    assert to_tz_aware(datetime(2030, 1, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))).utcoffset() != timedelta(0)


# --- labels ------------------------------------------------------------------------------------------------------


def runs_of(*middlewares: Any, **labels: Any) -> int:
    """How often a job runs that always fails."""
    ran: list[int] = []

    async def fails() -> None:
        ran.append(1)
        raise ValueError

    assert performed(fails, lambda job: job.kiq(), *middlewares, **labels).is_err
    return len(ran)


def test_an_unknown_label_is_kept_and_does_nothing() -> None:
    again = taskiq.SimpleRetryMiddleware(default_retry_count=3)
    assert runs_of(again, retry_on_errors=True) == 1
    assert runs_of(again, retry_on_error=True, max_retry=5) == 3
    assert runs_of(again, retry_on_error=True, max_retries=5) == 5
    assert runs_of(again, cron="* * * * *", retries=5) == 1


def test_labels_in_a_dict_are_one_label() -> None:
    assert taskiq.InMemoryBroker().task(labels={"tenant": "north"})(lambda: 1).labels == {"labels": {"tenant": "north"}}


def test_a_label_of_the_call_counts_like_one_of_the_declaration() -> None:
    ran: list[int] = []

    async def fails() -> None:
        ran.append(1)
        raise ValueError

    again = taskiq.SimpleRetryMiddleware(default_retry_count=3)
    assert performed(fails, lambda job: job.kicker().with_labels(retry_on_error=True).kiq(), again).is_err
    assert len(ran) == 3


def test_an_option_that_is_an_argument_fails_in_the_worker() -> None:
    result = performed(takes, lambda job: job.kiq(1, retry_on_error=False))
    assert isinstance(result.error, TypeError)


def test_a_timeout_is_a_label_in_seconds() -> None:
    async def long() -> None:
        await asyncio.sleep(5)

    assert performed(long, lambda job: job.kiq(), timeout=0.1).is_err


def test_a_delay_that_is_no_number_breaks_the_retry() -> None:
    again = taskiq.SmartRetryMiddleware(default_retry_count=3)
    with pytest.raises(taskiq.exceptions.SendTaskError) as refused:  # this broker performs the job where it is enqueued
        runs_of(again, retry_on_error=True, delay=timedelta(seconds=1))
    assert isinstance(refused.value.__cause__, ValueError)


def test_another_id_is_no_lock() -> None:
    ran: list[int] = []

    async def run() -> None:
        broker = taskiq.InMemoryBroker(await_inplace=True)

        async def job() -> None:
            ran.append(1)

        declared = broker.task(job)
        for _ in range(2):
            await declared.kicker().with_task_id("once").kiq()

    asyncio.run(run())
    assert ran == [1, 1]


def scheduled(**labels: Any) -> list[Any]:
    """What the scheduler reads off a label."""

    async def run() -> list[Any]:
        broker = taskiq.InMemoryBroker()
        broker.task(**labels)(takes)
        source = LabelScheduleSource(broker)
        await source.startup()
        return list(await source.get_schedules())

    return asyncio.run(run())


def test_an_entry_of_a_schedule_says_when_or_is_left_out() -> None:
    [found] = scheduled(schedule=[{"cron": "0 8 * * *", "args": [7]}])
    assert (found.args, found.kwargs) == ([7], {})
    assert scheduled(schedule=[{"crontab": "0 8 * * *", "args": [7]}]) == []


def test_an_entry_of_a_schedule_is_not_compared_with_the_job() -> None:
    [found] = scheduled(schedule=[{"cron": "0 8 * * *", "kwargs": {"day": 1}}])
    assert found.kwargs == {"day": 1}


def test_a_schedule_that_is_text_stops_the_scheduler() -> None:
    with pytest.raises(AttributeError):
        scheduled(schedule="0 8 * * *")


# --- names, types, what arrives ----------------------------------------------------------------------------------


def test_a_job_is_named_by_module_and_function() -> None:
    async def named() -> None: ...

    assert taskiq.InMemoryBroker().task(named).task_name == f"{named.__module__}:named"
    assert taskiq.InMemoryBroker().task(task_name="shop.takes")(takes).task_name == "shop.takes"


def test_a_kicker_sends_by_name_what_nobody_compares() -> None:
    async def run() -> Any:
        broker = taskiq.InMemoryBroker(await_inplace=True)
        broker.task(task_name="shop.takes")(takes)
        good = await taskiq.kicker.AsyncKicker("shop.takes", broker, {}).kiq(1)
        bad = await taskiq.kicker.AsyncKicker("shop.takes", broker, {}).kiq(order=1)
        return await good.wait_result(timeout=5), await bad.wait_result(timeout=5)

    good, bad = asyncio.run(run())
    assert good.return_value == (1, "en") or good.return_value == [1, "en"]
    assert isinstance(bad.error, TypeError)


def test_a_value_that_does_not_fit_its_annotation_arrives_as_it_was_sent() -> None:
    def job(since: date) -> str:
        return type(since).__name__

    job.__annotations__ = {"since": date}
    assert performed(job, lambda job: job.kiq("soon")).return_value == "str"


def test_a_job_has_no_delay_and_performs_when_called() -> None:
    declared = taskiq.InMemoryBroker().task(takes)
    assert not hasattr(declared, "delay")
    assert asyncio.run(declared(1)) == (1, "en")


def test_dishka_fills_what_is_annotated_as_its_own() -> None:
    dishka = pytest.importorskip("dishka")
    integration = pytest.importorskip("dishka.integrations.taskiq")

    class Mailer:
        name = "mailer"

    async def job(mailer, user_id):
        return mailer.name, user_id

    job.__annotations__ = {"mailer": dishka.FromDishka[Mailer], "user_id": int}

    async def run(*args: Any, **kwargs: Any) -> Any:
        broker = taskiq.InMemoryBroker(await_inplace=True)
        provider = dishka.Provider(scope=dishka.Scope.REQUEST)
        provider.provide(Mailer)
        integration.setup_dishka(dishka.make_async_container(provider), broker)
        sent = await broker.task(integration.inject(job)).kiq(*args, **kwargs)
        return await sent.wait_result(timeout=5)

    assert asyncio.run(run(user_id=1)).return_value in (("mailer", 1), ["mailer", 1])
    assert asyncio.run(run()).is_err


# --- a real Redis ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def redis_url() -> Any:
    pytest.importorskip("taskiq_redis")
    spec = importlib.util.spec_from_file_location("stores", Path(__file__).parents[1] / "conformance" / "stores.py")
    assert spec is not None
    assert spec.loader is not None
    stores = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stores)
    if stores.redis_program() is None:
        pytest.skip("there is no Redis")
    with stores.redis_server() as port:
        yield f"redis://127.0.0.1:{port}"


async def next_of(listening: Any) -> bytes | None:
    """The arguments of the next message that a worker gets, if there is one soon."""
    try:
        found = await asyncio.wait_for(listening.__anext__(), 3)
    except asyncio.TimeoutError:
        return None
    return getattr(found, "data", found)


def got_later(first: Any, second: Any) -> list[bytes]:
    """What a worker gets when another one took a first message, was gone, and a second message was sent."""

    async def run() -> list[Any]:
        await first.startup()
        job = first.task(task_name=uuid.uuid4().hex)(takes)
        await job.kiq("one")
        assert b"one" in (await next_of(first.listen().__aiter__()) or b"")
        await asyncio.sleep(0.2)
        await job.kiq("two")
        listening = second.listen().__aiter__()
        return [found for _ in range(2) if (found := await next_of(listening)) is not None]

    return asyncio.run(run())


def test_a_list_loses_what_a_worker_took_and_did_not_perform(redis_url: str) -> None:
    from taskiq_redis import ListQueueBroker

    name = uuid.uuid4().hex
    found = got_later(*(ListQueueBroker(redis_url, queue_name=name) for _ in range(2)))
    assert [b"two" in message for message in found] == [True]


def test_a_stream_gives_it_to_another_worker(redis_url: str) -> None:
    from taskiq_redis import RedisStreamBroker

    name = uuid.uuid4().hex
    found = got_later(*(RedisStreamBroker(redis_url, queue_name=name, idle_timeout=100) for _ in range(2)))
    assert [b"two" in message for message in found] == [True, False]


def test_a_message_of_an_unknown_job_is_logged_and_acknowledged() -> None:
    from taskiq.receiver import Receiver

    acked: list[int] = []

    async def run() -> None:
        here, there = taskiq.InMemoryBroker(), taskiq.InMemoryBroker()
        message = there.task(task_name="shop.gone")(takes).kicker()._prepare_message(1)
        data = here.formatter.dumps(message).message
        await Receiver(here).callback(taskiq.AckableMessage(data=data, ack=lambda: acked.append(1)))
        await Receiver(here).callback(taskiq.AckableMessage(data=b"no json", ack=lambda: acked.append(2)))

    asyncio.run(run())
    assert 2 in acked
