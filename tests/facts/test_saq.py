"""What SAQ does at run time with the defects in tests/fixtures/saq. It is not among the packages of the tests.

The jobs go through the real queue's `enqueue`, its serializer and the real worker; only the store is a list.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

saq = pytest.importorskip("saq")
from saq.queue.base import Queue  # noqa: E402
from saq.utils import now_seconds  # noqa: E402

Sends = Callable[[Any], Any]


class Listed(Queue):
    """A queue whose store is a list of what would be written to Redis."""

    def __init__(self) -> None:
        super().__init__("default", dump=None, load=None)
        self.stored: list[Any] = []

    async def _enqueue(self, job: Any) -> Any:
        self.stored.append(self.serialize(job))
        return job


for _name in getattr(Queue, "__abstractmethods__", ()):
    if _name != "_enqueue":
        setattr(Listed, _name, lambda self, *args, **kwargs: None)
Listed.__abstractmethods__ = frozenset()


def stored(*sends: Sends) -> list[dict[str, Any]]:
    """What enqueues write."""

    async def run() -> list[Any]:
        queue = Listed()
        for send in sends:
            await send(queue)
        return queue.stored

    return [json.loads(text) for text in asyncio.run(run())]


def performed(function: Callable[..., Any], send: Sends) -> Any:
    """What the job gives for what an enqueue wrote, called as the worker calls it."""
    [message] = stored(send)
    return function({"job": message}, **(message.get("kwargs") or {}))


def welcome(ctx: Any, *, user_id: Any, language: str = "en") -> Any:
    return user_id, language


@pytest.mark.parametrize(
    "send",
    [
        lambda queue: queue.enqueue("welcome"),
        lambda queue: queue.enqueue("welcome", user_id=1, lang="de"),
        lambda queue: queue.enqueue(saq.Job("welcome", kwargs={"user": 1})),
    ],
    ids=["missing", "unknown", "a Job"],
)
def test_arguments_that_do_not_fit_fail_in_the_worker(send: Sends) -> None:
    with pytest.raises(TypeError):
        performed(welcome, send)


def test_the_worker_gives_arguments_by_name_alone() -> None:
    assert "function(context, **(job.kwargs or {}))" in inspect.getsource(saq.Worker.process)


def test_a_positional_argument_is_refused_at_the_call() -> None:
    with pytest.raises(TypeError):
        stored(lambda queue: queue.enqueue("welcome", 1))


def test_an_enqueue_that_is_not_awaited_stores_nothing() -> None:
    queue = Listed()
    coroutine = queue.enqueue("welcome", user_id=1)
    assert inspect.iscoroutine(coroutine)
    coroutine.close()
    assert queue.stored == []


def test_fields_of_a_job_do_not_reach_it() -> None:
    def mark(ctx: Any, *, order_id: int, meta: str) -> Any:
        return order_id, meta

    assert performed(mark, lambda q: q.enqueue("mark", kwargs={"order_id": 1, "meta": "x"})) == (1, "x")
    with pytest.raises(TypeError, match="meta"):
        performed(mark, lambda q: q.enqueue("mark", order_id=1, meta="x"))


@pytest.mark.parametrize("value", [Decimal("1"), uuid.uuid4(), date(2026, 1, 1), {1}, b"x"], ids=lambda v: type(v).__name__)
def test_what_json_does_not_know_is_refused_at_enqueue(value: Any) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        stored(lambda queue: queue.enqueue("welcome", user_id=value))


def test_a_result_that_json_does_not_know_is_refused() -> None:
    queue = Listed()
    with pytest.raises(TypeError, match="not JSON serializable"):
        queue.serialize(saq.Job("tags", queue=queue, result={"a"}))


def test_scheduled_is_seconds_since_1970() -> None:
    [message] = stored(lambda queue: queue.enqueue("welcome", user_id=1, scheduled=60))
    assert message["scheduled"] == 60 < now_seconds()
    for value in (timedelta(minutes=1), datetime.now(timezone.utc)):
        with pytest.raises(TypeError):
            stored(lambda queue, value=value: queue.enqueue("welcome", user_id=1, scheduled=value))


@pytest.mark.parametrize(("options", "again"), [({}, False), ({"retries": 1}, False), ({"retries": 3}, True)])
def test_retries_count_the_first_run(options: dict[str, int], again: bool) -> None:
    job = saq.Job("charge", **options)
    job.attempts = 1
    assert job.retryable is again


def test_a_job_is_named_by_its_function_or_by_a_pair() -> None:
    def report(ctx: Any) -> None: ...

    async def names(functions: Sequence[Any]) -> list[str]:
        return sorted(saq.Worker(Listed(), functions=functions).functions)

    assert asyncio.run(names([welcome, ("shop.report", report)])) == ["shop.report", "welcome"]


# --- what the call refuses, and what it keeps for itself ---------------------------------------------------------


@pytest.mark.parametrize("form", ["enqueue", "apply"])
def test_a_function_instead_of_its_name_is_refused_at_the_call(form: str) -> None:
    with pytest.raises(AttributeError):
        stored(lambda queue: getattr(queue, form)(welcome, user_id=1))


def test_a_status_that_saq_does_not_know_is_refused_at_the_call() -> None:
    with pytest.raises(KeyError):
        stored(lambda queue: queue.enqueue("mark", order_id=1, status="paid"))


def test_fields_with_other_meanings_vanish() -> None:
    for name, value in {"meta": {"by": 1}, "progress": 0.5, "result": "x", "error": "x", "priority": 1, "group_key": "a"}.items():
        [message] = stored(lambda queue, name=name, value=value: queue.enqueue("rename", **{name: value}))
        assert name not in (message.get("kwargs") or {})


def test_keywords_beside_kwargs_reach_the_job_too() -> None:
    sends = lambda queue: queue.enqueue("welcome", kwargs={"user_id": 1}, language="de")  # noqa: E731
    assert performed(welcome, sends) == (1, "de")


def test_an_unknown_option_is_an_argument() -> None:
    with pytest.raises(TypeError, match="delay"):
        performed(welcome, lambda queue: queue.enqueue("welcome", user_id=1, delay=5))


def test_what_is_no_option_of_time_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        stored(lambda queue: queue.enqueue("welcome", user_id=1, timeout=timedelta(seconds=5)))


def test_defaults() -> None:
    job = saq.Job("welcome")
    assert (job.retries, job.timeout, job.ttl, job.scheduled) == (1, 10, 600, 0)


def test_keys_arrive_as_text() -> None:
    [message] = stored(lambda queue: queue.enqueue("levels", marks={1: "a"}))
    assert message["kwargs"] == {"marks": {"1": "a"}}


def test_a_lambda_and_a_path_are_refused_at_enqueue() -> None:
    for value in (lambda: 1, Path("/tmp/x"), {"a": {1}}):
        with pytest.raises(TypeError, match="not JSON serializable"):
            stored(lambda queue, value=value: queue.enqueue("welcome", user_id=value))


# --- a real Redis and a real worker ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def redis_url() -> Any:
    spec = importlib.util.spec_from_file_location("stores", Path(__file__).parents[1] / "conformance" / "stores.py")
    assert spec is not None
    assert spec.loader is not None
    stores = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stores)
    if stores.redis_program() is None:
        pytest.skip("there is no Redis")
    with stores.redis_server() as port:
        yield f"redis://127.0.0.1:{port}"


RAN: list[Any] = []


async def fails(ctx: Any) -> None:
    RAN.append("fails")
    raise ValueError


async def returns_a_set(ctx: Any) -> set[int]:
    RAN.append("set")
    return {1}


async def too_long(ctx: Any) -> None:
    RAN.append("long")
    await asyncio.sleep(5)


def worked(redis_url: str, *sends: Sends) -> list[Any]:
    """The jobs that enqueues gave, as they are after a worker has done all there was."""

    async def run() -> list[Any]:
        queue = saq.Queue.from_url(redis_url, name=uuid.uuid4().hex)
        jobs = [await send(queue) for send in sends]
        functions = [welcome, fails, returns_a_set, too_long]
        worker = saq.Worker(queue, functions, dequeue_timeout=0.2)
        await queue.schedule()  # a worker does so every second
        while await worker.process():
            pass
        found = [await queue.job(job.key) if job is not None else None for job in jobs]
        await queue.disconnect()
        return found

    RAN.clear()
    return asyncio.run(run())


def test_a_job_that_fails_runs_once(redis_url: str) -> None:
    [job] = worked(redis_url, lambda queue: queue.enqueue("fails"))
    assert (job.status, job.attempts, RAN) == (saq.Status.FAILED, 1, ["fails"])


def test_retries_are_runs_in_all(redis_url: str) -> None:
    [job] = worked(redis_url, lambda queue: queue.enqueue("fails", retries=3))
    assert (job.status, job.attempts) == (saq.Status.FAILED, 3)


def test_no_worker_knows_an_unknown_name(redis_url: str) -> None:
    [job] = worked(redis_url, lambda queue: queue.enqueue("welcom", user_id=1))
    assert job.status == saq.Status.FAILED
    assert "KeyError" in job.error


def test_arguments_that_do_not_fit_fail_in_the_real_worker(redis_url: str) -> None:
    [job] = worked(redis_url, lambda queue: queue.enqueue("welcome", lang="de"))
    assert job.status == saq.Status.FAILED
    assert "TypeError" in job.error


def test_a_result_that_cannot_be_written_fails_the_job_after_it_ran(redis_url: str) -> None:
    [job] = worked(redis_url, lambda queue: queue.enqueue("returns_a_set"))
    assert RAN == ["set"]
    assert job.status == saq.Status.FAILED


def test_a_run_ends_at_its_timeout(redis_url: str) -> None:
    [job] = worked(redis_url, lambda queue: queue.enqueue("too_long", timeout=1))
    assert job.status == saq.Status.FAILED
    assert "TimeoutError" in job.error


def test_a_key_keeps_a_second_message_off_the_queue(redis_url: str) -> None:
    once = lambda queue: queue.enqueue("welcome", user_id=1, key="once")  # noqa: E731
    first, second = worked(redis_url, once, once)
    assert first is not None
    assert second is None


def test_the_rest_of_the_queue_survives_a_bad_job(redis_url: str) -> None:
    good = lambda queue: queue.enqueue("welcome", user_id=1)  # noqa: E731
    jobs = worked(redis_url, lambda queue: queue.enqueue("nobody"), lambda queue: queue.enqueue("fails"), good)
    assert [job.status for job in jobs] == [saq.Status.FAILED, saq.Status.FAILED, saq.Status.COMPLETE]


def test_scheduled_in_the_past_runs_at_once(redis_url: str) -> None:
    [job] = worked(redis_url, lambda queue: queue.enqueue("welcome", user_id=1, scheduled=60))
    assert job.status == saq.Status.COMPLETE
