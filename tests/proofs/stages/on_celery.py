"""Celery as it is: Redis and a worker in a thread, which is always faster than the code that enqueues.

Where there is no Redis, Celery's memory broker stands in for it.

Time passes at once: a message with a countdown or an eta is delivered now.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from celery import Celery, signals
from celery.contrib.testing import worker as testing_worker

from proofs import effects
from proofs.stages.redis_server import own_url
from proofs.stages.telling import sentence, times, words

MANY = 30
PATIENCE = 20.0
Load = Callable[[], ModuleType]


class Watch:
    """Counts messages and runs, by the signals of Celery."""

    def __init__(self, *, fast: bool = True) -> None:
        self.sent = self.ended = self.largest = 0
        self.runs: Counter[str] = Counter()
        self.failed: dict[str, str] = {}
        self.fast = fast
        self._main = threading.get_ident()
        self._connect(signals.before_task_publish, self._before)
        self._connect(signals.after_task_publish, self._after)
        self._connect(signals.task_prerun, self._run)
        self._connect(signals.task_failure, self._failure)
        self._connect(signals.task_postrun, self._end)
        self._connect(signals.task_unknown, self._unknown)
        self._connect(signals.task_rejected, self._end)
        self._connect(signals.task_revoked, self._end)

    @staticmethod
    def _connect(signal: Any, receiver: Callable[..., None]) -> None:
        signal.connect(receiver, weak=False)

    def _before(self, headers: dict[str, Any], body: Any, **_: Any) -> None:
        headers["eta"] = None
        self.largest = max(self.largest, len(json.dumps(body, default=str)))

    def _after(self, **_: Any) -> None:
        self.sent += 1
        if self.fast and threading.get_ident() == self._main:
            self.wait()

    def _run(self, task: Any, **_: Any) -> None:
        self.runs[_short(task.name)] += 1

    def _failure(self, sender: Any, exception: BaseException, **_: Any) -> None:
        self.failed[_short(sender.name)] = words(exception)

    def _unknown(self, name: str, **_: Any) -> None:
        self.failed[_short(name)] = "the worker knows no such job and drops the message"
        self.ended += 1

    def _end(self, **_: Any) -> None:
        self.ended += 1

    def wait(self) -> None:
        """Until the worker has nothing left, or it is clear that it always will have."""
        until = time.monotonic() + PATIENCE
        while self.ended < self.sent and self.runs.total() < MANY:
            assert time.monotonic() < until, f"{self.sent} messages, {self.ended} ended"
            time.sleep(0.005)

    def told(self) -> list[str]:
        lines = [f"{name} runs {times(number, MANY)}" + self._end_of(name) for name, number in self.runs.items()]
        lines += [f"{name}: {why}" for name, why in self.failed.items() if name not in self.runs]
        return lines or ["no job runs"]

    def _end_of(self, name: str) -> str:
        return f" and fails with {self.failed[name]}" if name in self.failed else ""


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def plain(load: Load) -> str:
    """Run it beside a worker; tell the error of the enqueue, the runs and how they ended, the effects."""
    return told(load, Watch())


def slow(load: Load) -> str:
    """The worker starts when the code that enqueues is done."""
    return told(load, Watch(fast=False))


def as_in_production(load: Load) -> str:
    """As `slow`, but the worker may refuse to wait for results, which Celery's worker for tests is told not to."""
    testing_worker._set_task_join_will_block = lambda blocks: None
    return slow(load)


def weighed(load: Load) -> str:
    """As `slow`; tell how many messages there are, and how much the largest holds."""
    watch = Watch(fast=False)
    told(load, watch)
    return (
        f"{watch.sent} messages, the largest of {watch.largest:,} bytes"
        if watch.sent > 1
        else f"a message of {watch.largest:,} bytes"
    )


def on_another_host(load: Load) -> str:
    """As `slow`; the worker's host has a temporary folder of its own, and the media folder is shared."""
    import tempfile

    ours = Path("tmp").resolve()
    ours.mkdir()
    tempfile.tempdir = str(ours)
    return told(load, Watch(fast=False), lambda: ours.rename("tmp-out-of-sight"))


def known(load: Load) -> str:
    """How many different jobs the names in the code stand for; which one is kept of several is chance."""
    module = load()
    module.app.finalize()
    runs = {job.run.__name__ for job in module.JOBS}
    return f"{len(module.JOBS)} names in the code stand for {len(runs)} job" + "s" * (len(runs) != 1)


def told(load: Load, watch: Watch, between: Callable[[], object] = lambda: None, **options: Any) -> str:
    """`between` is done before a slow worker starts, which is given the options."""
    make_tables()
    url = own_url()
    if url is not None:
        os.environ["CELERY_BROKER_URL"] = url  # before what the example's own app says, and already when it is imported
    raised: list[str] = []
    module = None
    try:
        module = load()
        assert url is None or module.app.connection_for_write().as_uri().startswith("redis"), "another broker"
        if watch.fast:
            start(module.app)
        module.run()
    except Exception as error:
        raised.append(f"raises {words(error)}")
    between()
    if module and not watch.fast:
        start(module.app, **options)
    watch.wait()
    after = [module.after()] if hasattr(module, "after") else []
    return sentence([*raised, *watch.told(), *effects.told(), *after])


def start(app: Celery, **options: Any) -> None:
    """A worker in a thread. It is never stopped: the process ends instead."""
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "polling_interval": 0.01}
    worker = testing_worker.start_worker(app, perform_ping_check=False, loglevel="CRITICAL", **{"pool": "solo", **options})
    worker.__enter__()
    KEPT.append(worker)


KEPT: list[Any] = []
"""Workers: one that is collected is stopped, which takes seconds."""


def make_tables() -> None:
    """The shop's tables, in the databases of this run."""
    from django.apps import apps
    from django.db import connections

    for name in connections:
        with connections[name].schema_editor() as editor:
            for model in apps.get_app_config("shop").get_models():
                editor.create_model(model)
