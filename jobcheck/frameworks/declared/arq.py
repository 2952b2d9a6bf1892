"""arq. Source: arq 0.28.0, installed and run (facts/FRAMEWORKS.md 5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Spec
from jobcheck.registry import Job, Registry
from jobcheck.solve.kinds import Function, Sequence, Value

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

OWN = frozenset("_job_id _queue_name _defer_until _defer_by _expires _job_try".split())
_ENQUEUE = Form("enqueue_job", "call", 0, ("function",), swallowed=OWN, awaited=True)
SPEC = Spec(
    name="arq",
    display="arq",
    modules=frozenset({"arq"}),
    seeds=frozenset({"enqueue_job", "arq"}),
    marks=(rb"\benqueue_job\b",),
    functions={
        "arq.func": Declares("func", leads=("coroutine", "name")),
        "arq.worker.func": Declares("func", leads=("coroutine", "name")),
        "arq.create_pool": Makes("pool"),
        "arq.connections.create_pool": Makes("pool"),
        "arq.ArqRedis": Makes("redis"),
        "arq.connections.ArqRedis": Makes("redis"),
    },
    attributes={"redis": {"enqueue_job": _ENQUEUE}, "pool": {"enqueue_job": _ENQUEUE}},
    makers=rb"func\s*\(",
    wire="arq-pickle",
    mismatch="the job fails in the worker with TypeError",
    guessed=frozenset({"enqueue_job"}),
    injected=1,
    named_by_string=True,
)


class Arq(DeclaredFramework):
    """arq: jobs are the functions that a worker's settings list; an enqueue names one by a string."""

    def __init__(self) -> None:
        super().__init__(SPEC)

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, the functions that worker settings list."""
        for filename in solver.callers.mentions.files("functions"):
            for value in _listed(solver, filename):
                for kind in value.kinds():
                    if isinstance(kind, Function) and kind.bound is None:
                        self.job_of(solver, kind.ref)
        super().finish(solver, registry)

    def names(self, job: Job) -> tuple[str, ...]:
        """A job is known by its function's name, unless it is given one."""
        said = arguments.text(job.options.get("name"))
        return (said or job.label,)


def _listed(solver: Solver, filename: str) -> Iterator[Value]:
    """The items of `functions = [...]` in classes and modules of a file that mentions arq or worker settings."""
    data = solver.raw(filename) or b""
    if b"arq" not in data and b"WorkerSettings" not in data:
        return
    shape = solver.project.shape(filename)
    for owner in (None, *shape.classes):
        ref = solver.classes.register(filename, owner) if owner is not None else None
        for assign in (owner or shape).assigns:
            if "functions" not in assign.names or assign.value is None:
                continue
            for kind in solver.expression(filename, *assign.value, cls=ref).kinds():
                if isinstance(kind, Sequence):
                    yield from kind.items if kind.items is not None else (kind.element,)
