"""
## What it finds
A job that returns what its result backend cannot store, or what the next job of a chain cannot be given: a set, a
record, an Enum member, a generator, a custom object, an AsyncResult inside a list.

## Why it matters
The return value goes through a serializer too. With a result backend Celery encodes it after the job's body ran: the
work is done, and then `EncodeError` makes the job a failure; a retry does the work again. In a chain the same happens
without any backend, and the rest of the chain never runs. Without a backend, and outside of chains, Celery never encodes
a result, and nothing is reported. A job that returns one AsyncResult is fine: Celery stores its id. The reference API
keeps no results.

## Example
```python
@app.task
def overdue():
    return {order.id for order in late_orders()}        # a set
```

## Use instead
```python
@app.task
def overdue():
    return sorted(order.id for order in late_orders())
```

## How to fix
Return what a queue can hold: ids, numbers, text, lists and dicts of these. Where nobody reads the result, return nothing,
or declare `ignore_result=True`.

## Options
`[tool.jobcheck.serializers]` names the serializer where the code does not say it.

## Known limits
A result backend is seen where the project's Python code names one (`result_backend`, `CELERY_RESULT_BACKEND`,
`Celery(backend=...)`). A job under a decorator that may change what it returns is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.registry import Job
from jobcheck.rules.arguments import remedies, trips
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.defs import NarrowDef, ParamDef
from jobcheck.solve.flow import Exit, Flow
from jobcheck.solve.kinds import FrameworkValue, Instance, Literal, Origin, Value, plain
from jobcheck.wire.judge import Trip, judge


class UnserializableResult(Rule):
    """JOB109."""

    code = "JOB109"
    severity = Severity.ERROR
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        wires = carriers(job, context)
        runs = job.awaited or not job.is_async
        unit = context.solver.function_unit(job.function) if job.function is not None and runs else None
        if not wires or job.signature is None or unit is None or unit.refused or context.solver.is_test(job.filename):
            return
        flow = context.solver.flow(unit)
        for value, origin, reached in _returned(job, flow, context):
            found = [t for t in _refused(value, wires, context) if not _allowed(t, job, context)]
            if found and reached is not False:
                yield self.finding(next((t for t in found if t.certain), found[0]), origin, reached, job, context)

    def finding(self, trip: Trip, origin: Origin, reached: bool | None, job: Job, context: Context) -> FindingBuilder:
        """The finding at what is returned."""
        where = f" in `result{trip.path}`" if trip.path else ""
        place = context.display(job.framework)
        if job.results.wires:
            level, why = job.results.confidence, f"which {place}'s result backend cannot store"
        else:
            level, why = Confidence.HIGH, "which the next job of the chain cannot be given"
        text = f"`{job.label}` returns {trip.type_name}{where}, {why}"
        builder = context.finding(self, origin, text, job=job, subject=trip.path)
        level = level if trip.certain else min(level, Confidence.MEDIUM)
        builder.confidence = level if reached else Confidence.LOW
        error = (trip.outcome.error or "an error").partition(":")[0]
        work = "Calling it only makes a generator: its body never runs" if origin == job.origin else "The job does its work"
        builder.what_happens = f"{work}; then {error} makes it a failure."
        builder.how_to_fix = remedies.for_result(trip.kind, context)
        if job.results.origin is not None and job.results.wires:
            builder.relate(context.place(job.results.origin), "the result backend is set here")
        if job.handed_on is not None:
            builder.relate(context.place(job.handed_on), "its result is given to the next job of a chain")
        return builder


def carriers(job: Job, context: Context) -> tuple[str, ...]:
    """The wires that a result must pass: the backend's, or those of the next job in a chain."""
    if job.results.wires:
        return job.results.wires
    if job.handed_on is None:
        return ()
    # The project's serializer for messages, as the job's own messages show it.
    return tuple({name: None for m in context.registry.messages if m.job is job for name in m.wires})


def _returned(job: Job, flow: Flow, context: Context) -> Iterator[tuple[Value, Origin, bool | None]]:
    """What the job returns, where, and whether its enqueues lead there; a generator function returns a generator."""
    if flow.yields:
        yield plain("generator"), job.origin, True
        return
    for leaves in flow.returns:
        if leaves.node is not None:
            origin = flow.unit.origin(leaves.node)
            yield context.solver.value(leaves.node, leaves.env), origin, _reached(leaves, job, context)


def _reached(leaves: Exit, job: Job, context: Context) -> bool | None:
    """Whether a return is met by what is enqueued: `if in_job: return ids` leaves the rest to direct callers.

    None where it depends on a flag whose value is not known.
    """
    for name, definition in leaves.env.vars.items():
        if isinstance(definition, NarrowDef) and definition.how == "truthy" and isinstance(definition.before, ParamDef):
            truths = set(_truths(name, job, context))
            if truths == {not definition.truth}:
                return False
            if definition.truth not in truths and _is_flag(definition.before.param):
                return None
    return True


def _is_flag(param: ir.Param) -> bool:
    return isinstance(param.default, ir.Constant) and param.default.kind == "bool"


def _truths(parameter: str, job: Job, context: Context) -> Iterator[bool | None]:
    """The truth of a parameter in each message of the job; None where it is not seen."""
    messages = [m for m in context.registry.messages if m.job is job and not m.enqueue.immediate]
    for message in messages:
        given = [a.value.only for a, name, _ in trips.placed(message) if name == parameter]
        yield bool(given[0].value) if given and isinstance(given[0], Literal) else None
    if not messages:
        yield None


def _refused(value: Value, wires: tuple[str, ...], context: Context) -> list[Trip]:
    """The trips that fail on every one of the wires."""
    facts = context.solver.classes
    found = [[t for t in judge(value, context.wire(name), facts) if t.outcome.is_error] for name in wires]
    return [t for t in found[0] if all(any((o.path, o.row) == (t.path, t.row) for o in more) for more in found[1:])]


def _allowed(trip: Trip, job: Job, context: Context) -> bool:
    """What Celery makes storable itself: one AsyncResult, a pydantic model under `pydantic=True`."""
    if isinstance(trip.kind, FrameworkValue) and trip.kind.role == "result":
        return not trip.path and bool(job.results.wires)
    if isinstance(trip.kind, Instance) and "pydantic" in job.options:
        return context.solver.classes.row(trip.kind.cls) == "pydantic"
    return False
