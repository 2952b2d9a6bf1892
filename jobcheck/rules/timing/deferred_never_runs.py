"""
## What it finds
A callback for `transaction.on_commit` that cannot run when it should: in an `atomic` block that always ends in an exception
or in `set_rollback(True)`, or registered on another database than the one whose transaction is open around it.

## Why it matters
Django drops the callbacks of a block that is rolled back, a savepoint's too, and says nothing. A callback for a database
without an open transaction runs at once: before the commit that it was to wait for. Tests in `TestCase` run no
callbacks at all unless they ask for them, and so show neither.

## Example
```python
with transaction.atomic(using="billing"):
    invoice = Invoice.objects.using("billing").create(order=order)
    transaction.on_commit(lambda: send_invoice.delay(invoice.pk))
```

## Use instead
```python
with transaction.atomic(using="billing"):
    invoice = Invoice.objects.using("billing").create(order=order)
    transaction.on_commit(lambda: send_invoice.delay(invoice.pk), using="billing")
```

## How to fix
Give `on_commit` the alias of the transaction. Enqueue what must happen after a rollback outside of the block.

## Options
None.

## Known limits
Only aliases that are written as text are compared. That an earlier callback raises and so drops the later ones (without
`robust=True`) is not looked for. Forms of other frameworks that ignore their commit mode (django-rq's `enqueue_at`,
`enqueue_in` and `enqueue_many`) come with those frameworks.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Callback, Enqueue
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.timing.closures import blocks
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import External, Literal
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Around, Site
from jobcheck.solve.transactions import Opening

_DEFAULT = "default"
_SET_ROLLBACK = "django.db.transaction.set_rollback"


class DeferredNeverRuns(Rule):
    """JOB507."""

    code = "JOB507"
    severity = Severity.ERROR
    subject = (Callback, Enqueue)

    def check(self, subject: Callback | Enqueue, context: Context) -> Iterator[FindingBuilder]:
        if subject.in_test or not _waits(subject):
            return
        openings = list(_openings(subject.site, context))
        for body in (*(a.node.body for a, _ in openings if isinstance(a.node, ir.With)), *_decorated(subject.site, context)):
            end = _rollback(body, subject.site, context)
            if end is not None:
                text = "never runs: the transaction around it is always rolled back, and its callbacks are dropped"
                builder = self._finding(subject, text, context)
                yield builder.relate(context.place(subject.site.unit.origin(end)), "it is rolled back here")
                return
        yield from self._elsewhere(subject, openings, context)

    def _elsewhere(
        self, subject: Callback | Enqueue, openings: list[tuple[Around, Opening]], context: Context
    ) -> Iterator[FindingBuilder]:
        """A callback on a database that has no transaction open here."""
        own = _alias(subject, context)
        others = [_alias_of(opening) for _, opening in openings]
        if own is None or not others or own in others or None in others:
            return
        text = f'waits for the database "{own}", and the transaction that is open here is on "{others[0]}": it runs at once'
        builder = self._finding(subject, text, context)
        yield builder.relate(context.place(openings[0][1].origin), "the transaction")

    def _finding(self, subject: Callback | Enqueue, text: str, context: Context) -> FindingBuilder:
        job = subject.jobs[0] if isinstance(subject, Enqueue) and len(subject.jobs) == 1 else None
        origin = subject.site.unit.origin(subject.site.call)
        return context.finding(self, origin, f"what is handed to `on_commit` here {text}", job=job, subject=text[:20])


def _waits(subject: Callback | Enqueue) -> bool:
    if isinstance(subject, Callback):
        return subject.what == "on_commit"
    return subject.deferred is not None and subject.deferred.how == "delay_on_commit"


def _openings(site: Site, context: Context) -> Iterator[tuple[Around, Opening]]:
    """The transactions of the same function around a place, the innermost first."""
    for around in chain(site.around):
        if around.role in ("def", "lambda"):
            return
        opening = context.solver.transactions.blocks.of_with(around)
        if opening is not None and opening.family == "django":
            yield around, opening


def _alias(subject: Callback | Enqueue, context: Context) -> str | None:
    """The database that a callback waits for; None when that cannot be read."""
    given = argument(subject.site.call, 1, "using") if isinstance(subject, Callback) else None
    if given is None:
        return _DEFAULT
    only = context.solver.value(given, subject.site.env).only
    if only == Literal(None):
        return _DEFAULT
    return only.value if isinstance(only, Literal) and isinstance(only.value, str) else None


def _alias_of(opening: Opening) -> str | None:
    """The database of a transaction; None when it is named and cannot be read, or a helper's."""
    if opening.how != "with":
        return None
    return opening.using if opening.named else _DEFAULT


# --- blocks that are always rolled back ----------------------------------------------------------------------------


def _decorated(site: Site, context: Context) -> Iterator[list[ir.Stmt]]:
    """The body of the function, when that is the block of a transaction."""
    function = site.unit.function
    if function is not None and not site.deferred and context.solver.transactions.blocks.of_function(site.unit) is not None:
        yield function.body


def _rollback(block: list[ir.Stmt], site: Site, context: Context) -> ir.Stmt | None:
    """What surely rolls back a block once the call in it has run."""
    for body, index in reversed(_path(block, site.call)):
        for later in body[index + 1 :]:
            if isinstance(later, ir.Raise) or _sets_rollback(later, site, context):
                return later
            if any(isinstance(n, (ir.Return, ir.Simple)) and _leaves(n) for n in walk(later, into_functions=False)):
                return None
        if isinstance(body[index], (ir.Return, ir.Raise)):
            return None
    return None


def _leaves(node: ir.Node) -> bool:
    return isinstance(node, ir.Return) or (isinstance(node, ir.Simple) and node.kind in ("break", "continue"))


def _sets_rollback(stmt: ir.Stmt, site: Site, context: Context) -> bool:
    """`transaction.set_rollback(True)`."""
    call = stmt.value if isinstance(stmt, ir.ExprStmt) else None
    if not isinstance(call, ir.Call) or context.solver.value(call.func, site.env).only != External(_SET_ROLLBACK):
        return False
    given = argument(call, 0, "rollback")
    return isinstance(given, ir.Constant) and given.value is True


def _path(body: list[ir.Stmt], node: ir.Node) -> list[tuple[list[ir.Stmt], int]]:
    """The blocks that lead to a node, outermost first; empty as soon as a `try` on the way may catch what is raised."""
    for index, part in enumerate(body):
        if not (part.start <= node.start and node.end <= part.end):
            continue
        if isinstance(part, (ir.Try, ir.FunctionDef, ir.ClassDef)):
            return [(body, index)]
        inner = next((found for block in blocks(part) if (found := _path(block, node))), [])
        return [(body, index), *inner]
    return []
