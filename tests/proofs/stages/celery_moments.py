"""Celery where the time matters: moments in another zone, a day that ends, a schedule, a sleep."""

from __future__ import annotations

import os
import threading
import time
from datetime import date, datetime, timedelta, timezone
from types import ModuleType, SimpleNamespace

from celery import signals
from celery.beat import Scheduler
from celery.utils.time import maybe_iso8601, maybe_make_aware

from proofs import effects
from proofs.stages import on_celery
from proofs.stages.on_celery import Load, Watch


def four_hours_west(load: Load) -> str:
    """On a host whose clock is four hours behind UTC; tell when the message is due, as the worker reads it."""
    os.environ["TZ"] = "WEST+4"
    time.tzset()
    due: list[str] = []
    signals.before_task_publish.connect(lambda headers, **_: due.append(_due(headers["eta"])), weak=False)
    on_celery.plain(load)
    return due[0]


def _due(eta: str) -> str:
    moment = maybe_make_aware(maybe_iso8601(eta))
    minutes = round((moment - datetime.now(timezone.utc)).total_seconds() / 60)
    return f"due in {minutes} minutes" if minutes > 0 else f"due {-minutes} minutes ago: performed at once"


def over_midnight(load: Load) -> str:
    """The worker comes to the message on the next day."""
    ours = threading.get_ident()

    class Day(date):
        @classmethod
        def today(cls) -> date:  # type: ignore[override]
            first = date(2030, 5, 17)
            return first if threading.get_ident() == ours else first + timedelta(days=1)

    def with_days() -> ModuleType:
        module = load()
        module.date = Day
        return module

    return on_celery.slow(with_days)


def beaten(load: Load) -> str:
    """Celery's beat sends each entry of the schedule once."""

    def with_beat() -> ModuleType:
        module = load()
        module.run = lambda: _beat(module)
        return module

    return on_celery.plain(with_beat)


def _beat(module: ModuleType) -> None:
    scheduler = Scheduler(module.app, lazy=True)
    for name, entry in module.app.conf.beat_schedule.items():
        scheduler.apply_entry(scheduler.Entry(**entry, name=name, app=module.app))


def a_day(load: Load) -> str:
    """How often the entry is due within a day, as Celery reads its crontab."""
    (entry,) = load().app.conf.beat_schedule.values()
    schedule = entry["schedule"]
    number = len(schedule.minute) * len(schedule.hour)
    return "due once a day" if number == 1 else f"due {number} times a day"


def sleeping(load: Load) -> str:
    """One worker process, late; a sleep is noted and takes no time."""

    def without_sleep() -> ModuleType:
        module = load()
        if hasattr(module, "time"):
            module.time = SimpleNamespace(sleep=lambda seconds: effects.note(f"the worker sleeps {seconds} s"))
        return module

    return on_celery.told(without_sleep, Watch(fast=False))
