"""
## What it finds
A job that is called like a plain function and whose result nobody uses: `send_mail_task(order.pk)` where
`send_mail_task.delay(order.pk)` is one word more; and a plain call that is given an option of the queue (`countdown=8`).
Of Django Tasks every call: what `@task` makes cannot be called.

## Why it matters
The call performs the job here and now: in the request, before its answer, inside the open transaction, without retries and
without a worker's time limit. Whoever made it a job meant it to run elsewhere. Nothing fails, so it is found when
the page becomes slow. An option of the queue goes to the job as an argument: TypeError, or lost in its `**kwargs`. A call
of a Django task raises TypeError, always.

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
High confidence: an option of the queue in the call, and every call of a Django task. Medium: the call stands in code
that answers a request (views, serializers, forms and admins of Django, routes of Flask, FastAPI and Pyramid, and
functions that only these call), and the job is meant to run apart. That is so where other modules enqueue it (who does
both side by side has chosen) and it waits for another machine or program; and where nobody does, it takes an argument, is
no schedule's, and says how a worker is to run it (retries, time limits), waits for another machine or program, or goes to
the database once for each of many rows.
Everything else is low, and hidden: of what we read there half was meant.

## Known limits
Celery, RQ (`@job`), Dramatiq, Procrastinate and Django Tasks; a call of Huey's enqueues. Left alone: calls in tests, in
other jobs and what they call, in management commands and scripts, in migrations; where the same function enqueues the
job as well (a fallback), where an error of the job is caught by name, where the record is fetched again afterwards
(low: where rows of a class are read of which the job writes some), under a test of a setting for eager or synchronous
running, or of what the request says of that, where a comment at the call says so, and in functions or with arguments
that say `sync`, `now` or `force` in their name. Low: a job whose value is used somewhere, or that other jobs call, is a
function too. A job that nobody enqueues, and that is handed records, is low: it is a function by now. A job under
another decorator is not looked at: that may enqueue it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.frameworks.direct import direct_calls
from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.by_hand import is_by_hand, words_of
from jobcheck.rules.calls.apart import Apart, apart_of
from jobcheck.rules.delivery import catching
from jobcheck.solve.handling import Handling
from jobcheck.solve.kinds import Instance
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Around, Site

# Words of names that say that it is meant to run at once.
_MEANT = re.compile(r"(?:^|_)(?:sync|synchronous(?:ly)?|now|immediate(?:ly)?|forced?|inline|eager|debug|rerun)(?:_|$)", re.I)
_TOLD = re.compile(r"eager|async|celery|sync|debug|broker|immediate|background|queue", re.I)
_SAID = re.compile(
    rb"#[^\n]*\b(?:sync\w*|inline|direct(?:ly)?|immediate(?:ly)?|right away|now|eager(?:ly)?|block(?:s|ing)|async\w*|celery)\b",
    re.I,
)
# What a comment further up says, with code in between.
_SAID_ABOVE = re.compile(rb"#[^\n]*\b(?:synchronous(?:ly)?|foreground|celery)\b", re.I)
_FETCHED_AGAIN = frozenset({"refresh_from_db", "arefresh_from_db", "refresh", "expire_all", "reload"})
_QUEUE_OPTIONS = frozenset({"countdown", "eta"})


class DirectCall(Rule):
    """JOB206."""

    code = "JOB206"
    severity = Severity.WARNING
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        apart = apart_of(context)
        for job in registry.jobs:
            if context.solver.is_test(job.filename):
                continue
            sites = list(direct_calls(context.solver, job))
            if not sites:
                continue
            if not job.callable:
                yield from (self._refused(job, site, context) for site in sites)
                continue
            performed = context.once("performed", lambda: _performed(registry, context))
            plain = [site for site in sites if _queue_option(job, site) is None and not is_by_hand(site)]
            helper = any(_in(site, performed) or not _unused(site) for site in plain)
            for site in sites:
                if not is_by_hand(site):
                    yield from self._judge(job, site, helper, _in(site, performed), apart, context)

    def _refused(self, job: Job, site: Site, context: Context) -> FindingBuilder:
        return context.finding(
            self, site.unit.origin(site.call),
            f"`{job.label}` is called like a function, and a job of {context.display(job.framework)} is none: TypeError",
            severity=Severity.ERROR, confidence=Confidence.HIGH, job=job,
            how_to_fix=f"Enqueue it (`{job.label}{job.verb}(...)`), or perform it here with `{job.label}.call(...)`.",
        )  # fmt: skip

    def _judge(
        self, job: Job, site: Site, helper: bool, in_job: bool, apart: Apart, context: Context
    ) -> Iterator[FindingBuilder]:
        option = _queue_option(job, site)
        if option is None and (in_job or not _unused(site) or apart.enqueued_by(job, site) or _meant(site, context)):
            return
        text = f"`{job.label}` is called here and now, without the queue"
        if option is not None:
            text = f"`{job.label}` is called here and now, and `{option}` goes to it as an argument"
        shown = option is not None or not (helper or _is_left_over(job, site, apart, context))
        yield context.finding(
            self,
            site.unit.origin(site.call),
            text,
            confidence=_confidence(job, site, option, apart, context) if shown else Confidence.LOW,
            job=job,
            what_happens="The caller waits for all of it; what the queue does about errors is not done.",
            how_to_fix="Enqueue it, or call a plain function that the job calls too.",
        )


def _is_left_over(job: Job, site: Site, apart: Apart, context: Context) -> bool:
    """Whether nobody enqueues the job, and records are handed to it here, which only pickle carries: a function by now."""
    wires = {wire for m in context.registry.messages if m.job.framework == job.framework for wire in m.wires}
    if job.framework != "celery" or any("pickle" in wire for wire in wires):
        return False  # RQ pickles by default, and only Celery was looked at
    given = (kind for a in site.call.args for kind in context.solver.value(a.value, site.env).kinds())
    return not apart.sent(job) and any(isinstance(k, Instance) and context.solver.classes.record(k.cls) for k in given)


def _confidence(job: Job, site: Site, option: str | None, apart: Apart, context: Context) -> Confidence:
    """Medium in a request that does not look at what was done, for a job that is meant to run apart."""
    if option is not None:
        return Confidence.HIGH
    handling = context.once("handling", lambda: Handling(context.solver))
    if handling.of(site.unit) and apart.meant(job, site) and not apart.read_after(job, site):
        return Confidence.MEDIUM
    return Confidence.LOW


def _unused(site: Site) -> bool:
    """Whether nobody uses what the call gives (or, for a coroutine, what awaiting it gives)."""
    return site.usage == "dropped" or (
        site.usage == "awaited" and isinstance(site.stmt, ir.ExprStmt) and _awaits(site.stmt.value, site.call)
    )


def _awaits(node: ir.Expr, call: ir.Call) -> bool:
    return isinstance(node, ir.Await) and node.value is call


def _in(site: Site, performed: frozenset[tuple[str, int]]) -> bool:
    return (site.unit.filename, site.unit.offset) in performed


def _performed(registry: Registry, context: Context) -> frozenset[tuple[str, int]]:
    """Where the functions stand that run when a job runs."""
    refs = [visit.ref for job in registry.jobs if job.function for visit in context.solver.reach.of(job.function)]
    return frozenset((ref.filename, ref.start) for ref in refs)


def _meant(site: Site, context: Context) -> bool:
    function = site.unit.function
    if function is None or _MEANT.search(function.name) is not None:
        return True
    return _says(site, context) or _reads_back(site) or _told(site.around, context)


def _reads_back(site: Site) -> bool:
    """Whether the caller fetches again afterwards what the job has changed."""
    flow = site.unit.flow
    later = (s.call.func for s in flow.sites if s.call.start > site.call.end) if flow is not None else ()
    return any(isinstance(func, ir.Attribute) and func.attr in _FETCHED_AGAIN for func in later)


def _says(site: Site, context: Context) -> bool:
    """Whether a word of the call, or a comment at it, says that it is to run at once."""
    if any(a.keyword is not None and _MEANT.search(a.keyword) for a in site.call.args):
        return True
    origin = site.unit.origin(site.call)
    data = context.solver.raw(origin.filename) or b""
    end = data.find(b"\n", origin.end)
    starts = [origin.start, *(site.unit.origin(around.node).start for around in chain(site.around) if around.role == "loop")]
    near = data[_above(data, origin.start, b"#") : end if end >= 0 else None]
    return _SAID.search(near) is not None or any(
        _SAID_ABOVE.search(data, _above(data, start, b""), start) is not None for start in starts
    )


def _above(data: bytes, place: int, begins: bytes) -> int:
    """Where the lines begin that stand above a place without an empty one, and that begin so."""
    start = data.rfind(b"\n", 0, place) + 1
    while start:
        before = data.rfind(b"\n", 0, start - 1) + 1
        line = data[before:start].strip()
        if not line or not line.startswith(begins):
            break
        start = before
    return start


def _told(around: Around | None, context: Context) -> bool:
    """Whether a setting decides, or an error of the job is waited for."""
    while around is not None:
        if around.role == "branch" and isinstance(around.node, ir.If) and _decides(around.node.test):
            return True
        if around.role == "try" and isinstance(around.node, ir.Try):
            for handler in around.node.handlers:
                if not catching.errors_of(context, handler, around.env).names & catching.BROAD:
                    return True
        around = around.outer
    return False


def _decides(test: ir.Expr) -> bool:
    """Whether a test asks for eager running, or for what the request says of that: `if "force" in request.GET`."""
    texts = (part.value for part in walk(test) if isinstance(part, ir.Constant) and isinstance(part.value, str))
    return _TOLD.search(words_of(test)) is not None or any(_MEANT.search(text) for text in texts)


def _queue_option(job: Job, site: Site) -> str | None:
    """An option of an enqueue that the job has no parameter for."""
    if job.signature is None:
        return None
    own = {p.name for p in job.signature.parameters}
    return next((a.keyword for a in site.call.args if a.keyword in _QUEUE_OPTIONS and a.keyword not in own), None)
