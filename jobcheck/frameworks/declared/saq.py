"""SAQ. Source: saq 0.26.4, installed and run (facts/FRAMEWORKS.md 10; tests/facts/test_saq.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Confidence
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Form, Makes, Spec
from jobcheck.registry import Job, Registry, Results
from jobcheck.solve.defs import statements
from jobcheck.solve.kinds import Function, Kind, Literal, Sequence, Value

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver
    from jobcheck.solve.units import Unit

# Every field of a Job: `enqueue` takes these names for itself.
FIELDS = frozenset(
    "function kwargs queue key timeout heartbeat retries ttl retry_delay retry_backoff scheduled progress attempts "
    "completed queued started touched result error status priority group_key meta worker_id".split()
)
_KWARGS = ("", "kwargs")
_ENQUEUE = Form(
    "enqueue", "either", 0, ("job_or_func",), swallowed=FIELDS, lists=_KWARGS, awaited=True,
    unplaced="the call raises TypeError", by_name="the call raises AttributeError", merges=True,
)  # fmt: skip
_QUEUES = (
    "saq.Queue", "saq.queue.Queue", "saq.queue.base.Queue", "saq.queue.redis.RedisQueue", "saq.queue.http.HttpQueue",
    "saq.queue.postgres.PostgresQueue", "litestar_saq.Queue",
)  # fmt: skip
_JOB = Form("Job", "lists", 0, ("function",), lists=_KWARGS, lists_at=(-1, 0), sent=False)
_CRON = Form("CronJob", "lists", 0, ("function",), lead=("cron",), lists=_KWARGS, sent=False)
SPEC = Spec(
    name="saq",
    display="SAQ",
    modules=frozenset({"saq", "litestar_saq", "starlite_saqlalchemy"}),
    seeds=frozenset({"saq", ".enqueue(", ".apply("}),
    marks=(rb"\.\s*(?:enqueue|apply)\s*\(|\b(?:CronJob|Job)\s*\(",),
    functions={
        **{name: Makes("queue") for name in _QUEUES},
        **{f"{name}.from_url": Makes("queue") for name in _QUEUES},
        "litestar_saq.TaskQueues": Makes("queues"),
        "saq.Job": _JOB,
        "saq.job.Job": _JOB,
        "litestar_saq.Job": _JOB,
        "saq.CronJob": _CRON,
        "saq.job.CronJob": _CRON,
        "litestar_saq.CronJob": _CRON,
    },
    attributes={
        "queue": {"enqueue": _ENQUEUE, "apply": replace(_ENQUEUE, name="apply", swallowed=FIELDS | {"poll_interval"})},
        "queues": {"get": Makes("queue")},
    },
    wire="saq-json",
    mismatch="the job fails in the worker with TypeError",
    injected=1,
    named_by_string=True,
    retried_by="retries",
    once=1,
)
# Where a worker is told its jobs: `"functions": [...]` of its settings, `Worker(functions=...)`, `QueueConfig(tasks=...)`.
_LISTS = re.compile(rb"""["']functions["']\s*:|\b(?:functions|tasks)\s*=(?!=)""")


class Saq(DeclaredFramework):
    """SAQ: jobs are the functions that a worker's settings list; an enqueue names one by a string."""

    def __init__(self) -> None:
        super().__init__(SPEC)

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, the functions that worker settings list."""
        for filename in solver.callers.mentions.any_of({"functions", "tasks"}):
            for kind in _listed(solver, filename):
                self._known(solver, kind, filename)
        super().finish(solver, registry)
        for job in self.jobs.values():
            job.results = Results(wires=job.wires, confidence=Confidence.HIGH)

    def _known(self, solver: Solver, kind: Kind, filename: str) -> None:
        """A function, its dotted path, or both of a name and a function."""
        if isinstance(kind, Function) and kind.bound is None:
            self.job_of(solver, kind.ref)
        elif isinstance(kind, Literal) and isinstance(kind.value, str):
            self.named(solver, kind.value, filename)
        elif isinstance(kind, Sequence) and kind.items is not None and len(kind.items) == 2:
            only, name = kind.items[1].only, kind.items[0].only
            job = self.job_of(solver, only.ref) if isinstance(only, Function) else None
            if job is not None and isinstance(name, Literal) and isinstance(name.value, str):
                job.name = name.value

    def names(self, job: Job) -> tuple[str, ...]:
        """A job is known by its function's name, unless it is given one."""
        return (job.label, job.name)

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """JSON, unless a queue is given another way to dump, or a plugin gives all queues one."""
        forced = solver.forced_wire(self.name)
        mentions = solver.callers.mentions
        own = any(_DUMPS.search(solver.raw(filename) or b"") for filename in mentions.files("dump"))
        if forced is None and (own or mentions.any_of(_OWN_JSON)):
            return (), Confidence.LOW
        wires, _ = super().wires(solver, job)
        return wires, Confidence.HIGH


# They bring the web framework's JSON along, which knows more kinds.
_OWN_JSON = ("litestar_saq", "starlite_saqlalchemy")
_DUMPS = re.compile(rb"\bsaq\b[\s\S]*\bdump\s*=|\bdump\s*=[\s\S]*\bsaq\b|\bdef dump\b")


def _listed(solver: Solver, filename: str) -> Iterator[Kind]:
    """The items of the lists of jobs in a file that speaks of SAQ."""
    data = solver.raw(filename) or b""
    if b"saq" not in data:
        return
    for match in _LISTS.finditer(data):
        unit = solver.callers.unit_at(filename, match.start())
        value = _named(solver, unit, match.start()) if unit is not None and not unit.refused else None
        for kind in value.kinds() if value is not None else ():
            if isinstance(kind, Sequence):
                for item in kind.items if kind.items is not None else (kind.element,):
                    yield from item.kinds()


def _named(solver: Solver, unit: Unit, offset: int) -> Value | None:
    """The value of the dict's item or the keyword that begins at an offset of the file."""
    at = offset - unit.offset
    body = unit.function.body if unit.function is not None else unit.body
    around = [stmt for stmt in statements(body) if stmt.start <= at < stmt.end]
    env = solver.flow(unit).entered.get(id(around[-1])) if around else None
    if env is None:
        return None
    for node in walk(around[-1]):
        if isinstance(node, ir.DictItem) and node.key is not None and node.key.start == at:
            return solver.value(node.value, env)
        if isinstance(node, ir.Arg) and node.keyword is not None and node.start == at:
            return solver.value(node.value, env)
    return None
