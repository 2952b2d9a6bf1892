"""Why a job may be performed again for one message: what the declarations of its errors say, in any framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.arguments import literal
from jobcheck.registry import Cause, Handler, Job, Option, Registry, Retry
from jobcheck.solve.exceptions import named, of_value
from jobcheck.solve.kinds import ClassRef, Literal, Plain

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_ANY = (ClassRef("Exception"),)


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
    return Cause("retry", handler.origin, classes, is_open, shared=not within, form=handler.form)


def by_hand(solver: Solver, retry: Retry, form: str = "") -> Cause:
    """`self.retry()`, `raise Retry()`: in a handler for the errors that it takes, elsewhere for what the code finds."""
    around = retry.site.enclosing("handler")
    if around is None or not isinstance(around.part, ir.Handler):
        return Cause("by-hand", retry.origin, retry=retry, form=form)
    if around.part.type is None:
        return Cause("by-hand", retry.origin, open=True, retry=retry, form=form)
    errors = named(solver, around.part.type, around.env)
    return Cause("by-hand", retry.origin, errors.classes, errors.open, retry, form=form)


def of_option(job: Job, registry: Registry, name: str, framework: str | None, once: int = 0) -> list[Cause]:
    """`retries=3`, `retry=Retry(max=3)`: an option of the job, or of an enqueue of it, that asks for runs after any error.

    `framework` is the name of one that retries unasked: the option then says how often.
    `once` is the number that stands for no further run.
    """
    given = [job.options[name]] if name in job.options else []
    own = bool(given)
    enqueues = (e for e in registry.enqueues if name in e.options and not e.in_test and any(j is job for j in e.jobs))
    given += [enqueue.options[name] for enqueue in enqueues]
    found = [Cause("retry", o.origin, _ANY, form=f"{name}=") for o in given if not _none(o, once)]
    if framework is not None and not own:
        found.append(Cause("retry", job.decorated or job.origin, _ANY, shared=True, form=framework))
    return found


def _none(option: Option, once: int) -> bool:
    """Whether an option says that there are no further runs, or may say so: a wrapper's `retry=None` unless it is asked."""
    return any(kind in (Literal(0), Literal(None), Literal(False), Literal(once), Plain("none")) for kind in option.value.kinds())
