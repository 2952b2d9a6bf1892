"""Celery: the queues of routes and beat entries, and those that a worker reads which is told none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import names
from jobcheck.frameworks.settings_text import literal_text, said
from jobcheck.registry import QueueUse
from jobcheck.solve.defs import Env, dotted

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_ROUTES = frozenset({"task_routes", "CELERY_TASK_ROUTES", "CELERY_ROUTES"})
_QUEUES = ("task_queues", "CELERY_TASK_QUEUES", "CELERY_QUEUES")
_DEFAULT = ("task_default_queue", "CELERY_TASK_DEFAULT_QUEUE", "CELERY_DEFAULT_QUEUE")
_FACTORY_DEFAULT = "celery"
# Names by which a program reads queues that no command names, or starts a worker itself.
BY_HAND = ("add_consumer", "worker_main", "WorkController", "worker_direct", "task_default_exchange", "queue_name_prefix")
_QUEUE = re.compile(rb"\bQueue\(\s*(?:name\s*=\s*)?[\"']([^\"'\n]+)[\"']")
_OWN = re.compile(rb"\bdef apply_async\b")
_OTHER = re.compile(rb"(?i)task_default_queue|default_routing_key")
_CALL = re.compile(rb"\bQueue\(")


def written(solver: Solver) -> Iterator[QueueUse]:
    """The queues that routes and beat entries name by a string."""
    for filename in solver.callers.mentions.any_of(_ROUTES | names.BEAT_NAMES):
        if solver.is_test(filename):
            continue
        for unit, stmt in solver.top_statements(filename):
            env = solver.flow(unit).entered.get(id(stmt))
            if env is None:
                continue
            for name, value in _settings(stmt):
                yield from _named(value, env, solver, "route" if name in _ROUTES else "entry")


def _settings(stmt: ir.Stmt) -> Iterator[tuple[str, ir.Expr]]:
    """The routes and schedules that a statement sets: `task_routes = ...`, `update(task_routes=...)`."""
    known = _ROUTES | names.BEAT_NAMES
    if isinstance(stmt, (ir.Assign, ir.AnnAssign)) and stmt.value is not None:
        for target in stmt.targets if isinstance(stmt, ir.Assign) else [stmt.target]:
            name = (dotted(target) or getattr(target, "id", "")).rsplit(".", 1)[-1]
            if name in known:
                yield name, stmt.value
    if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
        yield from ((arg.keyword, arg.value) for arg in stmt.value.args if arg.keyword in known)


def _named(value: ir.Expr, env: Env, solver: Solver, how: str) -> Iterator[QueueUse]:
    """Every `"queue": "name"` below an expression."""
    for node in walk(value):
        if isinstance(node, ir.DictItem) and isinstance(node.key, ir.Constant) and node.key.value == "queue":
            queue = arguments.literal(solver.value(node.value, env))
            if isinstance(queue, str) and queue:
                yield QueueUse("celery", queue, how, env.unit.origin(node))


def read_unasked(solver: Solver) -> frozenset[str] | None:
    """The queues of a worker without `-Q`: all that the settings declare, or else the default one."""
    declared: set[str] = set()
    for filename in solver.callers.mentions.any_of(_QUEUES):
        data = solver.raw(filename) or b""
        queues = {name.decode("utf-8", "replace") for name in _QUEUE.findall(data)}
        if len(_QUEUE.findall(data)) != len(_CALL.findall(data)) or not queues:
            return None
        declared |= queues
    default = default_queue(solver)
    return frozenset(declared) if declared else None if default is None else frozenset({default})


def default_queue(solver: Solver) -> str | None:
    """The queue of jobs that name none; None where it is not known."""
    texts = [literal_text(text) for name in _DEFAULT for text, _ in said(solver, name)]
    if not texts:
        return _FACTORY_DEFAULT
    return texts[0] if texts[0] is not None and len(set(texts)) == 1 else None


def routes(solver: Solver) -> bool:
    """Whether anything decides about the queue of a job that names none: routes, or a `Task.apply_async` of the project's."""
    if solver.callers.mentions.any_of(_ROUTES | {"route_for_task"}) or _other_default(solver):
        return True
    return any(_OWN.search(solver.raw(name) or b"") for name in solver.callers.mentions.files("apply_async"))


def _other_default(solver: Solver) -> bool:
    """Whether the default queue is named under a name that is not known here: of another namespace."""
    known = set(solver.callers.mentions.any_of(_DEFAULT))
    return any(_OTHER.search(solver.raw(name) or b"") for name in solver.project.filenames if name not in known)
