"""Celery: messages that are built and dropped, and `.delay` that is never called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.frameworks.celery import model, names
from jobcheck.registry import Job, Registry, Unsent
from jobcheck.solve.flow import Flow
from jobcheck.solve.kinds import FrameworkValue, Value

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_BUILDS = frozenset({"s", "si", "signature", "subtask", "chain", "group", "chord", "set", "clone", "map", "starmap", "chunks"})


def record(solver: Solver, flow: Flow, registry: Registry) -> None:
    """Add what one function builds and drops."""
    unit = flow.unit
    in_test = solver.is_test(unit.filename)
    for site in flow.sites:
        if site.usage != "dropped" or site.unit is not unit or _last(site.call.func) not in _BUILDS:
            continue
        found = _message(solver.value(site.call, site.env))
        # `sig.set(...)` alone changes the signature in place: that is no message.
        if found is not None and _last(site.call.func) not in ("set",):
            registry.unsent.append(Unsent(model.NAME, found[0], unit.origin(site.call), found[1], in_test))
    for pipe in flow.pipes:
        if pipe.usage == "dropped":
            found = _message(solver.value(pipe.node, pipe.env))
            if found is not None:
                registry.unsent.append(Unsent(model.NAME, "chain", unit.origin(pipe.node), found[1], in_test))
    for bare in flow.bare:
        assert bare.node is not None
        only = solver.value(bare.node, bare.env).only
        data = model.data_of(only, "method") if only is not None else None
        if isinstance(data, model.Bound) and data.verb in names.SENDING:
            job = model.data_of(data.owner, "job")
            jobs = (job,) if isinstance(job, Job) else ()
            registry.unsent.append(Unsent(model.NAME, "method", unit.origin(bare.node), jobs, in_test))


def _last(func: object) -> str:
    return getattr(func, "attr", None) or getattr(func, "id", "")


def _message(value: Value) -> tuple[str, tuple[Job, ...]] | None:
    only = value.only
    if not isinstance(only, FrameworkValue) or only.framework != model.NAME:
        return None
    if isinstance(only.data, model.Signature):
        return "signature", only.data.jobs
    if isinstance(only.data, model.Canvas):
        return only.data.what, ()
    return None
