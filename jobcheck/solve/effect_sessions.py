"""Effects on rows of a session (SQLAlchemy): they are done when it is committed, and taken back when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.kinds import ClassRef, Instance
from jobcheck.solve.sites import Flow, Site, Write

if TYPE_CHECKING:
    from jobcheck.solve.effects import Effect
    from jobcheck.solve.solver import Solver


def settled(solver: Solver, flow: Flow, sites: list[Site], effects: list[Effect]) -> Iterator[Effect]:
    """The effects, those that wait for a commit moved to the commit that follows, with counters among them."""
    waiting = any(effect.pending for effect in effects)
    counted = [w for w in flow.writes if w.op in ("+", "-")]
    commits = [s for s in sites if _commits(solver, s)] if waiting or counted else []
    for effect in effects:
        commit = next((c for c in commits if c.call.start >= effect.site.call.end), None) if effect.pending else None
        yield effect if commit is None else replace(effect, site=commit, pending=False)
    for write in counted if commits else ():
        yield from _counter(solver, flow, write, commits)


def _commits(solver: Solver, site: Site) -> bool:
    operation = solver.records.operation(site)
    return operation is not None and operation.act == "commit"


def _counter(solver: Solver, flow: Flow, write: Write, commits: list[Site]) -> Iterator[Effect]:
    """`order.tries += 1`, and a commit behind it."""
    from jobcheck.solve.effects import Effect

    commit = next((c for c in commits if c.call.start >= write.stmt.end), None)
    model = _record(solver, write)
    if commit is None or model is None or not isinstance(write.target, ir.Attribute):
        return
    if isinstance(write.value, ir.Constant) and write.value.kind in ("int", "float"):
        what = f"{model.name}.{write.target.attr}"
        yield Effect("increment", True, commit, flow.unit.origin(write.stmt), what, model=model)


def _record(solver: Solver, write: Write) -> ClassRef | None:
    """The class of the session's record that an attribute is assigned on."""
    kinds = solver.value(write.target.value, write.env).kinds()
    found = next((k.cls for k in kinds if isinstance(k, Instance)), None)
    return found if found is not None and solver.classes.record(found) == "sqlalchemy" else None
