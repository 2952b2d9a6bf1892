"""
## What it finds
A callback at the wrong node of a canvas: `link=` or `link_error=` for a group, and for a chord before Celery 5.7.

## Why it matters
A group is no job: there is nothing that could call back when it is done. `group(...).apply_async(link_error=...)` raises
TypeError (`Cannot add link to group`). A chord sends its header as a group and, before Celery 5.7, handed it these options,
so that `chord(...).apply_async(link_error=...)` raises the same. Where the call stands in a `try` for a broker that is down,
the error is taken for that, and nothing is ever sent.

## Example
```python
group(pages).apply_async(link_error=[restore.s()])
chord(pages, collect.s()).apply_async(link_error=[restore.s()])     # before Celery 5.7
```

## Use instead
```python
chord(pages, collect.s()).on_error(restore.s()).apply_async()
```

## How to fix
For a chord, `.on_error(...)` before it is sent, or the option at the body: `collect.s().on_error(...)`. For a group, the option
at each of its jobs, or a chord whose body is what was to be called.

## Options
None.

## Known limits
Celery only. Of a chord only where the project says that its Celery is older than 5.7 (a lock file, a pinned requirement).
What a chain or chord prepends to the arguments of its parts is JOB201's.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Refusal
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity

_FIX = {
    "group": "Give it to each of the group's jobs, or make the group the header of a chord.",
    "chord": "Use `.on_error(...)` before the chord is sent, or give it to the body.",
}


class CanvasMisuse(Rule):
    """JOB214."""

    code = "JOB214"
    severity = Severity.ERROR
    subject = Refusal

    def check(self, refusal: Refusal, context: Context) -> Iterator[FindingBuilder]:
        if refusal.in_test:
            return
        name = refusal.option.name
        since = " before Celery 5.7" if refusal.what == "chord" else ""
        builder = context.finding(
            self,
            refusal.option.origin,
            f"a {refusal.what} takes no `{name}` when it is sent{since}: {refusal.happens} and nothing is enqueued",
            framework=refusal.framework,
            subject=f"{refusal.what} {name}",
            how_to_fix=_FIX[refusal.what],
        )
        made = context.place(refusal.made) if refusal.made is not None else None
        if made is not None and builder.place is not None and made.row != builder.place.row:
            builder.relate(made, f"this {refusal.what} is sent")
        yield builder
