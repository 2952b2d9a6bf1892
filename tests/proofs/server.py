"""A process that has the frameworks loaded, and forks one child for each run: nothing of one run is left for the next.

It reads a line of JSON for each (`stage`, `folder`) and answers with one (`outcome`).
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import select
import signal
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from proofs.stages.redis_server import REDIS, redis_server

LONGEST = 40.0
HERE = Path(__file__).parent


def load_frameworks() -> None:
    """Import what nearly all runs need, once. Django's database is a file in the current directory: each run's own."""
    import django
    from django.conf import settings

    celery = ("celery.app.amqp", "celery.contrib.testing.worker", "celery.worker.consumer")
    for name in (*celery, "kombu.transport.memory", "kombu.transport.redis"):
        importlib.import_module(name)
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": 1, "init_command": "PRAGMA journal_mode=wal"}}
    if django.VERSION < (5, 1):
        del sqlite["OPTIONS"]["init_command"]  # type: ignore[attr-defined]
    settings.configure(
        DATABASES={"default": {**sqlite, "NAME": "shop.sqlite3"}, "billing": {**sqlite, "NAME": "billing.sqlite3"}},
        INSTALLED_APPS=["shop"],
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        CACHES={"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "cache"}},
        MEDIA_ROOT="media",
        USE_TZ=True,
    )
    django.setup()


def perform(order: dict[str, str]) -> str:
    """Run one side of a proof in this process, and say what came of it."""
    os.chdir(order["folder"])
    sys.path.insert(0, order["folder"])
    name, _, function = order["stage"].partition(":")
    stage = getattr(importlib.import_module(f"proofs.stages.{name}"), function)
    logging.disable(logging.CRITICAL)
    return str(stage(lambda: importlib.import_module("jobs")))


def in_a_child(order: dict[str, str]) -> str:
    """Fork, perform there, and wait for the answer."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()  # what it starts ends with it
        try:
            outcome = perform(order)
        except BaseException as error:
            outcome = f"the proof is broken: {type(error).__name__}: {error}"
        os.write(writing, outcome.encode())
        os._exit(0)  # workers are threads here, and no one waits for them
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        there, _, _ = select.select([answer], [], [], LONGEST)
        if not there:
            os.killpg(child, signal.SIGKILL)
        outcome = answer.read().decode()
    os.waitpid(child, 0)
    return outcome or "the proof is broken: no answer"


def main(answers: TextIO) -> None:
    sys.path[:0] = [str(HERE / "standins"), str(HERE / "common")]
    load_frameworks()
    with tempfile.TemporaryDirectory() as box:
        os.chdir(box)
        with redis_server() as socket:
            os.environ[REDIS] = str(socket or "")
            for line in sys.stdin:
                answers.write(json.dumps({"outcome": in_a_child(json.loads(line))}) + "\n")
                answers.flush()


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a job prints is no answer
    main(out)
