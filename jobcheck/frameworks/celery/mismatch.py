"""Celery: what happens when the arguments of an enqueue do not fit its job, by how it is enqueued.

Verified with Celery 5.7 (tests/facts/test_celery_signatures.py). The check at the call is made by `Task.apply_async` with the
signature of the decorated function; jobs that are classes, jobs under a wrapper with `*args`, `typing=False` and
`send_task` have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.frameworks.arguments import truth
from jobcheck.frameworks.celery import bases, retries

if TYPE_CHECKING:
    from jobcheck.registry import Enqueue, Job, Malformed
    from jobcheck.solve.solver import Solver

_WORKER = "the run fails in the worker with TypeError"
_ITEMS = ("map", "starmap", "chunks")


def outcome(solver: Solver, enqueue: Enqueue, job: Job) -> str:
    """What happens, as the end of a sentence."""
    if enqueue.form == "apply":
        return "the run fails with TypeError"
    if not checked(solver, enqueue, job):
        return _WORKER
    if enqueue.form == "beat":
        return "beat logs the TypeError and nothing is enqueued"
    if enqueue.form == "retry":
        return "the TypeError ends the job instead of a retry"
    if enqueue.form.endswith("_on_commit"):
        return "TypeError is raised after the commit and nothing is enqueued"
    if enqueue.sent:
        return "the call raises TypeError"
    if enqueue.follows:
        return "TypeError is raised in the worker, when the work before it is done"
    return "sending it raises TypeError"


def unseen(enqueue: Enqueue) -> str:
    """The same for what Celery's own check does not see: positional-only parameters given by name."""
    return "the run fails with TypeError" if enqueue.form == "apply" else _WORKER


def checked(solver: Solver, enqueue: Enqueue, job: Job) -> bool:
    """Whether Celery compares the arguments with the signature before it sends them."""
    if enqueue.form == "send_task" or enqueue.form in _ITEMS or job.cls is not None:
        return False
    typing = retries.declared(solver, job, "typing")
    if typing is not None and truth(typing) is not True:
        return False
    return not _wrapped(job)


def _wrapped(job: Job) -> bool:
    """Whether a decorator stands between function and job: its wrapper takes anything."""
    if job.decl is None or job.decorated is None:
        return False
    return any(d.start > job.decorated.start for d in job.decl.decorators)


_SPREADING = frozenset({"signature", "subtask", "retry", "apply", "beat"})


def malformed(found: list[Malformed], form: str) -> list[Malformed]:
    """Those of the wrong shapes that Celery does not take in this form, each with what happens then."""
    kept = []
    for wrong in found:
        wrong.happens = _shape_outcome(wrong, form)
        if wrong.happens:
            kept.append(wrong)
    return kept


def _shape_outcome(wrong: Malformed, form: str) -> str:
    if form in _SPREADING and wrong.parameter == "args":
        if wrong.what == "not-a-sequence":
            return ""
        if wrong.what == "string":
            return "each of its characters becomes an argument"
        if wrong.what == "mapping":
            return "its keys become the arguments"
        if wrong.what == "scalar":
            return "it is refused with TypeError or, a str, taken apart into characters"
    if form == "beat":
        return "beat logs the error and nothing is enqueued"
    if form == "retry":
        return "the TypeError ends the job instead of a retry"
    if form == "apply":
        return "the run fails with TypeError"
    if form.endswith("_on_commit"):
        return "TypeError is raised after the commit and nothing is enqueued"
    if form in ("signature", "subtask") and wrong.parameter == "kwargs":
        return "sending it raises TypeError"
    return "the call raises TypeError"


def rewritten(known: bases.Bases, solver: Solver, enqueue: Enqueue, job: Job) -> bool:
    """Whether arguments are changed before they are compared with the signature."""
    steps = () if enqueue.form in _ITEMS else bases.ENQUEUE_STEPS
    if not checked(solver, enqueue, job):
        steps = (*steps, *bases.RUN_STEPS)
    return known.rewrite(job, steps)
