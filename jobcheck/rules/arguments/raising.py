"""Which exceptions leave a job: those that it, or a function of the project that it calls, raises and nobody takes."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.rules.delivery import catching, performers
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.exceptions import lineage, of_value, takes
from jobcheck.solve.kinds import ClassObject, ClassRef, Instance, Origin
from jobcheck.solve.order import chain
from jobcheck.solve.reach import Visit
from jobcheck.solve.sites import Around, Exit
from jobcheck.values import dataclass

# Further down, what is raised is mostly for somebody else: a job that fails of it is not expected to.
DEEPEST_CALL = 2


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of a class of the project that leaves a job.

    `call` makes it, where that is seen; `named` is the option of the job that names it, where no more than that is seen.
    """

    job: Job
    cls: ClassRef
    origin: Origin
    call: ir.Call | None = None
    named: str = ""


def of_job(job: Job, context: Context) -> Iterator[Raised]:
    """The exceptions that leave a job, those that are seen raised first."""
    if job.function is not None:
        for visit in context.solver.reach.of(job.function):
            if len(visit.calls) <= DEEPEST_CALL:
                yield from _of_visit(job, visit, context)
    yield from _named(job)


def _of_visit(job: Job, visit: Visit, context: Context) -> Iterator[Raised]:
    solver = context.solver
    for leaves in visit.flow.raises:
        only = solver.value(leaves.node, leaves.env).only if leaves.node is not None else None
        if not isinstance(only, (Instance, ClassObject)) or only.cls.filename is None or leaves.node is None:
            continue
        if not _taken(job, only.cls, leaves, visit, context):
            yield Raised(job, only.cls, leaves.env.unit.origin(leaves.node), _constructing(leaves.node, leaves.env, context))


def _constructing(node: ir.Expr, env: Env, context: Context) -> ir.Call | None:
    """The call of the class itself, not of a function that makes one."""
    if isinstance(node, ir.Call) and isinstance(context.solver.value(node.func, env).only, ClassObject):
        return node
    return None


def _taken(job: Job, cls: ClassRef, leaves: Exit, visit: Visit, context: Context) -> bool:
    """Whether a `try` on the way up takes the exception for good, or may."""
    family = lineage(context.solver, cls)
    guards = [leaves.around, *(site.around for site in visit.calls)]
    tries = (around for guard in guards for around in chain(guard) if around.role == "try")
    return any(_takes(job, around, family, context) for around in tries)


def _takes(job: Job, around: Around, family: frozenset[str], context: Context) -> bool:
    for handler in around.node.handlers if isinstance(around.node, ir.Try) else ():
        errors = catching.errors_of(context, handler, around.env)
        if takes(errors, family) or errors.open:
            return not (_raises_again(handler) or _hands_on(job, handler, context))
    return False


def _raises_again(handler: ir.Handler) -> bool:
    """`raise`, `raise error`: what a function may raise that the handler calls is not evidence enough."""
    raised = [node for node in walk(handler.body, into_functions=False) if isinstance(node, ir.Raise)]
    return any(node.exc is None or (handler.name is not None and dotted(node.exc) == handler.name) for node in raised)


def _hands_on(job: Job, handler: ir.Handler, context: Context) -> bool:
    """`raise self.retry(exc=error)`: when the retries are used up, the error itself is raised."""
    inside = {id(node) for node in walk(handler.body)}
    return any(id(r.site.call) in inside and "exc" in r.arguments for r in performers.retries_of(context, job))


def _named(job: Job) -> Iterator[Raised]:
    """The classes that an option of the job says it raises."""
    for handler in job.handlers:
        for error in handler.errors if handler.what == "retry" else ():
            for cls in of_value(error.value, error.node).classes:
                if cls.filename is not None:
                    yield Raised(job, cls, error.origin, None, handler.form)
    throws = job.options.get("throws")
    for cls in of_value(throws.value).classes if throws is not None else ():
        if throws is not None and cls.filename is not None:
            yield Raised(job, cls, throws.origin, None, "throws")
