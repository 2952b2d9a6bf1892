"""
## What it finds
`time.sleep` of a second or more in a job or in what it calls, and in a job that is a coroutine also calls that block:
`requests`, `urllib`, `subprocess`, `time.sleep` of any length.

## Why it matters
A worker that sleeps does nothing else: with four processes, four jobs that wait for a minute stop the queue for a minute,
and the jobs behind them are late for no reason that a dashboard would show. In a coroutine a call that blocks stops all the
other jobs of the same process, and the heartbeat with them.

## Example
```python
@app.task
def wait_for_export(export_id):
    while not ready(export_id):
        time.sleep(30)
```

## Use instead
```python
@app.task(bind=True, max_retries=60)
def wait_for_export(self, export_id):
    if not ready(export_id):
        raise self.retry(countdown=30)
```

## How to fix
Let the queue wait: retry, or enqueue the rest with a `countdown`, `eta` or `wait`. In a coroutine await: `asyncio.sleep`,
an HTTP client that is asynchronous.

## Options
Off by default: `extend-select = ["sleeps"]`. A short pause between two requests, as a provider's rate limit asks for, is
often right as it is.

## Known limits
Helpers are followed four calls deep. A sleep whose length is not known is reported with medium confidence, as is one in
a helper.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import spans
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import External, Origin
from jobcheck.solve.reach import Visit
from jobcheck.solve.sites import Site

_SLEEP = "time.sleep"
_SHORT = 1.0
_BLOCKING = frozenset({
    "requests.get", "requests.post", "requests.put", "requests.patch", "requests.delete", "requests.head",
    "requests.request", "urllib.request.urlopen", "subprocess.run", "subprocess.call", "subprocess.check_call",
    "subprocess.check_output", "os.system",
})  # fmt: skip


class Sleeps(Rule):
    """JOB408."""

    code = "JOB408"
    severity = Severity.WARNING
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        seen: set[Origin] = set()  # a helper sleeps once, however many jobs call it
        for job in sorted(registry.jobs, key=lambda job: job.key):
            if job.function is None or context.solver.is_test(job.filename):
                continue
            for visit in context.solver.reach.of(job.function):
                for site in visit.flow.sites:
                    origin = visit.unit.origin(site.call)
                    if origin not in seen and not site.deferred:
                        found = self._judge(job, visit, site, origin, context)
                        if found is not None:
                            seen.add(origin)
                            yield found

    def _judge(self, job: Job, visit: Visit, site: Site, origin: Origin, context: Context) -> FindingBuilder | None:
        only = context.solver.value(site.call.func, site.env).only
        if not isinstance(only, External) or (only.qualname != _SLEEP and only.qualname not in _BLOCKING):
            return None
        blocks = visit.unit.function is not None and visit.unit.function.is_async
        if only.qualname == _SLEEP:
            length = _length(site, context)
            if length is not None and length < _SHORT and not blocks:
                return None
        elif not blocks:
            return None
        own = visit.caller is None and (only.qualname != _SLEEP or _length(site, context) is not None)
        builder = context.finding(
            self,
            origin,
            _message(job, only.qualname, blocks, _length(site, context) if only.qualname == _SLEEP else None),
            confidence=Confidence.HIGH if own else Confidence.MEDIUM,
            job=job,
            what_happens="The worker does nothing else in the meantime.",
            how_to_fix="Await something that does not block." if blocks else "Let the queue wait: retry or enqueue with a delay.",
        )
        for call in visit.calls:
            builder.relate(context.place(call.unit.origin(call.call)), "it is called from here")
        return builder


def _length(site: Site, context: Context) -> float | None:
    node = argument(site.call, 0, "secs")
    return spans.seconds(context, node, site.env) if node is not None else None


def _message(job: Job, name: str, blocks: bool, length: float | None) -> str:
    if blocks:
        return f"`{name}` blocks the event loop in `{job.label}`: all other jobs of the process stand still"
    how_long = f" for {spans.spelt(length)}" if length is not None else ""
    return f"`{job.label}` sleeps{how_long} and holds a worker"
