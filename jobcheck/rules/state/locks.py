"""Locks of rows that do not hold: another object is saved than the locked one, or the query never runs."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.rules.state import keys
from jobcheck.rules.state.rows import Row, Step, locks_around
from jobcheck.solve.defs import dotted, target_names
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import FrameworkValue
from jobcheck.solve.order import chain, may_precede
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.reach import Visit
from jobcheck.solve.solver import Solver


def stale_save(solver: Solver, row: Row) -> tuple[Site, Step] | None:
    """A lock of the same row by another query after this read, and the save of what was read before it."""
    if row.locked:
        return None
    for site in row.flow.sites:
        operation = solver.records.operation(site)
        if operation is not None and operation.act == "lock" and operation.record is None and _same_row(solver, operation, row):
            save = next((s for s in row.saves if _after(row, site, s) and not _compared(site, s)), None)
            if save is not None:
                return site, save
    return None


def _compared(lock: Site, save: Step) -> bool:
    """Whether the save stands under a test of the locked row: `if order.version == locked.version: order.save()`."""
    stmt = lock.stmt
    targets = stmt.targets if isinstance(stmt, ir.Assign) else []
    names = {name for target in targets for name in target_names(target)}
    tests = [a.node.test for a in chain(save.around) if a.role == "branch" and isinstance(a.node, ir.If)]
    return any(isinstance(node, ir.Name) and node.id in names for test in tests for node in walk(test))


def _same_row(solver: Solver, operation: Operation, row: Row) -> bool:
    key = keys.lookup_key(solver, operation) if operation.model == row.model else None
    if key is None:
        return False
    owner, own = keys.keyed(solver, key), keys.key_of(solver, row.source)
    if owner is not None and solver.sources.same(owner, row.source):
        return True
    return own is not None and solver.sources.same(key, own)


def _after(row: Row, lock: Site, save: Step) -> bool:
    """Whether the read comes before the lock and the save after it, with no other read of the row between."""
    if row.node.end > lock.call.start or save.operation is None or save.operation.act != "save":
        return False
    if not may_precede(lock.call, lock.around, save.node, save.around) or lock.call.end > save.node.start:
        return False
    return not any(may_precede(lock.call, lock.around, r.node, r.around) and r.precedes(save) for r in row.renewals)


def held(solver: Solver, visit: Visit) -> bool:
    """Whether some lock is taken on the way from the job to a function: around a call that leads to it, or by `acquire`."""
    if any(locks_around(solver, call.around) for call in visit.calls):
        return True
    flows = [visit.flow, *(call.unit.flow for call in visit.calls if call.unit.flow is not None)]
    return any(_acquires(site) for flow in flows for site in flow.sites)


def _acquires(site: Site) -> bool:
    func = site.call.func
    return isinstance(func, ir.Attribute) and func.attr in ("acquire", "aacquire") and "lock" in dotted(func.value).lower()


def never_run(solver: Solver, flow: Flow) -> Iterator[Site]:
    """`Order.objects.select_for_update().filter(...)` as a statement, or in a name that nothing reads."""
    unit = flow.unit
    if b"select_for_update" not in (solver.raw(unit.filename) or b""):
        return
    for site in flow.sites:
        locking = any(isinstance(n, ir.Attribute) and n.attr == "select_for_update" for n in walk(site.call))
        if locking and (site.usage == "dropped" or (site.usage == "assigned" and _unread(site))) and _is_query(solver, site):
            yield site


def _is_query(solver: Solver, site: Site) -> bool:
    only = solver.value(site.call, site.env).only
    return isinstance(only, FrameworkValue) and only.role == "queryset"


def _unread(site: Site) -> bool:
    """Whether the one name that is given the value is mentioned nowhere else in the function."""
    stmt, function = site.stmt, site.unit.function
    if function is None or not isinstance(stmt, ir.Assign) or stmt.value is not site.call:
        return False
    if len(stmt.targets) != 1 or not isinstance(stmt.targets[0], ir.Name):
        return False
    name = stmt.targets[0].id
    return sum(isinstance(n, ir.Name) and n.id == name for n in site.unit.nodes) == 1
