"""
## What it finds
A job that is called like a plain function and whose result nobody uses: `send_mail_task(order.pk)` where
`send_mail_task.delay(order.pk)` is one word more; and a plain call that is given an option of the queue (`countdown=8`).

## Why it matters
The call performs the job here and now: in the request, before its answer, inside the open transaction, without retries and
without a worker's time limit. Whoever made it a job meant it to run elsewhere. Nothing fails, so it is found when
the page becomes slow. An option of the queue goes to the job as an argument: TypeError, or lost in its `**kwargs`.

## Example
```python
def approve(request, pk):
    transfer_assets(pk)          # a job: runs for minutes, in the request
    return redirect("done")
```

## Use instead
```python
def approve(request, pk):
    transfer_assets.delay(pk)
    return redirect("done")
```

## How to fix
Enqueue it. Where it is meant to run here and now, call a plain function that the job calls too: then nobody has to ask.

## Options
Off by default: `extend-select = ["direct-call"]`. Of what we read on real code half was meant.

## Known limits
Left alone: calls in tests, in other jobs and what they call, in management commands and scripts, in migrations; where the
same function enqueues the job as well (a fallback), where an error of the job is caught by name, under a test of a
setting for eager or synchronous running, and in functions that say `sync`, `now` or `force` in their name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.frameworks.direct import direct_calls
from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import catching
from jobcheck.solve.sites import Around, Site

# Words of names that say that it is meant to run at once.
_MEANT = re.compile(r"(?:^|_)(?:sync|synchronous(?:ly)?|now|immediate(?:ly)?|forced?|inline|eager|debug|rerun)(?:_|$)", re.I)
_TOLD = re.compile(r"eager|async|celery|sync|debug|broker|immediate|background|queue", re.I)
_BY_HAND = re.compile(
    r"(?:^|/)(?:commands|scripts?|tests(?:_\w+)?|bin|tools|\w*migrations|seed_\w+|fixtures|examples?)(?:\.py$|/)"
)
_QUEUE_OPTIONS = frozenset({"countdown", "eta"})


class DirectCall(Rule):
    """JOB206."""

    code = "JOB206"
    severity = Severity.WARNING
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        performed = _performed(registry, context)
        for job in registry.jobs:
            if context.solver.is_test(job.filename):
                continue
            for site in direct_calls(context.solver, job):
                in_job = (site.unit.filename, site.unit.offset) in performed
                if not _by_hand(site):
                    yield from self._judge(job, site, in_job, registry, context)

    def _judge(
        self, job: Job, site: Site, in_job: bool, registry: Registry, context: Context
    ) -> Iterator[FindingBuilder]:
        option = _queue_option(job, site)
        if option is None and (in_job or site.usage != "dropped" or _meant(job, site, registry, context)):
            return
        text = f"`{job.label}` is called here and now, without the queue"
        if option is not None:
            text = f"`{job.label}` is called here and now, and `{option}` goes to it as an argument"
        yield context.finding(
            self,
            site.unit.origin(site.call),
            text,
            confidence=Confidence.MEDIUM if option is None else Confidence.HIGH,
            job=job,
            what_happens="The caller waits for all of it; what the queue does about errors is not done.",
            how_to_fix="Enqueue it, or call a plain function that the job calls too.",
        )


def _performed(registry: Registry, context: Context) -> frozenset[tuple[str, int]]:
    """Where the functions stand that run when a job runs."""
    refs = [visit.ref for job in registry.jobs if job.function for visit in context.solver.reach.of(job.function)]
    return frozenset((ref.filename, ref.start) for ref in refs)


def _by_hand(site: Site) -> bool:
    """Whether the code is run by hand, by somebody who waits for it."""
    function = site.unit.function
    if function is None or _BY_HAND.search(site.unit.filename) is not None:
        return True
    return any("command" in _text(decorator.value) for decorator in function.decorators)


def _text(node: ir.Expr) -> str:
    return " ".join(part.attr if isinstance(part, ir.Attribute) else getattr(part, "id", "") for part in walk(node))


def _meant(job: Job, site: Site, registry: Registry, context: Context) -> bool:
    function = site.unit.function
    if function is None or _MEANT.search(function.name) is not None:
        return True
    if any(e.unit is site.unit and job in e.jobs and not e.immediate for e in registry.enqueues):
        return True
    return _told(site.around, context)


def _told(around: Around | None, context: Context) -> bool:
    """Whether a setting decides, or an error of the job is waited for."""
    while around is not None:
        if around.role == "branch" and isinstance(around.node, ir.If) and _TOLD.search(_text(around.node.test)):
            return True
        if around.role == "try" and isinstance(around.node, ir.Try):
            for handler in around.node.handlers:
                if not catching.errors_of(context, handler, around.env).names & catching.BROAD:
                    return True
        around = around.outer
    return False


def _queue_option(job: Job, site: Site) -> str | None:
    """An option of an enqueue that the job has no parameter for."""
    if job.signature is None:
        return None
    own = {p.name for p in job.signature.parameters}
    return next((a.keyword for a in site.call.args if a.keyword in _QUEUE_OPTIONS and a.keyword not in own), None)
