"""
## What it finds
Two jobs that are registered under one name: the `name=` of one was copied to the other, or a function of a module has the
name of one above it.

## Why it matters
A message holds the name and nothing else that tells one job from another. Celery keeps one of the two, and which one may be
another in the next process: both names in the code then stand for that one, and whoever enqueues the one job has the other
performed, with arguments that were meant for the first (Celery 5.7 warns of it). TaskIQ keeps the
last one. Dramatiq, Huey and Procrastinate refuse the second one when its module is imported.

## Example
```python
@app.task(name="orders.remind")
def remind_buyer(order_id): ...

@app.task(name="orders.remind")
def remind_seller(order_id): ...
```

## Use instead
```python
@app.task(name="orders.remind_buyer")
def remind_buyer(order_id): ...

@app.task(name="orders.remind_seller")
def remind_seller(order_id): ...
```

## How to fix
Give the second one a name of its own. Remember the messages that are still in the queue, and the schedules and `send_task`
calls that mean it by the old name.

## Options
None.

## Known limits
Jobs of two apps, or of two programs in one repository, may share a name, so that those in different files have to be of one
app. Nothing is said of what stands under an `if` or `try`, nor of classes, nor of names that are computed.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.project.modules import Declared, candidates
from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.kinds import Literal, Origin

# The option that names a job, and what becomes of the second one of a name.
_OPTION = {"celery": "name", "taskiq": "task_name", "dramatiq": "actor_name", "huey": "name", "procrastinate": "name"}
_OUTCOME = {
    "celery": "Celery keeps one of them, and both names in the code stand for that one",
    "taskiq": "the worker keeps the one that is imported last",
    "dramatiq": "the import of the module fails with ValueError",
    "huey": "the import of the module fails with ValueError",
    "procrastinate": "the import of the module fails",
}
# Those that say nothing: only there two files of one program can hold a name for long.
_SILENT = frozenset({"celery", "taskiq"})
_SHARED = "shared_task"


class DuplicateName(Rule):
    """JOB605."""

    code = "JOB605"
    severity = Severity.ERROR
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        groups: dict[tuple[str, str, str], list[Job]] = {}
        # Where only one of two says its name, that is the one to be changed.
        for job in sorted(registry.jobs, key=lambda job: (_OPTION.get(job.framework, "") in job.options, job.key)):
            key = _registered(job, context)
            if key is not None:
                groups.setdefault(key, []).append(job)
        for (_, name, _), jobs in groups.items():
            for index, job in enumerate(jobs[1:], 1):
                first = next((other for other in jobs[:index] if _meet(other, job, context)), None)
                if first is not None:
                    yield self._finding(name, first, job, context)

    def _finding(self, name: str, first: Job, job: Job, context: Context) -> FindingBuilder:
        label = f"`{job.label}`" if job.label != first.label else f"a second `{job.label}`"
        builder = context.finding(
            self,
            _said(job),
            f"{label} is registered as `{name}`, as `{first.label}` is: {_OUTCOME[job.framework]}",
            confidence=Confidence.HIGH if first.filename == job.filename else Confidence.MEDIUM,
            job=job,
            subject=name,
            how_to_fix="Give it a name of its own.",
        )
        builder.relate(context.place(_said(first)), f"`{first.label}` has the name too")
        return builder


def _said(job: Job) -> Origin:
    """Where the name is written."""
    option = job.options.get(_OPTION[job.framework])
    return option.origin if option is not None and option.origin.filename == job.filename else job.origin


def _registered(job: Job, context: Context) -> tuple[str, str, str] | None:
    """What tells jobs of one name: framework, name, and the file where only two in one file can be meant."""
    if job.framework not in _OPTION or job.cls is not None or job.decl is None or job.decorated is None:
        return None
    if job.decl.conditional or job.unknown_options or context.solver.is_test(job.filename):
        return None
    option = job.options.get(_OPTION[job.framework])
    if option is None and job.framework == "celery":
        return job.framework, job.name, ""
    if option is None:
        return job.framework, job.label, job.filename
    only = option.value.only
    if not isinstance(only, Literal) or not isinstance(only.value, str):
        return None
    return job.framework, only.value, "" if job.framework in _SILENT else job.filename


def _meet(first: Job, job: Job, context: Context) -> bool:
    """Whether two jobs of a name are registered with one app."""
    given = any(_OPTION[other.framework] in other.options for other in (first, job))
    if first.origin == job.origin or (first.filename != job.filename and not given):
        return False  # that two files have one module name is a guess of ours
    apps = [_app(other, context) for other in (first, job)]
    if None in apps:
        return False
    if apps[0] == apps[1] and apps[0] != _SHARED:
        return True
    if _SHARED not in apps:
        return False
    root = context.solver.project.layout.import_root
    return first.filename == job.filename or root(first.filename) == root(job.filename)


def _app(job: Job, context: Context) -> object:
    """What a job is registered with: the declaration of an app, or all apps; None when that is not known."""
    own = job.decorated
    decorator = next((d for d in job.decl.decorators if own is not None and d.start == own.start), None) if job.decl else None
    if decorator is None:
        return None
    owner, _, last = decorator.dotted.rpartition(".")
    if last == _SHARED:
        return _SHARED
    if not owner:
        # `@actor`, `@db_task()`: the library's own registry.
        return last if job.framework not in _SILENT else None
    if job.framework not in _SILENT:
        return owner
    found = candidates(context.solver.project.resolve_prefix(job.filename, owner)[0])
    if len(found) != 1 or not isinstance(found[0], Declared):
        return None
    return found[0].filename, tuple(d.start for d in found[0].decls)
