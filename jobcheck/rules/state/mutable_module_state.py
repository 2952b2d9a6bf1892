"""
## What it finds
A module-level dict, list, set or rebound `global` that code serving requests changes and a job reads, or that a job changes
and code serving requests reads.

## Why it matters
The web process and the worker each import the module and each have their own copy; workers with several processes have
one each. What a view puts in is never seen by the job, and the progress that a job writes is never seen by the view: both see
what was there at import. In tests and with jobs that run eagerly there is one process, and it works.

## Example
```python
PROGRESS = {}

@app.task
def export(report_id):
    PROGRESS[report_id] = 50

def progress(request, report_id):
    return JsonResponse({"done": PROGRESS.get(report_id, 0)})
```

## Use instead
```python
    cache.set(f"export-{report_id}", 50)
```

## How to fix
Pass what the job needs as an argument. What processes share belongs in the database, the cache or Redis.

## Options
None.

## Known limits
Constants, registries that are filled at import, and caches that each process fills for itself are no such state, and quiet.
Code counts as serving requests where it is a view, a middleware, or called from nothing else. Attributes of classes are not
looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state.entries import visits_of
from jobcheck.rules.state.module_names import Mention, hands_out, mentions, registers
from jobcheck.rules.state.web import serves
from jobcheck.solve.kinds import Origin
from jobcheck.solve.reach import Visit
from jobcheck.solve.units import Unit


class MutableModuleState(Rule):
    """JOB302."""

    code = "JOB302"
    severity = Severity.ERROR
    subject = Registry
    slow = 2

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        jobs = [j for j in registry.jobs if j.apart and j.function is not None and not context.solver.is_test(j.filename)]
        run: dict[tuple[str, int], tuple[Job, Visit]] = {}
        for job in sorted(jobs, key=lambda job: job.key):
            for visit in visits_of(job, context):
                run.setdefault((visit.unit.filename, visit.unit.offset), (job, visit))
        seen: set[tuple[Origin, bool]] = set()
        for job, visit in run.values():
            for mention in mentions(context, visit.unit):
                if (mention.declared, mention.changes) in seen or (mention.changes and hands_out(visit.unit, mention)):
                    continue
                found = self._other(mention, run, context)
                if found is not None:
                    seen.add((mention.declared, mention.changes))
                    yield self._finding(job, visit, mention, found, context)

    def _other(
        self, mention: Mention, run: dict[tuple[str, int], tuple[Job, Visit]], context: Context
    ) -> tuple[Unit, Mention] | None:
        """The other end, in code that serves requests: a change for a read, a read for a change."""
        found = self._others(mention, context)
        outside = [(u, m) for u, m in found if (u.filename, u.offset) not in run and m.changes != mention.changes]
        if not outside or any(m.changes and registers(context, u) for u, m in found):
            return None
        return next(((u, m) for u, m in outside if serves(context, u)), None)

    def _others(self, mention: Mention, context: Context) -> list[tuple[Unit, Mention]]:
        """Every use of the same name by functions of the project."""
        units = context.solver.callers.units_mentioning(mention.name) or []
        return [(u, m) for u in units for m in mentions(context, u) if m.declared == mention.declared]

    def _finding(self, job: Job, visit: Visit, mention: Mention, other: tuple[Unit, Mention], context: Context) -> FindingBuilder:
        unit, found = other
        name, there = mention.name, unit.qualname
        if mention.changes:
            text = f"`{job.label}` changes `{name}`, and `{there}` reads it in another process, which has its own copy"
        else:
            text = f"`{job.label}` reads `{name}`, which `{there}` changes in another process: the worker has its own copy"
        builder = context.finding(
            self,
            mention.origin,
            text,
            confidence=Confidence.HIGH if visit.call is None else Confidence.MEDIUM,
            job=job,
            subject=name,
            how_to_fix="Pass it as an argument, or keep it where processes can share it: the database, the cache, Redis.",
        )
        builder.relate(context.place(found.origin), f"`{name}` is {'read' if mention.changes else 'changed'} here")
        builder.relate(context.place(mention.declared), "it is declared here")
        for call in visit.calls:
            builder.relate(context.place(call.unit.origin(call.call)), "called from here")
        return builder
