"""
## What it finds
A job that is enqueued by a statement of a module or class body: importing the module enqueues it.

## Why it matters
Every process that imports the module enqueues the job once more: each web worker, each queue worker when it starts or
is recycled, each management command, a test run, an editor that inspects the code. When the broker cannot be reached
the import fails, and with it the whole program. Nobody sees it where there is one process.

## Example
```python
@app.task
def warm_cache(): ...

warm_cache.delay()
```

## Use instead
```python
@app.on_after_finalize.connect
def schedule(sender, **kwargs):
    sender.add_periodic_task(3600, warm_cache.s())
```

## How to fix
Enqueue in a function that is called when the work is there, or let the scheduler do it: `beat_schedule`,
`add_periodic_task`, the worker's `worker_ready` signal.

## Options
None.

## Known limits
Code under `if __name__ == "__main__":` is a script, and so is a file that declares no jobs and that no other file
imports: these are left alone. Functions that a module calls while it is imported are not followed, nor is
`AppConfig.ready()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.project.source import UnreadableSource
from jobcheck.registry import Enqueue
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.solve.flow import Around

_MADE_BY_CALL = frozenset({"beat"})


class EnqueueAtImport(Rule):
    """JOB505."""

    code = "JOB505"
    severity = Severity.ERROR
    subject = Enqueue

    def check(self, enqueue: Enqueue, context: Context) -> Iterator[FindingBuilder]:
        if not enqueue.sent or enqueue.follows or enqueue.immediate or enqueue.in_test or enqueue.form in _MADE_BY_CALL:
            return
        if enqueue.partial and enqueue.through:  # `partial(wrapper, job)`: it is enqueued when somebody calls that
            return
        site = enqueue.site
        if site.unit.function is not None or site.deferred or _guarded(site.around):
            return
        filename = site.unit.filename
        if not _imported(filename, context):
            return
        job = enqueue.jobs[0] if len(enqueue.jobs) == 1 else None
        name = job.label if job else enqueue.job_name or "a job"
        yield context.finding(
            self,
            enqueue.origin,
            f"importing this module enqueues `{name}`: every process that imports it does so once more",
            confidence=Confidence.HIGH,
            job=job,
            framework=enqueue.framework,
            what_happens="Each start of a worker, a web process or a command enqueues it; without a broker the import fails.",
            how_to_fix="Enqueue it in a function, or let the scheduler do it.",
        )


def _guarded(around: Around | None) -> bool:
    """Whether a statement only runs when the file is a program."""
    while around is not None:
        if around.role == "branch" and isinstance(around.node, ir.If) and _mentions_main(around.node.test):
            return True
        around = around.outer
    return False


def _mentions_main(test: ir.Expr) -> bool:
    """`__name__ == "__main__"`: nobody who imports the module comes here."""
    if isinstance(test, ir.BoolOp):
        return _mentions_main(test.left) or _mentions_main(test.right)
    return isinstance(test, ir.Compare) and isinstance(test.left, ir.Name) and test.left.id == "__name__"


def _imported(filename: str, context: Context) -> bool:
    """Whether the module is one that others import: it declares jobs, or a file of the project names it in an import."""
    if any(job.filename == filename for job in context.registry.jobs):
        return True
    project = context.solver.project
    module = project.module_name(filename)
    package, _, name = module.rpartition(".")
    for other in context.solver.callers.mentions.files(name) if name else ():
        if other != filename and _imports(other, module, package, name, context):
            return True
    return False


def _imports(filename: str, module: str, package: str, name: str, context: Context) -> bool:
    try:
        shape = context.solver.project.shape(filename)
    except UnreadableSource:
        return False
    return any(
        found.module == module or (found.module == package and found.name == name) or _relative(found.level, found.module, name)
        for found in shape.imports
    )


def _relative(level: int, module: str, name: str) -> bool:
    """`from .tasks import x`: a neighbour of that name is near enough to be taken for it."""
    return level > 0 and module.rpartition(".")[2] == name
