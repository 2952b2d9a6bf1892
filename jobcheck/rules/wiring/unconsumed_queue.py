"""
## What it finds
A queue that jobs are sent to and that no worker reads: a route, a job's declaration, an entry of the beat schedule or an
enqueue names it, and none of the worker commands in the project does (Procfile, compose and Kubernetes files, systemd and
supervisor units, scripts). And the other way round: workers that name their queues, and not the one of jobs that name none.

## Why it matters
A broker makes a queue for whoever writes to it. The messages wait there, nothing fails, and nothing runs. A Celery worker
without `-Q` does not read all queues: it reads those of `task_queues`, and the default one where there are none.

## Example
```python
app.conf.task_routes = {"shop.tasks.check_spam": {"queue": "spam"}}   # Procfile: celery -A shop worker
```

## Use instead
```python
app.conf.task_routes = {"shop.tasks.check_spam": {"queue": "spam"}}   # Procfile: celery -A shop worker -Q celery,spam
```

## How to fix
Name the queue where a worker is started (`-Q`; for RQ, `rq worker high default`), or send the jobs to a queue that is read.
Once a Celery worker is given `-Q` it reads what stands there and nothing else: the default queue has to be named as well.

## Options
None.

## Known limits
Celery, RQ, Dramatiq and Procrastinate. Silent without a worker command in the project, and as soon as one of them reads what
cannot be told (`-Q $QUEUES`, a Helm template, a worker that Python code starts). Commands of tests and of continuous
integration do not count as workers. A Procfile lists all processes of a deployment, so that its workers are judged by
themselves too: a compose file for developers may read what they do not. Queues that a variable names are not judged.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.frameworks import queues
from jobcheck.registry import Enqueue, QueueUse, Registry
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.values import dataclass
from jobcheck.workers.consumers import Consumer
from jobcheck.workers.search import workers

_HOW = {
    "route": "a route sends jobs to",
    "job": "a job is sent to",
    "entry": "a schedule sends a job to",
    "enqueue": "a job is sent to",
}
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Group:
    """Workers that run together, whose they are, and all queues that they read."""

    whose: str
    found: list[Consumer]
    read: frozenset[str]


class UnconsumedQueue(Rule):
    """JOB602."""

    code = "JOB602"
    severity = Severity.WARNING
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        used = {job.framework for job in registry.jobs} | {enqueue.framework for enqueue in registry.enqueues}
        solver = context.solver
        for framework in queues.JUDGED:
            if framework not in used:
                continue
            found = context.once("workers", lambda: workers(solver.project, solver.is_test)).groups(framework)
            if found and not queues.by_hand(solver, framework):
                yield from self._judge(framework, found, registry, context)

    def _judge(
        self, framework: str, groups: list[tuple[str, list[Consumer]]], registry: Registry, context: Context
    ) -> Iterator[FindingBuilder]:
        uses: dict[str, list[QueueUse]] = {}
        for use in queues.written(context.solver, registry, framework):
            uses.setdefault(use.name, []).append(use)
        told: set[str] = set()
        for whose, found in groups:
            read = _read(framework, found, context)
            for name, places in uses.items() if read is not None else ():
                if read is not None and name not in read and name not in told:
                    told.add(name)
                    yield self._unread(name, places, _Group(whose, found, read), context)
            if read is not None and "" not in told:
                for finding in self._default(framework, _Group(whose, found, read), registry, context):
                    told.add("")
                    yield finding

    def _unread(self, name: str, uses: list[QueueUse], group: _Group, context: Context) -> FindingBuilder:
        read = group.read
        near = difflib.get_close_matches(name, sorted(read), n=1, cutoff=0.85)
        # A copy of the name with a slip in it is more than a worker that may be started elsewhere.
        sure = bool(near) and not any(c.isdigit() for c in name + near[0])
        builder = context.finding(
            self, uses[0].origin,
            f"{_HOW[uses[0].how]} the queue `{name}`, which no worker of {group.whose} reads: {_said(read)}",
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM, framework=uses[0].framework, subject=name,
            what_happens="The messages wait in that queue, and the jobs are never run.",
            how_to_fix=f"The nearest queue that is read is `{near[0]}`." if near else "Name the queue where a worker is started.",
        )  # fmt: skip
        for use in uses[1:_MOST_SHOWN]:
            builder.relate(context.place(use.origin), "it is written to here, too")
        return _show(builder, group.found, context)

    def _default(self, framework: str, group: _Group, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        """Jobs that name no queue, where the workers name theirs, or the settings do, and none of these is the default one."""
        name = queues.default(context.solver, framework)
        enqueue = next((e for e in registry.enqueues if queues.takes_default(context.solver, e, framework)), None)
        if name is None or name in group.read or enqueue is None:
            return
        builder = context.finding(
            self, group.found[0].origin,
            f"no worker of {group.whose} reads `{name}`, the queue of jobs that name none: {_said(group.read)}",
            confidence=Confidence.MEDIUM, framework=framework, subject=name,
            what_happens="The messages wait in that queue, and the jobs are never run.",
            how_to_fix=f"Add `{name}` to the queues of a worker.",
        )  # fmt: skip
        yield _show_enqueue(_show(builder, group.found[1:], context), enqueue, context)


def _read(framework: str, found: list[Consumer], context: Context) -> frozenset[str] | None:
    """All queues that some worker reads; None where that is not known, or every queue."""
    read = {name for consumer in found for name in consumer.queues or ()}
    if all(consumer.named for consumer in found):
        return frozenset(read)
    unnamed = queues.unnamed(context.solver, framework)
    return None if unnamed is None else frozenset(read | unnamed)


def _said(read: frozenset[str]) -> str:
    names = sorted(read)
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"they read {shown}{more}"


def _show(builder: FindingBuilder, found: list[Consumer], context: Context) -> FindingBuilder:
    for consumer in found[:_MOST_SHOWN]:
        builder.relate(context.place(consumer.origin), "a worker is started here")
    return builder


def _show_enqueue(builder: FindingBuilder, enqueue: Enqueue, context: Context) -> FindingBuilder:
    builder.relate(context.place(enqueue.origin), "this job names no queue")
    return builder
