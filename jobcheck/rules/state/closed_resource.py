"""
## What it finds
An argument that names something which is gone when the job runs: a temporary file whose `with` ends, or that its own
function removes, after the enqueue; a file that is still open for writing; the id of a record that is deleted right after,
or in a receiver of `pre_delete` or `post_delete`, in a job that fetches it.

## Why it matters
An enqueue returns at once; the job runs later, on its own time. A `NamedTemporaryFile` is deleted when it is closed and a
`TemporaryDirectory` when its block ends: the worker finds no file. Whoever wins that race in tests, with eager jobs or an
idle worker, loses it under load. Of a file that is still open, the worker reads the part that has left the buffer: often nothing
at all. And the row of a deleted record is not there to be fetched.

## Example
```python
with tempfile.NamedTemporaryFile(suffix=".pdf") as handle:
    handle.write(upload.read())
    consume.delay(handle.name)
```

## Use instead
```python
path = uploads_dir / f"{uuid4()}.pdf"                 # a folder that the workers share
path.write_bytes(upload.read())
consume.delay(str(path))                              # the job removes it when it is done
```

## How to fix
Let the job remove the file, and write it whole before the enqueue. Of a record that goes, pass the values that the job
needs instead of the id.

## Options
None.

## Known limits
Code that waits for the result before it closes or removes is left alone, as is a path that the job writes to. A job that
only looks whether the row is there (`filter(...).first()`, `except DoesNotExist`) is taken to know that it may be gone, and
a `delete` of the project's own may keep the row.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import Argument, Message
from jobcheck.rules.arguments import trips, whereabouts
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state import deletions, lifetimes
from jobcheck.rules.state.lifetimes import End
from jobcheck.solve.defs import Env
from jobcheck.solve.uses import Use

_GONE = ("The job finds no file, or another's.", "Let the job remove the file.")
_UNWRITTEN = ("The job reads a part of it, or nothing.", "Close or flush it before the enqueue.")


class ClosedResource(Rule):
    """JOB308."""

    code = "JOB308"
    severity = Severity.ERROR
    subject = Message
    yields_to = ("JOB101",)

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        if message.enqueue.immediate or message.enqueue.in_test:
            return
        for argument, parameter, path in trips.placed(message):
            writes = parameter is not None and lifetimes.writes(message.job, parameter, context)
            found = None if writes else self.file(argument, message, path, context)
            if found is None and parameter is not None:
                found = self.record(argument, parameter, message, context)
            if found is not None:
                context.relate_enqueue(found, message.enqueue)
                yield found

    def file(self, argument: Argument, message: Message, path: str, context: Context) -> FindingBuilder | None:
        """The finding about a file that is gone, or not written yet."""
        for node, env in whereabouts.items(argument, message.enqueue, context):
            end = _end(node, env, message, context)
            if end is None or any(lifetimes.waited_for(message.enqueue, end.node, context)):
                continue
            text = f"`{message.job.label}` is given the path `{path}`, and its file {end.text}"
            return self.finding(argument, message, path, end, (text, *(_GONE if end.gone else _UNWRITTEN)), context)
        return None

    def record(self, argument: Argument, parameter: str, message: Message, context: Context) -> FindingBuilder | None:
        """The finding about a record that is deleted."""
        for node, env in whereabouts.items(argument, message.enqueue, context):
            end = deletions.of_record(node, env, message.enqueue, context)
            fetch: Use | None = deletions.fetch_in(message.job, parameter, context) if end is not None else None
            if end is None or fetch is None or any(lifetimes.waited_for(message.enqueue, end.node, context)):
                continue
            text = f"`{message.job.label}` is given the id of a record as `{parameter}` and fetches it, and the record {end.text}"
            texts = (text, "The job does not find the row.", "Pass the values that the job needs instead of the id.")
            builder = self.finding(argument, message, parameter, end, texts, context)
            return builder.relate(context.place(fetch.origin), "the job fetches it here")
        return None

    def finding(
        self, argument: Argument, message: Message, path: str, end: End, texts: tuple[str, str, str], context: Context
    ) -> FindingBuilder:
        """A finding at the argument, with what ends the thing's life."""
        text, happens, fix = texts
        builder = context.finding(
            self, argument.origin, text, job=message.job, confidence=min(message.confidence, end.level), subject=path,
            what_happens=happens, how_to_fix=fix,
        )  # fmt: skip
        place = message.enqueue.unit.origin(end.node) if isinstance(end.node, (ir.Call, ir.Decorator)) else None
        if place is None and isinstance(end.node, ir.WithItem):
            place = message.enqueue.unit.origin(end.node.context)
        if place is not None:
            builder.relate(context.place(place), "this ends it")
        return builder


def _end(node: ir.Expr, env: Env, message: Message, context: Context) -> End | None:
    local = whereabouts.of(node, env, context)
    found = lifetimes.of_temporary(local, message.enqueue) if local is not None else None
    found = found or lifetimes.of_removal(node, env, local, message.enqueue, context)
    return found or lifetimes.of_writing(node, env, message.enqueue, context)
