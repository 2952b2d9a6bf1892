"""Celery: messages that are built and dropped, and `.delay` that is never called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.celery import model, names
from jobcheck.registry import Job, Registry, Unsent
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import External, FrameworkValue, Value

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Not `set`, which changes a signature in place.
_COMPOSES = frozenset(name.rpartition(".")[2] for name in (*names.CANVAS, *names.SIGNATURES))
_BUILDS = frozenset({"s", "si", "signature", "subtask", "clone", "map", "starmap", "chunks"})


def record(solver: Solver, flow: Flow, registry: Registry) -> None:
    """Add what one function builds and drops."""
    unit = flow.unit
    in_test = solver.is_test(unit.filename)
    for site in flow.sites:
        if not _may_build(site.call.func):
            continue
        name = _unread_name(site)
        if (site.usage != "dropped" and name is None) or site.unit is not unit or not _builds(solver, site):
            continue
        found = _message(solver.value(site.call, site.env))
        if found is not None:
            registry.unsent.append(Unsent(model.NAME, found[0], unit.origin(site.call), found[1], in_test, name))
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


def _may_build(func: ir.Expr) -> bool:
    """Whether a callee is spelt so that it may make a message: a cheap look before anything is solved."""
    return isinstance(func, ir.Name) or (isinstance(func, ir.Attribute) and func.attr in _BUILDS | _COMPOSES)


def _unread_name(site: Site) -> str | None:
    """The local name that takes the value of a call and that nothing in the function mentions again."""
    stmt, function = site.stmt, site.unit.function
    if function is None or not isinstance(stmt, ir.Assign) or stmt.value is not site.call or len(stmt.targets) != 1:
        return None
    target = stmt.targets[0]
    if not isinstance(target, ir.Name) or target.id.startswith("_"):
        return None
    for node in site.unit.nodes:
        if type(node) is ir.Name and node is not target and node.id in (target.id, "locals", "vars", "exec", "eval"):
            return None
        if type(node) is ir.ScopeDecl and target.id in node.names:
            return None
    return target.id


def _builds(solver: Solver, site: Site) -> bool:
    """Whether the callee itself makes a message: a function that returns one may have sent it before."""
    callee = solver.value(site.call.func, site.env).only
    if isinstance(callee, External):
        return callee.qualname in names.CANVAS or callee.qualname in names.SIGNATURES
    data = model.data_of(callee, "method") if callee is not None else None
    return isinstance(data, model.Bound) and data.verb in _BUILDS


def _message(value: Value) -> tuple[str, tuple[Job, ...]] | None:
    only = value.only
    if not isinstance(only, FrameworkValue) or only.framework != model.NAME:
        return None
    if isinstance(only.data, model.Signature):
        return "signature", only.data.jobs
    if isinstance(only.data, model.Canvas):
        return only.data.what, ()
    return None
