"""Celery: what its names, jobs, signatures and canvases are, and what calls on them do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.celery import compose, declare, evaluate, model, names
from jobcheck.frameworks.celery.config import Config
from jobcheck.frameworks.celery.record import Recorder
from jobcheck.frameworks.hinges import Hinges, of_call
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.defs import Env
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import ClassRef, Kind, Origin, Value
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.registry import Job, Registry
    from jobcheck.solve.solver import Solver

# What apps are called where their value is not seen, and a file that imports something of Celery's or of an extension.
_APP_NAME = re.compile(r"(?:\w+_)?celery(?:_?app)?")
_ABOUT_CELERY = re.compile(rb"^[ \t]*(?:from|import)[ \t][^\r\n]*celery", re.MULTILINE | re.IGNORECASE)


class Celery:
    """The framework object; it holds what one run learns about Celery in a project."""

    name = "celery"
    display = "Celery"
    modules = frozenset({"celery", "celery_once", "celery_singleton", "django_celery_beat", "djcelery"})
    seeds = frozenset({
        "shared_task", "Celery", "celery", "delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit",
        "crontab", "beat_schedule", "CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE", "app.task",
    })  # fmt: skip
    marks = (
        rb"\.(?:delay|apply_async|delay_on_commit|apply_async_on_commit|send_task|add_periodic_task|starmap|chunks)\b",
        rb"\.(?:s|si|signature|subtask)\s*\(",
        rb"(?<![.\w])(?:chain|group|chord|signature|subtask|crontab|send_task)\s*\(",
        rb"\bcelery\.(?:chain|group|chord|signature)\b",
        rb"\bschedules\.crontab\b",
    )
    makers = rb"\.task\b|\bshared_task\b"
    verbs = frozenset(
        names.JOB_VERBS | names.SIGNATURE_VERBS | names.RESULT_WAITS | names.RESULT_POLLS
        | {"send_task", "chain", "group", "chord", "crontab",
        "add_periodic_task", "AsyncResult", "partial"}
    )  # fmt: skip

    forwarded = (names.SENDING - {"apply"}) | {"s", "si", "signature", "subtask", "partial"}

    def __init__(self) -> None:
        self.jobs: dict[tuple[str, int], Job] = {}
        self._config: Config | None = None
        self._recorder = Recorder(self)

    def knows(self, qualname: str) -> bool:
        """See Framework."""
        return qualname.partition(".")[0] in self.modules or declare.is_decorator_name(qualname)

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """See Framework."""
        named = verb in ("send_task", "signature", "subtask", "partial")
        return of_call(call, owner=verb not in ("send_task", "partial"), named=named, lists=verb in names.LISTED)

    # --- values ------------------------------------------------------------------------------------------------

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework."""
        return evaluate.attribute(self, solver, owner, name)

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework."""
        return evaluate.call(self, solver, callee, node, env)

    def knows_all_names(self) -> bool:
        """See Framework."""
        return False

    def annotated_as(self, qualname: str) -> Value | None:
        """See Framework: an app."""
        return model.app() if qualname in names.APPS else None

    def decorate(self, solver: Solver, decorator: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """See Framework."""
        return declare.decorate(self, solver, decorator, filename, decl, cls)

    def class_job(self, solver: Solver, cls: ClassRef) -> Job | None:
        """See Framework."""
        return declare.class_job(self, solver, cls)

    def makes_jobs(self, solver: Solver, value: Value) -> bool:
        """See Framework."""
        return declare.makes_jobs(solver, value)

    def guess(self, solver: Solver, filename: str, name: str) -> Value | None:
        """See Framework: a name on which methods are called that only an app has, or that says so in a file about Celery."""
        data = solver.raw(filename) or b""
        used = re.search(rb"\b" + re.escape(name.encode()) + rb"\.(?:autodiscover_tasks|config_from_object)\s*\(", data)
        told = _APP_NAME.fullmatch(name) and _ABOUT_CELERY.search(data)
        return model.app() if used else model.app(custom=True) if told else None

    def pipe(self, solver: Solver, left: Value, right: Value, origin: Origin) -> Value | None:
        """See Framework."""
        return compose.pipe(solver, left, right, origin)

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """See Framework: the first parameter of a bound job is the job."""
        job = self.jobs.get((filename, decl.start))
        if job is None or not job.bound or index != 0 or job.cls is not None:
            return None
        return model.job(job)

    def performed_by(self, unit: Unit) -> list[Job]:
        """The jobs whose work a unit is."""
        place = (unit.filename, unit.offset)
        return [j for j in self.jobs.values() if j.function and (j.function.filename, j.function.start) == place]

    # --- registry ----------------------------------------------------------------------------------------------

    def config(self, solver: Solver) -> Config:
        """What the project's configuration says, read once."""
        if self._config is None:
            self._config = Config.read(solver)
        return self._config

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework."""
        self._recorder.record(solver, site, registry)

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """See Framework."""
        self._recorder.record_flow(solver, flow, registry)

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework."""
        self._recorder.finish(solver, registry)
