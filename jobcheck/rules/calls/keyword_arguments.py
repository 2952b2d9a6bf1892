"""
## What it finds
Keyword arguments on a wire that carries none: a job whose `perform` has keyword-only or `**` parameters, and an enqueue
that gives arguments by name. This is so on the `resque` wire, the default of the reference API, and on `sidekiq`. And
arguments by position where only names are carried: `task.defer(order.pk)` of Procrastinate; or where the form takes them as
`args=` and `kwargs=`: Dramatiq's `send_with_options(order.pk)`, RQ's `enqueue(charge, order.pk, kwargs={...})`.

## Why it matters
Such a queue stores a list of values and nothing else. The reference API raises KeywordArgumentsError at `perform_later`,
for a job with keyword parameters however it is called; the queues it stands for drop or mix up what was named.
`perform_now` does not go through the queue and works, so a test that uses it sees nothing. Procrastinate's `defer` drops
what comes by position without a word; the run fails in the worker for want of it, or takes the default.

## Example
```python
class SendReceipt(Job):
    def perform(self, order_id, *, copy_to=None): ...

SendReceipt.perform_later(order_id=order.pk)
```

## Use instead
```python
class SendReceipt(Job):
    def perform(self, order_id, copy_to=None): ...

SendReceipt.perform_later(order.pk)
```

## How to fix
Pass arguments by position and keep the parameters few; put options into one dict with string keys. Or choose a wire
that carries names: `wire = "activejob"`. Where only names are carried, write them: `task.defer(order_id=order.pk)`.

## Options
None.

## Known limits
A `**` of which no key is known is reported only when the job's parameters do not tell already. Quiet in tests, which
may want to see the error.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.registry import Enqueue, Job, Message, Registry
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity

_FIX_JOB = 'Make them positional, take one dict with string keys, or declare wire = "activejob"'
_FIX_CALL = 'Pass it by position, or declare wire = "activejob" on the job'


class KeywordArguments(Rule):
    """JOB202."""

    code = "JOB202"
    severity = Severity.ERROR
    subject = Registry
    yields_to = ("JOB203",)

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        for job in registry.jobs:
            if _keyword_parameters(job) and _carries_none(job.wires, context):
                yield self._of_job(job, context)
        for message in registry.messages:
            if message.enqueue.unplaced and not message.enqueue.in_test and message.job is message.enqueue.jobs[0]:
                yield self._by_position(message, context)
            if not message.enqueue.in_test and not message.enqueue.immediate and _carries_none(message.wires, context):
                yield from self._of_message(message, context)

    def _of_job(self, job: Job, context: Context) -> FindingBuilder:
        names = ", ".join(_keyword_parameters(job))
        wire = job.wires[0]
        return context.finding(
            self,
            job.origin,
            f"`{job.label}` has keyword parameters ({names}), which the {wire} wire cannot fill: "
            "every perform_later raises KeywordArgumentsError",
            job=job,
            subject="parameters",
            what_happens="However the job is enqueued, the call raises KeywordArgumentsError.",
            how_to_fix=_FIX_JOB,
        )

    def _of_message(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue, job = message.enqueue, message.job
        if _keyword_parameters(job):
            return  # the job is at fault, not its callers
        for argument in enqueue.keywords[:1]:
            names = ", ".join(f"`{a.name}`" for a in enqueue.keywords)
            yield context.finding(
                self,
                argument.origin,
                f"`{job.label}` is enqueued with {names} by name, and the {message.wires[0]} wire carries no keyword "
                "arguments: the call raises KeywordArgumentsError",
                confidence=min(message.confidence, _sure(enqueue)),
                job=job,
                subject=f"{enqueue.form} {names}",
                what_happens="The call raises KeywordArgumentsError; nothing is enqueued.",
                how_to_fix=_FIX_CALL,
            )

    def _by_position(self, message: Message, context: Context) -> FindingBuilder:
        enqueue, job = message.enqueue, message.job
        first = enqueue.unplaced[0]
        named = {a.name for a in enqueue.keywords}
        free = [p.name for p in job.signature.positional if p.name not in named] if job.signature else []
        call = ", ".join(f"{name}={context.text(a.origin, 20)}" for name, a in zip(free, enqueue.unplaced, strict=False))
        return context.finding(
            self,
            first.origin,
            f"`{enqueue.form}` of `{job.label}` {_takes(enqueue)}: {enqueue.unplaced_happens}",
            confidence=_sure(enqueue),
            job=job,
            subject=f"{enqueue.form} by position",
            what_happens=f"`{job.label}` does not get `{context.text(first.origin)}`: {enqueue.unplaced_happens}.",
            how_to_fix=_how(enqueue, call),
        )


def _takes(enqueue: Enqueue) -> str:
    if not enqueue.listed:
        return "takes arguments by name only"
    return "takes the job's arguments as `args=` and `kwargs=`, not by position"


def _how(enqueue: Enqueue, call: str) -> str:
    if enqueue.listed:
        return "Put it into args=(...)"
    return f"Name it: `{enqueue.form}({call})`" if call else "Give it by name"


def _keyword_parameters(job: Job) -> list[str]:
    """Keyword-only and `**` parameters of a job whose own signature is known."""
    signature = job.signature
    if signature is None:
        return []
    found = [p.name for p in signature.parameters if p.role == "kwonly"]
    return found + ([f"**{signature.kwarg}"] if signature.kwarg else [])


def _carries_none(wires: tuple[str, ...], context: Context) -> bool:
    return bool(wires) and not any(context.wire(name).keyword_arguments for name in wires)


def _sure(enqueue: Enqueue) -> Confidence:
    return Confidence.HIGH if len(enqueue.jobs) == 1 else Confidence.MEDIUM
