"""
## What it finds
An entry of a schedule whose arguments do not fit its job: of Celery's beat, arq's `cron(job, ...)`, the label `schedule` of
TaskIQ, Procrastinate's `@app.periodic`, APScheduler's `@scheduled_job`, and a periodic job of Huey that asks for arguments, which
nobody gives it.

## Why it matters
It fails each time, and nobody is there to see it: beat writes the TypeError to its own log and enqueues nothing; where the
job is a class, or under a decorator, the run fails in the worker. The other frameworks start the job and it fails.

## Example
```python
@app.task
def digest(address): ...

app.conf.beat_schedule = {
    "digest": {"task": "shop.tasks.digest", "schedule": 3600},
}
```

## Use instead
```python
app.conf.beat_schedule = {
    "digest": {"task": "shop.tasks.digest", "schedule": 3600, "args": ("ada@example.org",)},
}
```

## How to fix
Give the entry `args` or `kwargs` with what the job asks for, or give the job's parameters defaults. A job for all
addresses is often another one than that for one of them: it enqueues the other.

## Options
None.

## Known limits
Entries that a program writes into a database (django-celery-beat) are not seen. What a call schedules
(`add_periodic_task(60, job.s())`, `add_job(job, "interval")`) is judged as the enqueue that it is: JOB201.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Callback, Message
from jobcheck.rules.base import Context, FindingBuilder
from jobcheck.rules.calls.signature_mismatch import SignatureMismatch


class ScheduleArguments(SignatureMismatch):
    """JOB607: the same judgement as JOB201, of what no call enqueues."""

    code = "JOB607"
    subject = Message

    def check(self, subject: Message | Callback, context: Context) -> Iterator[FindingBuilder]:
        if isinstance(subject, Message) and subject.enqueue.scheduled:
            yield from self._message(subject, context)
