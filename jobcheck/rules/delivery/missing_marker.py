"""
## What it finds
A job that moves money, and is retried on errors by which only the *answer* may be lost: a timeout, a broken connection.
And a job that sends mail or messages, or moves money, and is given back to the queue when its worker is lost. In both,
nothing is seen that keeps the effect from being done twice: no idempotency key, no look at what was done already, no
lock, no marker.

## Why it matters
A timeout says nothing about what the other side has done. The charge may be booked while the job, which got no answer,
is performed again and charges a second time. With Celery's `acks_late` and `reject_on_worker_lost` a job is performed
again whenever its worker is killed, from the first line and without limit (`acks_late` alone does not do that); a mail
that had been sent is sent again. Odoo's queue_job does so unasked, as often as `max_retries` says: its runner looks for
jobs that are started and that no worker holds. A job that may run twice must be one that can.

## Example
```python
@retry_on(TimeoutError, attempts=5)
class ChargeOrder(Job):
    def perform(self, order_id):
        order = load(order_id)
        stripe.PaymentIntent.create(amount=order.total, customer=order.customer)
```

## Use instead
```python
@retry_on(TimeoutError, attempts=5)
class ChargeOrder(Job):
    def perform(self, order_id):
        order = load(order_id)
        stripe.PaymentIntent.create(amount=order.total, customer=order.customer, idempotency_key=f"order-{order_id}")
```

## How to fix
Give the other side a key that is the same in every run (made from the job's arguments, never from the clock), or note
what was done and look at the note first. Where twice does no harm, say so, with the reason:
`# jobcheck: idempotent -- reason` on the job, or `@idempotent("reason")` from the runtime.

## Options
`idempotency-decorators` and `idempotency-options` name the project's own markers.

## Known limits
Where a failure behind the effect is seen, replayed-effect (JOB402) tells the story instead. A mail that is the last thing
a job does is not reported for the job's own retries: they are there because sending failed. A key that is a parameter, None
unless it is given, guards only the calls that give one. A key in the body of a request counts as one among its headers.
A mark that is set after money was moved guards against what fails after the mark. A setting that holds for all jobs
counts for payments only.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Job
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import telling
from jobcheck.rules.delivery.replayed_effect import first
from jobcheck.rules.delivery.replays import Replay


class MissingMarker(Rule):
    """JOB401."""

    code = "JOB401"
    severity = Severity.WARNING
    subject = Job
    slow = 8

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        found = None if job.marker else first(job, context)
        if found is None or found.failure is not None or (job.dedup and found.cause.why == "redelivery"):
            return
        builder = context.finding(
            self,
            telling.place_of(found.effect),
            _message(job, found),
            confidence=_confidence(found),
            job=job,
            subject=found.effect.kind,
            what_happens="Nothing is seen that keeps it from being done twice.",
            how_to_fix=telling.remedy(found),
        )
        telling.relate(builder, found, context)
        yield builder


def _confidence(found: Replay) -> Confidence:
    asked = telling.direct(found.effect) and not found.cause.shared
    return Confidence.HIGH if asked and found.effect.kind == "payment" else Confidence.MEDIUM


def _message(job: Job, found: Replay) -> str:
    does = telling.does(found.effect)
    if found.cause.why == "worker-lost":
        return f"`{job.label}` {does}, and is performed again when its worker is lost ({found.cause.form})"
    again = telling.repeats(found.cause)
    return f"`{job.label}` {does} without an idempotency key: when only the answer is lost, {again} does it again"
