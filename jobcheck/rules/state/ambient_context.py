"""
## What it finds
Code that a job runs and that reads what is only there while a request is served: Flask's `request`, `g` and `current_app`,
the current user of django-crum and its like, the language or time zone that a middleware has activated, and the project's
own thread-locals and context variables that only a middleware or view sets. Also a thread that a job starts and that reads a
context variable, which a new thread does not inherit. With Odoo's queue_job: a key that the caller puts into the context of
the records (`with_context(no_upsert=True).with_delay()`), and that the job reads there.

## Why it matters
The worker is another process, and serves no request. What the caller had is not sent along: the job finds None, the default,
or, in a worker that does serve something else, another's value. Flask raises `RuntimeError: Working outside of request
context`; a tenant or user that is None filters nothing, or everything. In tests and with `task_always_eager` the job runs
within the request, and all is there.

Odoo's queue_job writes the records and few keys of their context into the message: `tz`, `lang`, `allowed_company_ids`,
`force_company` and `active_test`. A job that asks for another one gets None; where that is how it knows that it is the job,
it enqueues itself again, and again.

## Example
```python
@app.task
def export(report_id):
    report = Report.objects.get(pk=report_id)
    report.exported_by = get_current_user()
    report.save(update_fields=["exported_by"])
```

## Use instead
```python
@app.task
def export(report_id, user_id):
    report = Report.objects.get(pk=report_id)
    report.exported_by_id = user_id
    report.save(update_fields=["exported_by"])
```

## How to fix
Pass what the job needs as an argument. Where much code below it reads it, set it at the start of the run: in the task base
class's `__call__`, a decorator, or a `task_prerun` handler. With queue_job, `_job_prepare_context_before_enqueue_keys` of the
model `base` says what is kept. A thread takes it along with
`contextvars.copy_context().run`.

## Options
None.

## Known limits
Of Flask's objects nothing is said in a project that makes no Celery app, such as a library: the application whose worker
runs the jobs may push a context around each. The reference API sends Django's language and time zone along with the message,
so that its jobs may read them. Where the project sets the thing anywhere but in middleware and views, nothing is said of it,
and neither where the reading function tests what it gets. A key of an Odoo context is told where code of the project reads
it, and nothing where the project has its own say in what is kept. Calls are followed four levels down from the job.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state.entries import visits_of
from jobcheck.rules.state.forgotten import told
from jobcheck.rules.state.readings import Reading, Readings
from jobcheck.rules.state.threads import Started, started
from jobcheck.solve.reach import Visit

_FIX = "Pass it to the job as an argument, or set it at the start of the run (task base class, decorator, task_prerun)."
_THREAD_FIX = "Start it with `contextvars.copy_context().run`, or set the variable within the thread."


class AmbientContext(Rule):
    """JOB303."""

    code = "JOB303"
    severity = Severity.ERROR
    subject = Registry
    slow = 3

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        readings = Readings(context)
        yield from (told(self, found, context) for found in registry.forgotten)
        seen: set[object] = set()
        for job in sorted(registry.jobs, key=lambda job: job.key):
            if job.function is None or context.solver.is_test(job.filename):
                continue
            visits = visits_of(job, context)
            for reading in readings.of(visits):
                if reading.origin not in seen and not readings.may_be_set(reading, job.framework):
                    seen.add(reading.origin)
                    yield self._read(job, reading, context)
            for visit in visits:
                for thread in started(context, visit):
                    if thread.origin not in seen:
                        seen.add(thread.origin)
                        yield self._thread(job, visit, thread, context)

    def _read(self, job: Job, reading: Reading, context: Context) -> FindingBuilder:
        where = "" if reading.visit.call is None else f" (through `{reading.visit.ref.name}`)"
        builder = context.finding(
            self,
            reading.origin,
            f"`{job.label}` reads {reading.ambient.what}{where}: {reading.ambient.without}",
            confidence=Confidence.MEDIUM if reading.depth <= 2 else Confidence.LOW,
            job=job,
            subject=reading.name,
            how_to_fix=_FIX,
        )
        for call in reading.visit.calls:
            builder.relate(context.place(call.unit.origin(call.call)), "called from here")
        if reading.set_at is not None:
            builder.relate(context.place(reading.set_at), "it is set here")
        return builder

    def _thread(self, job: Job, visit: Visit, thread: Started, context: Context) -> FindingBuilder:
        builder = context.finding(
            self,
            thread.origin,
            f"`{job.label}` starts a thread that reads the context variable `{thread.name}`: a new thread does not inherit it",
            confidence=Confidence.MEDIUM,
            job=job,
            subject=thread.name,
            how_to_fix=_THREAD_FIX,
        )
        builder.relate(context.place(thread.read), f"`{thread.name}` is read here")
        for call in visit.calls:
            builder.relate(context.place(call.unit.origin(call.call)), "called from here")
        return builder
