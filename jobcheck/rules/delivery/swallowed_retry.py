"""
## What it finds
A retry that the job itself swallows: `self.retry()`, or `raise Retry`, `Ignore`, `Reject`, queue_job's `RetryableJobError`
or Frappe's `RetryBackgroundJobError`, inside a `try` whose
broad `except` takes it and does not raise it again; a job with `autoretry_for` or `retry_on` whose whole body turns
failure into success; a soft time limit that a loop's `except Exception` takes for the failure of one item.

## Why it matters
Celery tells the worker what to do by exceptions, and they derive from `Exception`. When `self.retry()` raises, the
new message is on the queue already: swallowed, the run ends as a *success* and the job runs again all the same, so
links and chords go on too early, and when the retries are used up the failure is never seen. When the handler calls
`retry()` again there are two messages, then four, then eight. A swallowed `Ignore` or `Reject` is acknowledged as a
success. And errors that never leave the body are errors that `autoretry_for` never sees: there is no retry.

## Example
```python
try:
    if not ready(export_id):
        raise self.retry(countdown=30)
    publish(export_id)
except Exception:
    logger.exception("export failed")
```

## Use instead
```python
if not ready(export_id):
    raise self.retry(countdown=30)
try:
    publish(export_id)
except PublishError:
    logger.exception("export failed")
```

## How to fix
Ask for the retry outside of the `try`, or put `except Retry: raise` before the broad one. With `autoretry_for`, raise
again after logging.

## Options
None.

## Known limits
A retry that a helper asks for is not seen. A handler that looks at the type of what it took, or that names the
exception, is taken to know what it does.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Place
from jobcheck.registry import Handler, Job, Retry, Signal
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import catching, performers, whole_body
from jobcheck.rules.delivery.catching import Catch
from jobcheck.solve.kinds import Origin

_RETRY = "celery.exceptions.Retry"
_LIMIT = "celery.exceptions.SoftTimeLimitExceeded"
_FIX = "Let it through: `except Retry: raise` before the broad handler, or a `try` that holds less."
_FAIL = "Raise the error again after the handler's work, or catch only what needs no retry."
_STOP = "Put `except SoftTimeLimitExceeded: raise` before it."


class SwallowedRetry(Rule):
    """JOB404."""

    code = "JOB404"
    severity = Severity.ERROR
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        if context.solver.is_test(job.filename):
            return
        for retry in performers.retries_of(context, job):
            if retry.raises:
                yield from self._retry(job, retry, context)
        for signal in context.registry.signals:
            if signal.job is job and signal.what != "method":
                yield from self._signal(job, signal, context)
        for handler in job.handlers:
            if handler.what == "retry":
                yield from self._never_raised(job, handler, context)
        yield from self._time_limit(job, context)

    def _retry(self, job: Job, retry: Retry, context: Context) -> Iterator[FindingBuilder]:
        catch = catching.broad_catch(context, retry.site.env, retry.site.around, _RETRY)
        if catch is None:
            return
        raised = catch.handler is not None and any(isinstance(s, ir.Raise) for s in catch.handler.body)
        around = f"`{catch.spelling}` around this retry of `{job.label}`"
        if _retries_inside(job, catch, context):
            text = f"{around} takes it and retries again: two messages for one run"
            happens = "Each run that comes here puts two messages on the queue: 1, 2, 4, 8 runs."
        elif raised:
            text = f"{around} turns it into a failure, though the job runs again"
            happens = "The new message is sent before retry() raises; the run is then recorded as failed."
        else:
            text = f"{around} swallows it: the run ends as a success and runs again"
            happens = "The new message is sent before retry() raises; after the last one the failure is never seen."
        yield self._finding(job, retry.origin, (text, happens, _FIX), context).relate(*_taken(catch, context))

    def _signal(self, job: Job, signal: Signal, context: Context) -> Iterator[FindingBuilder]:
        catch = catching.broad_catch(context, signal.exit.env, signal.exit.around, signal.what)
        if catch is not None:
            name = signal.what.rpartition(".")[2]
            text = f"`{catch.spelling}` around `raise {name}` in `{job.label}` swallows it: the worker is never told"
            happens = "The run goes on after the handler, and what the worker stores and acknowledges is its outcome."
            yield self._finding(job, signal.origin, (text, happens, _FIX), context).relate(*_taken(catch, context))

    def _never_raised(self, job: Job, handler: Handler, context: Context) -> Iterator[FindingBuilder]:
        found = whole_body.swallows(job, handler, context)
        if found is not None:
            text = f"`{found.spelling}` takes every error of `{job.label}`, so its {handler.form} never sees one"
            happens = "The run ends as a success whatever happens, and is never retried."
            builder = self._finding(job, found.origin, (text, happens, _FAIL), context)
            yield builder.relate(context.place(handler.origin), "the retry is declared here")

    def _time_limit(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        option = job.options.get("soft_time_limit")
        if option is None or getattr(option.value.only, "value", None) is None:
            return
        for catch in whole_body.loop_catches(job, _LIMIT, context):
            text = f"`{catch.spelling}` takes the soft time limit of `{job.label}` for a failed item of the loop"
            happens = "SoftTimeLimitExceeded is raised once; the loop goes on until the hard limit kills it, if any."
            builder = self._finding(job, catch.origin, (text, happens, _STOP), context)
            builder.confidence = Confidence.MEDIUM
            yield builder.relate(context.place(option.origin), "the time limit is set here")

    def _finding(self, job: Job, origin: Origin, texts: tuple[str, str, str], context: Context) -> FindingBuilder:
        text, happens, fix = texts
        return context.finding(self, origin, text, job=job, what_happens=happens, how_to_fix=fix)


def _taken(catch: Catch, context: Context) -> tuple[Place, str]:
    return context.place(catch.origin), "it is taken here"


def _retries_inside(job: Job, catch: Catch, context: Context) -> bool:
    if catch.handler is None:
        return False
    inside = {id(node) for node in walk(catch.handler.body)}
    return any(id(retry.site.call) in inside for retry in performers.retries_of(context, job))
