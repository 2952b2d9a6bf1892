"""
## What it finds
`args=` that is no tuple or list, `kwargs=` that is no dict: `apply_async(order.pk)`, `args=(order_id)` without the comma,
a string, a dict or a set for `args`, `kwargs=json.dumps(...)`. In `apply_async`, `send_task`, `signature`, `self.retry` and
the entries of the beat schedule.

## Why it matters
Celery refuses it where the job is enqueued, with TypeError, in the request that enqueues it. A signature, a retry and a
beat entry take a string apart into characters and a dict into its keys, and the job gets those. A beat entry that is
refused is a line in beat's log, each time it is due, and no job.

## Example
```python
charge.apply_async(order.pk)
charge.apply_async(args=(order.pk))
"kwargs": json.dumps({"days": 7}),
```

## Use instead
```python
charge.apply_async((order.pk,))
charge.delay(order.pk)
"kwargs": {"days": 7},
```

## How to fix
A tuple of one needs its comma: `(order.pk,)`, or write `[order.pk]`. Call `delay` where no option is needed.

## Options
None.

## Known limits
A value of unknown kind is reported only when its name says that it is one thing (`pk`, `order_id`), or when it stands in
round brackets of its own; with medium confidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.registry import Enqueue, Job, Malformed, Registry
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.kinds import Origin

_ALL = frozenset({"args", "arguments", "params", "parameters", "kwargs", "options"})
_SHAPES = {"args": "a tuple or list of arguments", "kwargs": "a dict of arguments"}


class MalformedArgs(Rule):
    """JOB205."""

    code = "JOB205"
    severity = Severity.ERROR
    subject = Registry
    yields_to = ("JOB405",)

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        again = [retry.enqueue for retry in registry.retries if retry.enqueue is not None]
        enqueues = [enqueue for enqueue in (*registry.enqueues, *again) if not enqueue.in_test]
        helpers: dict[Origin, list[Enqueue]] = {}
        for enqueue in enqueues:
            if enqueue.innermost is not enqueue.site:
                helpers.setdefault(_inner(enqueue), []).append(enqueue)
        for enqueue in enqueues:
            together = helpers.get(_inner(enqueue), [enqueue])
            for wrong in enqueue.malformed:
                there = _of_helper(wrong, together) if len(together) > 1 else None
                if there is None:
                    yield self._finding(wrong, enqueue, context)
                elif enqueue is together[0]:
                    yield self._finding(there, enqueue, context)

    def _finding(self, wrong: Malformed, enqueue: Enqueue, context: Context) -> FindingBuilder:
        job = enqueue.jobs[0] if enqueue.jobs else None
        builder = context.finding(
            self,
            wrong.origin,
            f"`{wrong.parameter}` of {_whose(enqueue, job)} is {_what(wrong, context)}: {wrong.happens}",
            confidence=Confidence.HIGH if wrong.certain else Confidence.MEDIUM,
            job=job,
            framework=enqueue.framework,
            subject=f"{enqueue.form} {wrong.parameter} {context.text(wrong.origin)}",
            how_to_fix=_fix(wrong, context),
        )
        origin = wrong.value.alts[0].origin if wrong.value.alts else None
        if origin is not None and origin != wrong.origin:
            builder.relate(context.place(origin), "the value is made here")
        context.relate_enqueue(builder, enqueue)
        return builder


def _inner(enqueue: Enqueue) -> Origin:
    return enqueue.innermost.unit.origin(enqueue.innermost.call)


def _of_helper(wrong: Malformed, together: list[Enqueue]) -> Malformed | None:
    """The same said of a helper's own call, where each of its callers gives it what it makes that mistake with.

    One that hands on any job, or whose parameter says that it is all the arguments, has been given the wrong thing instead.
    """
    call = together[0].innermost.call
    named = [a.value for a in call.args if a.keyword == wrong.parameter]
    nodes = named or [a.value for a in call.args[:1] if a.keyword is None and not a.star and wrong.parameter == "args"]
    if not nodes or (isinstance(nodes[0], ir.Name) and nodes[0].id in _ALL) or any(e.jobs != together[0].jobs for e in together):
        return None
    if any(all(w.parameter != wrong.parameter for w in e.malformed) for e in together):
        return None
    return replace(wrong, origin=together[0].innermost.unit.origin(nodes[0]))


def _whose(enqueue: Enqueue, job: Job | None) -> str:
    if job is not None:
        return f"`{job.label}`"
    return f"`{enqueue.job_name}`" if enqueue.job_name else f"`{enqueue.form}`"


def _what(wrong: Malformed, context: Context) -> str:
    if wrong.what == "not-literal":
        return "text, and no Python literal"
    value = wrong.value
    found = f"`{context.text(wrong.origin)}`, a single value" if value.unknown else context.describe(value.alts[0].kind)
    return f"{found}, not {_SHAPES[wrong.parameter]}"


def _fix(wrong: Malformed, context: Context) -> str:
    text = context.text(wrong.origin)
    if wrong.what == "not-literal":
        return "Write it as Python does, text in quotes of its own: \"3, 'daily'\", \"{'day': 'monday'}\""
    if wrong.parameter == "kwargs":
        return "Give the dict itself; the serializer makes text of it"
    if wrong.what == "mapping":
        return f"Give it as kwargs={text}, or as one argument: ({text},)"
    if wrong.what == "not-a-sequence":
        return f"Make it a list: list({text})"
    return f"A tuple of one needs its comma: ({text},)"
