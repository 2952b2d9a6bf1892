"""
## What it finds
A function, method or type handed over where its value was meant (`uuid4`, `delta.total_seconds`, the builtin `id`), as
an argument of a job or as an option of the enqueue; and the other way round, a call where the function was meant:
`transaction.on_commit(job.delay(7))`, `scheduler.add_job(refresh())`, `queue.enqueue(resize(photo))`; and a job's function
where its name is wanted (SAQ, arq).

## Why it matters
No serializer but pickle carries a function: the enqueue raises, and `countdown=delta.total_seconds` raises TypeError.
Under pickle the job gets the function itself. `on_commit(job.delay(7))` enqueues at once, inside the transaction, which
is what on_commit should prevent; Django then gets the result where it wants a callable and raises TypeError.
`on_commit(job.s(7))` and `on_commit(job)` are callables, but calling them performs the job right there.

## Example
```python
transaction.on_commit(send_receipt.delay(order.pk))
```

## Use instead
```python
transaction.on_commit(functools.partial(send_receipt.delay, order.pk))
```

## How to fix
Add the brackets that are missing, or take those away that are too many: `functools.partial(job.delay, 7)`.

## Options
None.

## Known limits
A function that cannot be called without arguments, or that the job calls, is taken to be meant: JOB101 says whether it
can be carried. Under pickle only what surely is no callback is reported, with medium confidence. A job that is handed to
`on_commit` itself, and that only a schedule enqueues elsewhere, may be meant to run here: low confidence.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.registry import Callback, Enqueue, Job, Message
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.calls import uncalled
from jobcheck.rules.calls.apart import apart_of
from jobcheck.solve.kinds import (
    External,
    FrameworkValue,
    Kind,
    Literal,
    LocalFunction,
    Mapping,
    Method,
    Partial,
    Plain,
    Sequence,
)
from jobcheck.solve.operators import plain_name

# Options that take a plain value; others take signatures, connections or callables.
_VALUES = frozenset(
    "countdown eta expires task_id queue priority routing_key exchange time_limit soft_time_limit serializer shadow "
    "wait wait_until retries max_retries retry_delay default_retry_delay retry_backoff_max min_backoff max_backoff max_age "
    "timeout job_timeout delay _defer_by run_after scheduled schedule_at".split()
)
_LINKS = frozenset({"link", "link_error"})
_PLAIN = frozenset({"none", "str", "int", "float", "bool", "bytes", "datetime", "datetime_aware", "datetime_naive"})

# Kinds that are no function, and no name of one.
_NO_NAME = _PLAIN - {"str"}


class ValueNotCall(Rule):
    """JOB207."""

    code = "JOB207"
    severity = Severity.ERROR
    subject = (Job, Message, Enqueue, Callback)

    def check(self, subject: Job | Message | Enqueue | Callback, context: Context) -> Iterator[FindingBuilder]:
        if isinstance(subject, Job):
            yield from self._declared(subject, context)
        elif isinstance(subject, Message):
            yield from self._arguments(subject, context)
        elif isinstance(subject, Enqueue):
            yield from self._options(subject, context)
            yield from self._handed(subject, context)
        elif not subject.in_test:
            yield from self._callback(subject, context)

    def _arguments(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue, job = message.enqueue, message.job
        if enqueue.in_test or enqueue.immediate or not message.wires or job is not enqueue.jobs[0]:
            return
        pickled = any("pickle" in wire for wire in message.wires)
        for argument in enqueue.arguments:
            found = None if argument.star else uncalled.find(argument.value, context)
            if found is None or uncalled.is_callback(argument, message, context):
                continue
            if pickled and not isinstance(found.kind, (External, Method)):
                continue
            sure = argument.value.only is not None and not pickled
            carrier = f"{context.display(enqueue.framework)} {message.wires[0].rpartition('-')[2]}"
            happens = "the job gets a callable" if pickled else f"{carrier} cannot carry it"
            text = f"`{job.label}` is given {context.describe(found.kind)} itself, not what it returns: {happens}"
            builder = context.finding(
                self, argument.origin, text, confidence=message.confidence if sure else Confidence.MEDIUM, job=job,
                subject=context.text(argument.origin), how_to_fix=f"Call it: `{uncalled.name_of(found.kind)}(...)`.",
            )  # fmt: skip
            if found.origin is not None and found.origin != argument.origin:
                builder.relate(context.place(found.origin), "it is named here")
            yield builder

    def _options(self, enqueue: Enqueue, context: Context) -> Iterator[FindingBuilder]:
        job = enqueue.jobs[0] if enqueue.jobs else None
        label = f"`{job.label}`" if job else "the job"
        if enqueue.misnamed and enqueue.named is not None and job is not None and not enqueue.in_test:
            yield context.finding(
                self, enqueue.named, f"`{enqueue.form}` is given {label} itself, not its name: {enqueue.misnamed}",
                job=job, subject=enqueue.form, how_to_fix=f'Write its name: `"{job.label}"`.',
            )  # fmt: skip
        for option in () if enqueue.in_test else enqueue.options.values():
            only = option.value.only
            if only is None:
                continue
            text = None
            if option.name in _VALUES and uncalled.is_uncalled(only, context):
                what = context.describe(only)
                text = f"the option `{option.name}` of {label} is given {what} itself, not what it returns"
            elif option.name in _LINKS and _is_result(only):
                text = f"the job given as `{option.name}` of {label} is sent at once: its result handle is no signature"
            if text is not None:
                yield context.finding(self, option.origin, text, job=job, framework=enqueue.framework, subject=option.name)

    def _declared(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        """`@task(retry_delay=DELAY.total_seconds)`."""
        for option in () if context.solver.is_test(job.filename) else job.options.values():
            only = option.value.only
            if only is not None and option.name in _VALUES and uncalled.is_uncalled(only, context):
                what = context.describe(only)
                text = f"the option `{option.name}` of `{job.label}` is given {what} itself, not what it returns"
                yield context.finding(self, option.origin, text, job=job, subject=option.name)

    def _handed(self, enqueue: Enqueue, context: Context) -> Iterator[FindingBuilder]:
        """`queue.enqueue(resize(photo))`: the job is performed here, and what it returns is enqueued."""
        handed = enqueue.handed if enqueue.sent and not enqueue.in_test else None
        only = handed.value.only if handed is not None else None
        if handed is None or only is None or plain_name(only) not in _NO_NAME:
            return
        text = context.text(handed.origin)
        yield context.finding(
            self, handed.origin,
            f"`{text}` is called here, and `{enqueue.form}` is given {context.describe(only)}, which is no job",
            framework=enqueue.framework, subject=text,
            how_to_fix="Hand over the function, and its arguments after it: `enqueue(function, argument)`.",
        )  # fmt: skip

    def _callback(self, callback: Callback, context: Context) -> Iterator[FindingBuilder]:
        only = callback.value.only
        text = _why_not(only, callback, context) if only is not None else None
        if text is None or only is None:
            return
        job = _job(only)
        performed = job is not None and _role(only.function.only if isinstance(only, Partial) else only) == "job"
        meant = not performed or job is None or _sent_or_meant(job, callback, context)
        yield context.finding(
            self, callback.origin, text, job=job, framework=job.framework if job else None,
            confidence=Confidence.HIGH if meant else Confidence.LOW,
            subject=context.text(callback.origin),
            how_to_fix="Hand over a callable: `functools.partial(job.delay, ...)` or `lambda: job.delay(...)`.",
        )  # fmt: skip


def _sent_or_meant(job: Job, callback: Callback, context: Context) -> bool:
    """Whether a job is enqueued elsewhere, or at least shows that it is no plain function."""
    apart = apart_of(context)
    enqueues = apart.sent(job)
    return any(e.sent for e in enqueues) if enqueues else apart.meant(job, callback.site)


def _why_not(kind: Kind, callback: Callback, context: Context) -> str | None:
    """What is wrong with a callback; None when it is one."""
    text = context.text(callback.origin)
    if isinstance(callback.argument, ir.Call):
        if _is_result(kind) or (isinstance(kind, Partial) and _is_result(kind.function.only)):
            return f"`{text}` is sent at once: {callback.what} is given the result handle, which cannot be called"
        if callback.what in ("on_commit", "scheduler") and _is_value(kind):
            return f"`{text}` is called at once: {callback.what} is given {context.describe(kind)}, which cannot be called"
    if isinstance(kind, LocalFunction):
        return _returns_unsent(kind, context)
    inner = kind.function.only if isinstance(kind, Partial) else kind
    celery = isinstance(inner, FrameworkValue) and inner.framework == "celery"
    if celery and _role(inner) in ("job", "signature") and callback.what == "on_commit":
        return f"`{text}` performs the job here when it is called: nothing is enqueued"
    return None


def _returns_unsent(kind: LocalFunction, context: Context) -> str | None:
    """A lambda whose value is an enqueue that is never made: `lambda: job.delay`, `lambda: job.s(7)`."""
    found, flow = context.solver.nested_node(kind), context.solver.nested_flow(kind)
    if found is None or flow is None or not isinstance(found[0], ir.Lambda):
        return None
    only = context.solver.flow_value(flow).only
    if isinstance(only, Partial):
        only = only.function.only
        return "the callback builds a partial and drops it: nothing is enqueued" if _role(only) == "method" else None
    if _role(only) == "method":
        return "the callback names the enqueue but does not call it: nothing is enqueued"
    if _role(only) in ("signature", "canvas", "configured"):
        return "the callback builds a message and drops it: nothing is enqueued"
    return None


def _role(kind: Kind | None) -> str:
    return kind.role if isinstance(kind, FrameworkValue) else ""


def _is_result(kind: Kind | None) -> bool:
    return _role(kind) == "result"


def _is_value(kind: Kind) -> bool:
    """Whether a kind surely cannot be called."""
    return isinstance(kind, (Literal, Sequence, Mapping)) or (isinstance(kind, Plain) and kind.name in _PLAIN)


def _job(kind: Kind) -> Job | None:
    inner = kind.function.only if isinstance(kind, Partial) else kind
    data = inner.data if isinstance(inner, FrameworkValue) else None
    return data if isinstance(data, Job) else None
