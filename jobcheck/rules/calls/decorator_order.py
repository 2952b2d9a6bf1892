"""
## What it finds
A decorator that stands above the job decorator and wraps what it gets in a function of its own:
`@transaction.atomic` above `@app.task`.

## Why it matters
Decorators apply from the bottom up. What is above gets the finished job object and puts a plain function in its place:
the module's name has no `.delay` and no `.apply_async` any more, so the enqueue raises AttributeError. Where the job is
only sent by name (beat, `send_task`), it runs, but without the decorator: no transaction, no lock, no retry around it.

## Example
```python
@transaction.atomic
@shared_task
def close_month(month): ...
```

## Use instead
```python
@shared_task
@transaction.atomic
def close_month(month): ...
```

## How to fix
Move the decorator below the job's own, next to the function.

## Options
None.

## Known limits
Known are the wrappers of common libraries and the project's own decorators that return an inner function. Decorators
that register something and give it back (`@receiver`, marks of pytest) belong above or below as they like.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Confidence
from jobcheck.project.shape import DecoratorDecl
from jobcheck.registry import Job
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.decorators import CONTEXT_MANAGERS
from jobcheck.solve.defs import all_params
from jobcheck.solve.kinds import Function, Kind, LocalFunction, Origin, Value

# Decorators that put a plain function, or an object without the job's methods, in the place of what they get.
_WRAPPERS = frozenset({
    "functools.lru_cache", "functools.cache", "functools.singledispatch", "contextlib.contextmanager",
    "django.db.transaction.atomic", "django.contrib.auth.decorators.login_required",
    "django.contrib.auth.decorators.permission_required", "django.contrib.auth.decorators.user_passes_test",
    "django.utils.translation.override", "django.utils.timezone.override", "django.test.override_settings",
    "django.test.utils.override_settings", "django_scopes.scope", "django_scopes.scopes_disabled",
    "asgiref.sync.async_to_sync", "asgiref.sync.sync_to_async", "tenacity.retry", "retrying.retry", "retry.retry",
    "backoff.on_exception", "backoff.on_predicate", "cachetools.cached", "cachetools.func.ttl_cache",
    "sentry_sdk.trace", "sentry_sdk.monitor", "sentry_sdk.crons.monitor", "elasticapm.capture_span",
    "ratelimit.limits", "ratelimit.sleep_and_retry", "freezegun.freeze_time",
})  # fmt: skip
# What only a job has: a decorator that asks it of what it is given is written for jobs.
_OF_JOBS = frozenset({
    "delay", "apply_async", "s", "si", "signature", "subtask", "send", "send_with_options", "message", "message_with_options",
    "enqueue", "enqueue_at", "defer", "defer_async", "configure", "kiq", "kicker", "perform_later", "schedule",
})  # fmt: skip


class DecoratorOrder(Rule):
    """JOB211."""

    code = "JOB211"
    severity = Severity.ERROR
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        if job.decl is None or job.decorated is None or not job.verb or context.solver.is_test(job.filename):
            return
        above = [d for d in job.decl.decorators if d.start < job.decorated.start]
        for decorator in reversed(above):
            level = _wraps(decorator, job, context)
            if level is not None:
                origin = Origin(job.filename, decorator.start, decorator.end)
                name = decorator.dotted or context.text(origin)
                verb = ".perform_later" if job.framework == "reference" else job.verb
                yield context.finding(
                    self, origin,
                    f"`{name}` stands above the job decorator: it wraps the job object of `{job.label}`, not its run, "
                    f"and `{job.label}{verb}` is gone",
                    confidence=level, job=job, subject=name, how_to_fix="Put it below the job decorator.",
                )  # fmt: skip
                return


def _wraps(decorator: DecoratorDecl, job: Job, context: Context) -> Confidence | None:
    """How sure it is that a decorator gives back a wrapper; None when it may give back what it got."""
    name = context.solver.decorator_name(job.filename, decorator)
    if name in _WRAPPERS:
        return Confidence.HIGH
    value = context.solver.decorator_value(job.filename, decorator)
    callee = _callee(decorator, job, context)
    if decorator.is_call and callee is not None and _is_context_manager(callee, context):
        return Confidence.HIGH
    return Confidence.HIGH if _is_wrapping(value, context) else None


def _callee(decorator: DecoratorDecl, job: Job, context: Context) -> Kind | None:
    """The function that `@function(...)` calls."""
    unit = context.solver.unit(job.filename, decorator.start, decorator.end)
    stmt = unit.body[0] if unit.body else None
    if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
        return None
    env = context.solver.flow(unit).entered[id(stmt)]
    return context.solver.value(stmt.value.func, env).only


def _is_context_manager(callee: Kind, context: Context) -> bool:
    if not isinstance(callee, Function):
        return False
    found = context.solver.function_decl(callee.ref)
    names = [context.solver.decorator_name(callee.ref.filename, d) for d in found[0].decorators] if found else []
    return any(name in CONTEXT_MANAGERS for name in names)


def _is_wrapping(decorator: Value, context: Context) -> bool:
    """Whether what a function of the project returns, given a job, is surely a function inside it."""
    solver = context.solver
    match decorator.only:
        case Function(ref=ref, bound=None):
            unit = solver.function_unit(ref)
            return unit is not None and _is_inner(solver.returned(ref), unit.function, context)
        case LocalFunction() as inner:
            flow, found = solver.nested_flow(inner), solver.nested_node(inner)
            if flow is None or found is None or not isinstance(found[0], ir.FunctionDef):
                return False
            return _is_inner(solver.flow_value(flow), found[0], context)
        case _:
            return False


def _is_inner(returned: Value, function: ir.FunctionDef | None, context: Context) -> bool:
    inner = returned.only
    if not isinstance(inner, LocalFunction) or function is None:
        return False
    found = context.solver.nested_node(inner)
    stands_inside = found is not None and any(node is found[0] for node in walk(function))
    return stands_inside and not _gets_attributes(function, inner.name) and not _takes_jobs(function)


def _takes_jobs(function: ir.FunctionDef) -> bool:
    """Whether a decorator enqueues what it is given: `def later(job): def wrapped(*args): enqueue(job.si(*args))`."""
    given = {param.name for param in all_params(function.params)}
    asked = (n for n in walk(function) if isinstance(n, ir.Attribute) and n.attr in _OF_JOBS)
    return any(isinstance(n.value, ir.Name) and n.value.id in given for n in asked)


def _gets_attributes(function: ir.FunctionDef, name: str) -> bool:
    """Whether a decorator gives its inner function attributes (`inner.delay = function.delay`)."""
    for node in walk(function):
        if isinstance(node, ir.Assign) and any(_is_of(target, name) for target in node.targets):
            return True
        if isinstance(node, ir.Call) and any(isinstance(a.value, ir.Name) and a.value.id == name for a in node.args):
            return True
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and _is_of(node.func.value, name):
            return True
    return False


def _is_of(node: ir.Expr, name: str) -> bool:
    return isinstance(node, ir.Attribute) and isinstance(node.value, ir.Name) and node.value.id == name
