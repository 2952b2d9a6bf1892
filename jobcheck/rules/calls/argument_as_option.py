"""
## What it finds
A parameter of the job given where options go: `apply_async((order_id,), notify=True)`, `self.retry(attempt=2)`,
`send_task(name, order_id=7)`, `ChargeOrder.set(order_id=7)`. The keyword is no option; the job has a parameter of that name.
And, with RQ, any keyword beside `args=` or `kwargs=`: `queue.enqueue(charge, args=(7,), amount=5)`.

## Why it matters
Celery takes any keyword there and puts it among the message's properties, where nothing reads it. The job runs with its
default instead, or is refused for lack of a required argument. The reference API raises OptionError. RQ's `enqueue` drops
what stands beside `args=` or `kwargs=` without a word.

## Example
```python
charge.apply_async((order.pk,), amount=5, countdown=60)
```

## Use instead
```python
charge.apply_async((order.pk,), {"amount": 5}, countdown=60)
```

## How to fix
Put it into `args=` or `kwargs=`; or call `delay`, which takes the job's arguments as they are.

## Options
None.

## Known limits
A name that is an option and a parameter as well (`queue`, `priority`, `expires`, `headers`) is reported only when the job
cannot run without it and nothing else gives it.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.frameworks import options
from jobcheck.registry import Message, Option, Registry, Retry
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.calls import fit, used_names


class ArgumentAsOption(Rule):
    """JOB204."""

    code = "JOB204"
    severity = Severity.ERROR
    subject = Registry
    yields_to = ("JOB405",)

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        for message in registry.messages:
            if not message.enqueue.in_test and message.job is message.enqueue.jobs[0]:
                yield from self._of_message(message, context)
        for retry in registry.retries:
            if not context.solver.is_test(retry.origin.filename):
                yield from self._of_retry(retry, context)

    def _of_message(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        for lost in message.enqueue.lost:
            yield self._lost(lost, message, context)
        table, job = options.of(message.job.framework), message.job
        if table is None or job.signature is None or message.rewritten:
            return
        place = table.enqueue.beside(message.enqueue.options, not message.enqueue.open_options)
        for option in message.enqueue.options.values():
            if _lost(option, message, place, context):
                yield self._finding(option, message, place, context)

    def _finding(self, option: Option, message: Message, place: options.Place, context: Context) -> FindingBuilder:
        job, form = message.job, message.enqueue.form
        kept = option.name in place.taken
        happens = "the framework keeps it for its own option of that name" if kept else place.happens
        return context.finding(
            self,
            option.origin,
            f"`{option.name}` is a parameter of `{job.label}`, and `{form}` takes it for an option: {happens}",
            confidence=min(fit.confidence(message, context), Confidence.MEDIUM if kept else Confidence.HIGH),
            job=job,
            subject=f"{form} {option.name}",
            what_happens=f"The job does not get it; {happens}.",
            how_to_fix=f"Put `{option.name}` among the job's own arguments: args=, kwargs=, or the call without options",
        )

    def _lost(self, option: Option, message: Message, context: Context) -> FindingBuilder:
        job, enqueue = message.job, message.enqueue
        return context.finding(
            self,
            option.origin,
            f"`{option.name}` stands beside `args=` or `kwargs=` in `{enqueue.form}` of `{job.label}`: {enqueue.lost_happens}",
            confidence=fit.confidence(message, context),
            job=job,
            subject=f"{enqueue.form} {option.name}",
            what_happens=f"Neither the job nor the framework gets it: {enqueue.lost_happens}.",
            how_to_fix=f"Put `{option.name}` into kwargs=, or give all of the job's arguments without args= and kwargs=",
        )

    def _of_retry(self, retry: Retry, context: Context) -> Iterator[FindingBuilder]:
        signature = retry.job.signature
        for name, argument in retry.arguments.items():
            if name not in retry.unknown or signature is None or signature.parameter(name) is None:
                continue
            yield context.finding(
                self,
                argument.origin,
                f"`{name}` is a parameter of `{retry.job.label}`, and `retry` takes it for an option: the next run gets "
                "the arguments of this one",
                job=retry.job,
                subject=f"retry {name}",
                how_to_fix="Give the arguments of the next run as args= and kwargs=",
            )


def _lost(option: Option, message: Message, place: options.Place, context: Context) -> bool:
    """Whether an option is a parameter of the job that nothing else fills."""
    enqueue, signature = message.enqueue, message.job.signature
    assert signature is not None
    if signature.parameter(option.name) is None or "stamped_headers" in enqueue.options:
        return False
    if option.name in place.taken:
        return any(m.what == "missing" and option.name in m.names for m in fit.misfits(enqueue, signature))
    filled = {a.name for a in enqueue.keywords} | {p.name for p in signature.positional[: len(enqueue.positional)]}
    return option.name not in filled and not used_names.by_bases(message.job, option.name, context)
