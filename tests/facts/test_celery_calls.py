"""What Celery does at run time with jobs and calls that the rules of group `calls` speak of."""

from __future__ import annotations

import contextlib
import functools
import uuid
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, chain
from kombu.exceptions import EncodeError


@pytest.fixture
def app() -> Celery:
    return Celery("facts", broker="memory://", backend="cache+memory://", set_as_current=False)


def takes_one(x: Any = None) -> Any:
    return x


def one(app: Celery, function: Callable[..., Any], **options: Any) -> Any:
    return app.task(**options)(function)


# --- JOB208 ----------------------------------------------------------------------------------------------------


def test_bound_without_a_parameter_for_the_job(app: Celery) -> None:
    def run() -> int:
        return 1

    job = one(app, run, bind=True)
    with pytest.raises(TypeError):
        job.delay()
    assert isinstance(job.apply().result, TypeError)


def test_bound_keyword_only(app: Celery) -> None:
    def run(*, year: int = 1) -> int:
        return year

    assert isinstance(one(app, run, bind=True).apply().result, TypeError)


def test_the_first_parameter_of_a_bound_job_is_the_job(app: Celery) -> None:
    def run(invoice_id: Any) -> Any:
        return type(invoice_id).__name__

    job = one(app, run, bind=True)
    assert job.apply().result == "run"
    with pytest.raises(TypeError):
        job.delay(7)


def test_an_unbound_job_gets_no_self(app: Celery) -> None:
    def run(self: Any, invoice_id: int = 0) -> Any:
        return self.request.id

    job = one(app, run)
    assert isinstance(job.apply((7,)).result, AttributeError)
    with pytest.raises(TypeError):
        job.delay()


# --- JOB209 ----------------------------------------------------------------------------------------------------


def test_an_async_job_is_never_awaited(app: Celery) -> None:
    ran = []

    async def run() -> None:
        ran.append(1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = one(app, run).apply()
        assert result.state == "SUCCESS"
        result.result.close()
    assert ran == []


# --- JOB211 ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def noted() -> Iterator[None]:
    yield


def wrapping(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


@pytest.mark.parametrize("decorator", [wrapping, functools.lru_cache, noted()])
@pytest.mark.parametrize("shared", [True, False])
def test_a_wrapper_above_hides_the_job(app: Celery, decorator: Callable[..., Any], shared: bool) -> None:
    def run() -> None:
        """A job."""

    wrapped = decorator(app.task(shared=shared)(run))
    assert not hasattr(wrapped, "delay")


# --- JOB207, JOB210 --------------------------------------------------------------------------------------------


def test_functions_and_types_are_refused(app: Celery) -> None:
    job = one(app, takes_one)
    for value in (uuid.uuid4, str, timedelta(1).total_seconds, "a".upper):
        with pytest.raises(EncodeError):
            job.delay(value)


def test_a_countdown_that_is_no_number(app: Celery) -> None:
    job = one(app, takes_one)
    with pytest.raises(TypeError):
        job.apply_async((1,), countdown=timedelta(1).total_seconds)


def test_a_result_is_not_callable(app: Celery) -> None:
    job = one(app, takes_one)
    assert not callable(job.delay(1))
    with pytest.raises(EncodeError):
        job.apply_async((1,), link=job.delay(2))


def test_calling_a_job_or_a_signature_runs_it_here(app: Celery) -> None:
    ran: list[int] = []

    def run(number: int) -> None:
        ran.append(number)

    job = one(app, run)
    job(1)
    job.s(2)()
    assert ran == [1, 2]


def test_building_sends_nothing(app: Celery) -> None:
    ran: list[int] = []
    app.conf.task_always_eager = True

    def run(number: int) -> None:
        ran.append(number)

    job = one(app, run)
    job.s(1)
    chain(job.si(1), job.si(2))
    _ = job.delay
    assert ran == []
    job.delay(1)
    assert ran == [1]
