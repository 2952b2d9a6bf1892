"""
## What it finds
Words about retries that do not mean what they seem to. Celery: an error given by position (`self.retry(error)`) or as
text (`exc="..."`), keywords that `retry` does not have, `max_retries=None` where it is no "without limit",
`self.retry` without a call, code behind it that is never reached; in `autoretry_for` a class outside of a tuple,
text, instances, `SystemExit`; `retry_backoff` without `autoretry_for`. Celery and arq: runs that the job counts itself
(`self.request.retries < 10`, `ctx["job_try"] > 8`) up to more than the framework allows. Odoo's queue_job: a
`RetryableJobError` whose `seconds` are a timedelta or text. The reference API: `retry_on`
without errors, an unknown `wait`, `attempts` below 1.

## Why it matters
It shows when something fails, and then instead of the retry. `self.retry(error)` raises TypeError, for the first
parameter is `args`; so does `autoretry_for=("ValueError",)`, and with `autoretry_for=ValueError` the worker does not
even start. `retry(ex=error)` puts the error into the message, which cannot be encoded: the job is rejected and lost.
Text for `exc` is raised after the last run, as TypeError in place of the error that happened. `max_retries=None`
given to `retry()` or in `retry_kwargs` means the job's own limit, which is 3; a negative one means no retry.
`SystemExit` is retried, but after the last run it ends the worker's process. `retry_backoff` is about automatic
retries only: `self.retry()` does not look at it. A job that counts to ten under a limit of three retries (Celery) or five runs
(arq) is ended before: what it keeps for its last run is never done. queue_job cannot put off a job by a timedelta: it raises
TypeError, and the row of the job stays `started` until the runner takes the job for dead. The reference API refuses when the
module is imported.

## Example
```python
except Timeout as error:
    self.retry(error, delay=60)
    logger.warning("tried again")

@app.task(bind=True)
def export(self, order_id):
    if self.request.retries < 5:
        raise self.retry(countdown=60)
    give_up(order_id)
```

## Use instead
```python
except Timeout as error:
    logger.warning("trying again")
    raise self.retry(exc=error, countdown=60)

@app.task(bind=True, max_retries=5)
def export(self, order_id): ...
```

## How to fix
Give `retry` its arguments by their names: `exc=` the exception, `countdown=` seconds, `max_retries=` a number. Give
`autoretry_for` a tuple of exception classes.

## Options
None.

## Known limits
Values whose kinds are not known are not judged. Options that a base class's own `apply_async` or `retry` may take are
left alone. Runs counted by hand are told only with a number that is written out, in the job's own function, where the job
asks for the retry itself and its limit is seen; for arq the limit is the worker's, when all of them say the same.
One option of automatic retries that does nothing on more than three jobs is one finding, at the first of
them; the others are its related places.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from jobcheck.registry import Job, Registry
from jobcheck.rules import alike
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import counted, declarations, misuses, performers
from jobcheck.rules.delivery.misuse import Misuse


class RetryMisuse(Rule):
    """JOB405."""

    code = "JOB405"
    severity = Severity.ERROR
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        jobs = [job for job in sorted(registry.jobs, key=lambda j: j.key) if not context.solver.is_test(job.filename)]
        yield from alike.together(found for job in jobs for found in self._of_job(job, context))

    def _of_job(self, job: Job, context: Context) -> Iterator[tuple[Hashable, FindingBuilder]]:
        for misuse in self._misuses(job, context):
            builder = context.finding(
                self,
                misuse.origin,
                misuse.message,
                confidence=misuse.confidence,
                severity=misuse.severity,
                job=job,
                subject=misuse.what,
                what_happens=misuse.happens,
                how_to_fix=f"{misuse.fix}.",
            )
            if misuse.other is not None:
                builder.relate(context.place(misuse.other), "the retry")
            option = misuse.message.partition(" ")[0]
            yield (option if misuse.what == "idle" else misuse.origin), builder

    def _misuses(self, job: Job, context: Context) -> Iterator[Misuse]:
        for retry in performers.retries_of(context, job):
            yield from misuses.of_call(job, retry, context)
        for signal in context.registry.signals:
            if signal.job is job and signal.what == "method":
                yield misuses.uncalled(job, signal)
        yield from declarations.of_job(job, context)
        yield from counted.of_job(job, context)
