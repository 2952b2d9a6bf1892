"""
## What it finds
Retries without an end on errors that do not heal by waiting: a record that is gone, an error in the code; or every
error there is (`Exception`) in a job of which a line is seen that fails for good: a row that it asks for and that may be
deleted, a request that may be refused, a `raise` about its arguments. Celery: `autoretry_for=(Exception,)`, or
`self.retry()` in an `except Exception`, in a job with `max_retries=None`; the reference API:
`@retry_on(Exception, attempts="unlimited")`.

## Why it matters
A typo, a deleted row or a refused request fails the same way every time. Such a message never leaves the queue: it
costs a run each time, fills the log, is never reported as failed, and after a few thousand of them there is no worker
left for the work that could be done.

## Example
```python
@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=None)
def push_order(order_id):
    order = Order.objects.get(pk=order_id)
    requests.post(ERP, json=order.as_json())
```

## Use instead
```python
@app.task(autoretry_for=(ConnectionError, Timeout), retry_backoff=True, max_retries=12)
def push_order(order_id):
    order = Order.objects.filter(pk=order_id).first()
    if order is not None:
        requests.post(ERP, json=order.as_json())
```

## How to fix
Give the retries an end (`max_retries=`, `attempts=`), or name the errors that pass by themselves, such as a refused
connection, and let the others fail at once where somebody sees them.

## Options
None.

## Known limits
A bound that the body checks by hand (`self.request.retries`, a counter or deadline of the record) makes it quiet, and
so does `expires`. `max_retries=None` given to `retry()` or in `retry_kwargs` is no such case: there it means the
job's own limit (see JOB405). Retries on every error without a line that is seen to fail for good have low confidence:
they are hidden at default settings. Errors whose classes are not known are never reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Handler, Job, Retry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import catching, healing, performers
from jobcheck.solve.exceptions import MISSING_ROW, Errors, lineage, of_value
from jobcheck.solve.flow import Around
from jobcheck.solve.kinds import Origin

# Errors that come from the code or from the data; the same run fails the same way again.
_BUGS = frozenset({"TypeError", "AttributeError", "NameError", "ImportError", "SyntaxError", "NotImplementedError"})
_GONE = frozenset({MISSING_ROW, "jobcheck.runtime.RecordNotFound"})
_COUNTER = re.compile(
    r"(?:^|_)(?:retries|attempts?|tries|executions|deadline|expired|expires|age|too_old|give_up)(?:_|$)|retry_?count",
    re.IGNORECASE,
)
_HAPPENS = "A run that fails for good is put back on the queue for ever, and is never reported as failed."


class EndlessRetry(Rule):
    """JOB403."""

    code = "JOB403"
    severity = Severity.WARNING
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        if context.solver.is_test(job.filename) or _counts(job, context):
            return
        for handler in job.handlers:
            if handler.what == "retry" and handler.bound == "none":
                yield from self._declared(job, handler, context)
        for retry in performers.retries_of(context, job):
            if retry.bound == "none" and retry.raises:
                yield from self._by_hand(job, retry, context)

    def _declared(self, job: Job, handler: Handler, context: Context) -> Iterator[FindingBuilder]:
        for error in handler.errors:
            found = _hopeless(of_value(error.value, error.node), context)
            if found is None:
                continue
            level = Confidence.MEDIUM if job.unknown_options or found not in catching.BROAD else Confidence.HIGH
            yield self._shown(job, handler, found, level, context)
            return

    def _by_hand(self, job: Job, retry: Retry, context: Context) -> Iterator[FindingBuilder]:
        around = retry.site.around
        if around is None or around.role != "handler" or not isinstance(around.part, ir.Handler):
            return  # nothing failed, or the code looks at the error first
        if not _comes_first(around, retry):
            return
        found = _hopeless(catching.errors_of(context, around.part, around.env), context)
        if found is not None:
            yield self._shown(job, retry, found, Confidence.MEDIUM, context)

    def _shown(self, job: Job, said: Handler | Retry, error: str, level: Confidence, context: Context) -> FindingBuilder:
        """The finding with its places. Where every error is retried, one that never heals must be seen."""
        never = healing.never(job, said if isinstance(said, Retry) else None, context) if error in catching.BROAD else None
        level = level if never or error not in catching.BROAD else Confidence.LOW
        builder = self._finding(job, said.origin, error, level, context)
        if never is not None:
            builder.relate(context.place(never[0]), never[1])
        return _with_bound(builder, said, context)

    def _finding(self, job: Job, origin: Origin, error: str, level: Confidence, context: Context) -> FindingBuilder:
        what = "any error" if error in catching.BROAD else f"`{error.rpartition('.')[2]}`"
        return context.finding(
            self,
            origin,
            f"`{job.label}` is retried on {what} without an end",
            confidence=level,
            job=job,
            subject=error,
            what_happens=_HAPPENS,
            how_to_fix="Set a limit, or name the errors that pass by themselves.",
        )


def _with_bound(builder: FindingBuilder, subject: Handler | Retry, context: Context) -> FindingBuilder:
    if subject.bound_origin is not None:
        builder.relate(context.place(subject.bound_origin), "this says that there is no limit")
    return builder


def _hopeless(errors: Errors, context: Context) -> str | None:
    """The error among them that waiting does not heal."""
    for cls in errors.classes:
        family = lineage(context.solver, cls)
        name = next(iter(Errors((cls,)).names))
        if name in catching.BROAD or family & (_BUGS | _GONE):
            return name
    return None


def _comes_first(around: Around, retry: Retry) -> bool:
    """Whether nothing in the handler can leave it before the retry."""
    assert isinstance(around.part, ir.Handler)
    for stmt in around.part.body:
        if stmt is retry.site.stmt:
            return True
        if any(isinstance(node, (ir.Raise, ir.Return, ir.Simple)) for node in walk(stmt, into_functions=False)):
            return False
    return False


def _counts(job: Job, context: Context) -> bool:
    """Whether the body decides by how often or how long it was tried, or may do so in a function that it asks."""
    found = catching.body(context, job)
    if found is None:
        return True  # what cannot be read may hold the bound
    return any(_names_counter(node) for part in _decisions(job, found[2], context) for node in walk(part))


def _names_counter(node: ir.Node) -> bool:
    name = node.attr if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""
    return bool(name) and _COUNTER.search(name) is not None


def _decisions(job: Job, function: ir.FunctionDef, context: Context) -> Iterator[ir.Node]:
    """The parts of a body by which it may stop: tests, and what it passes on, log lines and the retry itself aside."""
    retries = {id(retry.site.call) for retry in performers.retries_of(context, job)}
    for node in walk(function.body):
        if isinstance(node, (ir.If, ir.While, ir.IfExp, ir.Assert)):
            yield node.test
        elif isinstance(node, ir.Compare):
            yield node
        elif isinstance(node, ir.Call) and id(node) not in retries and not catching.is_log(node):
            yield from (arg for arg in node.args if _is_count(arg.value))


def _is_count(node: ir.Expr) -> bool:
    """`self.request.retries`."""
    return isinstance(node, ir.Attribute) and isinstance(node.value, ir.Attribute) and node.value.attr == "request"
