"""
## What it finds
A job that is an `async def` under a framework that never awaits it, one that is none under arq, which takes no other, an
enqueue that has to be awaited and is not (arq, TaskIQ, Procrastinate), a lambda for APScheduler that gives a coroutine
(`add_job(lambda: poll(bot))`), and a call of an async function of the project in a job whose coroutine is dropped without
`await`. Also an enqueue in a coroutine that writes its message with Django's ORM (Django Tasks and django-q2 with the
database as queue, Procrastinate on Django's connection).

## Why it matters
Calling an async function only makes a coroutine. Celery's worker calls the job, gets a coroutine and is done: nothing of
the body is performed, and the job counts as succeeded. The reference API refuses such a job when it is enqueued, Huey where
it is declared; a Dramatiq actor needs the AsyncIO middleware, and arq's worker does not start with a plain function. A
dropped coroutine is the same on a smaller scale: the call looks made, and a warning in the log is all there is. Of an
enqueue it means that no message is ever sent. Django's ORM refuses to be asked by an event loop: `enqueue`, `defer` and
`async_task` raise SynchronousOnlyOperation in an `async def` when the queue is one of its tables.

## Example
```python
@shared_task
async def sync_calendar(user_id):
    await fetch(user_id)
```

## Use instead
```python
@shared_task
def sync_calendar(user_id):
    asyncio.run(fetch(user_id))
```

## How to fix
Make the job a plain function that runs the async part with `asyncio.run(...)` or `async_to_sync(...)`, and await what
is called in async code.

## Options
None.

## Known limits
A job with a decorator, a base class or an app class of its own may well be awaited and is left alone, as is a project
that names a worker pool for async jobs (celery-aio-pool and its like). Coroutines that are put into a name or handed to
a function are taken to be awaited there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks.celery import names
from jobcheck.registry import Callback, Enqueue, Job
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import ClassRef, Coroutine, External, Generator, LocalFunction

# What shows that somebody awaits jobs: worker pools, and classes that the project gives to all its jobs.
_AWAITED = re.compile(
    rb"celery[-_]aio[-_]pool|celery[-_]pool[-_]asyncio|celery[-_]asyncio|aio[-_]celery|AsyncIOPool|AsyncTask\b"
    rb"|\btask_cls\b|\.Task\s*=[^=]"
)


class AsyncMismatch(Rule):
    """JOB209."""

    code = "JOB209"
    severity = Severity.ERROR
    subject = (Job, Enqueue, Callback)

    def check(self, subject: Job | Enqueue | Callback, context: Context) -> Iterator[FindingBuilder]:
        if isinstance(subject, Job):
            yield from self._job(subject, context)
        elif isinstance(subject, Callback):
            yield from self._scheduled(subject, context)
        elif subject.unawaited and not subject.through and not subject.in_test:
            yield self._unawaited(subject, context)
        elif subject.blocked and not subject.in_test:
            yield self._blocked(subject, context)

    def _scheduled(self, callback: Callback, context: Context) -> Iterator[FindingBuilder]:
        """A lambda that is a scheduler's job: it is no async function, and nobody awaits the coroutine that it gives."""
        only = callback.value.only if callback.what == "scheduler" and not callback.in_test else None
        found = context.solver.nested_node(only) if isinstance(only, LocalFunction) else None
        flow = context.solver.nested_flow(only) if isinstance(only, LocalFunction) else None
        if found is None or flow is None or not isinstance(found[0], ir.Lambda):
            return
        given = context.solver.flow_value(flow).only
        if isinstance(given, Coroutine) and not isinstance(given.result.only, Generator):
            yield context.finding(
                self, callback.origin, "the lambda gives a coroutine that the scheduler never awaits: nothing is performed",
                confidence=Confidence.HIGH, subject=context.text(callback.origin),
                how_to_fix="Hand over the async function itself, with `args=[...]`; or `functools.partial(function, ...)`.",
            )  # fmt: skip

    def _unawaited(self, enqueue: Enqueue, context: Context) -> FindingBuilder:
        job = enqueue.jobs[0] if len(enqueue.jobs) == 1 else None
        what = f"`{job.label}`" if job else "the job"
        return context.finding(
            self, enqueue.origin, f"`{enqueue.form}(...)` is never awaited: {what} is not enqueued",
            confidence=Confidence.HIGH, job=job, framework=enqueue.framework, subject=enqueue.form,
            what_happens="The call makes a coroutine and nothing else; a warning in the log is all there is.",
            how_to_fix="Await it.",
        )  # fmt: skip

    def _blocked(self, enqueue: Enqueue, context: Context) -> FindingBuilder:
        job, site = enqueue.jobs[0] if len(enqueue.jobs) == 1 else None, enqueue.innermost
        what = f"`{job.label}`" if job else "the job"
        return context.finding(
            self, site.unit.origin(site.call),
            f"`{enqueue.form}(...)` in a coroutine asks Django's database: it raises SynchronousOnlyOperation, and {what} is not "
            "enqueued",
            confidence=Confidence.HIGH, job=job, framework=enqueue.framework, subject=f"{enqueue.form} blocks",
            how_to_fix=f"Write `await {enqueue.blocked}(...)`.",
        )  # fmt: skip

    def _job(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        if context.solver.is_test(job.filename):
            return
        if job.is_async and _is_never_awaited(job, context):
            yield context.finding(
                self, job.origin, f"`{job.label}` is an async function, {_what_happens(job, context)}", job=job,
                how_to_fix="Declare it with `def`, and run its async part with `asyncio.run(...)`.",
            )  # fmt: skip
        if job.if_sync and not job.is_async and job.decl is not None and not job.decl.decorators:
            yield context.finding(
                self, job.origin, f"`{job.label}` is no async function: {job.if_sync}", job=job, subject="sync",
                how_to_fix="Declare it with `async def`; what blocks belongs in a thread: `asyncio.to_thread(...)`.",
            )  # fmt: skip
        for site in _dropped(job, context):
            origin = site.unit.origin(site.call)
            call = context.text(site.unit.origin(site.call.func))
            yield context.finding(
                self, origin, f"`{call}(...)` in the job `{job.label}` is never awaited: it is not performed",
                confidence=Confidence.HIGH, job=job, subject=call, how_to_fix="Await it, or run it with `asyncio.run(...)`.",
            )  # fmt: skip


def _what_happens(job: Job, context: Context) -> str:
    if job.if_async:
        return job.if_async
    if job.framework == "reference":
        return "which is refused at enqueue: a worker calls it without awaiting"
    return f"which {context.display(job.framework)} never awaits: a run makes a coroutine and performs nothing"


def _is_never_awaited(job: Job, context: Context) -> bool:
    if job.awaited:
        return False
    if job.framework == "reference":
        return not (job.decl and len(job.decl.decorators) > (1 if job.decorated else 0))
    if job.decorated is None and job.cls is None:
        return not _is_wrapped(job)  # enqueued as it is: no class or app of the project's comes between
    if job.unknown_options or _has_own_class(job, context) or _is_wrapped(job):
        return False
    return not any(_AWAITED.search(context.solver.raw(name) or b"") for name in context.solver.project.filenames)


def _is_wrapped(job: Job) -> bool:
    """Whether a decorator stands between function and job."""
    after = job.decorated.start if job.decorated else -1
    return any(d.start > after for d in job.decl.decorators) if job.decl else True


def _has_own_class(job: Job, context: Context) -> bool:
    """Whether a class of the job is not Celery's own, or calls `run` in its own way."""
    base: ClassRef | None = job.cls or job.base
    if base is None:
        return "base" in job.options
    if base.filename is None:
        return base.qualname not in names.TASK_BASES
    info = context.solver.classes.info(base)
    known = info is not None and info.complete and info.externals - {"object"} <= names.TASK_BASES
    return not known or any(True for _ in context.solver.member(base, "__call__"))


def _dropped(job: Job, context: Context) -> Iterator[Site]:
    """Calls in the job that make a coroutine for nobody."""
    unit = context.solver.function_unit(job.function) if job.function else None
    if unit is None or unit.function is None:
        return
    for site in context.solver.flow(unit).sites:
        if site.usage == "dropped" and _makes_coroutine(site, context):
            yield site


def _makes_coroutine(site: Site, context: Context) -> bool:
    if context.solver.value(site.call.func, site.env).only == External("asyncio.sleep"):
        return True
    only = context.solver.value(site.call, site.env).only
    return isinstance(only, Coroutine) and not isinstance(only.result.only, Generator)
