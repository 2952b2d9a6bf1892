"""
## What it finds
A message that is built and then dropped: a signature, chain, group or chord whose value nothing takes, or that is given
to a local name which nothing reads; a message that Dramatiq's `actor.message(...)` or Huey's `task.s(...)` builds, a Dramatiq
pipeline without `.run()`; and `job.delay` or `job.perform_later` without the brackets that would call it. Odoo's
`records.delayable().method()` without the `.delay()` behind it is one, too.

## Why it matters
`job.s(7)` makes a description of a call, as `job.set(wait=60)` makes a configured job: neither sends anything. No error
is raised, no line is logged, the job simply never runs. A canvas is sent by `.delay()` or `.apply_async()`.

## Example
```python
chain(fetch.s(url), store.s())
```

## Use instead
```python
chain(fetch.s(url), store.s()).delay()
```

## How to fix
Send what was built, or delete it.

## Options
None.

## Known limits
Tests are left alone. A message put into a name, an attribute or a container is taken to be sent by whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Unsent
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity

_WHAT = {
    "signature": "a signature of {job} is made",
    "configured": "{job} is given options",
    "job": "{job} is built",
    "delayable": "a delayable is made",
    "message": "a message for {job} is built",
}
_SEND = {"celery": "`.delay()` or `.apply_async()`", "reference": "`.perform_later(...)`", "odoo-queue-job": "`.delay()`"}


class NeverSent(Rule):
    """JOB210."""

    code = "JOB210"
    severity = Severity.ERROR
    subject = Unsent

    def check(self, unsent: Unsent, context: Context) -> Iterator[FindingBuilder]:
        if unsent.in_test:
            return
        job = unsent.jobs[0] if len(unsent.jobs) == 1 else None
        yield context.finding(
            self, unsent.origin, _message(unsent, context), job=job, framework=unsent.framework, subject=unsent.what,
            how_to_fix="Call it." if unsent.what == "method" else f"Send it with {_how(unsent)}, or delete it.",
        )  # fmt: skip


def _how(unsent: Unsent) -> str:
    return unsent.send or _SEND.get(unsent.framework, "its framework's own call")


def _message(unsent: Unsent, context: Context) -> str:
    text = context.text(unsent.origin)
    if unsent.what == "method":
        return f"`{text}` is named but never called: nothing is sent"
    job = f"`{unsent.jobs[0].label}`" if unsent.jobs else "a job"
    made = _WHAT.get(unsent.what, f"a {unsent.what} is built").format(job=job)
    dropped = f"`{unsent.name}` is never read" if unsent.name else "its value is dropped"
    return f"{made} but not sent: {dropped}, and the job never runs"
