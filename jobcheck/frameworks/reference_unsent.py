"""The reference job API: jobs that are configured or built and dropped, and verbs that are never called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.registry import Job, Registry, Unsent
from jobcheck.solve.flow import Exit, Flow, Site
from jobcheck.solve.kinds import ClassObject, FrameworkValue

if TYPE_CHECKING:
    from jobcheck.frameworks.reference import Reference
    from jobcheck.solve.solver import Solver

NAME = "reference"


def record(reference: Reference, solver: Solver, flow: Flow, registry: Registry) -> None:
    """Add what one function builds and drops."""
    in_test = solver.is_test(flow.unit.filename)
    for site in flow.sites:
        found = _built(reference, solver, site) if site.usage == "dropped" and _may_build(site.call.func) else None
        if found is not None:
            registry.unsent.append(Unsent(NAME, found[0], flow.unit.origin(site.call), (found[1],), in_test))
    for bare in flow.bare:
        job = _named(reference, solver, bare)
        if bare.node is not None and job is not None:
            registry.unsent.append(Unsent(NAME, "method", flow.unit.origin(bare.node), (job,), in_test))


def _may_build(func: ir.Expr) -> bool:
    """Whether a callee is spelt like a class or a `set`: a cheap look before anything is solved."""
    name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    return name == "set" or isinstance(func, ir.Name) or name[:1].isupper()


def _built(reference: Reference, solver: Solver, site: Site) -> tuple[str, Job] | None:
    """What a dropped call makes: `ChargeOrder.set(wait=60)`, `ChargeOrder(7)`."""
    only = solver.value(site.call.func, site.env).only
    if isinstance(only, ClassObject) and only.cls.filename is not None:
        job = reference.class_job(solver, only.cls)
        return ("job", job) if job else None
    made = solver.value(site.call, site.env).only
    if isinstance(made, FrameworkValue) and (made.framework, made.role) == (NAME, "configured"):
        return ("configured", made.data) if isinstance(made.data, Job) else None
    return None


def _named(reference: Reference, solver: Solver, bare: Exit) -> Job | None:
    """The job of `ChargeOrder.perform_later` without brackets."""
    only = solver.value(bare.node, bare.env).only if bare.node is not None else None
    found = reference.verb_of(only) if only is not None else None
    return found[0] if found and found[1].startswith("perform") else None
