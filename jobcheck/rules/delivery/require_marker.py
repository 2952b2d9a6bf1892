"""
## What it finds
A job about which nobody has said that it may run twice: no `# jobcheck: idempotent -- reason` by it, no
`@idempotent("reason")`, none of the decorators and options that the configuration names.

## Why it matters
A queue delivers at least once. A worker that is killed after the work and before it has said so, a retry, a broker that
loses patience: the job runs again, with the same arguments. Whether that does harm cannot be read off the code in general,
and is easily known by the one who writes it. This is a house rule for teams that want the answer beside every job;
missing-idempotency-marker asks only where a second run can be shown to do harm.

## Example
```python
@app.task
def charge(order_id): ...
```

## Use instead
```python
@app.task
def charge(order_id):  # jobcheck: idempotent -- the order id is the payment's idempotency key
    ...
```

## How to fix
Write down why the job may run twice. Where it may not, say so as well, with
`# jobcheck: ignore[require-marker] -- reason` on the same line; then look whether something runs it again.

## Options
Off by default: `extend-select = ["require-marker"]`. `idempotency-decorators` and `idempotency-options` name the forms in
which the project itself says it.

## Known limits
The reason is for people; that it is true is not checked. Jobs that are declared in tests are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Job
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity


class RequireMarker(Rule):
    """JOB411."""

    code = "JOB411"
    severity = Severity.WARNING
    subject = Job
    yields_to = ("JOB401",)

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        if job.marker is not None or context.solver.is_test(job.filename):
            return
        yield context.finding(
            self,
            job.origin,
            f"`{job.label}` does not say whether it may run twice",
            job=job,
            what_happens="It will, one day: a queue delivers at least once.",
            how_to_fix="Write `# jobcheck: idempotent -- why` by it, or make it so.",
        )
