"""Rows that are made for one job: nobody else has heard of them when it runs."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.registry import Job, Message
from jobcheck.rules.arguments.trips import placed
from jobcheck.rules.base import Context
from jobcheck.rules.calls.apart import SCHEDULES
from jobcheck.rules.state import keys
from jobcheck.rules.state.changes import Changes
from jobcheck.rules.state.rows import Row
from jobcheck.solve.defs import IterDef, ParamDef
from jobcheck.solve.sources import Source


def is_own(context: Context, job: Job, row: Row) -> bool:
    """Whether a row is what the job is about: fetched by the key that the job is handed, or a turn of a loop over them.

    Jobs about one row seldom run at one time; what they count is then theirs (tries, failures), unless others count too.
    """
    if row.operation is None:
        return isinstance(row.source.definition, IterDef) or _handed(row.source)
    key = _asked_by(context, row)
    return key is not None and isinstance(key.definition, ParamDef)


def _asked_by(context: Context, row: Row) -> Source | None:
    """The key that a row is fetched by: the primary one, or another that two rows cannot share."""
    key = keys.fetched_by(context.solver, row.source)
    operation = keys.operation_of(context.solver, row.source) if key is None else None
    if operation is None or len(operation.lookups) != 1:
        return key
    name, node = operation.lookups[0]
    field = context.solver.records.field(operation.model, name) if operation.model is not None else None
    unique = name in keys.KEYS or (field is not None and field.unique)
    return keys.key_source(context.solver, node, operation.site.env) if unique else None


def is_periodic(context: Context, job: Job) -> bool:
    """Whether a job needs to be told nothing, and only a schedule runs it: one run after the other."""
    if job.signature is None or any(p.required for p in job.signature.parameters):
        return False
    messages = [m for m in context.registry.messages if m.job is job and not m.enqueue.in_test]
    return all(m.enqueue.form in SCHEDULES for m in messages)


def _handed(source: Source) -> bool:
    """`self.row` of an object that does a job's work: the row that it was made for."""
    node, env = source.node, source.env
    if not isinstance(node, ir.Attribute) or not isinstance(node.value, ir.Name) or env.unit.cls is None:
        return False
    owner = env.lookup(node.value.id)[0]
    return isinstance(owner, ParamDef) and owner.index == 0


def is_owned(context: Context, job: Job, row: Row) -> bool:
    """Whether each caller that can be seen makes the row and enqueues this job for it, and no other."""
    key = _asked_by(context, row)
    parameter = keys.parameter(key, row.flow.unit.function) if key is not None else None
    messages = [m for m in context.registry.messages if m.job is job and not m.enqueue.in_test]
    if parameter is None or not messages:
        return False
    return all(_made_for(context, message, parameter) for message in messages)


def _made_for(context: Context, message: Message, parameter: str) -> bool:
    """Whether a message holds the key of a row that its caller makes, and no other job there gets it."""
    record = _record(context, message, parameter)
    if record is None or not Changes(context.solver).is_new(record):
        return False
    others = [m for m in context.registry.messages if m.enqueue.unit is message.enqueue.unit and m.job is not message.job]
    return not any(
        found is not None and context.solver.sources.same(found, record)
        for other in others
        for found in (_record(context, other, None),)
    )


def _record(context: Context, message: Message, parameter: str | None) -> Source | None:
    """The record whose key a message holds, for a parameter or at all."""
    site = message.enqueue.site
    for argument, name, _ in placed(message):
        if argument.node is None or argument.star or (parameter is not None and name != parameter):
            continue
        found = keys.keyed(context.solver, keys.key_source(context.solver, argument.node, site.env))
        if found is not None:
            return found
    return None
