"""
## What it finds
A module with jobs that no worker imports: neither the worker's own module nor anything that it imports does, and no list
of modules and no discovery of the framework's names it.

## Why it matters
A job is known to a worker once its module has been imported there. Celery logs `Received unregistered task` and drops the
message; Dramatiq raises ActorNotFound for it, again and again. The web process, where some view has imported the module,
enqueues without a complaint.

## Example
```python
# shop/celery.py
app = Celery("shop", include=["shop.orders.tasks"])

# shop/mail/jobs.py: nobody names or imports it
@app.task
def send_digest(): ...
```

## Use instead
```python
app = Celery("shop", include=["shop.orders.tasks", "shop.mail.jobs"])
```

## How to fix
Import the module where the others are imported, or add it to `include` or `imports`. `autodiscover_tasks()` looks for modules
called `tasks` and for no others: rename the module, or call it a second time with `related_name`.

## Options
None.

## Known limits
Celery and Dramatiq, where the app or the worker's module can be found. Imports in functions count, whether they are run or
not, and so does every string that is the module's name. Quiet for examples and scripts, and
where the project imports what it finds in a folder. That a
worker among several lacks a module which another one imports is not seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.frameworks import loading
from jobcheck.project.reached import imported
from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.kinds import Origin
from jobcheck.workers.search import workers

_OUTCOME = {
    "celery": "the worker drops its messages as those of an unregistered task",
    "dramatiq": "the worker fails with ActorNotFound on its messages",
}
# A file that imports so many modules with jobs, and holds none, is there to register them.
_A_LIST = 3
# What is there to be read, or to be run by hand.
_SHOWN = re.compile(r"(?:^|/)(?:examples?|samples?|demos?|docs?|scripts|benchmarks?|sandbox)/", re.IGNORECASE)


class UnregisteredModule(Rule):
    """JOB603."""

    code = "JOB603"
    severity = Severity.ERROR
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        for framework in _OUTCOME:
            jobs: dict[str, list[Job]] = {}
            for job in sorted(registry.jobs, key=lambda job: job.key):
                if job.framework == framework and _declared(job) and not context.solver.is_test(job.filename):
                    jobs.setdefault(job.filename, []).append(job)
            if len(jobs) > 1:
                yield from self._judge(framework, jobs, context)

    def _judge(self, framework: str, jobs: dict[str, list[Job]], context: Context) -> Iterator[FindingBuilder]:
        solver = context.solver
        found = context.once("workers", lambda: workers(solver.project, solver.is_test))
        commands = [c for c in found.found if c.framework == framework]
        if framework == "dramatiq" and (framework in found.unseen or not commands or any(not c.modules for c in commands)):
            return
        whole = framework not in found.unseen and all(c.modules for c in commands)
        named = [module for c in commands for module in c.modules or ()] if whole else []
        load = loading.by_celery if framework == "celery" else loading.by_dramatiq
        loaded = load(solver, set(jobs), named)
        absent = [filename for filename in jobs if filename not in loaded.files]
        # A project of which most is not reached is one that we do not understand.
        if loaded.unknown or len(absent) * 2 > len(jobs):
            return
        registers = _registers(set(jobs), loaded.files, context) if absent else None
        for filename in absent:
            yield self._finding(framework, jobs[filename], registers, context)

    def _finding(self, framework: str, jobs: list[Job], registers: Origin | None, context: Context) -> FindingBuilder:
        module = context.solver.project.module_name(jobs[0].filename)
        builder = context.finding(
            self,
            jobs[0].origin,
            f"no worker imports `{module}`: `{jobs[0].label}` is not known there, and {_OUTCOME[framework]}",
            confidence=Confidence.MEDIUM,
            job=jobs[0],
            subject=module,
            how_to_fix="Import the module where the worker imports the other ones.",
        )
        if registers is not None:
            builder.relate(context.place(registers), "other modules with jobs are imported here")
        return builder


def _declared(job: Job) -> bool:
    """Whether a decorator makes the job as soon as its module is imported, and somebody's worker should."""
    decorated = job.decorated is not None and job.decl is not None and not job.decl.conditional
    return decorated and _SHOWN.search(job.filename) is None


def _registers(modules: set[str], files: set[str], context: Context) -> Origin | None:
    """The imports of the file that imports most of the modules with jobs: there another one is missing."""
    project = context.solver.project
    counts: Counter[str] = Counter()
    for filename in sorted(files - modules):
        counts[filename] = len(modules & set(imported(project, filename)))
    best, most = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    if most < _A_LIST:
        return None
    imports = project.shape(best).imports
    return Origin(best, min(i.start for i in imports), max(i.end for i in imports)) if imports else None
