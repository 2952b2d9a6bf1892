"""Enqueues in coroutines where the queue is a table that Django's ORM writes: Django refuses its database there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.registry import Enqueue
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_ALLOWED = "DJANGO_ALLOW_ASYNC_UNSAFE"
# What to await instead, for the forms that have such a thing.
_INSTEAD = {"enqueue": "aenqueue", "defer": "defer_async", "batch_defer": "batch_defer_async"}


def mark(solver: Solver, enqueues: Iterable[Enqueue]) -> None:
    """Say of each that stands in a coroutine what to write there."""
    inside = [e for e in enqueues if not e.immediate and e.sent and not e.unawaited and _in_coroutine(e.innermost)]
    if inside and not solver.callers.mentions.files(_ALLOWED):
        for enqueue in inside:
            enqueue.blocked = _INSTEAD.get(enqueue.form, f"sync_to_async({enqueue.form})")


def _in_coroutine(site: Site) -> bool:
    """Whether a call is made by the event loop: in the body of an async function, and in none inside of it."""
    function, func = site.unit.function, site.call.func
    if not isinstance(func, (ir.Name, ir.Attribute)):
        return False  # `sync_to_async(job.enqueue)(1)`
    return function is not None and function.is_async and not site.deferred and site.enclosing("def", "lambda") is None
