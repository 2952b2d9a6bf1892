"""Frappe's documents: whether a job minds that it reads a document as it was before the transaction.

Frappe hands a job the document by its key, and most jobs only act on it: that they see an old `status` does no harm. A
document that is new is not there at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.solve.defs import dotted
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.reach import Visit
from jobcheck.solve.transactions.rows import Row

_NEW = frozenset({"create", "upsert"})
# How many calls down a read is sure enough to be reached.
_NEAREST = 1
_PARTS = frozenset({"db_set", "set_value"})


def minds(job: Job, row: Row, context: Context) -> bool:
    """Whether the job surely meets what the transaction writes: a new document, or a field of it that the job reads."""
    if row.act in _NEW:
        return True
    fields = _written(row.operation, context) if row.operation is not None else frozenset()
    if not fields or job.function is None:
        return False
    visits = list(context.solver.reach.of(job.function))
    fresh = [v for v in visits if _reloads(v)]
    near = visits[:1] if fresh else [v for v in visits if len(v.calls) <= _NEAREST]
    return any(_reads(visit, fields, fresh) for visit in near)


def _written(operation: Operation, context: Context) -> frozenset[str]:
    """The fields that a save or an update changes, as far as the function around it says: what was not committed before."""
    site = operation.site
    func = site.call.func
    if isinstance(func, ir.Attribute) and func.attr in _PARTS:
        return frozenset(_names(site.call, 2 if func.attr == "set_value" else 0))
    flow, record = site.unit.flow, dotted(operation.record) if operation.record is not None else ""
    if flow is None or not record:
        return frozenset()
    before = [s for s in flow.sites if s.call.end <= site.call.start]
    ended = [s.call.end for s in before if (o := context.solver.records.operation(s)) is not None and o.act == "commit"]
    return frozenset(
        w.target.attr
        for w in flow.writes
        if isinstance(w.target, ir.Attribute)
        and dotted(w.target.value) == record
        and max(ended, default=0) <= w.stmt.start <= site.call.start
    )


def _names(call: ir.Call, index: int) -> Iterator[str]:
    """`db_set("status", x)`, `db_set({"status": x})`."""
    plain = [a.value for a in call.args if a.keyword is None and not a.star]
    given = plain[index] if index < len(plain) else None
    if isinstance(given, ir.DictExpr):
        for item in given.items:
            if isinstance(item.key, ir.Constant) and isinstance(item.key.value, str):
                yield item.key.value
    elif isinstance(given, ir.Constant) and isinstance(given.value, str):
        yield given.value


def _reads(visit: Visit, fields: frozenset[str], fresh: list[Visit]) -> bool:
    """Whether a function reads one of the fields before it, or one of the `fresh` that it calls, reads the document again."""
    function = visit.unit.function
    if function is None:
        return False
    idle = {id(n) for s in walk(function.body) if isinstance(s, ir.ExprStmt) and isinstance(s.value, ir.Compare) for n in walk(s)}
    written = {id(w.target) for w in visit.flow.writes if not w.op} | idle
    again = [s.call.start for s in visit.flow.sites if _is_reload(s.call)]
    again += [first.call.start for v in fresh if (first := v.first) is not None]
    until = min(again, default=function.end)
    return any(
        isinstance(node, ir.Attribute) and node.attr in fields and node.start < until and id(node) not in written
        for node in walk(function.body)
    )


def _reloads(visit: Visit) -> bool:
    return any(_is_reload(site.call) for site in visit.flow.sites)


def _is_reload(call: ir.Call) -> bool:
    return isinstance(call.func, ir.Attribute) and call.func.attr == "reload"
