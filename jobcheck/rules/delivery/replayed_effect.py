"""
## What it finds
A job that does something which the world outside notices, and may fail after it, where that failure runs the whole
job again: the mail, the payment, the message, the request, the row is there twice. Also a list that is sent one by
one in a job that is retried: when the fifth fails, the first four are sent again.

## Why it matters
A retry starts the job from its first line. Celery does so for the errors of `autoretry_for` and at `self.retry()`, the
reference API for those of `retry_on`, Odoo's queue_job and Frappe for an error of their own. What was sent before the
failure is not taken back, and with five retries a customer gets six mails, or is charged six times. Rows are taken back only
if one transaction holds them and the failure, as it does in jobs of those two.

## Example
```python
@app.task(autoretry_for=(requests.RequestException,), max_retries=5)
def confirm(order_id):
    order = Order.objects.get(pk=order_id)
    send_mail("Thank you", order.text(), None, [order.email])
    requests.post(WAREHOUSE, json={"order": order_id}).raise_for_status()
```

## Use instead
```python
@app.task(autoretry_for=(requests.RequestException,), max_retries=5)
def confirm(order_id):
    requests.put(f"{WAREHOUSE}/{order_id}").raise_for_status()
    mail_confirmation.delay(order_id)
```

## How to fix
Do what may fail first, or make each step a job of its own: for a list, one job for each item. Or leave a mark when it is
done and look at the mark first; give a payment an idempotency key; write rows with `get_or_create`. Where twice does no
harm, say so: `# jobcheck: idempotent -- reason`.

## Options
`idempotency-decorators` and `idempotency-options` name the project's own markers.

## Known limits
What may fail is said of calls to other machines and of errors that the project raises itself. That the database or the
broker fails just then has low confidence and is hidden at default settings. Calls of libraries that jobcheck does not
know have no effect and do not fail. A request whose answer is used is taken for a question. Of callbacks those are followed
that belong to each run: `before_perform`, `after_perform`, and Celery's `before_start`. What comes when a run has ended
(`link=`, `on_success`, `on_failure`, `after_discard`) repeats nothing. What is done only in the first run
(`self.request.retries`, `self.executions`) is guarded.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Job
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import telling
from jobcheck.rules.delivery.replays import NOTICED, UNLIKELY, Replay, of_job

_HAPPENS = "The next run starts at the job's first line and does it again."


class ReplayedEffect(Rule):
    """JOB402."""

    code = "JOB402"
    severity = Severity.WARNING
    subject = Job
    slow = 7

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        found = None if job.marker else first(job, context)
        if found is None or found.failure is None:
            return
        builder = context.finding(
            self,
            telling.place_of(found.effect),
            _message(job, found),
            confidence=_confidence(found),
            job=job,
            subject=found.effect.kind,
            what_happens=_HAPPENS,
            how_to_fix=telling.remedy(found),
        )
        telling.relate(builder, found, context)
        telling.relate_keyless(builder, _all(job, context), context)
        yield builder


def first(job: Job, context: Context) -> Replay | None:
    """The replay that a finding is about: one job is one finding."""
    return next(iter(_all(job, context)), None)


def _all(job: Job, context: Context) -> list[Replay]:
    found: list[Replay] = context.once(("replays", id(job)), lambda: of_job(job, context))
    return found


def _message(job: Job, found: Replay) -> str:
    again = telling.repeats(found.cause)
    does = telling.does(found.effect)
    if found.looped:
        return f"`{job.label}` {does} for one item after the other; when one fails, {again} starts again with the first"
    assert found.failure is not None
    if found.cause.origin == found.failure.origin:
        return f"`{job.label}` {does} and then asks for another run with {again}, which does it again"
    return f"`{job.label}` {does} again whenever {telling.fails(found.failure)} after it: {again} runs the whole job again"


def _confidence(found: Replay) -> Confidence:
    assert found.failure is not None
    effect, failure = found.effect, found.failure
    if effect.kind == "job" or (failure.kind in UNLIKELY and effect.kind != "payment"):
        return Confidence.LOW
    if effect.kind not in NOTICED:  # rows may be looked at, or taken back, further up than can be seen
        return Confidence.MEDIUM if telling.direct(effect) and not found.looped else Confidence.LOW
    asked = telling.direct(effect) and not found.cause.shared
    return Confidence.HIGH if asked and failure.kind in ("network", "raise") else Confidence.MEDIUM
