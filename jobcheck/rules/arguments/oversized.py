"""
## What it finds
An argument that holds a whole document: the contents of a file or upload (`.read()`, `read_bytes()`), a document that was
built in memory, a response's body, serialized lists of records, or something of every row of a table.

## Why it matters
A message is held in the broker's memory, written to its disk, copied for each retry, and shown in logs and dashboards. A
hundred uploads that wait are a hundred files in Redis, and a broker that runs out of memory refuses everybody. Many
have a bound: SQS takes 256 KB (1 MB since 2025), RabbitMQ 16 MB by default since 4.0 and 128 MB before. A list of all rows
grows with the table: it works for years and fails on a day when nothing was changed. And by the time the job runs, the copy is
old.

## Example
```python
import_rows.delay(request.FILES["rows"].read().decode())
reindex.delay(list(Order.objects.values_list("id", flat=True)))
```

## Use instead
```python
import_rows.delay(default_storage.save("imports/rows.csv", request.FILES["rows"]))
for ids in batched(Order.objects.values_list("id", flat=True).iterator(), 500):
    reindex.delay(list(ids))
```

## How to fix
Store the contents and pass the key; let the job ask for the rows itself, or enqueue it for one batch at a time.

## Options
None.

## Known limits
How large a value is nobody sees: this is about what has no bound. A query that a filter or a slice narrows is left alone, and
so are the bodies of requests, as webhooks need them. Low confidence: one serialized record, unless its serializer shows a
list of other records, too; a list that a serializer made of what a client has sent; rows that a command sends.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Message
from jobcheck.rules.arguments import bulk, trips, whereabouts
from jobcheck.rules.arguments.bulk import Bulk
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.by_hand import is_by_hand

_ROWS = "Let the job query the rows itself, or enqueue it for one batch of them at a time."
_CONTENTS = "Store it and pass the key: `default_storage.save(...)`, a row, an object's name."


class OversizedArgument(Rule):
    """JOB106."""

    code = "JOB106"
    severity = Severity.WARNING
    subject = Message
    yields_to = ("JOB101",)

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue = message.enqueue
        if enqueue.immediate or enqueue.in_test:
            return
        for argument, _, path in trips.placed(message):
            for node, env in whereabouts.items(argument, enqueue, context):
                found = bulk.of(node, env, context)
                if found is None:
                    continue
                text = f"`{message.job.label}` is given {found.what} as `{path}`: all of it is kept in the broker"
                builder = context.finding(
                    self, argument.origin, text, job=message.job, confidence=_level(found, message),
                    subject=path, how_to_fix=_ROWS if found.rows else _CONTENTS,
                    what_happens="The message grows with it, until the broker refuses it or runs out of memory.",
                )  # fmt: skip
                trips.relate(builder, found.env.unit.origin(found.node), argument.origin, "it", context)
                context.relate_enqueue(builder, enqueue)
                yield builder
                break


def _level(found: Bulk, message: Message) -> Confidence:
    """Who sends the keys of a table by hand sees what becomes of it."""
    low = found.rows and is_by_hand(message.enqueue.site)
    return Confidence.LOW if low else min(message.confidence, found.level)
