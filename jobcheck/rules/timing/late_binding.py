"""
## What it finds
A lambda or nested function that is handed over for later (`transaction.on_commit(...)`, `scheduler.add_job(...)`) and reads
a name which has another value by then: the variable of a loop around it, a name that is rebound or deleted after it, the
name of an `except ... as error`, and the `id` or `pk` of a record that is being deleted.

## Why it matters
A closure keeps the variable, not its value. All callbacks that a loop hands over run after the loop, when the
transaction commits, and see the last item: the last row is processed once for each of them and the others never. Django
sets the primary key of a deleted record to None, so a callback that reads it late enqueues None. With autocommit, as in
most tests, `on_commit` runs its callback at once and everything looks right.

## Example
```python
for row in rows:
    transaction.on_commit(lambda: index.delay(row.pk))
```

## Use instead
```python
for row in rows:
    transaction.on_commit(functools.partial(index.delay, row.pk))
```

## How to fix
Take the value when the callback is made: `functools.partial(job.delay, row.pk)`, or `lambda pk=row.pk: ...`.

## Options
None.

## Known limits
Where no transaction is seen around the loop the confidence is medium; where the only one is opened within each turn,
the callback runs before the next turn and nothing is said. Attributes that change on the same object are not followed.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Confidence
from jobcheck.registry import Callback, Job
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.timing import closures
from jobcheck.rules.timing.closures import Closure
from jobcheck.solve.defs import Env, all_params
from jobcheck.solve.kinds import External, Sequence, Value

_DELETES = frozenset({
    "django.db.models.signals.post_delete", "django.db.models.signals.pre_delete",
    "django.db.models.signals.signals.post_delete",
})  # fmt: skip
_LATER = {
    "on_commit": "when the transaction commits", "timer": "when the timer fires", "atexit": "at exit",
    "scheduler": "when it is due",
}  # fmt: skip


class LateBinding(Rule):
    """JOB503."""

    code = "JOB503"
    severity = Severity.ERROR
    subject = Callback

    def check(self, callback: Callback, context: Context) -> Iterator[FindingBuilder]:
        closure = None if callback.in_test else closures.closure_of(callback, context)
        if closure is None:
            return
        found = _in_loop(callback, closure, context) or _of_handler(callback, closure, context)
        if callback.what != "scheduler":  # it may be meant to see what is newest whenever it is due
            found = found or _deleted_key(callback, closure, context) or _rebound(callback, closure, context)
        if found is None:
            return
        message, level, name, node = found
        job = _job_in(closure, callback, context)
        builder = context.finding(
            self, callback.origin, message, confidence=level, job=job, framework=job.framework if job else None,
            subject=name, how_to_fix=f"Take the value now: `functools.partial(...)`, or `lambda {name}={name}: ...`.",
        )  # fmt: skip
        builder.relate(context.place(callback.site.unit.origin(node)), f"`{name}` changes here")
        yield builder


Found = tuple[str, Confidence, str, ir.Node] | None


def _in_loop(callback: Callback, closure: Closure, context: Context) -> Found:
    """A name that each turn of a loop binds anew."""
    names = closures.free_names(closure)
    for loop in closures.loops_around(callback.site.around):
        if closures.leaves(loop, callback.site.stmt):
            continue
        for bound in (closures.targets_of(loop), closures.assigned_in(loop)):
            name = next((n for n in names if n in bound), None)
            if name is not None:
                text = f"the callback reads `{name}` {_LATER[callback.what]}: all of them see the last `{name}` of the loop"
                shown = loop.target if isinstance(loop, ir.For) else callback.argument
                return text, _level(callback, loop, context), name, shown
    return None


def _of_handler(callback: Callback, closure: Closure, context: Context) -> Found:
    """The name of an `except ... as name`, which is deleted at the handler's end."""
    names = closures.free_names(closure)
    around = callback.site.around
    while around is not None and around.role not in ("def", "lambda"):
        handler = around.part
        if isinstance(handler, ir.Handler) and handler.name in names:
            text = f"the callback reads `{handler.name}`, which is deleted when the `except` ends: NameError"
            return text, _level(callback, around.node, context), handler.name or "", handler
        around = around.outer
    return None


def _rebound(callback: Callback, closure: Closure, context: Context) -> Found:
    """A name that the same function binds anew, or deletes, further down."""
    function = callback.site.unit.function
    if function is None or callback.site.deferred:
        return None
    local = {p.name for p in all_params(function.params)} | callback.site.env.locals
    for name in closures.free_names(closure):
        for stmt in closures.rebindings(function, name, callback.site.stmt) if name in local else ():
            what = "deleted" if isinstance(stmt, ir.Delete) else "given another value"
            text = f"the callback reads `{name}` {_LATER[callback.what]}: it is {what} before that"
            level = _level(callback, stmt, context)
            return text, level if isinstance(stmt, ir.Delete) else min(level, Confidence.MEDIUM), name, stmt
    return None


# --- the key of a deleted record -------------------------------------------------------------------------------


def _deleted_key(callback: Callback, closure: Closure, context: Context) -> Found:
    """`instance.pk` in a receiver of post_delete, `self.pk` in a `delete` that calls the one above."""
    record = _deleted_record(callback, context)
    if record is None or record not in closures.free_names(closure):
        return None
    for node in walk(closure.body):
        if isinstance(node, ir.Attribute) and node.attr in ("pk", "id") and _is_name(node.value, record):
            text = f"the callback reads `{record}.{node.attr}` {_LATER[callback.what]}: it is None after the delete"
            return text, Confidence.MEDIUM, record, callback.argument
    return None


def _is_name(node: ir.Expr, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


def _deleted_record(callback: Callback, context: Context) -> str | None:
    unit = callback.site.unit
    function = unit.function
    if function is None or callback.what != "on_commit" or callback.site.deferred:
        return None
    names = [p.name for p in all_params(function.params)]
    if unit.cls is not None and function.name == "delete" and names and context.solver.classes.record(unit.cls):
        return names[0] if _calls_above(function) else None
    receives = any(_is_delete_receiver(d, callback, context) for d in function.decorators)
    return "instance" if receives and "instance" in names else None


def _calls_above(function: ir.FunctionDef) -> bool:
    """`super().delete(...)`."""
    deletes = [n.value for n in walk(function.body) if isinstance(n, ir.Attribute) and n.attr == "delete"]
    return any(isinstance(owner, ir.Call) and _is_name(owner.func, "super") for owner in deletes)


def _is_delete_receiver(decorator: ir.Decorator, callback: Callback, context: Context) -> bool:
    """`@receiver(post_delete, ...)`, and no other signals with it."""
    call = decorator.value
    if not isinstance(call, ir.Call) or not call.args:
        return False
    env = Env(callback.site.unit, {}, None, frozenset())
    if context.solver.value(call.func, env).only != External("django.dispatch.receiver"):
        return False
    return _is_delete(context.solver.value(call.args[0].value, env))


def _is_delete(signal: Value) -> bool:
    only = signal.only
    if isinstance(only, Sequence) and only.items:
        return all(_is_delete(item) for item in only.items)
    return isinstance(only, External) and only.qualname in _DELETES


# --- transactions ----------------------------------------------------------------------------------------------


def _level(callback: Callback, extent: ir.Node, context: Context) -> Confidence:
    """HIGH when a transaction is open over all of `extent`, LOW when the one that is seen ends within it."""
    if callback.what != "on_commit":
        return Confidence.HIGH
    blocks = context.solver.transactions.blocks
    around, within = callback.site.around, False
    while around is not None and around.role not in ("def", "lambda"):
        if blocks.of_with(around) is not None:
            if around.node.start <= extent.start and extent.end <= around.node.end:
                return Confidence.HIGH
            within = True
        around = around.outer
    if around is None and blocks.of_function(callback.site.unit) is not None:
        return Confidence.HIGH
    return Confidence.LOW if within else Confidence.MEDIUM


def _job_in(closure: Closure, callback: Callback, context: Context) -> Job | None:
    """The job that the callback enqueues, when it is one."""
    unit = callback.site.unit
    inside = [
        e for e in context.registry.enqueues
        if e.unit is unit and closure.start <= e.site.call.start and e.site.call.end <= closure.end and len(e.jobs) == 1
    ]  # fmt: skip
    return inside[0].jobs[0] if inside else None
