"""The reference implementation of the job API, in one process: the queue is drained when the enqueuing code is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import ModuleType

from jobcheck.runtime import Event, configure, subscribe
from proofs import effects
from proofs.stages.on_celery import make_tables
from proofs.stages.telling import sentence, times, words

Load = Callable[[], ModuleType]
MANY = 30


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


def _count(event: Event, runs: Counter[str]) -> None:
    if event.name == "perform_start":
        runs[type(event.job).__name__] += 1
