"""What in a job fails the same way however often it is tried: for endless-retry."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.registry import Job, Retry
from jobcheck.rules.base import Context
from jobcheck.solve.effects import Failure
from jobcheck.solve.kinds import Origin
from jobcheck.solve.order import chain

# Errors that say that something is wrong with what was given.
_WRONG = frozenset({
    "ValueError", "TypeError", "KeyError", "LookupError", "AttributeError", "NotImplementedError", "AssertionError",
})  # fmt: skip


def never(job: Job, retry: Retry | None, context: Context) -> tuple[Origin, str] | None:
    """A place at which a job fails for good, once it does, and what to say of it; of a retry by hand, one that leads to it."""
    if job.function is None:
        return None
    around = retry.site.enclosing("handler") if retry is not None else None
    for failure in context.solver.effects.of(job.function).failures:
        said = _says(failure)
        if said and (around is None or any(a.role == "try" and a.node is around.node for a in chain(failure.around))):
            return failure.origin, said
    return None


def _says(failure: Failure) -> str:
    if failure.kind == "gone":
        return "this raises whenever the row is gone, and it stays so"
    if failure.kind == "raise" and failure.errors & _WRONG:
        return "this is raised again in each run with the same arguments"
    call = failure.site.call.func if failure.site is not None else None
    if failure.kind == "network" and isinstance(call, ir.Attribute) and call.attr == "raise_for_status":
        return "this raises for a request that is refused, too"
    return ""
