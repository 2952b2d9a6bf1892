"""
## What it finds
An enqueue whose arguments do not fit the job's parameters: too few, too many, a name that the job does not have, one
parameter given twice. In every form: `delay`, `apply_async(args=, kwargs=)`, signatures (`.s()`, `.si()`) and where the
canvas puts results before their arguments, `map`/`starmap`/`chunks`, `send_task` by name, `self.retry(args=, kwargs=)`,
jobs that a call schedules, `perform_later`, `perform_now`. A function of the project that hands a job on is judged where it is
called, as the enqueue that the call leads to. A callback of `transaction.on_commit` that cannot be called is one too.
Parameters that the framework fills (`self` of a bound job) do not count.

## Why it matters
The job never runs. Celery compares arguments and signature where `delay` or `apply_async` is called and raises TypeError
there, in the middle of a request. It does not for `send_task`, jobs that are classes, `typing=False`, jobs under a
decorator, `map` and its kin, and positional-only parameters given by name: these fail in the worker. Later links of a
chain, chord bodies and `link=` fail in the worker too, after the work before them is done. The reference API raises
SignatureError at `perform_later`.

## Example
```python
@app.task
def charge(order_id, amount): ...

charge.delay(order.pk)                                       # amount is missing
chain(total.s(order.pk), charge.s(order.pk, 5))()            # charge gets the total as well
```

## Use instead
```python
charge.delay(order.pk, order.amount)
chain(total.s(order.pk), charge.si(order.pk, 5))()
```

## How to fix
Give the job what it asks for, by the names it has. In a chain use `.si()` for a step that does not want the result of
the one before. When the job has just changed, remember the messages that are still in the queue.

## Options
None.

## Known limits
Arguments that cannot be seen (`*args`, a dict from elsewhere) are taken to be right. That `self.retry(kwargs=...)` leaves the
positional arguments of the first call in place is told only where the project says that its Celery is older than 5.7.
Where a decorator that is not understood stands between function and job, only a keyword is reported that is nearly the name
of a parameter which nothing fills. Quiet where a base class changes the arguments on their way, and in tests.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import ClassVar

from jobcheck.findings import Confidence
from jobcheck.registry import Callback, Message
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.calls import callback_fit, fit, near_names, option_names
from jobcheck.rules.calls.fit import Misfit


class SignatureMismatch(Rule):
    """JOB201."""

    code = "JOB201"
    severity = Severity.ERROR
    subject: ClassVar[type | tuple[type, ...]] = (Message, Callback)
    yields_to = ("JOB202", "JOB203", "JOB204", "JOB205")

    def check(self, subject: Message | Callback, context: Context) -> Iterator[FindingBuilder]:
        if isinstance(subject, Callback):
            yield from self._callback(subject, context)
        elif not subject.enqueue.scheduled:  # of these JOB607 speaks
            yield from self._message(subject, context)

    def _callback(self, callback: Callback, context: Context) -> Iterator[FindingBuilder]:
        for name, declared, found in callback_fit.misfits(callback, context):
            first = next((m.argument for m in found if m.argument is not None), None)
            said = ", ".join(_clause(misfit, 0) for misfit in found)
            builder = context.finding(
                self,
                first.origin if first is not None else callback.origin,
                f"`{name}` is called on commit {said}: the hook raises TypeError",
                subject=f"on_commit {name}",
                what_happens="The transaction is committed, the callback fails with TypeError and enqueues nothing.",
                how_to_fix="Give the function what it asks for: `functools.partial(function, argument, ...)`.",
            )
            builder.relate(context.place(declared), f"`{name}` is declared here")
            yield builder

    def _message(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue, job = message.enqueue, message.job
        if enqueue.in_test or job is not enqueue.jobs[0]:
            return
        if job.signature is None:
            yield from self._misnamed(message, context)
        if message.rewritten or job.signature is None:
            return
        found = _misfits(message, context)
        if not found or not _all_jobs(message, context) or fit.blames_bind(enqueue, message):
            return
        first = next((m for m in found if m.argument is not None), found[0])
        origin = first.argument.origin if first.argument is not None else enqueue.origin
        happens = message.unseen if first.what == "positional" and message.unseen else message.mismatch
        builder = context.finding(
            self,
            origin,
            f"{_sentence(message, found)}: {happens}",
            confidence=fit.confidence(message, context),
            job=job,
            subject=f"{enqueue.form} {' '.join(n for m in found for n in m.names)}",
            what_happens=f"`{job.label}` takes {job.signature}; {happens}.",
            how_to_fix=_fix(message, first),
        )
        context.relate_enqueue(builder, enqueue)
        yield builder

    def _misnamed(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        found = near_names.misnamed(message)
        if found is None or len(message.enqueue.jobs) > 1:
            return
        argument, near = found
        builder = context.finding(
            self,
            argument.origin,
            f"`{message.job.label}` {_verb(message)} with `{argument.name}`, which is no parameter of it, and without `{near}`",
            confidence=Confidence.MEDIUM,
            job=message.job,
            subject=f"{message.enqueue.form} {argument.name}",
            what_happens="The run fails with TypeError, if the call does not.",
            how_to_fix=f"The parameter is called `{near}`",
        )
        context.relate_enqueue(builder, message.enqueue)
        yield builder


def _misfits(message: Message, context: Context) -> list[Misfit]:
    """What does not fit, without what other rules say better."""
    signature = message.job.signature
    if signature is None or _no_keywords(message, context):
        return []
    found = fit.misfits(message.enqueue, signature)
    return [m for m in found if not _is_option(m, message)]


def _no_keywords(message: Message, context: Context) -> bool:
    """Whether JOB202 speaks: keywords on a wire that carries none."""
    signature = message.job.signature
    assert signature is not None
    involved = message.enqueue.keywords or signature.kwarg or any(p.role == "kwonly" for p in signature.parameters)
    carried = [context.wire(name).keyword_arguments for name in message.wires]
    return bool(involved) and bool(carried) and not any(carried) and not message.enqueue.immediate


def _is_option(misfit: Misfit, message: Message) -> bool:
    if misfit.what == "unknown":
        return misfit.argument is not None and option_names.is_misplaced(misfit.argument, message)
    if misfit.what != "missing":
        return False
    # `delay(args=(1,))`: what seems to be missing is in there.
    wrapped = [a for a in message.enqueue.keywords if a.name in ("args", "kwargs") and option_names.is_misplaced(a, message)]
    elsewhere = {*message.enqueue.options, *(option.name for option in message.enqueue.lost)}
    return bool(wrapped) or any(name in elsewhere for name in misfit.names)


def _all_jobs(message: Message, context: Context) -> bool:
    """Whether it fits none of the jobs that may be meant."""
    others = [job for job in message.enqueue.jobs if job is not message.job]
    return all(job.signature is not None and fit.misfits(message.enqueue, job.signature) for job in others)


def _sentence(message: Message, found: list[Misfit]) -> str:
    label, verb = message.job.label, _verb(message)
    parts = [_clause(misfit, message.enqueue.prepended or 0, message.enqueue.form) for misfit in found]
    return f"`{label}` {verb} {', '.join(parts)}"


def _verb(message: Message) -> str:
    form = message.enqueue.form
    if message.enqueue.scheduled:
        return "is scheduled"
    if form == "retry":
        return "retries itself"
    return "is performed" if message.enqueue.immediate else "is enqueued"


def _clause(misfit: Misfit, prepended: int, form: str = "") -> str:
    names = ", ".join(f"`{name}`" for name in misfit.names)
    match misfit.what:
        case "missing":
            return f"without {names}, which it requires"
        case "many":
            counted = ", the previous result counted," if prepended else ""
            noun = "positional argument" if misfit.given == 1 else "positional arguments"
            return f"with {misfit.given} {noun}{counted} where it takes {len(misfit.names) or 'none'}"
        case "twice":
            if form == "retry" and prepended:
                return f"with {names} by name, where calls pass it by position: before Celery 5.7 both are sent"
            return f"with {names} by position and by name"
        case "positional":
            return f"with {names} by name, a positional-only parameter"
        case _:
            return f"with {names}, which is no parameter of it"


def _fix(message: Message, misfit: Misfit) -> str:
    signature = message.job.signature
    if misfit.what == "unknown" and signature is not None:
        near = difflib.get_close_matches(misfit.names[0], [p.name for p in signature.parameters], n=1)
        if near:
            return f"The parameter is called `{near[0]}`"
    if message.enqueue.form == "retry" and message.enqueue.prepended:
        return "Give `args=()` too, so that only the new keywords are left"
    if misfit.what in ("many", "twice") and message.enqueue.prepended:
        return "Use .si(), whose arguments nothing is added to, or leave room for the result"
    return f"The job takes {signature}"
