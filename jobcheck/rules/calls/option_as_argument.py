"""
## What it finds
An option of the framework given where the job's own arguments go: `delay(order_id, countdown=60)`,
`perform_later(order_id, wait=60)`, `.s(order_id, queue="slow")`; an option of the declaration given at the enqueue, where it
does nothing: `apply_async(max_retries=5)`; an option among the parameters of the job's function, where it is nothing but
a parameter: `def export(report_id, serializer="pickle")`.

## Why it matters
`delay(...)` hands every keyword to the job. When the job has no parameter of that name, Celery raises TypeError at the
call, and the reference API SignatureError; when it takes `**kwargs` the option silently becomes an argument: the job runs
at once, on the default queue. Declared options at the enqueue, and options among the parameters, are silently without
effect: no retries, no other serializer.

## Example
```python
charge.delay(order.pk, countdown=60)
charge.apply_async((order.pk,), max_retries=5)
```

## Use instead
```python
charge.apply_async((order.pk,), countdown=60)

@app.task(bind=True, max_retries=5)
def charge(self, order_id): ...
```

## How to fix
Celery: `apply_async(args, kwargs, option=...)`, or `.s(...).set(option=...)`. Reference API:
`ChargeOrder.set(wait=60).perform_later(7)`. Declared options go to the decorator or the class.

## Options
None.

## Known limits
A job with a parameter of that name is quiet. So is a job with `**kwargs`, except for names that mean nothing but the
option, where the job does not mention the name itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.frameworks import options
from jobcheck.registry import Argument, Job, Message, Option, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.calls import fit, option_names, used_names
from jobcheck.solve.kinds import Origin

_SERIALIZERS = frozenset({"json", "pickle", "yaml", "msgpack"})


class OptionAsArgument(Rule):
    """JOB203."""

    code = "JOB203"
    severity = Severity.ERROR
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        for message in registry.messages:
            if not message.enqueue.in_test:
                yield from self._arguments(message, context)
                yield from self._declared_only(message, context)
        for job in registry.jobs:
            yield from self._parameters(job, context)

    def _arguments(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        for argument in message.enqueue.keywords:
            if option_names.is_misplaced(argument, message) and not message.rewritten:
                yield from self._argument(argument, message, context)

    def _argument(self, argument: Argument, message: Message, context: Context) -> Iterator[FindingBuilder]:
        job, form = message.job, message.enqueue.form
        assert job.signature is not None
        swallowed = job.signature.kwarg is not None
        if swallowed and used_names.in_job(job, argument.name or "", context):
            return
        happens = f"it lands in **{job.signature.kwarg}, and the option has no effect" if swallowed else message.mismatch
        yield context.finding(
            self,
            argument.origin,
            f"`{argument.name}` is an option, and `{form}` hands it to `{job.label}` as an argument: {happens}",
            confidence=min(fit.confidence(message, context), Confidence.MEDIUM if swallowed else Confidence.HIGH),
            job=job,
            subject=f"{form} {argument.name}",
            how_to_fix=_instead(job, argument.name or "", form),
        )

    def _declared_only(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue, job = message.enqueue, message.job
        table = options.of(job.framework)
        if table is None or job is not enqueue.jobs[0]:
            return
        for name, option in enqueue.options.items():
            if name in table.declared_only and not _is_parameter(job, name) and not used_names.by_bases(job, name, context):
                yield self._declared(option, message, table, context)

    def _declared(self, option: Option, message: Message, table: options.Options, context: Context) -> FindingBuilder:
        job = message.job
        return context.finding(
            self,
            option.origin,
            f"`{option.name}` is an option of the job `{job.label}`, not of its enqueue: {table.enqueue.happens}",
            severity=Severity.ERROR if table.enqueue.refused else Severity.WARNING,
            job=job,
            subject=f"{message.enqueue.form} {option.name}",
            how_to_fix=f"Give `{option.name}` where `{job.label}` is declared",
        )

    def _parameters(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        table, decl = options.of(job.framework), job.decl
        if table is None or decl is None or job.signature is None:
            return
        for param in decl.params:
            telling = "_" in param.name or param.name == "serializer"
            looks = (telling and param.name in (table.declared_only | {"serializer"})) or param.name in table.parameters
            if looks and param.default is not None and not used_names.in_job(job, param.name, context):
                place = Origin(job.function.filename if job.function else job.filename, *param.default)
                if param.name != "serializer" or context.text(place).strip("\"'") in _SERIALIZERS:
                    yield self._parameter(job, param.name, place, context)

    def _parameter(self, job: Job, name: str, place: Origin, context: Context) -> FindingBuilder:
        return context.finding(
            self,
            place,
            f"`{name}` among the parameters of `{job.label}` is an argument that the job never reads, not the option",
            confidence=Confidence.MEDIUM,
            severity=Severity.WARNING,
            job=job,
            subject=f"parameter {name}",
            how_to_fix=f"Give `{name}` to the job's decorator or class, and take it off the parameters",
        )


def _is_parameter(job: Job, name: str) -> bool:
    """Whether the job has it as a parameter (JOB204 then), or may have it."""
    return job.signature is None or job.signature.parameter(name) is not None


def _instead(job: Job, name: str, form: str) -> str:
    if job.framework == "reference":
        return f"{job.label}.set({name}=...).{form}(...)"
    if form in ("s", "si"):
        return f"{job.label}.{form}(...).set({name}=...)"
    table = options.of(job.framework)
    return table.instead.format(job=job.label, name=name) if table is not None else f"Give `{name}` as an option"
