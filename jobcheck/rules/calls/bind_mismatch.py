"""
## What it finds
`bind=True` on a function whose first parameter is not the job (or that has none), and a function that is written for
`bind=True` (`self.retry(...)`, `self.request.id`, calls that leave `self` out) but is declared without it. Also a job that
asks for its context (`pass_context=True` of Procrastinate, `takes_context=True` of Django Tasks, `context=True` of Huey), or is
always given it (arq, SAQ), and has no parameter for it.

## Why it matters
With `bind=True` Celery puts the job itself before the arguments; without it, it does not. When declaration and function
disagree, each argument lands one place beside its own: `delay(7)` raises TypeError at the enqueue, or the job runs with
the task object for an order id, or `self.retry` is looked up on the first argument and raises AttributeError just when
a retry is needed. Django Tasks refuses a job whose first parameter is not named `context` when the module is imported.

## Example
```python
@shared_task
def charge(self, order_id):
    ...
    raise self.retry(countdown=60)
```

## Use instead
```python
@shared_task(bind=True)
def charge(self, order_id):
    ...
    raise self.retry(countdown=60)
```

## How to fix
Add `bind=True`, or the parameter `self` before the others.

## Options
None.

## Known limits
Class-based jobs are bound always and are not looked at, nor are functions under a decorator that jobcheck does not
know or with a base class that rewrites arguments. Under a decorator of the project's own that makes jobs, a first
parameter `self` or `task` is reported where another job asks that decorator for `bind=True`, and it has no default for it.
A bound function whose first parameter has an unusual name is reported only when its calls, its annotation or a name such
as `order_id` show that it is an argument.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Confidence
from jobcheck.frameworks.direct import direct_calls
from jobcheck.project.shape import Param
from jobcheck.registry import Job, Message
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.calls import fit, house_bind
from jobcheck.solve.defs import Env, all_params, assigned_names
from jobcheck.solve.kinds import Literal, Mapping, Plain, Sequence
from jobcheck.solve.sites import Site

# What only the job itself has.
_OWN = frozenset({"retry", "request", "update_state", "replace", "add_to_chord", "send_event", "apply_async", "backend"})
_REQUEST = frozenset({"retries", "id", "delivery_info", "root_id", "parent_id", "hostname", "called_directly", "chain"})
_DATA_ENDINGS = ("_id", "_ids", "_pk", "_pks", "_uuid", "_slug", "_email", "_number", "_name")
_DATA_NAMES = frozenset({"id", "pk", "ids", "pks", "uuid", "slug", "email", "payload", "url"})

Found = tuple[str, Confidence] | None


class BindMismatch(Rule):
    """JOB208."""

    code = "JOB208"
    severity = Severity.ERROR
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        own = house_bind.lacks_bind(job, context)
        if own is not None:
            text = f"`{job.label}` takes `{own}` but is declared without `bind=True`, as other jobs under its decorator are"
            yield context.finding(self, job.origin, text, confidence=Confidence.MEDIUM, job=job, how_to_fix=_fix(job))
        if job.misbound and not context.solver.is_test(job.filename):
            fix = "Give it the parameter, or take the option off."
            yield context.finding(self, job.origin, f"`{job.label}` {job.misbound}", job=job, how_to_fix=fix)
        if not _is_judged(job, context):
            return
        function = _function(job, context)
        if job.decl is None or function is None:
            return
        messages = [m for m in context.registry.messages if m.job is job and not m.enqueue.in_test]
        if any(m.rewritten for m in messages):
            return
        judge = _bound if job.bound else _unbound
        found = judge(job, function, messages, context)
        if found is not None:
            message, level = found
            yield context.finding(self, job.origin, message, confidence=level, job=job, how_to_fix=_fix(job))


def _is_judged(job: Job, context: Context) -> bool:
    """Whether the declaration is a plain one: Celery's own decorator directly on a function of a module."""
    if job.framework != "celery" or job.cls is not None or job.signature is None or context.solver.is_test(job.filename):
        return False
    if job.decl is None or job.decl.class_name or job.unknown_options or "filter" in job.options:
        return False
    return job.base is None or not any(True for _ in context.solver.member(job.base, "__call__"))


def _function(job: Job, context: Context) -> ir.FunctionDef | None:
    unit = context.solver.function_unit(job.function) if job.function else None
    return unit.function if unit is not None else None


def _bound(job: Job, function: ir.FunctionDef, messages: list[Message], context: Context) -> Found:
    first = _first(job)
    if first is None:
        if job.signature and job.signature.vararg:
            return None
        text = f"`{job.label}` has no parameter for the job that `bind=True` passes: each run raises TypeError"
        return text, Confidence.HIGH
    if first.name in fit.SELF_NAMES or not first.name.strip("_") or _own_uses(function, first.name):
        return None
    level = _evidence(job, first, messages, context)
    if level is None:
        return None
    return f"`{job.label}` has `bind=True` but no `self`: `{first.name}` is given the job itself", level


def _evidence(job: Job, first: Param, messages: list[Message], context: Context) -> Confidence | None:
    """How sure it is that the first parameter of a bound job is meant as an argument."""
    if any(_blames(m) for m in messages):
        return Confidence.HIGH
    if any(_fits(m) and m.enqueue.arguments for m in messages):
        return None
    if any(_gives_all(job, site) for site in direct_calls(context.solver, job)):
        return Confidence.HIGH
    parameter = first.name.lower()
    if parameter in _DATA_NAMES or parameter.endswith(_DATA_ENDINGS) or _is_annotated(job, context):
        return Confidence.MEDIUM
    return None


def _gives_all(job: Job, site: Site) -> bool:
    """Whether a direct call, to which Celery adds the job itself, too, gives each parameter a value without it."""
    room = len(job.signature.positional) if job.signature is not None else 0
    given = [a for a in site.call.args if a.keyword is None]
    return len(given) == room + 1 and not any(a.star for a in site.call.args)


def _is_annotated(job: Job, context: Context) -> bool:
    """Whether the first parameter is annotated as something that a job is not."""
    function = _function(job, context)
    first = next(iter([*function.params.posonly, *function.params.args]), None) if function else None
    if job.function is None or first is None or first.annotation is None:
        return False
    unit = context.solver.function_unit(job.function)
    assert unit is not None
    value = context.solver.annotation(first.annotation, Env(unit, {}, None, frozenset()))
    return bool(value.alts) and all(isinstance(k, (Literal, Plain, Sequence, Mapping)) for k in value.kinds())


def _unbound(job: Job, function: ir.FunctionDef, messages: list[Message], context: Context) -> Found:
    first = _first(job)
    if first is None or first.name not in fit.SELF_NAMES:
        free = _free_self(function)
        if free is None:
            return None
        return f"`{job.label}` uses `self.{free}` but has no `self`: it raises NameError there", Confidence.HIGH
    uses = _own_uses(function, first.name)
    blamed = any(_blames(m) for m in messages)
    if any(_fits(m) and m.enqueue.arguments for m in messages) or not (uses or blamed or first.name == "self"):
        return None
    what = f"`{first.name}.{uses}` is looked up on the first argument" if uses else f"nothing is passed for `{first.name}`"
    text = f"`{job.label}` takes `{first.name}` but is declared without `bind=True`: {what}"
    return text, Confidence.HIGH if uses or blamed else Confidence.MEDIUM


def _first(job: Job) -> Param | None:
    return next((p for p in job.decl.params if p.kind in ("posonly", "arg")), None) if job.decl else None


def _blames(message: Message) -> bool:
    """Whether a call fails as it is and would not if `bind` were the other way."""
    signature = message.job.signature
    misfit = signature is not None and fit.misfits(message.enqueue, signature)
    return bool(misfit) and fit.blames_bind(message.enqueue, message)


def _fits(message: Message) -> bool:
    """Whether a call that can be seen whole is right as it is."""
    enqueue, signature = message.enqueue, message.job.signature
    whole = not (enqueue.open_args or enqueue.open_kwargs or enqueue.partial or enqueue.prepended is None)
    return whole and signature is not None and not fit.misfits(enqueue, signature)


def _own_uses(function: ir.FunctionDef, name: str) -> str | None:
    """The first attribute that is read of a parameter and that only a job has."""
    for node in walk(function.body):
        if not isinstance(node, ir.Attribute) or not isinstance(node.value, ir.Name) or node.value.id != name:
            continue
        if node.attr in _OWN and (node.attr != "request" or name in ("self", "_self") or _reads_context(function, node)):
            return node.attr
    return None


def _reads_context(function: ir.FunctionDef, request: ir.Attribute) -> bool:
    """`task.request.retries`: of Celery's request, not of something of the project that is called task."""
    return any(isinstance(n, ir.Attribute) and n.value is request and n.attr in _REQUEST for n in walk(function.body))


def _free_self(function: ir.FunctionDef) -> str | None:
    """What a function reads of a `self` that nothing binds."""
    bound = assigned_names(function.body) | {p.name for p in all_params(function.params)}
    if "self" in bound or any(isinstance(s, (ir.FunctionDef, ir.ClassDef)) for s in walk(function.body)):
        return None
    for node in walk(function.body):
        if isinstance(node, ir.Attribute) and isinstance(node.value, ir.Name) and node.value.id == "self":
            return node.attr if node.attr in _OWN else None
    return None


def _fix(job: Job) -> str:
    return "Put `self` before the other parameters." if job.bound else "Declare it with `bind=True`, and with `self` first."
