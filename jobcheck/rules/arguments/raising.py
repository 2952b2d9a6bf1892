"""Which exceptions leave a job: those that it, or a function of the project that it calls, raises and nobody takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.rules.delivery import catching, performers
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.exceptions import lineage, of_value, takes
from jobcheck.solve.kinds import ClassObject, ClassRef, Function, FunctionRef, Instance, Origin
from jobcheck.solve.sites import Around, Exit, Flow

# How many calls below a job are looked at, and how many functions in all for one job.
DEEPEST_CALL = 2
MOST_FUNCTIONS = 25

_Guard = Around | None


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of a class of the project that leaves a job.

    `call` makes it, where that is seen; `named` when it is only named by an option of the job.
    """

    job: Job
    cls: ClassRef
    origin: Origin
    call: ir.Call | None = None
    named: str = ""


@dataclass(eq=False, slots=True)
class _Function:
    """What one function raises, and the functions of the project that it calls."""

    raises: list[tuple[ClassRef, Exit]] = field(default_factory=list)
    calls: list[tuple[FunctionRef, _Guard]] = field(default_factory=list)


class Raising:
    """Answers for one run; functions are read once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._functions: dict[FunctionRef, _Function] = {}

    def of(self, job: Job) -> Iterator[Raised]:
        """The exceptions that leave a job, those that are seen raised first."""
        if job.function is not None:
            yield from self._followed(job, job.function)
        yield from _named(job)

    def _followed(self, job: Job, start: FunctionRef) -> Iterator[Raised]:
        pending: list[tuple[FunctionRef, tuple[_Guard, ...], int]] = [(start, (), 0)]
        seen = {start}
        while pending:
            ref, guards, depth = pending.pop(0)
            function = self._function(ref, last=depth == DEEPEST_CALL)
            for cls, leaves in function.raises:
                if leaves.node is not None and not self._taken(job, cls, (leaves.around, *guards)):
                    call = leaves.node if isinstance(leaves.node, ir.Call) else None
                    made = call if call is not None and self._constructs(call, leaves.env) else None
                    yield Raised(job, cls, leaves.env.unit.origin(leaves.node), made)
            for callee, guard in function.calls if depth < DEEPEST_CALL else ():
                if callee not in seen and len(seen) < MOST_FUNCTIONS:
                    seen.add(callee)
                    pending.append((callee, (guard, *guards), depth + 1))

    def _constructs(self, call: ir.Call, env: Env) -> bool:
        """Whether a call is that of the class itself, not of a function that makes one."""
        return isinstance(self._context.solver.value(call.func, env).only, ClassObject)

    def _function(self, ref: FunctionRef, *, last: bool) -> _Function:
        found = self._functions.get(ref)
        if found is None:
            found = self._functions[ref] = _Function()
            if last and not self._mentions_raise(ref):
                del self._functions[ref]  # it was not read: another job may come by on a shorter way
                return found
            unit = self._context.solver.function_unit(ref)
            if unit is not None and not unit.refused and unit.function is not None:
                self._read(found, self._context.solver.flow(unit))
        return found

    def _mentions_raise(self, ref: FunctionRef) -> bool:
        decl = self._context.solver.function_decl(ref)
        data = self._context.solver.raw(ref.filename)
        return decl is not None and data is not None and data.find(b"raise", decl[0].start, decl[0].end) >= 0

    def _read(self, function: _Function, flow: Flow) -> None:
        solver = self._context.solver
        for leaves in flow.raises:
            only = solver.value(leaves.node, leaves.env).only if leaves.node is not None else None
            if isinstance(only, (Instance, ClassObject)) and only.cls.filename is not None:
                function.raises.append((only.cls, leaves))
        for site in flow.sites:
            if site.deferred:
                continue
            only = solver.value(site.call.func, site.env).only
            if isinstance(only, Function):
                function.calls.append((only.ref, site.around))

    def _taken(self, job: Job, cls: ClassRef, guards: tuple[_Guard, ...]) -> bool:
        """Whether a `try` on the way up takes the exception for good, or may."""
        family = lineage(self._context.solver, cls)
        for innermost in guards:
            around = innermost
            while around is not None and around.role not in ("def", "lambda"):
                if around.role == "try" and isinstance(around.node, ir.Try) and self._takes(job, around, family):
                    return True
                around = around.outer
        return False

    def _takes(self, job: Job, around: Around, family: frozenset[str]) -> bool:
        assert isinstance(around.node, ir.Try)
        for handler in around.node.handlers:
            errors = catching.errors_of(self._context, handler, around.env)
            if takes(errors, family) or errors.open:
                return not (_raises_again(handler) or self._hands_on(job, handler))
        return False

    def _hands_on(self, job: Job, handler: ir.Handler) -> bool:
        """`raise self.retry(exc=error)`: when the retries are used up, the error itself is raised."""
        inside = {id(node) for node in walk(handler.body)}
        return any(id(r.site.call) in inside and "exc" in r.arguments for r in performers.retries_of(self._context, job))


def _raises_again(handler: ir.Handler) -> bool:
    """`raise`, `raise error`: what a function may raise that the handler calls is not evidence enough."""
    raised = [node for node in walk(handler.body, into_functions=False) if isinstance(node, ir.Raise)]
    return any(node.exc is None or (handler.name is not None and dotted(node.exc) == handler.name) for node in raised)


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
