"""What JOB405 says of retries that a job counts itself, on the real Celery with a worker of this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery, Task
from celery.contrib.testing.worker import start_worker

seen: list[int] = []
given_up: list[int] = []
app = Celery("counted", broker="memory://", backend="cache+memory://")
app.conf.task_default_retry_delay = 0


@app.task(bind=True, default_retry_delay=0)
def counts_to_ten(self: Task) -> None:
    seen.append(self.request.retries)
    if self.request.retries < 10:
        raise self.retry(exc=KeyError("end"))
    given_up.append(self.request.retries)


@app.task(bind=True, default_retry_delay=0)
def counts_to_three(self: Task) -> None:
    seen.append(self.request.retries)
    if self.request.retries < 3:
        raise self.retry(exc=KeyError("end"))
    given_up.append(self.request.retries)


@pytest.fixture(scope="module")
def worker() -> Iterator[None]:
    with start_worker(app, pool="solo", perform_ping_check=False):
        yield


@pytest.mark.usefixtures("worker")
def test_the_framework_ends_it_before_the_job_does() -> None:
    seen.clear()
    given_up.clear()
    with pytest.raises(KeyError):
        counts_to_ten.delay().get(timeout=10)
    assert (seen, given_up) == ([0, 1, 2, 3], [])


@pytest.mark.usefixtures("worker")
def test_the_last_run_is_the_one_that_the_default_allows() -> None:
    seen.clear()
    given_up.clear()
    counts_to_three.delay().get(timeout=10)
    assert (seen, given_up) == ([0, 1, 2, 3], [3])
