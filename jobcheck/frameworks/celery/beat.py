"""Celery: the entries of the beat schedule, which enqueue without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import mismatch, model, names
from jobcheck.registry import Argument, Enqueue, Registry, Schedule
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.flow import Site

if TYPE_CHECKING:
    from jobcheck.frameworks.celery.record import Recorder
    from jobcheck.solve.solver import Solver


def record(solver: Solver, recorder: Recorder, registry: Registry) -> None:
    """Add an enqueue for every readable entry of a beat schedule in the project."""
    for filename in solver.callers.mentions.any_of(names.BEAT_NAMES):
        for unit, stmt in solver.top_statements(filename):
            env = solver.flow(unit).entered.get(id(stmt))
            value = _schedule(stmt)
            if env is not None and value is not None:
                _entries(value, env, solver, registry, stmt)
    _name_crontabs(registry)


def _schedule(stmt: ir.Stmt) -> ir.DictExpr | None:
    """The dict of `beat_schedule = {...}`, `app.conf.beat_schedule = {...}`, `conf.update(beat_schedule={...})`."""
    if isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.DictExpr):
        for target in stmt.targets:
            if (dotted(target) or getattr(target, "id", "")).rsplit(".", 1)[-1] in names.BEAT_NAMES:
                return stmt.value
    if isinstance(stmt, ir.AnnAssign) and isinstance(stmt.value, ir.DictExpr) and isinstance(stmt.target, ir.Name):
        return stmt.value if stmt.target.id in names.BEAT_NAMES else None
    if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
        for arg in stmt.value.args:
            if arg.keyword in names.BEAT_NAMES and isinstance(arg.value, ir.DictExpr):
                return arg.value
    return None


def _entries(schedule: ir.DictExpr, env: Env, solver: Solver, registry: Registry, stmt: ir.Stmt) -> None:
    for item in schedule.items:
        if not isinstance(item.value, ir.DictExpr):
            continue
        parts = {key: i.value for i in item.value.items if (key := _text(i.key)) is not None}
        if "task" not in parts or "schedule" not in parts:
            continue
        if any(i.key is None for i in item.value.items):
            continue
        name = arguments.literal(solver.value(parts["task"], env))
        call = ir.Call(item.value.start, item.value.end, item.value, [])
        site = Site(call, env, None, "other", stmt, env.unit)
        made = Enqueue(model.NAME, "beat", site, env.unit.origin(item.value))
        made.job_name = name if isinstance(name, str) else None
        made.named = env.unit.origin(parts["task"])
        made.scheduled = True
        given = arguments.from_parts(solver, parts.get("args"), parts.get("kwargs"), env)
        made.arguments, made.malformed = given.arguments, mismatch.malformed(given.malformed, made.form)
        made.open_args, made.open_kwargs = given.open_args, given.open_kwargs
        registry.enqueues.append(made)
        entry(solver, registry, site, parts["schedule"], made.job_name, _text(item.key))


def entry(
    solver: Solver, registry: Registry, site: Site, schedule: ir.Expr, job_name: str | None, name: str | None
) -> None:
    """Note a periodic entry."""
    origin = site.unit.origin(schedule)
    given = Argument(solver.value(schedule, site.env), origin, "schedule", "", schedule)
    in_test = solver.is_test(origin.filename)
    registry.schedules.append(Schedule(model.NAME, "entry", origin, {"schedule": given}, job_name, name, in_test, site))


def _name_crontabs(registry: Registry) -> None:
    """Tell the cron expressions inside entries whose they are."""
    entries = [s for s in registry.schedules if s.form == "entry"]
    for schedule in registry.schedules:
        for whole in entries if schedule.form == "crontab" else ():
            inside = whole.origin.start <= schedule.origin.start and schedule.origin.end <= whole.origin.end
            if inside and whole.origin.filename == schedule.origin.filename:
                schedule.job_name, schedule.name = whole.job_name, whole.name


def _text(node: ir.Expr | None) -> str | None:
    return node.value if isinstance(node, ir.Constant) and isinstance(node.value, str) else None
