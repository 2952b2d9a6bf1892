"""Celery: the entries of the beat schedule, which enqueue without a call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import model, names
from jobcheck.registry import Enqueue, Registry
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.flow import Site

if TYPE_CHECKING:
    from jobcheck.frameworks.celery.record import Recorder
    from jobcheck.solve.solver import Solver

_NAMES = re.compile(rb"\b(" + b"|".join(n.encode() for n in names.BEAT_NAMES) + rb")\b")


def record(solver: Solver, recorder: Recorder, registry: Registry) -> None:
    """Add an enqueue for every readable entry of a beat schedule in the project."""
    for filename in solver.project.filenames:
        if solver.is_test(filename) or not _NAMES.search(solver.raw(filename) or b""):
            continue
        for unit, stmt in solver.top_statements(filename):
            env = solver.flow(unit).entered.get(id(stmt))
            value = _schedule(stmt)
            if env is not None and value is not None:
                _entries(value, env, solver, registry, stmt)


def _schedule(stmt: ir.Stmt) -> ir.DictExpr | None:
    """The dict of `beat_schedule = {...}`, `app.conf.beat_schedule = {...}`, `conf.update(beat_schedule={...})`."""
    if isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.DictExpr):
        for target in stmt.targets:
            if (dotted(target) or getattr(target, "id", "")).rsplit(".", 1)[-1] in names.BEAT_NAMES:
                return stmt.value
    if isinstance(stmt, ir.AnnAssign) and isinstance(stmt.value, ir.DictExpr):
        if isinstance(stmt.target, ir.Name) and stmt.target.id in names.BEAT_NAMES:
            return stmt.value
    if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
        for arg in stmt.value.args:
            if arg.keyword in names.BEAT_NAMES and isinstance(arg.value, ir.DictExpr):
                return arg.value
    return None


def _entries(schedule: ir.DictExpr, env: Env, solver: Solver, registry: Registry, stmt: ir.Stmt) -> None:
    for item in schedule.items:
        if not isinstance(item.value, ir.DictExpr):
            continue
        parts = {
            i.key.value: i.value for i in item.value.items if isinstance(i.key, ir.Constant) and isinstance(i.key.value, str)
        }
        if "task" not in parts or "schedule" not in parts:
            continue
        if any(i.key is None for i in item.value.items):
            continue
        name = arguments.literal(solver.value(parts["task"], env))
        call = ir.Call(item.value.start, item.value.end, item.value, [])
        site = Site(call, env, None, "other", stmt, env.unit)
        made = Enqueue(model.NAME, "beat", site, env.unit.origin(item.value))
        made.job_name = name if isinstance(name, str) else None
        given = arguments.from_parts(solver, parts.get("args"), parts.get("kwargs"), env)
        made.arguments, made.malformed = given.arguments, given.malformed
        made.open_args, made.open_kwargs = given.open_args, given.open_kwargs
        registry.enqueues.append(made)
