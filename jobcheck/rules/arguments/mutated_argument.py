"""
## What it finds
A job that changes one of its arguments in place and may be retried after it: the retry is sent the changed argument,
which lacks what was taken out, holds twice what was put in, or can no longer be encoded.

## Why it matters
A retry is a new message made of the objects that the run was given. Celery's `self.retry()` and `autoretry_for` encode
`self.request.args` and `kwargs`, the reference API the job's arguments: the same lists and dicts that `perform` holds. So
after `options.pop("format")` the second run does not find its `format`: a KeyError, or a quiet other answer where
there is a default. After `options["seen"] = set()` the retry cannot be encoded: Celery rejects the message, and the job is
lost with its retries unused and no error stored. The first run is never wrong, so tests do not see it.

## Example
```python
@app.task(bind=True)
def export(self, options):
    fmt = options.pop("format")
    try:
        write(fmt, **options)
    except StorageDown as error:
        raise self.retry(exc=error)
```

## Use instead
```python
@app.task(bind=True)
def export(self, options):
    options = dict(options)
    fmt = options.pop("format")
    ...
```

## How to fix
Change a copy: `options = dict(options)`, `copy.deepcopy(rows)`; or read instead of taking out.

## Options
None.

## Known limits
Quiet are: jobs without retries; a retry that is given `args=` or `kwargs=`; loops that take items off until there are
none (the retry goes on with the rest, which may be meant); items set to a plain value, which twice is the same as once; the job's
own `**kwargs`, a dict made for the call. What a helper does to an argument is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Place
from jobcheck.registry import Job
from jobcheck.rules.arguments import mutations
from jobcheck.rules.arguments.mutations import Mutation
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import catching, performers
from jobcheck.solve.defs import dotted
from jobcheck.solve.order import chain, may_precede
from jobcheck.solve.sites import Flow
from jobcheck.wire.judge import Trip, judge


class MutatedArgument(Rule):
    """JOB111."""

    code = "JOB111"
    severity = Severity.WARNING
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        found = catching.body(context, job)
        if found is None or job.signature is None or context.solver.is_test(job.filename):
            return
        flow = found[1]
        parameters = frozenset(p.name for p in job.signature.parameters)
        done: set[str] = set()
        for mutation in mutations.of_flow(context.solver, flow, parameters):
            retry = _retry_after(mutation, job, flow, context)
            harm = _harm(mutation, job, context) if retry is not None and mutation.parameter not in done else None
            if harm is not None and retry is not None:
                done.add(mutation.parameter)
                yield self.finding(mutation, job, harm, context).relate(*retry)

    def finding(self, mutation: Mutation, job: Job, harm: tuple[str, Confidence, str], context: Context) -> FindingBuilder:
        """The finding at the change."""
        text, level, happens = harm
        origin = mutation.env.unit.origin(mutation.node)
        spelt = context.text(origin, 40)
        change = f"`{spelt}`" if isinstance(mutation.node, ir.Call) else f"a change of `{spelt}`"
        message = f"{change} changes an argument of `{job.label}`, and {text}"
        return context.finding(
            self, origin, message, job=job, confidence=level, subject=mutation.parameter, what_happens=happens,
            how_to_fix=f"Work on a copy: `{mutation.parameter} = copy.deepcopy({mutation.parameter})`, or do not change it.",
        )  # fmt: skip


# --- is there a retry that would see it? ---------------------------------------------------------------------------


def _retry_after(mutation: Mutation, job: Job, flow: Flow, context: Context) -> tuple[Place, str] | None:
    """A retry that may follow the change and that sends the arguments as they are then."""
    for retry in performers.retries_of(context, job):
        if "args" in retry.arguments or "kwargs" in retry.arguments or retry.site.deferred:
            continue
        if may_precede(mutation.node, mutation.around, retry.site.call, retry.site.around):
            return context.place(retry.origin), "it is retried here"
    for handler in job.handlers:
        if handler.what == "retry" and _work_after(mutation, flow):
            return context.place(handler.origin), "the retry is declared here"
    return None


def _work_after(mutation: Mutation, flow: Flow) -> bool:
    """Whether something follows that may fail."""
    return any(
        site.call is not mutation.node
        and not site.deferred
        and not catching.is_log(site.call)
        and may_precede(mutation.stmt, mutation.around, site.call, site.around)
        for site in flow.sites
    )


# --- does it do harm? ----------------------------------------------------------------------------------------------


def _harm(mutation: Mutation, job: Job, context: Context) -> tuple[str, Confidence, str] | None:
    """What the retry meets, how sure that is, and what happens then."""
    refused = _refused(mutation, job, context)
    if refused is not None:
        text = f"a retry cannot encode it: {refused.type_name}"
        return text, Confidence.HIGH, "The retry is never sent, and the job is lost with its retries unused."
    if mutation.what == "takes":
        return _taken(mutation)
    if mutation.what == "grows" and not _drains(mutation):
        happens = "Each retry adds it once more."
        return "a retry is sent the longer one and adds to it again", Confidence.MEDIUM, happens
    return None


def _taken(mutation: Mutation) -> tuple[str, Confidence, str] | None:
    if _drains(mutation) or _asked_before(mutation):
        return None
    if mutation.default:
        if not mutation.used:
            return None
        return "a retry does not find what was taken out", Confidence.MEDIUM, "The next run gets the default instead."
    if isinstance(mutation.key, ir.Constant) and mutation.key.kind == "str":
        level = Confidence.HIGH if not _conditional(mutation) else Confidence.MEDIUM
        return "a retry does not find what was taken out", level, "The next run raises KeyError at the same place."
    return "a retry does not find what was taken out", Confidence.MEDIUM, "The next run works on what is left."


def _conditional(mutation: Mutation) -> bool:
    return any(around.role in ("branch", "handler", "try") for around in chain(mutation.around))


def _drains(mutation: Mutation) -> bool:
    """Taking items off in a loop, or moving them: what is left is what is still to be done."""
    return any(around.role == "loop" for around in chain(mutation.around))


def _asked_before(mutation: Mutation) -> bool:
    """`if "x" in options: options.pop("x")`: the code knows that it may not be there."""
    owner = dotted(mutation.owner)
    for around in chain(mutation.around):
        if around.role == "branch" and isinstance(around.node, ir.If):
            names = {dotted(n) for n in walk(around.node.test) if isinstance(n, (ir.Name, ir.Attribute))}
            if owner in names:
                return True
        if around.role == "try" and isinstance(around.node, ir.Try) and around.node.handlers:
            return any(dotted(h.type) in ("KeyError", "IndexError", "LookupError") for h in around.node.handlers if h.type)
    return False


def _refused(mutation: Mutation, job: Job, context: Context) -> Trip | None:
    """What is put in that no wire of the job can carry."""
    wires = job.wires or tuple({name: None for m in context.registry.messages if m.job is job for name in m.wires})
    for node in mutation.put:
        value = context.solver.value(node, mutation.env)
        found = [
            {t.row: t for t in judge(value, context.wire(name), context.solver.classes) if t.outcome.is_error and t.certain}
            for name in wires
        ]
        for row, trip in found[0].items() if found else ():
            if all(row in other for other in found):
                return trip
    return None
