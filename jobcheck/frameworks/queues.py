"""To which queues the project writes, and which ones a worker reads that names none: asked only where workers are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import routing
from jobcheck.registry import Enqueue, QueueUse, Registry
from jobcheck.solve.kinds import FrameworkValue

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# The option by which a job or an enqueue names its queue.
_OPTION = {"celery": "queue", "rq": "queue", "dramatiq": "queue_name", "procrastinate": "queue"}
JUDGED = tuple(_OPTION)
# Names by which a program starts a worker itself.
_BY_HAND = {
    "rq": ("SimpleWorker", "SpawnWorker", "WorkerPool", "get_worker", "HerokuWorker"),
    "dramatiq": ("set_queue_blacklist", "default_queue_name"),
    "procrastinate": ("run_worker", "run_worker_async"),
}


def written(solver: Solver, registry: Registry, framework: str) -> list[QueueUse]:
    """Every place that names a queue by a string; tests aside."""
    found = list(routing.written(solver)) if framework == "celery" else []
    return sorted([*found, *_by_option(solver, registry, framework)], key=lambda use: (use.origin.filename, use.origin.start))


def _by_option(solver: Solver, registry: Registry, framework: str) -> Iterator[QueueUse]:
    name = _OPTION[framework]
    for job in registry.jobs:
        option = job.options.get(name) if job.framework == framework and not solver.is_test(job.filename) else None
        queue = arguments.text(option)
        if option is not None and queue:
            yield QueueUse(framework, queue, "job", option.origin)
    for enqueue in registry.enqueues:
        if enqueue.framework != framework or enqueue.in_test:
            continue
        option = enqueue.options.get(name)
        queue = arguments.text(option)
        if option is not None and queue:
            yield QueueUse(framework, queue, "enqueue", option.origin)
        elif framework == "rq":
            yield from _of_queue(solver, enqueue)


def _of_queue(solver: Solver, enqueue: Enqueue) -> Iterator[QueueUse]:
    """`Queue("low").enqueue(...)`: the queue that the method is one of."""
    func = enqueue.innermost.call.func
    owner = solver.value(func.value, enqueue.innermost.env) if isinstance(func, ir.Attribute) else None
    only = owner.only if owner is not None else None
    if owner is not None and isinstance(only, FrameworkValue) and only.role == "queue" and isinstance(only.data, str):
        yield QueueUse("rq", only.data, "enqueue", owner.alts[0].origin or enqueue.origin)


def unnamed(solver: Solver, framework: str) -> frozenset[str] | None:
    """The queues of a worker that names none; None where that is not known, or all of them."""
    if framework == "celery":
        return routing.read_unasked(solver)
    return frozenset({"default"}) if framework == "rq" else None


def default(solver: Solver, framework: str) -> str | None:
    """The queue of what names none, where that is known and every program has to have it read."""
    return routing.default_queue(solver) if framework == "celery" and not routing.routes(solver) else None


def takes_default(solver: Solver, enqueue: Enqueue, framework: str) -> bool:
    """Whether an enqueue surely goes to the default queue."""
    if enqueue.framework != framework or not enqueue.sent or enqueue.immediate or enqueue.in_test or enqueue.open_options:
        return False
    if enqueue.form not in ("delay", "apply_async", "delay_on_commit", "apply_async_on_commit") or len(enqueue.jobs) != 1:
        return False
    job = enqueue.jobs[0]
    said = {"queue", "routing_key", "exchange"} & (enqueue.options.keys() | job.options.keys())
    return not said and not job.unknown_options and job.base is None and not solver.is_test(job.filename)


def by_hand(solver: Solver, framework: str) -> bool:
    """Whether the program itself decides what its workers read."""
    names = routing.BY_HAND if framework == "celery" else _BY_HAND.get(framework, ())
    return bool(solver.callers.mentions.any_of(names))
