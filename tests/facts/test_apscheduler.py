"""What APScheduler 3 does at run time with the defects in tests/fixtures/apscheduler. It is not among the tests' packages."""

from __future__ import annotations

import threading
import warnings
from datetime import datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("apscheduler", minversion="3")
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

LATER = datetime.now() + timedelta(days=1)
RAN: list[Any] = []


def remind(user_id: Any, text: str = "hello") -> None:
    RAN.append((user_id, text))


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


def test_the_decorator_gives_the_function_back(memory: Any) -> None:
    assert memory.scheduled_job("interval", args=[1], seconds=30)(remind) is remind


def test_methods_are_jobs(memory: Any) -> None:
    class Cleaner:
        def clean(self, folder: str = "a") -> None: ...

    memory.add_job(Cleaner().clean, "interval", args=["b"], minutes=5)
    with pytest.raises(ValueError, match="argument"):
        memory.add_job(Cleaner().clean, "interval", args=["a", "b"], minutes=5)
