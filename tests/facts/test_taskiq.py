"""What TaskIQ does at run time with the defects in tests/fixtures/taskiq. It is not among the packages of the tests."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
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
