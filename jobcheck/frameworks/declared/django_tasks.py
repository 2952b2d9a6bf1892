"""Django Tasks: `django.tasks` of Django 6, and the backport django-tasks with its backends for a database and for RQ.

Source: django-tasks 0.12.0, Django 6.1.3, installed and run (facts/FRAMEWORKS.md 8; tests/facts/test_django_tasks.py).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.findings import Confidence
from jobcheck.frameworks.declared import contexts, coroutines
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Meaning, Spec
from jobcheck.registry import Enqueue, Job, Registry, Results

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

OPTIONS = frozenset("priority queue_name run_after backend".split())
_TASK = Declares("task")
_ENQUEUES: dict[str, Meaning] = {
    "enqueue": Form("enqueue"),
    "aenqueue": Form("aenqueue", awaited=True),
    "call": Form("call", immediate=True),
    "acall": Form("acall", immediate=True),
    "using": Makes("configured", configures=True),
}
SPEC = Spec(
    name="django-tasks",
    display="Django Tasks",
    modules=frozenset({"django.tasks", "django_tasks", "django_tasks_db", "django_tasks_rq"}),
    seeds=frozenset({"django.tasks", "django_tasks", ".enqueue(", ".aenqueue("}),
    marks=(rb"\.\s*(?:enqueue|aenqueue)\s*\(",),
    functions={f"{name}.task": _TASK for name in ("django.tasks", "django_tasks", "django.tasks.base", "django_tasks.base")},
    attributes={"job": _ENQUEUES, "configured": _ENQUEUES},
    context="takes_context",
    makers=rb"\btask\b",
    wire="django-tasks-immediate",
    mismatch="the job fails in the worker with TypeError",
    verb=".enqueue",
    callable=False,
)
_INVALID = "the module does not import, task() raises InvalidTask"
_BACKENDS = re.compile(rb"django_tasks(?:_db|_rq)?[\w.]*\.(DatabaseBackend|RQBackend)\b")
_WIRES = {"DatabaseBackend": ("django-tasks-db-sqlite", "django-tasks-db-postgres"), "RQBackend": ("django-tasks-rq",)}
# Up to here enqueues waited for the commit, unless told not to.
_ENQUEUES_AT_ONCE = (0, 10)


class DjangoTasks(DeclaredFramework):
    """Django Tasks: the setting TASKS says where messages go."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._backends: frozenset[str] | None = None

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; a backend stores what jobs return the way it stores arguments."""
        super().finish(solver, registry)
        for job in self.jobs.values():
            wires, confidence = self.wires(solver, job)
            job.results = Results(wires, confidence)
            job.misbound = contexts.misbound(job, "takes_context", _INVALID, "context")

        if self._named(solver) == {"DatabaseBackend"}:
            own = (e for e in registry.enqueues if e.framework == self.name and e.form == "enqueue")
            coroutines.mark(solver, (e for e in own if not e.open_options and not _elsewhere(e)))

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """Those of the backends that settings name. Every backend checks arguments as the immediate one does."""
        forced = solver.forced_wire(self.name)
        if forced:
            return (forced,), Confidence.HIGH
        named = tuple(wire for backend in sorted(self._named(solver)) for wire in _WIRES[backend])
        return (named, Confidence.HIGH) if named else ((SPEC.wire,), Confidence.HIGH)

    def transactional(self, solver: Solver, enqueue: Enqueue) -> bool:
        """Whether nobody sees the message before the commit: not so where it goes to RQ (the immediate backend performs it
        inside of the transaction, and another backend is not known)."""
        return "RQBackend" not in self._named(solver) or _waits(solver.versions.get("django-tasks", ""))

    def _named(self, solver: Solver) -> frozenset[str]:
        """The backends that the project's settings name."""
        if self._backends is None:
            files = [f for name in _WIRES for f in solver.callers.mentions.files(name) if not solver.is_test(f)]
            found = (match.decode() for f in files for match in _BACKENDS.findall(solver.raw(f) or b""))
            self._backends = frozenset(found)
        return self._backends


def _elsewhere(enqueue: Enqueue) -> bool:
    """Whether a backend is asked for by its name."""
    return "backend" in enqueue.options or any("backend" in job.options for job in enqueue.jobs)


def _waits(version: str) -> bool:
    """Whether a version of the backport enqueues on commit."""
    parts = version.split(".")[:2]
    return len(parts) == len(_ENQUEUES_AT_ONCE) and all(p.isdigit() for p in parts) and tuple(map(int, parts)) < _ENQUEUES_AT_ONCE
