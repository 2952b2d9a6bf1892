"""What Dramatiq does at run time with the defects in tests/fixtures/dramatiq: its own worker; a real Redis where one is asked."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

dramatiq = pytest.importorskip("dramatiq")
from dramatiq.brokers.stub import StubBroker  # noqa: E402
from dramatiq.middleware import AsyncIO  # noqa: E402
from dramatiq.results import Results  # noqa: E402
from dramatiq.results.backends import StubBackend  # noqa: E402

Sends = Callable[[Any], Any]


@pytest.fixture
def broker() -> Iterator[Any]:
    made = StubBroker()
    made.emit_after("process_boot")
    dramatiq.set_broker(made)
    yield made
    made.close()


class Seen:
    """An actor that keeps what it is given."""

    def __init__(self, broker: Any, **options: Any) -> None:
        self.runs: list[Any] = []

        def resize(photo_id: Any, width: Any = 100) -> Any:
            self.runs.append((photo_id, width))
            return photo_id

        self.actor = dramatiq.actor(resize, broker=broker, max_retries=0, **options)


@pytest.fixture
def seen(broker: Any) -> Seen:
    return Seen(broker)


def work(broker: Any) -> None:
    worker = dramatiq.Worker(broker, worker_timeout=50, worker_threads=1)
    worker.start()
    for name in list(broker.queues):
        broker.join(name, fail_fast=False)
    worker.join()
    worker.stop()


# --- arguments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "send",
    [
        lambda actor: actor.send(),
        lambda actor: actor.send(1, height=3),
        lambda actor: actor.send(1, delay=5000),
        lambda actor: actor.send_with_options(args=(1, 2, 3)),
        lambda actor: actor.send_with_options(kwargs={"photo": 1}),
    ],
    ids=["missing", "unknown", "an option", "args=", "kwargs="],
)
def test_arguments_that_do_not_fit_fail_in_the_worker(broker: Any, seen: Seen, send: Sends) -> None:
    send(seen.actor)
    work(broker)
    assert seen.runs == []
    assert len(broker.dead_letters) == 1


def test_args_is_taken_apart(broker: Any, seen: Seen) -> None:
    seen.actor.send_with_options(args="ab")
    seen.actor.send_with_options(args={"photo_id": 1})
    seen.actor.send_with_options(args=[1, 2])
    work(broker)
    assert sorted(map(str, seen.runs)) == ["('a', 'b')", "('photo_id', 100)", "(1, 2)"]
    with pytest.raises(TypeError):
        seen.actor.send_with_options(args=1)
    with pytest.raises(TypeError):
        seen.actor.send_with_options(1)
    with pytest.raises(TypeError):
        seen.actor.message_with_options(1)


def test_an_unknown_option_is_kept_and_not_read(broker: Any, seen: Seen) -> None:
    message = seen.actor.send_with_options(args=(1,), countdown=5, eta=7)
    assert message.options == {"countdown": 5, "eta": 7}
    work(broker)
    assert seen.runs == [(1, 100)]


def test_an_unknown_option_of_the_declaration_is_refused(broker: Any) -> None:
    for options in ({"retries": 3}, {"queue": "mail"}):
        with pytest.raises(ValueError, match="undefined"):
            dramatiq.actor(lambda: None, actor_name="a", broker=broker, **options)


def test_delays_are_milliseconds_or_timedeltas(broker: Any, seen: Seen) -> None:
    now = seen.actor.message(1).message_timestamp
    for delay, expected in ((60, 60), (timedelta(seconds=60), 60_000)):
        eta = seen.actor.send_with_options(args=(1,), delay=delay).options["eta"]
        assert expected <= eta - now < expected + 5_000
    for wrong in (datetime(2030, 1, 1), "60"):
        with pytest.raises(TypeError):
            seen.actor.send_with_options(args=(1,), delay=wrong)


def test_limits_are_milliseconds(broker: Any) -> None:
    from dramatiq.middleware import AgeLimit, Retries, TimeLimit

    defaults = {type(m): m for m in broker.middleware}
    assert defaults[TimeLimit].time_limit == 600_000
    assert defaults[Retries].min_backoff == 15_000
    assert AgeLimit in defaults


# --- messages -------------------------------------------------------------------------------------------------------


def test_a_message_or_pipeline_that_is_built_is_not_sent(broker: Any, seen: Seen) -> None:
    message = seen.actor.message(1)
    dramatiq.pipeline([seen.actor.message(1), seen.actor.message()])
    dramatiq.group([seen.actor.message(1)])
    work(broker)
    assert seen.runs == []
    assert not hasattr(message, "send")
    broker.enqueue(message)
    work(broker)
    assert seen.runs == [(1, 100)]


def test_the_next_message_of_a_pipeline_gets_the_result(broker: Any, seen: Seen) -> None:
    (seen.actor.message(1) | seen.actor.message()).run()
    dramatiq.pipeline([seen.actor.message(2), seen.actor.message(3)]).run()
    work(broker)
    assert sorted(seen.runs) == [(1, 100), (1, 100), (2, 100), (3, 2)]


def test_an_actor_has_no_verb_of_celery(seen: Seen) -> None:
    for verb in ("delay", "apply_async"):
        assert not hasattr(seen.actor, verb)


def test_calling_an_actor_performs_it_here(broker: Any, seen: Seen) -> None:
    seen.actor(1)
    assert seen.runs == [(1, 100)]
    assert all(queue.empty() for queue in broker.queues.values())


def test_an_async_actor_needs_its_middleware(broker: Any) -> None:
    runs: list[int] = []

    async def fetch(number: int) -> None:
        runs.append(number)

    dramatiq.actor(fetch, broker=broker, max_retries=0).send(1)
    work(broker)
    assert runs == []
    assert len(broker.dead_letters) == 1
    other = StubBroker()
    other.add_middleware(AsyncIO())
    other.emit_after("process_boot")
    dramatiq.set_broker(other)
    dramatiq.actor(fetch, broker=other, max_retries=0).send(1)
    work(other)
    assert runs == [1]


# --- the wire -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [Decimal("1"), uuid.uuid4(), date(2026, 1, 1), {1}, b"x", timedelta(1), object()], ids=lambda v: type(v).__name__
)
def test_what_json_does_not_know_is_refused_at_the_call(seen: Seen, value: Any) -> None:
    with pytest.raises(TypeError):
        seen.actor.send(value)


def test_keys_and_tuples_come_back_as_others(broker: Any, seen: Seen) -> None:
    seen.actor.send({1: "a"}, (1, 2))
    work(broker)
    assert seen.runs == [({"1": "a"}, [1, 2])]


def test_a_result_that_json_does_not_know_is_lost(broker: Any) -> None:
    backend = StubBackend()
    broker.add_middleware(Results(backend=backend))

    def tags() -> Any:
        return {"a"}

    message = dramatiq.actor(tags, broker=broker, max_retries=0, store_results=True).send()
    work(broker)
    with pytest.raises(dramatiq.results.ResultMissing):
        message.get_result(backend=backend)


# --- delivery -------------------------------------------------------------------------------------------------------


def test_a_failed_actor_is_repeated_unless_told(broker: Any) -> None:
    runs: list[str] = []

    def charge(name: str) -> None:
        runs.append(name)
        raise ValueError("no")

    dramatiq.actor(charge, broker=broker, min_backoff=1, max_backoff=1, actor_name="unasked").send("a")
    work(broker)
    assert len(runs) == 21
    runs.clear()
    dramatiq.actor(charge, broker=broker, max_retries=0, actor_name="once").send("b")
    work(broker)
    assert runs == ["b"]


def test_redis_keeps_what_a_worker_has_not_finished_and_what_it_cannot_read(redis_port: int) -> None:
    from dramatiq.brokers.redis import RedisBroker

    broker = RedisBroker(port=redis_port, namespace="facts")
    broker.flush_all()
    seen = Seen(broker)
    sent = seen.actor.send(1)
    consumer = broker.consume("default", prefetch=1, timeout=100)
    assert next(consumer) is not None
    [key] = broker.client.keys("facts:__acks__*")
    assert broker.client.smembers(key) == {sent.options["redis_message_id"].encode()}
    broken = seen.actor.send(2).options["redis_message_id"]
    broker.client.hset("facts:default.msgs", broken, b"no json")
    other = broker.consume("default", prefetch=1, timeout=100)
    with pytest.raises(dramatiq.DecodeError):
        next(other)
    assert broken.encode() in set().union(*(broker.client.smembers(key) for key in broker.client.keys("facts:__acks__*")))
    broker.flush_all()
