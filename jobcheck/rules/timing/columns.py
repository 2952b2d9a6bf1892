"""Which fields of a row a transaction changes, and whether a job would see the difference."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.rules.timing import reads
from jobcheck.solve.kinds import ClassRef
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sites import Site
from jobcheck.solve.solver import Solver
from jobcheck.solve.sources import Source

# Methods of a record that change nothing of what it is saved with, or read it anew.
_PLAIN = frozenset({"save", "asave", "refresh_from_db", "arefresh_from_db", "full_clean", "delete"})


def unread(job: Job, operation: Operation | None, context: Context) -> bool:
    """Whether a write changes only fields that the job, and what it calls, is not seen to read, nor asks by, nor saves."""
    fields = changed(operation, context.solver) if operation is not None else None
    model = operation.model if operation is not None else None
    if not fields or model is None or job.function is None:
        return False
    asks = (r for r in reads.reads_of(job, context) if r.model is not None and reads.related(model, r.model, context.solver))
    if any(_bare(name) in fields for read in asks for name in read.fields):
        return False
    return not reads.minds(job, model, context, fields) and not _saves(job, model, context.solver)


def changed(operation: Operation, solver: Solver) -> frozenset[str] | None:
    """The fields that a save or an update of a row that was there changes; None where that is not seen."""
    if operation.model is None:
        return None
    known = solver.records.fields(operation.model)
    fields = operation.fields
    if fields is None:
        fields = _assigned(operation, solver) if operation.act == "save" else None
    if fields is None or not all(_bare(name) in known for name in fields):
        return None  # a property that is set may set anything
    # Saving sets the time, too; who is told which fields to save does that only for these.
    automatic = {f.name for f in known.values() if f.auto == "now"} if operation.fields is None else set()
    return frozenset(_bare(name) for name in fields) | automatic


def _assigned(operation: Operation, solver: Solver) -> frozenset[str] | None:
    """The attributes that the function gives the record; None where somebody else may set some."""
    site = operation.site
    if operation.record is None or site.unit.flow is None:
        return None
    record = solver.sources.of(operation.record, site.env)
    if any(s.call is not site.call and _handed(s, record, solver) for s in site.unit.flow.sites):
        return None
    written = [(w.target, w.env) for w in site.unit.flow.writes if isinstance(w.target, ir.Attribute)]
    found = {target.attr for target, env in written if solver.sources.same(solver.sources.of(target.value, env), record)}
    return frozenset(found) or None


def _handed(site: Site, record: Source, solver: Solver) -> bool:
    """Whether a call is handed the record, or is a method of it that may set something."""
    func = site.call.func
    given = [a.value for a in site.call.args]
    if isinstance(func, ir.Attribute) and func.attr not in _PLAIN:
        given.append(func.value)
    return any(solver.sources.same(solver.sources.of(n, site.env), record) for n in given if isinstance(n, ir.Name))


def _saves(job: Job, model: ClassRef, solver: Solver) -> bool:
    """Whether the job writes such a row back with all its fields: the old ones, too."""
    assert job.function is not None
    operations = (solver.records.operation(site) for visit in solver.reach.of(job.function) for site in visit.flow.sites)
    return any(
        o is not None and o.act == "save" and o.fields is None and (o.model is None or reads.related(model, o.model, solver))
        for o in operations
    )


def _bare(name: str) -> str:
    """The field of a name: `customer` of `customer_id`."""
    return name.removesuffix("_id")
