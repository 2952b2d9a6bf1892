"""What APScheduler 3 does at run time with the defects in tests/fixtures/apscheduler. It is not among the tests' packages."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import uuid
import warnings
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

pytest.importorskip("apscheduler", minversion="3")
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED
from apscheduler.jobstores.base import ConflictingIdError
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

LATER = datetime.now() + timedelta(days=1)
RAN: list[Any] = []


def remind(user_id: Any, text: str = "hello") -> None:
    RAN.append((user_id, text))


def tidy() -> None:
    RAN.append("tidy")


def raises() -> None:
    RAN.append("raises")
    raise ValueError


async def poll() -> None:
    RAN.append("poll")


@pytest.fixture
def memory() -> Any:
    scheduler = BackgroundScheduler()
    scheduler.start(paused=True)
    yield scheduler
    scheduler.shutdown()


@pytest.fixture
def stored(tmp_path: Any) -> Any:
    store = SQLAlchemyJobStore(url=f"sqlite:///{tmp_path}/jobs.sqlite")
    scheduler = BackgroundScheduler(jobstores={"default": store})
    scheduler.start(paused=True)
    yield scheduler
    scheduler.shutdown()


@pytest.mark.parametrize(
    "given",
    [{}, {"args": [1, "x", "y"]}, {"args": [1], "kwargs": {"note": "x"}}],
    ids=["too few", "too many", "unknown"],
)
def test_arguments_are_checked_at_the_call(memory: Any, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"argument|supplied|kwargs"):
        memory.add_job(remind, "date", run_date=LATER, **given)


def test_the_third_positional_holds_the_arguments(memory: Any) -> None:
    assert memory.add_job(remind, "date", [7], run_date=LATER).args == (7,)


def test_memory_takes_everything(memory: Any) -> None:
    given = {1}
    job = memory.add_job(lambda x: None, "date", args=[given], run_date=LATER)
    assert job.args[0] is given


@pytest.mark.parametrize("value", [threading.Lock(), lambda: 1, open(__file__)], ids=["lock", "lambda", "file"])  # noqa: SIM115
def test_a_store_pickles_arguments(stored: Any, value: Any) -> None:
    stored.add_job(remind, "date", args=[{1}, "x"], run_date=LATER)
    with pytest.raises(Exception, match="pickle"):
        stored.add_job(remind, "date", args=[value], run_date=LATER)


def test_a_store_refuses_lambdas_and_nested_functions(stored: Any) -> None:
    def local() -> None: ...

    for function in (lambda: None, local):
        with pytest.raises(ValueError, match=r"cannot be serialized|Cannot create a reference"):
            stored.add_job(function, "interval", seconds=30)


def test_threads_do_not_await() -> None:
    scheduler, done = BackgroundScheduler(), threading.Event()
    scheduler.add_listener(lambda event: done.set())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler.start()
        scheduler.add_job(poll)
        scheduler.add_listener(lambda event: done.set())
        done.wait(5)
        scheduler.shutdown(wait=True)
    assert "poll" not in RAN


def test_a_lambda_that_gives_a_coroutine_performs_nothing() -> None:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    async def run() -> None:
        scheduler, done = AsyncIOScheduler(), asyncio.Event()
        scheduler.add_listener(lambda event: done.set(), EVENT_JOB_EXECUTED)
        for job in (lambda: poll(), poll):  # noqa: PLW0108
            done.clear()
            scheduler.add_job(job)
            if not scheduler.running:
                scheduler.start()
            await asyncio.wait_for(done.wait(), 5)
            counts.append(RAN.count("poll"))
        scheduler.shutdown()

    RAN.clear()
    counts: list[int] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncio.run(run())
    assert counts == [0, 1]


def test_the_decorator_gives_the_function_back(memory: Any) -> None:
    assert memory.scheduled_job("interval", args=[1], seconds=30)(remind) is remind


def test_methods_are_jobs(memory: Any) -> None:
    class Cleaner:
        def clean(self, folder: str = "a") -> None: ...

    memory.add_job(Cleaner().clean, "interval", args=["b"], minutes=5)
    with pytest.raises(ValueError, match="argument"):
        memory.add_job(Cleaner().clean, "interval", args=["a", "b"], minutes=5)


# --- options -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger", "given"),
    [
        ("interval", {"minute": 5}),
        ("cron", {"hours": 3}),
        ("date", {"seconds": 30}),
        (None, {"minutes": 5}),
        ("interval", {"seconds": 30, "max_instance": 1}),
        ("interval", {"seconds": 30, "user_id": 7}),
        ("interval", {"seconds": 30, "id": 7}),
        ("interval", {"seconds": 30, "id": uuid.UUID(int=7)}),
        ("interval", {"seconds": 30, "misfire_grace_time": 1.5}),
        ("interval", {"seconds": 30, "misfire_grace_time": timedelta(seconds=5)}),
        ("interval", {"seconds": 30, "max_instances": "2"}),
        ("interval", {"seconds": 30, "args": 7}),
        ("interval", {"seconds": 30, "kwargs": [7]}),
        ("date", {"run_date": 5}),
        ("date", {"run_date": timedelta(seconds=5)}),
    ],
    ids=str,
)
def test_options_that_are_refused_at_the_call(memory: Any, trigger: str | None, given: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        memory.add_job(tidy, trigger, **given)


def test_beside_a_trigger_that_is_made_its_options_are_ignored(memory: Any) -> None:
    job = memory.add_job(tidy, CronTrigger(hour=3), minute=30)
    assert "minute" not in {field.name for field in job.trigger.fields if not field.is_default}


def test_a_str_of_arguments_is_taken_apart(memory: Any) -> None:
    assert memory.add_job(remind, "date", args="ab", run_date=LATER).args == ("a", "b")


def test_the_decorator_checks_and_takes_arguments(memory: Any) -> None:
    memory.scheduled_job("interval", [7], seconds=30)(remind)
    with pytest.raises(ValueError, match="argument"):
        memory.scheduled_job("interval", seconds=30)(remind)
    with pytest.raises(TypeError):
        memory.scheduled_job("interval", minute=5)(tidy)


def test_the_value_of_a_call_is_no_job(memory: Any) -> None:
    with pytest.raises(TypeError):
        memory.add_job(tidy(), "interval", minutes=5)


def test_a_name_that_leads_nowhere_is_refused(memory: Any) -> None:
    for name in ("json:dumsp", "jsonn:dumps"):
        with pytest.raises(LookupError):
            memory.add_job(name, "interval", minutes=5)
    with pytest.raises(ValueError, match="reference"):
        memory.add_job("json.dumps", "interval", minutes=5)


def test_defaults(memory: Any) -> None:
    job = memory.add_job(tidy, "interval", minutes=5)
    assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (1, True, 1)


# --- moments -----------------------------------------------------------------------------------------------------


def test_a_naive_moment_is_in_the_schedulers_zone() -> None:
    for zone, hours in (("UTC", 0), ("Asia/Tokyo", 9)):
        scheduler = BackgroundScheduler(timezone=zone)
        scheduler.start(paused=True)
        job = scheduler.add_job(tidy, "date", run_date=datetime(2030, 1, 1, 12, 0))
        assert job.next_run_time.utcoffset() == timedelta(hours=hours)
        scheduler.shutdown()


def test_what_is_late_is_skipped() -> None:
    RAN.clear()
    scheduler, missed = BackgroundScheduler(), threading.Event()
    scheduler.add_listener(lambda event: missed.set(), EVENT_JOB_MISSED)
    scheduler.start()
    scheduler.add_job(remind, "date", args=[7], run_date=datetime.now() - timedelta(hours=1))
    assert missed.wait(5)
    scheduler.shutdown()
    assert RAN == []


def test_closures_see_the_last_turn_of_the_loop() -> None:
    RAN.clear()
    scheduler, done = BackgroundScheduler(), threading.Semaphore(0)
    scheduler.add_listener(lambda event: done.release(), EVENT_JOB_EXECUTED)
    for user in (1, 2):
        scheduler.add_job(lambda: remind(user), id=str(user))  # noqa: B023
    scheduler.start()
    assert all(done.acquire(timeout=5) for _ in range(2))
    scheduler.shutdown()
    assert [user for user, _ in RAN] == [2, 2]


def test_an_error_does_not_run_the_job_again() -> None:
    RAN.clear()
    scheduler, failed = BackgroundScheduler(), threading.Event()
    scheduler.add_listener(lambda event: failed.set(), EVENT_JOB_ERROR)
    scheduler.add_job(raises)
    scheduler.start()
    assert failed.wait(5)
    scheduler.shutdown(wait=True)
    assert RAN == ["raises"]


def test_a_line_of_a_crontab_counts_the_days_from_monday() -> None:
    trigger = CronTrigger.from_crontab("0 4 * * 1", timezone="UTC")
    assert trigger.get_next_fire_time(None, datetime(2030, 1, 1, tzinfo=timezone.utc)).strftime("%A") == "Tuesday"
    with pytest.raises(ValueError, match="7"):
        CronTrigger.from_crontab("0 4 * * 7")


# --- stores ------------------------------------------------------------------------------------------------------


def test_every_start_adds_another_copy_of_a_job_without_id(tmp_path: Any) -> None:
    counts, url = [], f"sqlite:///{tmp_path}/jobs.sqlite"
    for _ in range(2):
        scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(url=url)})
        scheduler.add_job(tidy, "interval", minutes=5)
        scheduler.add_job(remind, "interval", args=[7], minutes=5, id="remind", replace_existing=True)
        scheduler.start(paused=True)
        counts.append(len(scheduler.get_jobs()))
        scheduler.shutdown()
    assert counts == [2, 3]


def test_a_known_id_is_refused_unless_it_may_be_replaced(stored: Any) -> None:
    stored.add_job(tidy, "interval", minutes=5, id="tidy")
    with pytest.raises(ConflictingIdError):
        stored.add_job(tidy, "interval", minutes=5, id="tidy")


def test_a_row_that_cannot_be_read_is_deleted(stored: Any, tmp_path: Any) -> None:
    stored.add_job(tidy, "interval", minutes=5, id="tidy")
    stored.add_job(remind, "interval", args=[7], minutes=5, id="remind")
    with sqlite3.connect(tmp_path / "jobs.sqlite") as connection:
        connection.execute("UPDATE apscheduler_jobs SET job_state = ? WHERE id = 'tidy'", (b"no pickle",))
    assert [job.id for job in stored.get_jobs()] == ["remind"]
    with sqlite3.connect(tmp_path / "jobs.sqlite") as connection:
        assert connection.execute("SELECT id FROM apscheduler_jobs").fetchall() == [("remind",)]
