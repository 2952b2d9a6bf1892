"""Bodies that never fail, and loops whose items never do: for swallowed-retry."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Handler, Job
from jobcheck.rules.base import Context
from jobcheck.rules.delivery import catching, performers
from jobcheck.rules.delivery.catching import Catch
from jobcheck.solve.defs import Env, statements
from jobcheck.solve.exceptions import lineage, of_value, takes
from jobcheck.solve.flow import Flow
from jobcheck.solve.kinds import ClassRef, FrameworkValue
from jobcheck.solve.units import Unit


def swallows(job: Job, handler: Handler, context: Context) -> Catch | None:
    """The `except` that takes all errors of a handler, where all the job's work stands in its `try`."""
    found = catching.body(context, job)
    if found is None or handler.open or not handler.errors or _wrapped(job, context):
        return None
    unit, flow, function = found
    work = [stmt for stmt in function.body if isinstance(stmt, ir.Try) or any(catching.working_calls(stmt))]
    if len(work) != 1 or not isinstance(work[0], ir.Try) or work[0].star:
        return None
    attempt = work[0]
    if any(isinstance(s, ir.Raise) for s in statements(function.body)) or any(catching.working_calls(attempt.orelse)):
        return None
    if performers.retries_of(context, job) or not any(catching.working_calls(attempt.body)):
        return None
    env = flow.entered.get(id(attempt))
    if env is None or _calls_that_raise(attempt, env, context):
        return None
    catches = [Catch(unit, env, catching.errors_of(context, h, env), catching.handler_origin(unit, h), h)
               for h in attempt.handlers]  # fmt: skip
    for error in handler.errors:
        errors = of_value(error.value, error.node)
        if errors.open or len(errors.classes) != 1:
            return None
        family = lineage(context.solver, errors.classes[0])
        if not any(takes(c.errors, family) for c in catches):
            return None
    return catches[-1] if catches else None


def _wrapped(job: Job, context: Context) -> bool:
    """Whether another decorator stands between the job and its function: it may raise around the body, as a lock does."""
    for decorator in job.decl.decorators if job.decl is not None else ():
        name = context.solver.decorator_name(job.filename, decorator)
        kinds = context.solver.decorator_value(job.filename, decorator).kinds()
        known = any(isinstance(kind, FrameworkValue) for kind in kinds) or name.startswith("jobcheck.")
        if not known and not (job.decorated is not None and decorator.start <= job.decorated.start < decorator.end):
            return True
    return False


def _calls_that_raise(attempt: ir.Try, env: Env, context: Context) -> bool:
    parts = [stmt for handler in attempt.handlers for stmt in handler.body]
    return any(
        isinstance(node, ir.Call) and catching.raises_always(context, node, env) for node in walk(parts, into_functions=False)
    )


def loop_catches(job: Job, error: str, context: Context) -> Iterator[Catch]:
    """Broad handlers of the `try` statements in a job's loops that take an error and let the loop go on."""
    found = catching.body(context, job)
    if found is None:
        return
    unit, flow, function = found
    seen: set[int] = set()
    for loop in statements(function.body):
        if not isinstance(loop, (ir.For, ir.While)):
            continue
        for stmt in statements(loop.body):
            if isinstance(stmt, ir.Try) and id(stmt) not in seen:
                seen.add(id(stmt))
                catch = _goes_on(unit, flow, stmt, error, context)
                if catch is not None:
                    yield catch


def _goes_on(unit: Unit, flow: Flow, attempt: ir.Try, error: str, context: Context) -> Catch | None:
    env = flow.entered.get(id(attempt))
    if env is None or attempt.star or not any(catching.working_calls(attempt.body)):
        return None
    family = lineage(context.solver, ClassRef(error))
    for handler in attempt.handlers:
        errors = catching.errors_of(context, handler, env)
        if not takes(errors, family) and not errors.open:
            continue
        catch = Catch(unit, env, errors, catching.handler_origin(unit, handler), handler)
        named = errors.names & (family - catching.BROAD)
        if errors.open or named or _leaves(handler) or catching.lets_through(context, catch):
            return None
        return catch
    return None


def _leaves(handler: ir.Handler) -> bool:
    return any(
        isinstance(s, (ir.Raise, ir.Return)) or (isinstance(s, ir.Simple) and s.kind == "break") for s in statements(handler.body)
    )
