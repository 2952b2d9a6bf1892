"""What SAQ does at run time with the defects in tests/fixtures/saq. It is not among the packages of the tests.

The jobs go through the real queue's `enqueue`, its serializer and the real worker; only the store is a list.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
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
