"""
## What it finds
An attribute of the job's object that is set where the job is made or enqueued and read where it runs, and a container of
a job's class that each run adds to and reads.

## Why it matters
The object does not cross the queue. In Celery there is one object for each job in each process, made at import: what the
web process sets on its own never reaches the worker's, and what one run leaves in it the next run of that process finds.
On the reference API the worker makes a new object of the message, which holds the arguments and nothing else: the
attribute is missing there, or has the class's default.

## Example
```python
class Export(Job):
    def perform(self, report_id):
        mail(self.address, build(report_id))

def export(request, report_id):
    job = Export(report_id)
    job.address = request.user.email
    job.enqueue()
```

## Use instead
```python
class Export(Job):
    def perform(self, report_id, address):
        mail(address, build(report_id))
```

## How to fix
Pass the value as an argument. What one run collects belongs in a local variable.

## Options
None.

## Known limits
What the framework itself keeps on the object is left alone, and so are attributes that the run sets before it reads them,
and caches of connections and the like, which a job fills once for its process.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Enqueue, Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state import instances
from jobcheck.rules.state.instances import Run, Use
from jobcheck.solve.kinds import Origin

_FIX = "Pass the value to the job as an argument."


class InstanceState(Rule):
    """JOB304."""

    code = "JOB304"
    severity = Severity.ERROR
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        for job in sorted((job for job in registry.jobs if job.apart), key=lambda job: job.key):
            if job.function is None or not job.bound or context.solver.is_test(job.filename):
                continue
            run = instances.run_of(job, context)
            sent = [e for e in registry.enqueues if job in e.jobs and not e.in_test and not e.immediate]
            yield from self._set_before(job, run, sent, context)
            yield from self._left_behind(job, run, context)

    def _set_before(self, job: Job, run: Run, sent: list[Enqueue], context: Context) -> Iterator[FindingBuilder]:
        seen: set[Origin] = set()
        uses = [use for enqueue in sent for use in instances.set_before(job, enqueue, context)]
        uses += [use for _, use in instances.set_when_made(job, context)] if sent else []
        for use in uses:
            read = run.reads.get(use.name) or run.changes.get(use.name)
            if read is not None and use.name not in run.sets and use.origin not in seen:
                seen.add(use.origin)
                yield self._lost(job, use, read, context)

    def _lost(self, job: Job, use: Use, read: Use, context: Context) -> FindingBuilder:
        builder = context.finding(
            self,
            use.origin,
            f"`{use.name}` is set on the object of `{job.label}`, which does not cross the queue: the run reads another object's",
            job=job,
            subject=use.name,
            how_to_fix=_FIX,
        )
        return builder.relate(context.place(read.origin), f"the run reads `{use.name}` here")

    def _left_behind(self, job: Job, run: Run, context: Context) -> Iterator[FindingBuilder]:
        """What one run adds and the next one finds."""
        for name, use in run.changes.items() if job.framework != "reference" else ():
            kept = instances.kept(job, name, context)
            if kept is None or name in run.sets or name not in run.reads or "cache" in name.lower():
                continue
            builder = context.finding(
                self,
                use.origin,
                f"`{job.label}` adds to `{name}` of its object, which is one for all runs in a process: the next run finds it",
                confidence=Confidence.MEDIUM,
                job=job,
                subject=name,
                how_to_fix="Collect in a local variable, or empty it at the start of each run.",
            )
            builder.relate(context.place(kept), "it is made here, once")
            yield builder.relate(context.place(run.reads[name].origin), "it is read here")
