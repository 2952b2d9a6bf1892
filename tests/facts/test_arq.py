"""What arq does at run time with the defects in tests/fixtures/arq: a real Redis, and arq's own worker."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

arq = pytest.importorskip("arq")
from arq.connections import RedisSettings, create_pool  # noqa: E402
from arq.constants import default_queue_name, in_progress_key_prefix, job_key_prefix  # noqa: E402
from arq.worker import Retry, Worker, func  # noqa: E402

Sends = Callable[[Any], Awaitable[Any]]


@pytest.fixture
def run(redis_port: int) -> Callable[..., Any]:
    """Send, let a worker work until nothing is left, and give what the last job returned or raised."""

    def run(*sends: Sends, functions: Any = None, meddle: Any = None, **options: Any) -> Any:
        async def main() -> Any:
            pool = await create_pool(RedisSettings(port=redis_port))
            await pool.flushall()
            sent = [await send(pool) for send in sends]
            if meddle is not None:
                await meddle(pool, sent)
            listed = [welcome, resize] if functions is None else functions
            worker = Worker(listed, redis_pool=pool, burst=True, poll_delay=0.01, handle_signals=False, **options)
            await worker.main()
            result = await sent[-1].result_info() if sent and sent[-1] is not None else None
            await pool.aclose()
            return result.result if result is not None else None

        return asyncio.run(main())

    return run


async def welcome(ctx: Any, user_id: Any, language: Any = "en") -> Any:
    return user_id, language


async def resize(ctx: Any, photo_id: int, *, width: int = 100) -> Any:
    return photo_id, width


# --- arguments and options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "send",
    [
        lambda pool: pool.enqueue_job("welcome"),
        lambda pool: pool.enqueue_job("welcome", 1, lang="de"),
        lambda pool: pool.enqueue_job("welcome", 1, "de", 3),
        lambda pool: pool.enqueue_job("welcome", 1, defer_by=5),
        lambda pool: pool.enqueue_job("welcome", 1, job_id="one"),
        lambda pool: pool.enqueue_job("welcome", 1, _timeout=5),
    ],
    ids=["missing", "unknown", "many", "defer_by", "job_id", "_timeout"],
)
def test_arguments_that_do_not_fit_fail_in_the_worker(run: Any, send: Sends) -> None:
    assert isinstance(run(send), TypeError)


def test_six_names_are_options(run: Any) -> None:
    own = {"_job_id": "one", "_queue_name": default_queue_name, "_defer_by": 0.01, "_expires": 60, "_job_try": 1}
    assert run(lambda pool: pool.enqueue_job("welcome", 1, "de", **own)) == (1, "de")
    parameters = inspect.signature(arq.ArqRedis.enqueue_job).parameters
    assert {name for name in parameters if name.startswith("_")} == {*own, "_defer_until"}


def test_a_name_that_no_job_has_fails_in_the_worker(run: Any) -> None:
    assert "not found" in str(run(lambda pool: pool.enqueue_job("welcom", 1)))


def test_a_function_instead_of_its_name_fails_in_the_worker(run: Any) -> None:
    assert "not found" in str(run(lambda pool: pool.enqueue_job(welcome, 1)))


def test_moments_of_the_wrong_kind_are_refused(run: Any) -> None:
    with pytest.raises(AttributeError):
        run(lambda pool: pool.enqueue_job("welcome", 1, _defer_until=timedelta(minutes=5)))
    with pytest.raises(AttributeError):
        run(lambda pool: pool.enqueue_job("welcome", 1, _defer_until=60))
    with pytest.raises(TypeError):
        run(lambda pool: pool.enqueue_job("welcome", 1, _defer_by=datetime(2030, 1, 1)))


def test_an_enqueue_that_is_not_awaited_stores_nothing(run: Any) -> None:
    async def send(pool: Any) -> None:
        coroutine = pool.enqueue_job("welcome", 1)
        assert inspect.iscoroutine(coroutine)
        coroutine.close()
        assert await pool.zcard(default_queue_name) == 0

    run(send)


def test_a_naive_moment_is_local_time(run: Any) -> None:
    moment = datetime(2199, 1, 1, 12)

    async def send(pool: Any) -> Any:
        sent = await pool.enqueue_job("welcome", 1, _defer_until=moment)
        assert await pool.zscore(default_queue_name, sent.job_id) == moment.timestamp() * 1000
        await pool.zrem(default_queue_name, sent.job_id)

    run(send)


def test_pickle_refuses_a_lambda(run: Any) -> None:
    with pytest.raises(arq.jobs.SerializationError):
        run(lambda pool: pool.enqueue_job("welcome", lambda: 3))


# --- declarations ---------------------------------------------------------------------------------------------------


def test_a_plain_function_is_refused() -> None:
    def plain(ctx: Any) -> None: ...

    with pytest.raises(RuntimeError, match="coroutine"):
        func(plain)
    with pytest.raises(RuntimeError, match="coroutine"):
        Worker([plain])
    with pytest.raises(RuntimeError, match="coroutine"):
        arq.cron(plain, hour=3)


def test_every_job_is_given_ctx(run: Any) -> None:
    async def tidy() -> None: ...

    assert isinstance(run(lambda pool: pool.enqueue_job("tidy"), functions=[func(tidy, name="tidy")]), TypeError)


def test_a_job_of_cron_is_given_nothing_but_ctx(run: Any) -> None:
    made: list[Any] = []

    async def nightly(ctx: Any, *args: Any, **kwargs: Any) -> None:
        made.append((args, kwargs))

    run(functions=[welcome], cron_jobs=[arq.cron(nightly, hour=3, minute=0, run_at_startup=True)])
    assert made == [((), {})]


def test_cron_without_a_minute_is_every_minute() -> None:
    nightly = arq.cron(welcome, hour=3)
    nightly.calculate_next(datetime(2026, 1, 1, 2, 59, 59))
    for minute in range(60):
        assert (nightly.next_run.hour, nightly.next_run.minute) == (3, minute)
        nightly.calculate_next(nightly.next_run)


# --- delivery -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "runs"), [(ValueError("no"), 1), (Retry(), 5), (asyncio.CancelledError(), 5)])
def test_only_retry_and_cancellation_repeat(run: Any, error: BaseException, runs: int) -> None:
    made = []

    async def charge(ctx: Any) -> None:
        made.append(ctx["job_try"])
        raise error

    run(lambda pool: pool.enqueue_job("charge"), functions=[func(charge, name="charge")])
    assert made == list(range(1, runs + 1))


def test_a_timeout_is_not_repeated(run: Any) -> None:
    made = []

    async def slow(ctx: Any) -> None:
        made.append(1)
        await asyncio.sleep(5)

    run(lambda pool: pool.enqueue_job("slow"), functions=[func(slow, name="slow", timeout=0.05)])
    assert made == [1]
    assert inspect.signature(Worker).parameters["job_timeout"].default == 300


def test_an_id_is_taken_as_long_as_its_result_is_kept(run: Any) -> None:
    again = []

    async def later(pool: Any) -> Any:
        first = await pool.enqueue_job("welcome", 1, _job_id="one")
        assert await pool.enqueue_job("welcome", 2, _job_id="one") is None
        return first

    async def meddle(pool: Any, sent: Any) -> None:
        worker = Worker([welcome], redis_pool=pool, burst=True, poll_delay=0.01, handle_signals=False)
        await worker.main()
        again.append(await pool.enqueue_job("welcome", 3, _job_id="one"))

    run(later, meddle=meddle)
    assert again == [None]


def test_a_message_stays_until_its_job_is_done(run: Any) -> None:
    there = []

    async def look(ctx: Any) -> None:
        there.append(await ctx["redis"].exists(job_key_prefix + ctx["job_id"], in_progress_key_prefix + ctx["job_id"]))

    run(lambda pool: pool.enqueue_job("look"), functions=[func(look, name="look")])
    assert there == [2]


def test_a_message_that_cannot_be_read_fails_alone(run: Any) -> None:
    async def meddle(pool: Any, sent: Any) -> None:
        await pool.set(job_key_prefix + sent[0].job_id, b"no pickle")

    both = (lambda pool: pool.enqueue_job("welcome", 1), lambda pool: pool.enqueue_job("welcome", 2))
    assert run(*both, meddle=meddle) == (2, "en")
