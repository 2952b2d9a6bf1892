"""What JOB111 says of retries, on the real Celery with a worker of this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import VERSION, Celery, Task, exceptions
from celery.contrib.testing.worker import start_worker
from celery.exceptions import Reject

seen: list[object] = []
app = Celery("mutation", broker="memory://", backend="cache+memory://")
app.conf.task_default_retry_delay = 0


@app.task(bind=True, max_retries=1, default_retry_delay=0)
def pops(self: Task, options: dict[str, int]) -> None:
    seen.append(dict(options))
    options.pop("x", None)
    raise self.retry(exc=KeyError("end"))


@app.task(autoretry_for=(ValueError,), max_retries=1, default_retry_delay=0)
def appends(rows: list[int]) -> None:
    seen.append(list(rows))
    rows.append(1)
    raise ValueError


@app.task(autoretry_for=(ValueError,), max_retries=1, default_retry_delay=0)
def puts(options: dict[str, object]) -> None:
    seen.append(dict(options))
    options["x"] = {1, 2}
    raise ValueError


@app.task(bind=True, max_retries=1, default_retry_delay=0)
def own_keywords(self: Task, **options: int) -> None:
    seen.append(dict(options))
    options.pop("x")
    raise self.retry(exc=KeyError("end"))


@pytest.fixture(scope="module")
def worker() -> Iterator[None]:
    with start_worker(app, pool="solo", perform_ping_check=False):
        yield


@pytest.mark.parametrize(
    ("job", "args", "kwargs", "runs", "error"),
    [
        (pops, ({"x": 1},), {}, [{"x": 1}, {}], KeyError),
        (appends, ([],), {}, [[], [1]], ValueError),
        (own_keywords, (), {"x": 1}, [{"x": 1}, {"x": 1}], KeyError),
    ],
    ids=["taken out", "grown", "a dict made for the call"],
)
@pytest.mark.usefixtures("worker")
def test_a_retry_sends_what_the_run_left(job: Task, args: tuple[object, ...], kwargs: dict[str, object],
                                         runs: list[object], error: type[Exception]) -> None:  # fmt: skip
    seen.clear()
    with pytest.raises(error):
        job.apply_async(args, kwargs).get(timeout=10)
    assert seen == runs


@pytest.mark.usefixtures("worker")
def test_a_retry_that_cannot_be_encoded_ends_the_job() -> None:
    seen.clear()
    result = puts.apply_async(({},))
    # Before 5.7 the rejected message leaves no result behind: who waits for it waits in vain.
    with pytest.raises(Reject if VERSION >= (5, 7) else exceptions.TimeoutError):
        result.get(timeout=10 if VERSION >= (5, 7) else 3)
    assert seen == [{}], "the first run, and no other"
