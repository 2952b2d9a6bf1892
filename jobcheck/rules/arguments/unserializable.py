"""
## What it finds
An argument that the job's serializer cannot carry: the enqueue raises, or the worker cannot read the message. At any
depth, positional or by keyword, in `delay`, `apply_async(args=, kwargs=)`, signatures, canvases and schedules.

## Why it matters
A queue stores text, not objects. Celery's json raises `EncodeError` where the job is enqueued, so the request that
enqueues it fails; where the broker is only reached after commit, the row is saved and the job is lost. Tests that run
jobs in the same process, or through `chain`/`group` in eager mode, never serialize and do not see it.

## Example
```python
send_report.delay({row.customer_id for row in rows})     # a set
```

## Use instead
```python
send_report.delay(sorted({row.customer_id for row in rows}))
```

## How to fix
Pass what the queue holds: the record's id, `list(...)` of a set, `.value` of an Enum member, `str(path)`,
`.total_seconds()` of a timedelta, and build the object again in the job.

## Options
`[tool.jobcheck.serializers]` names the serializer where the code does not say it.

## Known limits
A value whose kind is not known is never reported. A serializer of the project's own is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Message
from jobcheck.rules.arguments import remedies, trips
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity


class UnserializableArgument(Rule):
    """JOB101."""

    code = "JOB101"
    severity = Severity.ERROR
    subject = Message
    yields_to = ("JOB203", "JOB207")

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        found = [t for t in trips.of_message(message, context) if t.outcome.is_error and not t.is_key]
        for trip, others in trips.first_of_each(found):
            carrier = trips.serializer(trip, message, context)
            text = f"`{message.job.label}` is given {trip.trip.type_name} as `{trip.path}`, which {trips.failure(trip)}"
            builder = trips.finding(self, trip, message, context, f"{text} ({carrier}){trips.more(others)}")
            builder.how_to_fix = remedies.remedy(trip.trip.kind, context)
            yield builder
