"""Errors by which a job tells its framework to run it again: `raise RetryableJobError`, in it or below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import delivery
from jobcheck.registry import Argument, Cause, Job, Registry, Retry, Signal
from jobcheck.solve.exceptions import lineage, of_value
from jobcheck.solve.flow import Exit, Flow
from jobcheck.solve.kinds import ClassRef

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def settle(solver: Solver, job: Job, registry: Registry, error: str, names: tuple[str, ...]) -> None:
    """Add what leads to another run of a job that raises an error of that name, and where it says so.

    `error` is its canonical name (`solve.exceptions`), `names` are the parameters that it takes, in order.
    """
    unit = solver.function_unit(job.function) if job.function is not None else None
    short = error.rpartition(".")[2]
    if unit is None or unit.refused or not solver.callers.mentions.files(short):
        return
    found = _asked(solver, solver.flow(unit), job, registry, error, names)
    job.delivery = (*job.delivery, *found, Cause("raised", job.origin, (ClassRef(error),), form=short))


def _asked(solver: Solver, flow: Flow, job: Job, registry: Registry, error: str, names: tuple[str, ...]) -> Iterator[Cause]:
    """Its own `raise` statements, each an answer to what its handler took, or to what the code found."""
    for raised in flow.raises:
        if not _is(solver, raised, error):
            continue
        assert raised.node is not None
        origin = flow.unit.origin(raised.node)
        registry.signals.append(Signal(job.framework, error, raised, origin, job))
        site = next((s for s in flow.sites if s.call is raised.node), None)
        if site is not None:
            retry = Retry(job.framework, site, origin, job, _given(solver, raised, names), raises=False)
            registry.retries.append(retry)
            yield delivery.by_hand(solver, retry, error.rpartition(".")[2])


def _is(solver: Solver, raised: Exit, wanted: str) -> bool:
    node = raised.node.func if isinstance(raised.node, ir.Call) else raised.node
    classes = of_value(solver.value(node, raised.env), node).classes if node is not None else ()
    return any(wanted in lineage(solver, cls) for cls in classes)


def _given(solver: Solver, raised: Exit, names: tuple[str, ...]) -> dict[str, Argument]:
    assert isinstance(raised.node, ir.Call)
    found: dict[str, Argument] = {}
    for index, arg in enumerate(raised.node.args):
        name = arg.keyword or (names[index] if index < len(names) and not arg.star else None)
        if name is not None:
            origin = raised.env.unit.origin(arg.value)
            found[name] = Argument(solver.value(arg.value, raised.env), origin, name, "", arg.value)
    return found
