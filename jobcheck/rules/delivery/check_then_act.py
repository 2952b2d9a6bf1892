"""
## What it finds
A job that looks whether a row exists and inserts it if not, in two steps: `if not X.objects.filter(...).exists():
X.objects.create(...)`, or `x = ....first(); if x is None: create`.

## Why it matters
Two runs side by side, of two messages or of one message delivered twice, both look before either has inserted: there are
two rows, or one of the runs fails with IntegrityError where a unique constraint stands guard. It happens under load
only, and never in a test.

## Example
```python
@app.task
def bill(order_id):
    if not Invoice.objects.filter(order_id=order_id).exists():
        Invoice.objects.create(order_id=order_id)
```

## Use instead
```python
@app.task
def bill(order_id):
    Invoice.objects.get_or_create(order_id=order_id)      # with a unique constraint on order_id
```

## How to fix
Let the database decide: a unique constraint with `get_or_create`, `update_or_create` or `ON CONFLICT`, or take a lock
(`select_for_update` on the row that both belong to) before looking.

## Options
Off by default: `extend-select = ["check-then-act"]`.

## Known limits
A lock seen before the check makes it quiet: a `with` or a call named so, `select_for_update`, `cache.add`; so does an `except
IntegrityError` around the insert. Jobs of which the framework runs only one at a time are not recognised.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Job, Registry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import catching
from jobcheck.solve.defs import Env, ExprDef, NarrowDef, PhiDef, dotted
from jobcheck.solve.effect_records import refused_twice
from jobcheck.solve.kinds import ClassRef, Origin
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.reach import Visit
from jobcheck.solve.sites import Around, Site

_LOOKS = frozenset({"exists", "count", "fetch"})
_ACTS = frozenset({"create", "add"})
_CLASH = "IntegrityError"
_TWICE = "two runs side by side insert two"


class CheckThenAct(Rule):
    """JOB409."""

    code = "JOB409"
    severity = Severity.WARNING
    subject = Registry

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        seen: set[Origin] = set()
        for job in sorted(registry.jobs, key=lambda job: job.key):
            if job.function is None or context.solver.is_test(job.filename):
                continue
            for visit in context.solver.reach.of(job.function):
                yield from self._function(job, visit, seen, context)

    def _function(self, job: Job, visit: Visit, seen: set[Origin], context: Context) -> Iterator[FindingBuilder]:
        done = [(site, found) for site in visit.flow.sites if (found := context.solver.records.operation(site)) is not None]
        looks = {id(site.call): (site, found) for site, found in done if found.act in _LOOKS and found.model is not None}
        for site, found in done if looks else ():
            origin = visit.unit.origin(site.call)
            if found.act not in _ACTS or found.model is None or origin in seen or _guarded(site, visit, done, context):
                continue
            look = _checked(site, found.model, looks, visit)
            if look is not None:
                seen.add(origin)
                refused = refused_twice(context.solver, found)
                yield self._finding(job, visit, look, found.model, origin, refused, context)

    def _finding(
        self, job: Job, visit: Visit, look: Site, model: ClassRef, origin: Origin, refused: str, context: Context
    ) -> FindingBuilder:
        then = f"the database refuses the second of two runs side by side ({refused})" if refused else _TWICE
        text = f"`{job.label}` looks for a `{model.name}` and inserts one if there is none: {then}"
        builder = context.finding(
            self, origin, text, confidence=Confidence.HIGH if visit.caller is None else Confidence.MEDIUM, job=job,
            subject=model.name, what_happens="Both look before either has inserted.",
            how_to_fix="Use get_or_create with a unique constraint, or take a lock before looking.",
        )  # fmt: skip
        return builder.relate(context.place(visit.unit.origin(look.call)), "it looks here")


_Looks = dict[int, tuple[Site, Operation]]


def _checked(site: Site, model: ClassRef, looks: _Looks, visit: Visit) -> Site | None:
    """The look for rows of the model whose emptiness leads to this insert."""
    around = site.around
    while around is not None and around.role not in ("def", "lambda"):
        if around.role == "branch" and isinstance(around.node, ir.If):
            found = _absent(around.node.test, around.truth, around.env, model, looks)
            if found is not None:
                return found
        around = around.outer
    return _left_early(site, model, looks, visit)


def _left_early(site: Site, model: ClassRef, looks: _Looks, visit: Visit) -> Site | None:
    """`if X.exists(): return` further up in the same block."""
    block = _block_of(site.around, visit)
    for stmt in block:
        if stmt.start >= site.stmt.start:
            return None
        env = visit.flow.entered.get(id(stmt))
        if isinstance(stmt, ir.If) and env is not None and stmt.body and not stmt.orelse:
            last = stmt.body[-1]
            if isinstance(last, (ir.Return, ir.Raise)) or (isinstance(last, ir.Simple) and last.kind == "continue"):
                found = _absent(stmt.test, False, env, model, looks)
                if found is not None:
                    return found
    return None


def _block_of(around: Around | None, visit: Visit) -> list[ir.Stmt]:
    """The statements of the nearest loop around a place, or of the function."""
    while around is not None:
        if isinstance(around.node, (ir.For, ir.While)) and around.role == "loop":
            return around.node.body
        around = around.outer
    return visit.unit.function.body if visit.unit.function is not None else []


def _absent(test: ir.Expr, truth: bool, env: Env, model: ClassRef, looks: _Looks) -> Site | None:
    """The look that a test says came back empty, where the test is `truth`."""
    match test:
        case ir.UnaryOp(op="not"):
            return _absent(test.operand, not truth, env, model, looks)
        case ir.BoolOp():
            if (test.op == "and") != truth:
                return None
            return _absent(test.left, truth, env, model, looks) or _absent(test.right, truth, env, model, looks)
        case ir.Compare(ops=["is" | "=="], comparators=[ir.Constant(value=None | 0)]):
            return _look(test.left, env, model, looks) if truth else None
        case ir.Compare(ops=["is not" | "!=" | ">"], comparators=[ir.Constant(value=None | 0)]):
            return None if truth else _look(test.left, env, model, looks)
        case _:
            return None if truth else _look(test, env, model, looks)


def _look(node: ir.Expr, env: Env, model: ClassRef, looks: _Looks) -> Site | None:
    """The look for rows of a model that an expression is, or that gave a name its value."""
    if isinstance(node, ir.Name):
        definition, _ = env.lookup(node.id)
        while isinstance(definition, NarrowDef):
            definition = definition.before
        parts = definition.parts if isinstance(definition, PhiDef) else [definition]
        found = [_look(p.node, p.env, model, looks) for p in parts if isinstance(p, ExprDef) and not isinstance(p.node, ir.Name)]
        return next((look for look in found if look is not None), None)
    for part in walk(node, into_functions=False):
        look = looks.get(id(part))
        if look is not None and look[1].model == model:
            return look[0]
    return None


def _guarded(site: Site, visit: Visit, done: list[tuple[Site, Operation]], context: Context) -> bool:
    """Whether a lock is taken before, or the database's refusal is expected."""
    if any(found.act == "lock" and other.call.start < site.call.start for other, found in done):
        return True
    if any(_takes_lock(other.call) for other in visit.flow.sites if other.call.start < site.call.start):
        return True
    if visit.unit.function is not None and any("lock" in dotted(d.value).lower() for d in visit.unit.function.decorators):
        return True
    return any(_takes_lock(call.call) for call in _calls_around(visit)) or _expects_clash(site.around, context)


def _calls_around(visit: Visit) -> Iterator[Site]:
    """The calls of the callers that come before the one that leads here."""
    inner: Visit = visit
    while inner.caller is not None and inner.call is not None:
        start = inner.call.call.start
        yield from (site for site in inner.caller.flow.sites if site.call.start < start)
        inner = inner.caller


def _takes_lock(call: ir.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ir.Attribute) else getattr(call.func, "id", "")
    on_cache = isinstance(call.func, ir.Attribute) and "cache" in dotted(call.func.value).lower()
    return "lock" in name.lower() or name == "select_for_update" or (name == "add" and on_cache)


def _expects_clash(around: Around | None, context: Context) -> bool:
    while around is not None:
        if around.role == "try" and isinstance(around.node, ir.Try):
            names = {n for h in around.node.handlers for n in catching.errors_of(context, h, around.env).names}
            if any(name.endswith(_CLASH) for name in names):
                return True
        around = around.outer
    return False
