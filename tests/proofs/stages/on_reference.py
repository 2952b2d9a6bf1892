"""The reference implementation of the job API, in one process: the queue is drained when the enqueuing code is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from jobcheck.runtime import Event, configure, subscribe
from jobcheck.testing import RehearsalFailed, rehearse
from proofs import effects
from proofs.stages.on_celery import make_tables
from proofs.stages.telling import sentence, times, words

Load = Callable[[], ModuleType]
MANY = 30
SEEDS = 10


def plain(load: Load) -> str:
    """Run it and then what it enqueued; tell the error of the enqueue, the runs and how they ended, the effects."""
    make_tables()
    queue = configure(adapter="test")
    runs: Counter[str] = Counter()
    told: list[str] = []
    subscribe(lambda event: _count(event, runs))
    try:
        load().run()
        queue.drain()
    except Exception as error:
        told.append(f"raises {words(error)}")
    ran = [f"{name} runs {times(number, MANY)}" for name, number in runs.items()] or ["no job runs"]
    return sentence([*told, *ran, *effects.told()])


def charged(load: Load) -> str:
    """As `plain`; and rehearsed, with a provider that answers: how many payments its book has in the end."""
    outcome = plain(load)
    import jobs
    import stripe

    stripe.lost.clear()
    try:
        rehearse(jobs.run, fresh=_fresh, state=lambda: len(stripe.booked()), effects=["stripe.PaymentIntent.create"], seeds=SEEDS)
    except RehearsalFailed as failed:
        return f"{outcome}; rehearsed, the schedule `{failed.schedule}` ends with a payment too many"
    return f"{outcome}; rehearsed under {SEEDS} seeds, there is one payment in the end"


def _fresh() -> None:
    """The world at its start: no rows, no payments."""
    from django.db import connections

    connections.close_all()
    for name in ("shop.sqlite3", "billing.sqlite3", "payments.log"):
        for path in Path().glob(f"{name}*"):
            path.unlink()
    make_tables()


def _count(event: Event, runs: Counter[str]) -> None:
    if event.name == "perform_start":
        runs[type(event.job).__name__] += 1
