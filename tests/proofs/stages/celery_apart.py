"""Celery with workers that do not share the memory of the code that enqueues, or run side by side."""

from __future__ import annotations

import importlib
import itertools
import os
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import Celery, signals
from django.db.models import QuerySet

from proofs.stages import on_celery
from proofs.stages.on_celery import Load, Watch

ENDED = Path("ended.log")
LONG_ENOUGH = 5.0
"""A worker that has taken no message by then, with nothing else to do, takes none."""


def another_process(load: Load) -> str:
    """The worker is a process of its own; messages are files."""
    child = os.fork()
    if child == 0:
        _work(_with_files(load().app))
        os._exit(0)
    on_celery.make_tables()
    module = load()
    _with_files(module.app)
    module.run()
    os.waitpid(child, 0)
    return f"{ENDED.read_text()}; {module.after()}"


def _with_files(app: Celery) -> Celery:
    folder = Path("messages")
    folder.mkdir(exist_ok=True)
    app.conf.broker_url = "filesystem://"
    app.conf.broker_transport_options = {
        "data_folder_in": "messages",
        "data_folder_out": "messages",
        "control_folder": "messages",
    }
    return app


def _work(app: Celery, patience: float = on_celery.PATIENCE, **options: Any) -> None:
    """Be a worker until a message has ended; one may also wait for nothing when the patience is another."""
    ended = threading.Event()
    watch = Watch(fast=False)
    for signal in (signals.task_postrun, signals.task_unknown):
        signal.connect(lambda **_: ended.set(), weak=False)
    on_celery.start(app, **options)
    assert ended.wait(patience) or patience == LONG_ENOUGH
    ENDED.write_text("; ".join(watch.told()), encoding="utf-8")


def as_deployed(load: Load) -> str:
    """The worker that the Procfile starts: it imports what it is told to, and reads the queues that it is told to."""
    words = shlex.split(Path("Procfile").read_text("utf-8").partition(":")[2])
    options = {"queues": words[words.index("-Q") + 1]} if "-Q" in words else {}
    child = os.fork()
    if child == 0:
        app = importlib.import_module(words[words.index("-A") + 1]).app
        _work(_with_files(app), LONG_ENOUGH, **options)
        os._exit(0)
    module = load()
    _with_files(module.app)
    module.run()
    os.waitpid(child, 0)
    waiting = [f"a message waits in `{path.name.split('.')[-2]}`" for path in Path("messages").glob("*.msg")]
    return "; ".join([ENDED.read_text("utf-8"), *waiting])


def side_by_side(load: Load) -> str:
    """Two workers, at the same place at the same time: both have looked before either goes on."""
    for name in ("exists", "get"):
        _meet_after(name)
    return on_celery.told(load, Watch(fast=False), pool="threads", concurrency=2)


def _meet_after(name: str) -> None:
    """Let both workers pass a question to the database before either hears the answer."""
    ask: Callable[..., Any] = getattr(QuerySet, name)
    meeting, calls = threading.Barrier(2), itertools.count()

    def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return ask(self, *args, **kwargs)
        finally:
            if next(calls) < meeting.parties:
                meeting.wait(on_celery.PATIENCE)

    setattr(QuerySet, name, asked)
