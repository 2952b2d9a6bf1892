"""What RQ does at run time with the defects in tests/fixtures/rq: a real Redis, and RQ's own worker in this process."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

rq = pytest.importorskip("rq")
redis = pytest.importorskip("redis")
from rq.decorators import job as rq_job  # noqa: E402
from rq.serializers import JSONSerializer  # noqa: E402

Sends = Callable[[Any], Any]
RUNS: list[Any] = []


@pytest.fixture
def connection(redis_port: int) -> Any:
    made = redis.Redis(port=redis_port)
    made.flushall()
    RUNS.clear()
    return made


@pytest.fixture
def queue(connection: Any) -> Any:
    return rq.Queue("photos", connection=connection)


def work(queue: Any) -> None:
    rq.SimpleWorker([queue], connection=queue.connection, serializer=queue.serializer).work(burst=True)


def performed(queue: Any, send: Sends) -> Any:
    """The job that an enqueue makes, after a worker has been at it."""
    job = send(queue)
    work(queue)
    job.refresh()
    return job


def error(job: Any) -> str:
    assert job.get_status() == "failed"
    return str(job.latest_result().exc_string)


def resize(photo_id: Any, width: Any = 100) -> Any:
    RUNS.append((photo_id, width))
    return photo_id, width


def collect(photo_id: Any, job_id: Any) -> Any:
    return photo_id, job_id


def label(photo_id: Any, description: Any = None, meta: Any = None) -> Any:
    return photo_id, description, meta


def fail() -> None:
    RUNS.append("failed")
    raise ValueError("no")


async def fetch(photo_id: int) -> int:
    return photo_id + 1


double = lambda number: number * 2  # noqa: E731


# --- arguments and options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "send",
    [
        lambda queue: queue.enqueue(resize),
        lambda queue: queue.enqueue(resize, 1, height=3),
        lambda queue: queue.enqueue(resize, 1, timeout=60),
        lambda queue: queue.enqueue(resize, args=(1, 2, 3)),
        lambda queue: queue.enqueue_call(resize, (1, 2, 3)),
        lambda queue: queue.enqueue(f"{__name__}.resize", 1, 2, 3),
        lambda queue: queue.enqueue_many([queue.prepare_data(resize, (1, 2, 3))])[0],
    ],
    ids=["missing", "unknown", "timeout is no option of enqueue", "args=", "enqueue_call", "by its name", "enqueue_many"],
)
def test_arguments_that_do_not_fit_fail_in_the_worker(queue: Any, send: Sends) -> None:
    assert "TypeError" in error(performed(queue, send))


def test_a_function_that_does_not_exist_fails_in_the_worker(queue: Any) -> None:
    assert "resise" in error(performed(queue, lambda queue: queue.enqueue(f"{__name__}.resise", 1)))


def test_enqueue_keeps_its_own_names(queue: Any) -> None:
    assert "TypeError" in error(performed(queue, lambda queue: queue.enqueue(collect, 1, job_id="j1")))
    named = performed(queue, lambda queue: queue.enqueue(label, 1, description="for the job?", meta={"a": 1}))
    assert named.return_value() == (1, None, None)
    assert named.description == "for the job?"


@pytest.mark.parametrize("verb", ["delay", "enqueue"])
def test_the_decorators_verbs_keep_only_three_names(connection: Any, queue: Any, verb: str) -> None:
    send = getattr(rq_job("photos", connection=connection)(label), verb)
    sent = performed(queue, lambda queue: send(1, description="for the job", meta={"a": 1}, job_id="own"))
    assert sent.return_value() == (1, "for the job", {"a": 1})
    assert sent.id == "own"
    assert "job_timeout" in error(performed(queue, lambda queue: send(1, job_timeout=60)))
    assert "'args'" in error(performed(queue, lambda queue: send(args=(1,))))


def test_what_stands_beside_args_is_dropped(queue: Any) -> None:
    assert performed(queue, lambda queue: queue.enqueue(resize, args=(1,), width=3)).return_value() == (1, 100)
    assert performed(queue, lambda queue: queue.enqueue(resize, kwargs={"photo_id": 1}, width=3)).return_value() == (1, 100)
    dropped = performed(queue, lambda queue: queue.enqueue(resize, args=(1,), timeout=60))
    assert dropped.return_value() == (1, 100)
    assert dropped.timeout != 60


def test_positionals_beside_args_are_refused(queue: Any) -> None:
    with pytest.raises(AssertionError):
        queue.enqueue(resize, 1, kwargs={"width": 3})


def test_args_is_taken_apart(queue: Any) -> None:
    with pytest.raises(TypeError):
        queue.enqueue(resize, args=1)
    assert performed(queue, lambda queue: queue.enqueue(resize, args="ab")).return_value() == ("a", "b")
    assert performed(queue, lambda queue: queue.enqueue(resize, args={"a": 1})).return_value() == ("a", 100)


def test_kwargs_is_a_dict(queue: Any) -> None:
    with pytest.raises(AttributeError):
        queue.enqueue(resize, kwargs='{"photo_id": 1}')


def test_options_of_the_wrong_kind(queue: Any, connection: Any) -> None:
    with pytest.raises(AttributeError):
        queue.enqueue(resize, 1, retry=3)
    with pytest.raises(TypeError):
        queue.enqueue_in(60, resize, 1)
    with pytest.raises(AttributeError):
        queue.enqueue_at(60, resize, 1)
    with pytest.raises(ValueError, match="job_id"):
        queue.enqueue(resize, 1, unique=True)
    with pytest.raises(TypeError, match="job_timeout"):
        rq_job("photos", connection=connection, job_timeout=60)


def test_unique_refuses_a_second_message(queue: Any) -> None:
    queue.enqueue(resize, 1, job_id="one", unique=True)
    with pytest.raises(rq.exceptions.DuplicateJobError):
        queue.enqueue(resize, 1, job_id="one", unique=True)


def test_the_same_id_alone_is_performed_twice_with_the_new_arguments(queue: Any) -> None:
    queue.enqueue(resize, 1, job_id="one")
    queue.enqueue(resize, 2, job_id="one")
    work(queue)
    assert RUNS == [(2, 100), (2, 100)]


# --- the function ---------------------------------------------------------------------------------------------------


def test_a_call_instead_of_the_function_is_refused(queue: Any) -> None:
    with pytest.raises((AttributeError, TypeError)):
        queue.enqueue(resize(1))


def test_what_cannot_be_imported_is_refused_or_fails(queue: Any) -> None:
    def nested() -> None: ...

    for function in (nested, lambda: None):
        assert error(performed(queue, lambda queue, function=function: queue.enqueue(function)))
    assert error(performed(queue, lambda queue: queue.enqueue(double, 1)))
    script = type(resize)(resize.__code__, {"__name__": "__main__"}, "resize")
    script.__module__ = "__main__"
    with pytest.raises(ValueError, match="__main__"):
        queue.enqueue(script, 1)


def test_an_async_function_is_awaited(queue: Any) -> None:
    assert performed(queue, lambda queue: queue.enqueue(fetch, 1)).return_value() == 2


def test_calling_a_decorated_function_performs_it_here(connection: Any, queue: Any) -> None:
    decorated = rq_job("photos", connection=connection)(resize)
    decorated(1)
    assert RUNS == [(1, 100)]
    assert queue.is_empty()
    assert not hasattr(decorated, "apply_async")


# --- the wire -------------------------------------------------------------------------------------------------------


def test_pickle_refuses_a_lambda_and_an_open_file(queue: Any) -> None:
    for value in (lambda: 3, open(__file__)):  # noqa: SIM115
        with pytest.raises(Exception, match=r"pickle|lambda|local"):
            queue.enqueue(resize, value)


def test_json_refuses_a_uuid(connection: Any) -> None:
    queue = rq.Queue("json", connection=connection, serializer=JSONSerializer)
    with pytest.raises(TypeError):
        queue.enqueue(resize, uuid.uuid4())


def test_the_copy_of_a_pickled_object_is_the_one_of_the_enqueue(queue: Any) -> None:
    order = {"status": "new"}
    sent = queue.enqueue(resize, order)
    order["status"] = "paid"
    work(queue)
    assert sent.return_value()[0] == {"status": "new"}


def test_a_message_that_cannot_be_read_fails_alone(queue: Any, connection: Any) -> None:
    broken = queue.enqueue(resize, 1)
    connection.hset(broken.key, "data", b"no pickle")
    whole = queue.enqueue(resize, 2)
    work(queue)
    assert RUNS == [(2, 100)]
    assert whole.get_status() == "finished"
    assert broken.id in queue.failed_job_registry.get_job_ids()


# --- delivery and moments -------------------------------------------------------------------------------------------


def test_a_failed_job_is_not_repeated_unless_asked(queue: Any) -> None:
    performed(queue, lambda queue: queue.enqueue(fail))
    assert RUNS == ["failed"]
    performed(queue, lambda queue: queue.enqueue(fail, retry=rq.Retry(max=2)))
    assert RUNS == ["failed"] * 4


def test_a_job_has_three_minutes(queue: Any) -> None:
    assert queue.enqueue(resize, 1).timeout == 180


def test_a_naive_moment_is_local_time(queue: Any) -> None:
    moment = datetime(2030, 1, 1, 12)
    sent = queue.enqueue_at(moment, resize, 1)
    assert queue.scheduled_job_registry.get_scheduled_time(sent) == moment.astimezone(timezone.utc)


def test_rq_scheduler_reads_a_naive_moment_as_utc(connection: Any) -> None:
    scheduler = pytest.importorskip("rq_scheduler").Scheduler("photos", connection=connection)
    moment = datetime(2030, 1, 1, 12)
    sent = scheduler.enqueue_at(moment, resize, 1, timeout=60, at_front=True)
    assert dict(scheduler.get_jobs(with_times=True))[sent] == moment
    assert (sent.args, sent.kwargs) == ((1,), {})
    assert sent.timeout == 60
    every = scheduler.schedule(moment, resize, args=(1,), kwargs={"width": 3}, interval=60)
    assert (every.args, every.kwargs) == ((1,), {"width": 3})


def test_enqueue_in_takes_a_timedelta(queue: Any) -> None:
    assert queue.enqueue_in(timedelta(minutes=5), resize, 1).args == (1,)
