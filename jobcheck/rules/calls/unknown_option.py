"""
## What it finds
An option that is misspelt, that belongs elsewhere, or whose value cannot be used: `@app.task(max_retry=5)`,
`ignore_results=True`, `apply_async(..., counttdown=5)`, `countdown=timedelta(minutes=5)`, `eta=60`, `priority="low"`,
`link=job` for `link=job.s()`, `once={...}` without `base=QueueOnce`, a declared `retry=` or `delay=` that hides the method of
that name, Frappe's `deduplicate=True` and RQ's `unique=True` without a `job_id`, Huey's `schedule()` without a moment. And a
decorator that makes no job without its parentheses: `@huey.task`.

## Why it matters
Celery accepts any name: in a declaration it becomes an attribute of the job, at an enqueue a property of the message, and
nothing reads either. The job is not retried, not delayed, its result not ignored, and nothing says so. A wrong value is
refused where the job is enqueued, or later, where it is first used: a `default_retry_delay` that is no number makes every
retry fail. The reference API raises OptionError for every name it does not know.

## Example
```python
@shared_task(bind=True, max_retry=5)
def sync(self): ...

sync.apply_async(countdown=timedelta(minutes=5), priority="low")
```

## Use instead
```python
@shared_task(bind=True, max_retries=5)
def sync(self): ...

sync.apply_async(countdown=300, queue="low")
```

## How to fix
Write the option that is meant. Where the project reads the attribute itself, in a base class or a signal, nothing is reported.

## Options
None.

## Known limits
For Celery only names near to a known option, or known from elsewhere, are reported: others may be read by code that is not
in the project. Options that a wrapper of the project's own takes are not judged. One option that is given in the same
wrong way to more than three jobs is one finding, at the first of them; the others are its related places.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.frameworks import options
from jobcheck.registry import Enqueue, Job, Message, Option, Registry
from jobcheck.rules import alike
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.calls import used_names
from jobcheck.solve.kinds import FrameworkValue, Kind, Literal
from jobcheck.solve.operators import plain_name
from jobcheck.values import dataclass

# How near a misspelt name must be.
_NEAR = 0.8


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with an option: the rest of the message after its name, and the remedy.

    `harmless`: nothing fails by it, so that it may be there for code that reads it.
    """

    text: str
    fix: str
    harmless: bool = False
    sure: Confidence = Confidence.HIGH


class UnknownOption(Rule):
    """JOB213."""

    code = "JOB213"
    severity = Severity.ERROR
    subject = Registry
    yields_to = ("JOB203", "JOB204", "JOB405")

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        jobs = [job for job in sorted(registry.jobs, key=lambda j: j.key) if not context.solver.is_test(job.filename)]
        yield from alike.together(found for job in jobs for found in self._declared(job, context))
        for message in registry.messages:
            if not message.enqueue.in_test and message.enqueue.form != "retry":
                yield from self._given(message, context)

    def _declared(self, job: Job, context: Context) -> Iterator[tuple[tuple[str, str], FindingBuilder]]:
        table = options.of(job.framework)
        if job.undeclared:
            yield ("", job.undeclared), self._undeclared(job, context)
        if table is None or job.unknown_options or job.cls is not None:
            return
        found: dict[_Fault, list[Option]] = {}
        for option in job.options.values():
            fault = _hidden(option, table) or _unbased(option, job, table, context)
            fault = fault or _fault(option, table.declaration.beside(job.options), job, context)
            if fault is not None and not (fault.harmless and _read(option.name, table.declaration, job, context)):
                found.setdefault(fault, []).append(option)
        for fault, together in found.items():  # what has one remedy is one defect
            yield (together[0].name, fault.text), self._finding(together, fault, job, "the job", context)

    def _undeclared(self, job: Job, context: Context) -> FindingBuilder:
        origin = job.decorated or job.origin
        text = context.text(origin)
        return context.finding(
            self, origin, f"`@{text}` of `{job.label}` needs its parentheses: {job.undeclared}", job=job, subject="bare",
            how_to_fix=f"Write `@{text}()`",
        )  # fmt: skip

    def _given(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        table, job = options.of(message.job.framework), message.job
        if table is None or job is not message.enqueue.jobs[0] or "stamped_headers" in message.enqueue.options:
            return
        enqueue = message.enqueue
        place = table.enqueue.beside(enqueue.options, not enqueue.open_options)
        for option in enqueue.options.values():
            if option.name in table.declared_only:
                continue
            fault = _fault(option, place, job, context) or _alone(option, message, table)
            if fault is not None and not (place.labels and _read(option.name, place, job, context)):
                yield self._finding([option], fault, job, f"`{message.enqueue.form}` of", context)
        for lacks in table.enqueue.lacks:
            if _lacking(lacks, message.enqueue):
                yield self._lacking(lacks, message, context)

    def _lacking(self, lacks: options.Lacks, message: Message, context: Context) -> FindingBuilder:
        enqueue, job = message.enqueue, message.job
        others = " or ".join(f"`{name}=`" for name in lacks.others)
        return context.finding(
            self, enqueue.origin, f"`{enqueue.form}` of `{job.label}` needs {others}: {lacks.happens}", job=job,
            subject=f"{enqueue.form} alone", how_to_fix=f"Give {others}",
        )  # fmt: skip

    def _finding(self, together: list[Option], fault: _Fault, job: Job, whose: str, context: Context) -> FindingBuilder:
        names = " and ".join(f"`{option.name}`" for option in together)
        text = fault.text if len(together) == 1 else fault.text.replace("is no option", "are no options")
        return context.finding(
            self,
            together[0].origin,
            f"{names} for {whose} `{job.label}` {text}",
            confidence=fault.sure,
            severity=Severity.WARNING if fault.harmless else Severity.ERROR,
            job=job,
            subject=f"{whose} {names}",
            how_to_fix=fault.fix,
        )


def _alone(option: Option, message: Message, table: options.Options) -> _Fault | None:
    """An option that is asked for without the one it needs."""
    other, happens = table.together.get(option.name, ("", ""))
    enqueue, only = message.enqueue, option.value.only
    asked = isinstance(only, Literal) and bool(only.value)
    if not other or not asked or other in enqueue.options or enqueue.open_options or enqueue.open_kwargs:
        return None
    return _Fault(f"needs `{other}`: {happens}", f"Give `{other}` as well")


def _lacking(lacks: options.Lacks, enqueue: Enqueue) -> bool:
    """Whether a call is made without what it needs."""
    return enqueue.form == lacks.form and not enqueue.open_options and enqueue.options.keys().isdisjoint(lacks.others)


def _read(name: str, place: options.Place, job: Job, context: Context) -> bool:
    """Whether code of the project may be what an option is there for."""
    if place.labels:
        return used_names.as_label(name, job.framework, context)
    return used_names.anywhere(name, context)


def _hidden(option: Option, table: options.Options) -> _Fault | None:
    if option.name not in table.methods:
        return None
    return _Fault(f"hides the method `{option.name}` of the job", f"Take `{option.name}` off the declaration")


def _unbased(option: Option, job: Job, table: options.Options, context: Context) -> _Fault | None:
    """`once=` without the base class that reads it."""
    base = table.bases.get(option.name)
    if base is None or "base" in job.options:
        return None
    name = base.rpartition(".")[2]
    return _Fault(f"is read by {name} only, which is not the job's base", f"Add base={name}", harmless=True)


def _fault(option: Option, place: options.Place, job: Job, context: Context) -> _Fault | None:
    if option.name in place.needs:
        return _wrong_value(option, place.needs[option.name], context)
    if option.name in place.taken:
        return None
    meant = place.elsewhere.get(option.name) or next(
        iter(difflib.get_close_matches(option.name, sorted(place.documented), n=1, cutoff=_NEAR)), None
    )
    if meant is None and (not place.refused or job.plugged):
        return None
    if not place.refused and used_names.by_bases(job, option.name, context):
        return None
    fix = f"Write {meant}" if meant else f"Known are {', '.join(sorted(place.documented))}"
    raised = place.instead.get(option.name)
    return _Fault(f"is no option: {raised or place.happens}", fix, harmless=not place.refused and raised is None)


def _wrong_value(option: Option, needs: options.Needs, context: Context) -> _Fault | None:
    kinds = option.value.kinds()
    less = next((kind.value for kind in kinds if isinstance(kind, Literal) and _is_less(kind.value, needs.least)), None)
    if less is not None:
        return _Fault(f"is {less!r}, {needs.unit}", f"Give {needs.what}", sure=Confidence.MEDIUM)
    wrong = [kind for kind in kinds if _names(kind) & needs.refuses]
    if not wrong:
        return None
    sure = Confidence.HIGH if len(wrong) == len(kinds) and not option.value.open else Confidence.MEDIUM
    text = f"is {context.describe(wrong[0])}, where it has to be {needs.what}: {needs.happens}"
    return _Fault(text, f"Give {needs.what}", sure=sure)


def _is_less(value: object, least: int) -> bool:
    """Whether a number is too small to be meant in this unit; 0 means "none" everywhere."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < least


def _names(kind: Kind) -> frozenset[str]:
    """What a kind is in the words of `options.Needs`; `text` is a str that is no number."""
    if isinstance(kind, FrameworkValue):
        return frozenset({kind.role})
    word = isinstance(kind, Literal) and isinstance(kind.value, str) and not kind.value.lstrip("-").replace(".", "", 1).isdigit()
    return frozenset({plain_name(kind), "text"} if word else {plain_name(kind)})
