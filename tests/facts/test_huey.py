"""What Huey does at run time with the defects in tests/fixtures/huey: its own queue and `execute`, the store in memory."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

huey = pytest.importorskip("huey")
from huey.exceptions import ConfigurationError, TaskException, TaskLockedException  # noqa: E402
from huey.utils import normalize_time  # noqa: E402

Sends = Callable[[Any], Any]


@pytest.fixture
def store() -> Any:
    return huey.MemoryHuey("shop", immediate=False)


@pytest.fixture
def resize(store: Any) -> Any:
    @store.task()
    def resize(photo_id: Any, width: Any = 100) -> Any:
        return photo_id, width

    return resize


def work(store: Any) -> None:
    """What a consumer does with what is due, and with what waits for its time."""
    waiting = store.scheduled()
    while len(store) or waiting:
        task = store.dequeue() if len(store) else waiting.pop()
        if task is not None:
            task.eta = None
            store.execute(task)


def performed(store: Any, job: Any, send: Sends) -> Any:
    handle = send(job)
    work(store)
    return handle.get()


def fails(store: Any, job: Any, send: Sends) -> bool:
    try:
        performed(store, job, send)
    except TaskException as error:
        return "TypeError" in str(error)
    return False


# --- arguments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "send",
    [
        lambda job: job(),
        lambda job: job(1, height=3),
        lambda job: job.schedule(args=(1, 2, 3), delay=60),
        lambda job: job.schedule(60),
        lambda job: job.schedule(args=1, delay=60),
        lambda job: job(1, countdown=60),
    ],
    ids=["missing", "unknown", "schedule", "only a delay", "args=1", "countdown"],
)
def test_arguments_that_do_not_fit_fail_in_the_consumer(store: Any, resize: Any, send: Sends) -> None:
    assert fails(store, resize, send)


def test_schedule_takes_a_list_of_arguments(store: Any, resize: Any) -> None:
    assert performed(store, resize, lambda job: job.schedule((1,), delay=60)) == (1, 100)
    assert performed(store, resize, lambda job: job.schedule("ab", delay=60)) == ("a", "b")
    assert performed(store, resize, lambda job: job.schedule({"photo_id": 1}, delay=60)) == ("photo_id", 100)
    with pytest.raises(ValueError, match="kwargs"):
        resize.schedule((1,), 60, delay=1)
    with pytest.raises(ValueError, match="eta= or delay="):
        resize.schedule((1,))
    with pytest.raises(ValueError, match="eta= or delay="):
        resize.schedule(args=(1,))


def test_a_moment_alone_is_the_delay(store: Any) -> None:
    @store.task()
    def tidy() -> str:
        return "tidy"

    for moment in (60, timedelta(minutes=1), datetime(2030, 1, 1)):
        assert performed(store, tidy, lambda job, moment=moment: job.schedule(moment)) == "tidy"


def test_the_call_keeps_its_own_names(store: Any) -> None:
    @store.task()
    def remind(user_id: int, delay: Any) -> Any:
        return user_id, delay

    assert fails(store, remind, lambda job: job(1, delay=5))
    assert performed(store, remind, lambda job: job(1, 5)) == (1, 5)


def test_eta_is_a_moment(store: Any, resize: Any) -> None:
    for wrong in (60, timedelta(minutes=1), "tomorrow"):
        with pytest.raises(ValueError, match="datetime"):
            resize(1, eta=wrong)


# --- declarations ---------------------------------------------------------------------------------------------------


def test_a_decorator_without_parentheses_makes_no_job(store: Any) -> None:
    @store.task
    def tidy(photo_id: int) -> int:
        return photo_id

    with pytest.raises((AttributeError, TypeError)):
        tidy(7)
    assert len(store) == 0
    assert not hasattr(tidy, "schedule")


def test_an_async_job_is_refused(store: Any) -> None:
    async def fetch() -> None: ...

    with pytest.raises(ConfigurationError):
        store.task()(fetch)


def test_context_is_passed_as_task(store: Any) -> None:
    @store.task(context=True)
    def with_task(number: int, task: Any = None) -> Any:
        return number, task is not None

    @store.task(context=True)
    def without_task(number: int) -> int:
        return number

    assert performed(store, with_task, lambda job: job(1)) == (1, True)
    assert fails(store, without_task, lambda job: job(1))


def test_an_unknown_option_is_an_attribute_that_nothing_reads(store: Any) -> None:
    runs = []

    @store.task(max_retries=3)
    def charge() -> None:
        runs.append(1)
        raise ValueError("no")

    charge()
    work(store)
    assert runs == [1]


def test_a_job_has_no_verb_of_celery(resize: Any) -> None:
    for verb in ("delay", "apply_async"):
        assert not hasattr(resize, verb)


def test_crontab_without_a_minute_is_every_minute() -> None:
    due = huey.crontab(hour="3")
    assert all(due(datetime(2026, 1, 1, 3, minute)) for minute in range(60))


# --- messages, moments, delivery ------------------------------------------------------------------------------------


def test_a_message_that_is_built_is_not_sent(store: Any, resize: Any) -> None:
    message = resize.s(1)
    assert len(store) == 0
    assert performed(store, message, store.enqueue) == (1, 100)


def test_the_next_job_gets_the_result(store: Any, resize: Any) -> None:
    first = resize.s(1, 2).then(resize)
    results = store.enqueue(first)
    work(store)
    assert results[1] == (1, 2)


@pytest.mark.parametrize("utc", [True, False])
def test_a_naive_eta_is_local_time(utc: bool) -> None:
    moment = datetime(2030, 1, 1, 12)
    expected = moment.astimezone(timezone.utc).replace(tzinfo=None) if utc else moment
    assert normalize_time(moment, None, utc) == expected


def test_pickle_refuses_a_lambda(resize: Any) -> None:
    with pytest.raises(Exception, match=r"pickle|lambda|local"):
        resize(lambda: 3)


def test_a_failed_job_is_not_repeated_unless_asked(store: Any) -> None:
    runs: list[str] = []

    def charge(name: str) -> None:
        runs.append(name)
        raise ValueError("no")

    store.task(name="once")(charge)("a")
    work(store)
    assert runs == ["a"]
    store.task(name="asked", retries=2)(charge)("b")
    work(store)
    assert runs == ["a", "b", "b", "b"]


def test_the_message_is_gone_before_the_job_runs(store: Any) -> None:
    left = []

    @store.task()
    def look() -> None:
        left.append(len(store))

    look()
    work(store)
    assert left == [0]


def test_a_message_that_cannot_be_read_is_lost(store: Any, resize: Any) -> None:
    store.storage.enqueue(b"no pickle")
    with pytest.raises(Exception):  # noqa: B017
        store.dequeue()
    assert len(store) == 0


def test_who_is_locked_out_fails(store: Any) -> None:
    lock = store.lock_task("nightly")
    with lock, pytest.raises(TaskLockedException), lock:
        pass


def test_the_same_id_is_performed_twice(store: Any) -> None:
    runs = []

    @store.task()
    def tidy() -> None:
        runs.append(1)

    tidy(id="one")
    tidy(id="one")
    work(store)
    assert runs == [1, 1]


def test_on_commit_task_waits_and_has_no_other_verb() -> None:
    package = importlib.util.find_spec("huey.contrib.djhuey")  # importing it asks for Django's settings
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).read_text(encoding="utf-8").partition("def on_commit_task")[2]
    assert "transaction.on_commit(enqueue_on_commit)" in source
    assert "return inner" in source


def test_a_periodic_job_has_no_run_every(store: Any) -> None:
    with pytest.raises(TypeError, match="validate_datetime"):
        store.periodic_task(run_every=huey.crontab(minute="0"))


def test_a_method_is_no_time_to_wait_before_a_retry(store: Any) -> None:
    @store.task(retries=1, retry_delay=timedelta(minutes=1).total_seconds)
    def fail() -> None:
        raise ValueError

    fail()
    with pytest.raises(TypeError):
        store.execute(store.dequeue())


def test_call_local_fills_nothing(store: Any) -> None:
    @store.task(context=True)
    def start(number: int, task: Any = None) -> Any:
        return number, task

    assert start.call_local(3) == (3, None)
    assert start.call_local(3, task="mine") == (3, "mine")
