"""
## What it finds
A job that waits for the result of another job: `.get()`, `.join()`, `.wait()` or `.collect()` on a result, or a
`while` that asks for `.ready()`, inside the job's own function.

## Why it matters
The worker that waits does nothing else, and when all workers wait no one is left to do what they wait for: the queue
stands still. Celery therefore refuses: in a worker (prefork, threads or solo) the call raises `RuntimeError: Never
call result.get() within a task!`, also for `job.apply().get()`, whose result is there already. It is not seen in
tests, where jobs run in the calling process. With `disable_sync_subtasks=False` or `allow_join_result()` the call
waits, as a loop around `.ready()` does, and the standstill becomes possible.

## Example
```python
@app.task
def invoice(order_id):
    pdf = render_invoice.delay(order_id).get()
    mail(order_id, pdf)
```

## Use instead
```python
chain(render_invoice.s(order_id), mail_invoice.s(order_id))()
```

## How to fix
Let the second step be a job of its own and link it: `chain`, `chord`, `link=`, or enqueue it at the end of the first.
If the work is to be done right here, call the function: `render_invoice(order_id)`.

## Options
None.

## Known limits
Waiting in a helper that the job calls is not seen. Waiting that is allowed by name has low confidence, and is hidden
at default settings.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Job, Wait
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import performers

_FIX = "Link the next step to the job that is waited for (chain, chord, link=), or call its function here."
_HAPPENS = "In a worker it raises RuntimeError: Never call result.get() within a task!"


class WaitsForJob(Rule):
    """JOB407."""

    code = "JOB407"
    severity = Severity.ERROR
    subject = Wait

    def check(self, wait: Wait, context: Context) -> Iterator[FindingBuilder]:
        job = performers.job_of(context, wait.site.unit)
        if job is None or wait.in_test or _answers_at_once(wait) or wait.site.enclosing("lambda"):
            return
        if wait.allowed or wait.polling:
            yield self._stands_still(wait, job, context)
            return
        framework = context.display(job.framework)
        yield context.finding(
            self,
            wait.origin,
            f"`{job.label}` calls `.{wait.form}()` on the result of {_whose(wait)}, which {framework} refuses in a job",
            confidence=Confidence.MEDIUM if wait.site.deferred else Confidence.HIGH,
            job=job,
            subject=wait.form,
            what_happens=_HAPPENS,
            how_to_fix="Call the job's function itself, or read `.result`." if wait.immediate else _FIX,
        )

    def _stands_still(self, wait: Wait, job: Job, context: Context) -> FindingBuilder:
        return context.finding(
            self,
            wait.origin,
            f"`{job.label}` waits for {_whose(wait)}: its worker stands still, and when all wait so does the queue",
            confidence=Confidence.LOW if wait.allowed else Confidence.MEDIUM,
            severity=Severity.WARNING,
            job=job,
            subject=wait.form,
            how_to_fix=_FIX,
        )


def _whose(wait: Wait) -> str:
    return f"`{wait.jobs[0].label}`" if len(wait.jobs) == 1 else "another job"


def _answers_at_once(wait: Wait) -> bool:
    """Whether the jobs keep no result: then Celery answers None without waiting, or raising."""
    return bool(wait.jobs) and not wait.immediate and not wait.polling and all(_keeps_none(job) for job in wait.jobs)


def _keeps_none(job: Job) -> bool:
    option = job.options.get("ignore_result")
    return option is not None and getattr(option.value.only, "value", None) is True
