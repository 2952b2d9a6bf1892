"""Celery: the entries of the beat schedule, which enqueue without a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import mismatch, model, names
from jobcheck.registry import Argument, Enqueue, Registry, Schedule
from jobcheck.solve.defs import Env, dotted, statements
from jobcheck.solve.flow import Site

if TYPE_CHECKING:
    from jobcheck.frameworks.celery.record import Recorder
    from jobcheck.solve.solver import Solver


def record(solver: Solver, recorder: Recorder, registry: Registry) -> None:
    """Add an enqueue for every readable entry of a beat schedule in the project."""
    for filename in solver.callers.mentions.any_of(names.BEAT_NAMES):
        for unit, top in solver.top_statements(filename):
            for stmt in statements([top]):  # settings stand under `if DEBUG:` and `try:`, too
                env = solver.flow(unit).entered.get(id(stmt))
                for key, value in _schedule(stmt) if env is not None else ():
                    assert env is not None
                    _entry(key, value, env, solver, registry, stmt)
    _name_crontabs(registry)


def _schedule(stmt: ir.Stmt) -> Iterator[tuple[ir.Expr | None, ir.Expr]]:
    """The entries, by name, of `beat_schedule = {...}`, `app.conf.beat_schedule = {...}`, `conf.update(beat_schedule={...})`,
    `beat_schedule.update({...})`, and of `beat_schedule["name"] = {...}`."""
    whole: ir.Expr | None = None
    if isinstance(stmt, ir.Assign) and any(_is_schedule(target) for target in stmt.targets):
        whole = stmt.value
    elif isinstance(stmt, ir.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ir.Subscript):
        if _is_schedule(stmt.targets[0].value):
            yield stmt.targets[0].index, stmt.value
    elif isinstance(stmt, ir.AnnAssign) and _is_schedule(stmt.target):
        whole = stmt.value
    elif isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Call):
        whole = _updated(stmt.value)
    if isinstance(whole, ir.DictExpr):
        yield from ((item.key, item.value) for item in whole.items)


def _updated(call: ir.Call) -> ir.Expr | None:
    """What a call puts into the schedule."""
    func = call.func
    own = isinstance(func, ir.Attribute) and func.attr == "update" and _is_schedule(func.value)
    return next((a.value for a in call.args if a.keyword in names.BEAT_NAMES or (own and a.keyword is None and not a.star)), None)


def _is_schedule(target: ir.Expr) -> bool:
    return (dotted(target) or getattr(target, "id", "")).rpartition(".")[2] in names.BEAT_NAMES


def _entry(key: ir.Expr | None, value: ir.Expr, env: Env, solver: Solver, registry: Registry, stmt: ir.Stmt) -> None:
    if not isinstance(value, ir.DictExpr) or any(item.key is None for item in value.items):
        return
    parts = {part: item.value for item in value.items if (part := _text(item.key)) is not None}
    if "task" not in parts or "schedule" not in parts:
        return
    name = arguments.literal(solver.value(parts["task"], env))
    call = ir.Call(value.start, value.end, value, [])
    site = Site(call, env, None, "other", stmt, env.unit)
    made = Enqueue(model.NAME, "beat", site, env.unit.origin(value))
    made.job_name = name if isinstance(name, str) else None
    made.named = env.unit.origin(parts["task"])
    made.scheduled = True
    given = arguments.from_parts(solver, parts.get("args"), parts.get("kwargs"), env)
    made.arguments, made.malformed = given.arguments, mismatch.malformed(given.malformed, made.form)
    made.open_args, made.open_kwargs = given.open_args, given.open_kwargs
    registry.enqueues.append(made)
    entry(solver, registry, site, parts["schedule"], made.job_name, _text(key))


def entry(solver: Solver, registry: Registry, site: Site, schedule: ir.Expr, job_name: str | None, name: str | None) -> None:
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
