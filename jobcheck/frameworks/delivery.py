"""Why a job may be performed again for one message: what the declarations of its errors say, in any framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.frameworks.arguments import literal
from jobcheck.registry import Cause, Handler, Job
from jobcheck.solve.exceptions import of_value

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def of_handlers(solver: Solver, job: Job) -> list[Cause]:
    """`autoretry_for`, `retry_on`: the errors that lead to another run."""
    return [found for h in job.handlers if h.what == "retry" for found in [_of_handler(job, h)] if found is not None]


def _of_handler(job: Job, handler: Handler) -> Cause | None:
    attempts = handler.options.get("attempts")
    if attempts is not None and literal(attempts.value) == 1:
        return None  # it counts the first run
    parts = [of_value(error.value, error.node) for error in handler.errors]
    classes = tuple(c for part in parts for c in part.classes)
    is_open = handler.open or any(part.open for part in parts)
    if not classes and not is_open:
        return None
    within = handler.origin.filename == job.filename
    return Cause("retry", handler.origin, classes, is_open, shared=not within)
