"""Work that stands behind a retry and is never reached: for retry-misuse."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import Job, Retry
from jobcheck.rules.base import Context, Severity
from jobcheck.rules.delivery import catching
from jobcheck.rules.delivery.misuse import Misuse
from jobcheck.solve.defs import sub_statements


def behind(job: Job, retry: Retry, context: Context) -> Iterator[Misuse]:
    """Work that stands behind the retry in its own block."""
    stmt = retry.site.stmt
    if retry.site.usage not in ("dropped", "assigned") or retry.site.deferred or not _certain(stmt, retry.site.call):
        return
    found = catching.body(context, job)
    block = _block_of(found[2].body, stmt) if found is not None else []
    after = block[next((i for i, s in enumerate(block) if s is stmt), len(block)) + 1 :]
    dead = next((s for s in after if _works(s)), None)
    if dead is None:
        return
    origin = retry.site.unit.origin(dead)
    text = f"`{job.label}` never comes to this: retry() before it always raises"
    fix = "Move it before the retry; `raise self.retry(...)` says that nothing comes after"
    yield Misuse("unreachable", origin, text, "", fix, severity=Severity.WARNING, other=retry.origin)


def _certain(stmt: ir.Stmt, call: ir.Call) -> bool:
    """Whether a statement is nothing but the call: `self.retry()`, `x = self.retry()`."""
    return isinstance(stmt, (ir.ExprStmt, ir.Assign, ir.AnnAssign)) and stmt.value is call


def _block_of(body: list[ir.Stmt], wanted: ir.Stmt) -> list[ir.Stmt]:
    """The list of statements in which one stands."""
    pending = [body]
    while pending:
        block = pending.pop()
        if any(stmt is wanted for stmt in block):
            return block
        for stmt in block:
            pending.extend(_blocks(stmt))
    return []


def _blocks(stmt: ir.Stmt) -> Iterator[list[ir.Stmt]]:
    parts: list[ir.Handler | ir.Case | ir.Stmt] = [stmt]
    parts += stmt.handlers if isinstance(stmt, ir.Try) else stmt.cases if isinstance(stmt, ir.Match) else []
    for part in parts:
        for name in ("body", "orelse", "final"):
            block = getattr(part, name, None)
            if isinstance(block, list) and not isinstance(part, (ir.FunctionDef, ir.ClassDef)):
                yield block


def _works(stmt: ir.Stmt) -> bool:
    """Whether a statement does something: `return` and `raise` behind a retry only tell the reader that it ends."""
    if isinstance(stmt, (ir.Return, ir.Raise, ir.Simple, ir.FunctionDef, ir.ClassDef, ir.Import, ir.ImportFrom)):
        return False
    if isinstance(stmt, ir.ExprStmt):
        return isinstance(stmt.value, (ir.Call, ir.Await))
    return isinstance(stmt, (ir.Assign, ir.AugAssign)) or any(True for _ in sub_statements(stmt))
