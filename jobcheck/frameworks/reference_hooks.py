"""The reference job API: what a job class says besides `perform`: callbacks, after commit, the prefix of its queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.frameworks.arguments import text
from jobcheck.registry import Deferred, Enqueue, Job, Option
from jobcheck.solve.kinds import UNKNOWN, FunctionRef, Literal, known

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# In the worker, on the object of the run. The callbacks of the enqueue run where the job is enqueued.
_IN_THE_WORKER = frozenset({"before_perform", "around_perform", "after_perform", "rescue_from", "after_discard"})


def _spelt(*names: str) -> frozenset[str]:
    return frozenset(f"jobcheck.runtime.{module}{name}" for name in names for module in ("", "callbacks.", "handlers."))


_SPELT = _spelt(*sorted(_IN_THE_WORKER))
_BEFORE, _AFTER = _spelt("before_perform"), _spelt("after_perform")


def hooks(solver: Solver, job: Job) -> None:
    """Note the methods that run around `perform`, as they are declared, those of bases too."""
    found = list(_hooks(solver, job))
    job.hooks = tuple(ref for ref, _ in found)
    job.before = tuple(ref for ref, names in found if names & _BEFORE)
    job.after = tuple(ref for ref, names in found if names & _AFTER)


def _hooks(solver: Solver, job: Job) -> Iterator[tuple[FunctionRef, frozenset[str]]]:
    """The methods, and how their decorators are called."""
    info = solver.classes.info(job.cls) if job.cls is not None else None
    for ancestor in info.ancestors if info is not None else ():
        above = solver.classes.info(ancestor)
        for decl in above.decl.functions if above is not None else ():
            assert above is not None
            names = frozenset(solver.decorator_name(above.filename, decorator) for decorator in decl.decorators) & _SPELT
            if names:
                yield FunctionRef(above.filename, decl.qualname, decl.start), names


def after_commit(enqueue: Enqueue) -> Deferred | None:
    """`enqueue_after_commit = True` on the job, or something that is not surely False."""
    said = [job.options.get("enqueue_after_commit") for job in enqueue.jobs]
    waits = next((option for option in said if option is not None and option.value.only != Literal(False)), None)
    return Deferred("after_commit", waits.origin) if waits is not None and None not in said else None


def prefix(job: Job) -> None:
    """Make the queue that the job names the one that it gets; nothing is left where that cannot be known."""
    queue, before = job.options.get("queue_as"), job.options.get("queue_name_prefix")
    if queue is None or before is None or before.value.only == Literal(None):
        return
    delimiter = job.options.get("queue_name_delimiter")
    parts = [text(before), text(delimiter) if delimiter is not None else "_", text(queue)]
    whole = None if None in parts else Literal("".join(part or "" for part in parts))
    job.options["queue_as"] = Option("queue_as", known(whole) if whole else UNKNOWN, queue.origin)
