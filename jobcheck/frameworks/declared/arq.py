"""arq, and safir's queue of it. Source: arq 0.28.0, installed and run; safir-arq 9.3.0, read.

See facts/FRAMEWORKS.md 5 and tests/facts/test_arq.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.frameworks import arguments, delivery
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Spec
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Argument, Job, Option, Registry, Retry, Schedule
from jobcheck.solve.kinds import UNKNOWN, External, Function, FunctionRef, Kind, Literal, Plain, Sequence, Value
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

OWN = frozenset("_job_id _queue_name _defer_until _defer_by _expires _job_try".split())
_BY_NAME = "the worker finds no job of such a name, and the job fails"
_ENQUEUE = Form("enqueue_job", "call", 0, ("function",), swallowed=OWN, awaited=True, by_name=_BY_NAME)
# safir hands everything on to `enqueue_job`.
_SAFIR = Form("enqueue", "call", 0, ("task_name",), swallowed=OWN, awaited=True, by_name=_BY_NAME)
_SAFIR_QUEUES = ("ArqQueue", "RedisArqQueue", "MockArqQueue")
# Where workers are told more jobs than an assignment lists.
_MORE = re.compile(rb"[(,]\s*functions\s*=(?!=)|\bfunctions\s*(?:\+=|\.\s*(?:append|extend|insert)\b)")
# A job that `cron` names gets `ctx` and nothing else.
_CRON = Form("cron", "lists", 0, ("coroutine",), lists=("", ""), sent=False)
# Its fields, by the names that `rules.wiring.cron` has for them; one that is None is every one.
_FIELDS = {
    "minute": "minute", "hour": "hour", "day": "day_of_month", "month": "month_of_year", "weekday": "day_of_week",
}  # fmt: skip
SPEC = Spec(
    name="arq",
    display="arq",
    modules=frozenset({"arq", "safir.arq", "safir.dependencies.arq"}),
    seeds=frozenset({"enqueue_job", "arq"}),
    marks=(rb"\benqueue_job\b|\bcron\s*\(|\barq\w*\s*\.\s*enqueue\s*\(|queue\s*\.\s*enqueue\s*\(",),
    functions={
        "arq.func": Declares("func", leads=("coroutine", "name")),
        "arq.worker.func": Declares("func", leads=("coroutine", "name")),
        "arq.cron": _CRON,
        "arq.cron.cron": _CRON,
        "arq.create_pool": Makes("pool"),
        "arq.connections.create_pool": Makes("pool"),
        "arq.ArqRedis": Makes("redis"),
        "arq.connections.ArqRedis": Makes("redis"),
        **{f"{module}.{name}": Makes("safir") for module in ("safir.arq", "safir.dependencies.arq") for name in _SAFIR_QUEUES},
    },
    attributes={"safir": {"enqueue": _SAFIR}, "redis": {"enqueue_job": _ENQUEUE}, "pool": {"enqueue_job": _ENQUEUE}},
    makers=rb"func\s*\(",
    wire="arq-pickle",
    mismatch="the job fails in the worker with TypeError",
    guessed=frozenset({"enqueue_job"}),
    injected=1,
    named_by_string=True,
    if_sync="arq takes no other, and its worker does not start (RuntimeError)",
)


class Arq(DeclaredFramework):
    """arq: jobs are the functions that a worker's settings list; an enqueue names one by a string."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._paths: dict[tuple[str, int], str] = {}
        self._lists, self._whole = False, True

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, the functions that worker settings list."""
        for filename in solver.callers.mentions.files("functions"):
            self._whole = self._whole and not _MORE.search(solver.raw(filename) or b"")
            for value in _listed(solver, filename):
                self._lists = True
                self._whole = self._whole and not value.unknown and all(self._is_read(kind) for kind in value.kinds())
                for kind in value.kinds():
                    if isinstance(kind, Function) and kind.bound is None:
                        self.job_of(solver, kind.ref)
                    elif isinstance(kind, Literal) and isinstance(kind.value, str):
                        self._by_path(solver, kind.value, filename)
        super().finish(solver, registry)
        for job in self.jobs.values():
            job.delivery = tuple(delivery.by_hand(solver, retry, "Retry") for retry in _retries(solver, job))

    def knows_all_names(self) -> bool:
        """See Framework: where the lists of all workers of the project are read to the last item."""
        return self._lists and self._whole

    def _is_read(self, kind: Kind) -> bool:
        mine = self._mine(kind)
        return isinstance(kind, Function) or (mine is not None and isinstance(mine.data, Job))

    def _by_path(self, solver: Solver, path: str, filename: str) -> None:
        """A job that the settings list by its dotted path is known by that."""
        job = self.named(solver, path, filename)
        if job is not None and "name" not in job.options:
            self._paths[(job.filename, job.origin.start)] = path

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework; the fields of a `cron`, too."""
        before = len(registry.enqueues)
        super().record(solver, site, registry)
        for made in registry.enqueues[before:]:
            made.scheduled = made.form == "cron"
            if made.scheduled and made.jobs:
                registry.schedules.append(_crontab(solver, site, made.jobs[0]))

    def job_name(self, solver: Solver, ref: FunctionRef, decl: FunctionDecl, options: dict[str, Option]) -> str:
        """See DeclaredFramework: no module belongs to it."""
        return arguments.text(options.get("name")) or decl.qualname

    def names(self, job: Job) -> tuple[str, ...]:
        """A job is known by its function's name, unless it is given one."""
        said = arguments.text(job.options.get("name"))
        path = self._paths.get((job.filename, job.origin.start))
        return (said,) if said else (job.label, path) if path else (job.label,)


_RETRY = frozenset({"arq.Retry", "arq.worker.Retry"})
_SPEAKS = re.compile(rb"\barq\b|\w*WorkerSettings\b|\bredis_settings\b")


def _retries(solver: Solver, job: Job) -> Iterator[Retry]:
    """`raise Retry(...)` in the job's own function: nothing else that a job raises leads to another run."""
    unit = solver.function_unit(job.function) if job.function is not None else None
    if unit is None or unit.refused or b"Retry" not in (solver.raw(job.filename) or b""):
        return
    for site in solver.flow(unit).sites:
        only = solver.value(site.call.func, site.env).only if site.usage == "raised" else None
        if isinstance(only, External) and only.qualname in _RETRY:
            yield Retry("arq", site, site.unit.origin(site.call), job)


def _crontab(solver: Solver, site: Site, job: Job) -> Schedule:
    fields: dict[str, Argument] = {}
    for arg in site.call.args:
        value = solver.value(arg.value, site.env)
        if arg.star == "**":
            fields["*"] = Argument(value, site.unit.origin(arg.value), None, arg.star)
        elif arg.keyword in _FIELDS and value.only not in (Literal(None), Plain("none")):
            name = _FIELDS[arg.keyword]
            fields[name] = Argument(value, site.unit.origin(arg.value), name, "", arg.value)
    in_test = solver.is_test(site.unit.filename)
    return Schedule("arq", "crontab", site.unit.origin(site.call), fields, job.name, job.label, in_test, site)


def _listed(solver: Solver, filename: str) -> Iterator[Value]:
    """The items of `functions = [...]` in classes and modules of a file that mentions arq or worker settings."""
    data = solver.raw(filename) or b""
    if not _SPEAKS.search(data):
        return
    shape = solver.project.shape(filename)
    for owner in (None, *shape.classes):
        ref = solver.classes.register(filename, owner) if owner is not None else None
        for assign in (owner or shape).assigns:
            if "functions" not in assign.names or assign.value is None:
                continue
            listed = solver.expression(filename, *assign.value, cls=ref)
            if listed.unknown:
                yield UNKNOWN
            for kind in listed.kinds():
                if isinstance(kind, Sequence) and kind.items is not None:
                    yield from kind.items
                else:
                    yield kind.element if isinstance(kind, Sequence) else UNKNOWN
                    yield UNKNOWN
