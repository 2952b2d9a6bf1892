"""What is claimed of Procrastinate, seen on the real one (in memory: what a database refuses is in the wire tables)."""

from __future__ import annotations

import asyncio
import datetime
import inspect
from typing import Any

import pytest

procrastinate = pytest.importorskip("procrastinate")
from procrastinate import testing  # noqa: E402
from procrastinate.periodic import PeriodicTask  # noqa: E402


@pytest.fixture
def app() -> Any:
    made = procrastinate.App(connector=testing.InMemoryConnector())
    with made.open():
        yield made


@pytest.fixture
def resize(app: Any) -> Any:
    @app.task(name="resize")
    def resize(photo_id: int, width: int = 100) -> tuple[int, int]:
        return photo_id, width

    return resize


def queued(app: Any) -> list[dict[str, Any]]:
    return list(app.connector.jobs.values())


def failures(app: Any) -> list[str]:
    app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    return [job["status"] for job in queued(app)]


def test_defer_drops_what_comes_by_position(app: Any, resize: Any) -> None:
    resize.defer(7)
    assert queued(app)[0]["args"] == {}
    assert failures(app) == ["failed"]


def test_a_configured_job_refuses_positions(resize: Any) -> None:
    with pytest.raises(TypeError):
        resize.configure(queue="low").defer(7)


def test_nothing_looks_at_names_before_the_run(app: Any, resize: Any) -> None:
    resize.defer(photo_id=1, height=3)
    resize.defer()
    assert failures(app) == ["failed", "failed"]


def test_an_option_among_the_arguments_is_an_argument(app: Any, resize: Any) -> None:
    resize.defer(photo_id=1, queue="low")
    assert queued(app)[0]["args"] == {"photo_id": 1, "queue": "low"}
    assert queued(app)[0]["queue_name"] == "default"


def test_an_unknown_option_of_configure_is_dropped(app: Any, resize: Any) -> None:
    resize.configure(countdown=60, retries=3).defer(photo_id=1)
    assert queued(app)[0]["scheduled_at"] is None


@pytest.mark.parametrize("span", [60, datetime.timedelta(minutes=5)])
def test_schedule_in_is_a_dict(resize: Any, span: object) -> None:
    with pytest.raises(TypeError):
        resize.configure(schedule_in=span)
    resize.configure(schedule_in={"minutes": 5})


def test_a_naive_moment_is_refused(resize: Any) -> None:
    with pytest.raises(ValueError, match="aware"):
        resize.configure(schedule_at=datetime.datetime(2031, 5, 1, 8)).defer(photo_id=1)


def test_an_unknown_option_of_a_declaration_is_refused(app: Any) -> None:
    with pytest.raises(TypeError):
        app.task(bind=True)(lambda: None)


def test_what_is_not_awaited_is_not_enqueued(app: Any, resize: Any) -> None:
    made = resize.defer_async(photo_id=1)
    assert inspect.iscoroutine(made)
    assert not queued(app)
    asyncio.run(made)
    assert len(queued(app)) == 1


def test_a_batch_takes_dicts_and_no_list_of_them(app: Any, resize: Any) -> None:
    resize.batch_defer({"photo_id": 1}, {"photo_id": 2})
    assert [job["args"] for job in queued(app)] == [{"photo_id": 1}, {"photo_id": 2}]
    with pytest.raises(TypeError):
        resize.batch_defer([{"photo_id": 1}])


def test_arguments_of_configure_and_defer_come_together(app: Any, resize: Any) -> None:
    resize.configure(task_kwargs={"photo_id": 1, "width": 2}).defer(width=3)
    assert queued(app)[0]["args"] == {"photo_id": 1, "width": 3}


def test_a_name_that_nobody_has_is_enqueued_all_the_same(app: Any, resize: Any) -> None:
    app.configure_task("resized").defer(photo_id=1)
    assert failures(app) == ["failed"]


def test_a_periodic_job_is_given_the_time(app: Any) -> None:
    @app.periodic(cron="0 3 * * *", task_kwargs={"keep": 30})
    @app.task(name="cleanup")
    def cleanup(timestamp: int, keep: int) -> None:
        return None

    (entry,) = app.periodic_registry.periodic_tasks.values()
    assert isinstance(entry, PeriodicTask)
    deferrer = procrastinate.periodic.PeriodicDeferrer(registry=app.periodic_registry)
    asyncio.run(deferrer.defer_jobs([(entry, 0)]))
    assert queued(app)[0]["args"] == {"keep": 30, "timestamp": 0}


def test_a_job_is_a_function_when_it_is_called(app: Any, resize: Any) -> None:
    assert resize(1, 2) == (1, 2)
    assert not queued(app)


def test_a_context_comes_first(app: Any) -> None:
    seen = []

    @app.task(name="with_context", pass_context=True)
    def with_context(context: Any, user_id: int) -> None:
        seen.append((type(context).__name__, user_id))

    with_context.defer(user_id=3)
    assert failures(app) == ["succeeded"]
    assert seen == [("JobContext", 3)]


def test_retry_true_has_no_end_and_a_strategy_may_name_errors() -> None:
    from procrastinate.retry import get_retry_strategy

    endless: Any = get_retry_strategy(True)
    assert endless.max_attempts is None
    some: Any = procrastinate.RetryStrategy(max_attempts=3, retry_exceptions={ConnectionError})
    job: Any = type("Job", (), {"attempts": 0})()
    assert some.get_retry_decision(exception=ConnectionError(), job=job) is not None
    assert some.get_retry_decision(exception=ValueError(), job=job) is None


def test_a_strategy_without_a_number_has_no_end() -> None:
    strategy: Any = procrastinate.RetryStrategy(wait=5)
    job: Any = type("Job", (), {"attempts": 10_000})()
    assert strategy.max_attempts is None
    assert strategy.get_retry_decision(exception=ValueError(), job=job) is not None


def test_retry_of_configure_is_dropped(app: Any) -> None:
    runs = []

    @app.task(name="fails")
    def fails() -> None:
        runs.append(1)
        raise ValueError

    fails.configure(retry=3).defer()
    assert failures(app) == ["failed"]
    assert len(runs) == 1


def test_a_schedule_drops_unknown_options_too(app: Any) -> None:
    @app.periodic(cron="0 3 * * *", countdown=60, kwargs={"keep": 30})
    @app.task(name="cleanup")
    def cleanup(timestamp: int) -> None:
        return None

    (entry,) = app.periodic_registry.periodic_tasks.values()
    deferrer = procrastinate.periodic.PeriodicDeferrer(registry=app.periodic_registry)
    asyncio.run(deferrer.defer_jobs([(entry, 0)]))
    assert queued(app)[0]["args"] == {"timestamp": 0}


def test_the_schedule_stands_above_the_declaration(app: Any) -> None:
    with pytest.raises(AttributeError):

        @app.task(name="below")
        @app.periodic(cron="0 3 * * *")
        def below(timestamp: int) -> None:
            return None


def test_a_context_that_the_function_does_not_take(app: Any) -> None:
    @app.task(name="without", pass_context=True)
    def without() -> None:
        return None

    without.defer()
    assert failures(app) == ["failed"]


def test_a_blueprint_has_a_namespace(app: Any) -> None:
    reports = procrastinate.Blueprint()

    @reports.task(name="monthly")
    def monthly(month: str) -> str:
        return month

    with pytest.raises(procrastinate.exceptions.UnboundTaskError):
        monthly.defer(month="2031-05")
    app.add_tasks_from(reports, namespace="reports")
    monthly.defer(month="2031-05")
    app.configure_task("reports:monthly").defer(month="2031-06")
    app.configure_task("monthly").defer(month="2031-07")
    assert [job["task_name"] for job in queued(app)] == ["reports:monthly", "reports:monthly", "monthly"]
    assert failures(app) == ["succeeded", "succeeded", "failed"]


def test_both_moments_are_refused(resize: Any) -> None:
    moment = datetime.datetime(2031, 5, 1, tzinfo=datetime.timezone.utc)
    with pytest.raises(ValueError, match="both"):
        resize.configure(schedule_at=moment, schedule_in={"minutes": 5})


def test_units_of_schedule_in_are_those_of_timedelta(resize: Any) -> None:
    with pytest.raises(TypeError):
        resize.configure(schedule_in={"minute": 5})


def test_an_async_job_is_awaited(app: Any) -> None:
    seen = []

    @app.task(name="index")
    async def index(order_id: int) -> None:
        await asyncio.sleep(0)
        seen.append(order_id)

    index.defer(order_id=3)
    assert failures(app) == ["succeeded"]
    assert seen == [3]


def test_memory_keeps_what_json_would_not(app: Any, resize: Any) -> None:
    resize.defer(photo_id={1})
    assert queued(app)[0]["args"] == {"photo_id": {1}}
