"""What JOB504, JOB406 and JOB410 say of Celery and its brokers, asked of the real ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from unittest.mock import Mock

import pytest
from celery import Celery, Task
from celery.worker.request import Request
from kombu.transport.redis import Channel as RedisChannel

NAIVE = datetime(2040, 7, 1, 12)


def nothing() -> None:
    """What the job does."""


def as_the_worker_reads_it(**options: object) -> Request:
    """A message with an eta, written by `apply_async`'s own code and read by the worker's."""
    app = Celery("facts", broker="memory://", set_as_current=False)
    app.conf.timezone = "America/New_York"
    app.conf.enable_utc = bool(options.pop("enable_utc", True))
    job = app.task(name="facts.job", shared=False)(nothing)
    made = app.amqp.as_task_v2("1", "facts.job", (), {}, **options)
    message = Mock(headers=made.headers, properties=made.properties, body=made.body, delivery_info={}, payload=([], {}, {}))
    return Request(message, app=app, task=job, decoded=True, headers=made.headers, utc=app.conf.enable_utc)


@pytest.mark.parametrize("enable_utc", [True, False])
def test_a_naive_moment_is_read_as_utc_whatever_the_settings_say(enable_utc: bool) -> None:
    request = as_the_worker_reads_it(eta=NAIVE, expires=NAIVE, enable_utc=enable_utc)
    assert request.eta == request.expires == NAIVE.replace(tzinfo=timezone.utc)


def test_a_moment_with_its_zone_is_that_moment() -> None:
    zone = timezone(timedelta(hours=-5))
    assert as_the_worker_reads_it(eta=NAIVE.replace(tzinfo=zone)).eta == NAIVE.replace(tzinfo=zone)


def test_a_date_is_midnight_in_utc() -> None:
    assert as_the_worker_reads_it(eta=date(2040, 7, 1)).eta == datetime(2040, 7, 1, tzinfo=timezone.utc)


def test_redis_gives_a_message_to_another_worker_after_an_hour() -> None:
    assert RedisChannel.visibility_timeout == 3600


@pytest.mark.parametrize(("refused", "retried"), [((), True), ((LookupError,), False), ((IndexError,), True)])
def test_dont_autoretry_for_is_asked_first(monkeypatch: pytest.MonkeyPatch, refused: tuple[type, ...], retried: bool) -> None:
    sent: list[object] = []
    monkeypatch.setattr("celery.canvas.Signature.apply_async", lambda *args, **options: sent.append(options))

    def job(self: Task) -> None:
        raise KeyError("order")

    app = Celery("facts", broker="memory://", set_as_current=False)
    app.task(bind=True, name="facts.job", shared=False, autoretry_for=(KeyError,), dont_autoretry_for=refused)(job)
    found = app.tasks["facts.job"]
    found.push_request(called_directly=False, is_eager=False, retries=0, id="1", args=(), kwargs={})
    with pytest.raises(Exception):  # noqa: B017
        found.run()
    found.pop_request()
    assert bool(sent) is retried
