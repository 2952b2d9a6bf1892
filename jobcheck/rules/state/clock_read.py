"""
## What it finds
A job that takes the business date from the clock when it runs, and uses it to choose rows, to name a file or a key, although
it is enqueued by code and not by a schedule. Off by default.

## Why it matters
The job runs later than it is enqueued: after a queue of hours, a retry, a night. The report of the 31st is made of the rows of
the 1st, the file gets the wrong name, and the retry of an idempotent job has another key than its first run.

## Example
```python
@app.task
def daily_report(shop_id):
    orders = Order.objects.filter(shop_id=shop_id, placed__date=date.today())
```

## Use instead
```python
@app.task
def daily_report(shop_id, day):
    orders = Order.objects.filter(shop_id=shop_id, placed__date=day)
```

## How to fix
Let the caller say which date is meant, and pass it: `daily_report.delay(shop.pk, date.today().isoformat())`.

## Options
None.

## Known limits
Only dates are judged, not times: "now" is mostly meant as now. Jobs that are started by a schedule alone, or by
nobody, are left alone, and so is what helpers do.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import Job
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.solve.defs import Env
from jobcheck.solve.effect_names import full_names
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import External

_DATES = frozenset({"datetime.date.today", "django.utils.timezone.localdate", "pendulum.today"})
_TIMES = frozenset({
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "django.utils.timezone.now",
    "django.utils.timezone.localtime",
})  # fmt: skip
_TO_DATE = frozenset({"date", "strftime"})
_KEYED = frozenset({"open", "save", "add", "set", "get_or_set", "lock", "to_csv", "to_excel", "upload_file", "put_object"})
_STORES = ("open", "io.open", "django.core.cache", "django.core.files", "redis", "boto3", "pathlib")


class ClockRead(Rule):
    """JOB307."""

    code = "JOB307"
    severity = Severity.WARNING
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        unit = context.solver.function_unit(job.function) if job.function is not None else None
        if unit is None or unit.refused or unit.function is None or not _is_enqueued(job, context):
            return
        seen: set[int] = set()
        for site in context.solver.flow(unit).sites:
            for node, env, what in _uses(site, context):
                for part, where in context.solver.sources.parts(node, env):
                    if isinstance(part, ir.Call) and id(part) not in seen and _takes_date(part, where, context):
                        seen.add(id(part))
                        yield self._finding(job, part, where, what, context)

    def _finding(self, job: Job, node: ir.Call, env: Env, what: str, context: Context) -> FindingBuilder:
        return context.finding(
            self,
            env.unit.origin(node),
            f"`{job.label}` {what} by the date of its run, which may not be the date of its enqueue",
            confidence=Confidence.MEDIUM,
            job=job,
            subject=what,
            how_to_fix="Let the caller pass the date that is meant.",
        )


def _is_enqueued(job: Job, context: Context) -> bool:
    """Whether code enqueues the job, outside of tests."""
    return any(job in e.jobs and not e.in_test and e.site.unit.qualname for e in context.registry.enqueues)


def _uses(site: Site, context: Context) -> Iterator[tuple[ir.Expr, Env, str]]:
    """What chooses rows, or names a file or key, in a call."""
    operation = context.solver.records.operation(site)
    if operation is not None:
        yield from ((node, operation.site.env, "chooses rows") for _, node in operation.lookups)
        return
    name = getattr(site.call.func, "attr", getattr(site.call.func, "id", ""))
    if name not in _KEYED or not site.call.args:
        return
    if any(full.startswith(_STORES) for full in full_names(context.solver, site.call, site.env)):
        yield site.call.args[0].value, site.env, "names what it keeps"


def _takes_date(node: ir.Call, env: Env, context: Context) -> bool:
    """`date.today()`, `now().date()`, `now().strftime("%Y-%m-%d")`."""
    if isinstance(node.func, ir.Attribute) and node.func.attr in _TO_DATE and isinstance(node.func.value, ir.Call):
        return _names(node.func.value, env, context) in _TIMES
    return _names(node, env, context) in _DATES


def _names(node: ir.Call, env: Env, context: Context) -> str:
    only = context.solver.value(node.func, env).only
    return only.qualname if isinstance(only, External) else ""
