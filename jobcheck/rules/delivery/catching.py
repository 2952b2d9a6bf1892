"""Who catches what is raised at a place, and what becomes of it: shared by the rules about retries."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.exceptions import Errors, lineage, named, takes
from jobcheck.solve.flow import Around, Flow
from jobcheck.solve.kinds import ClassRef, External, Function, Origin
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

BROAD = frozenset({"Exception", "BaseException"})
_EVERYTHING = Errors((ClassRef("BaseException"),))
_LOG_CALLS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"})


@dataclass(frozen=True, slots=True)
class Catch:
    """A broad `except` (or `suppress`) that takes an error; `handler` is None for `suppress`."""

    unit: Unit
    env: Env
    errors: Errors
    origin: Origin
    handler: ir.Handler | None = None

    @property
    def spelling(self) -> str:
        """How messages call it."""
        names = ", ".join(sorted(self.errors.names & BROAD))
        if self.handler is None:
            return f"suppress({names})"
        return f"except {names}" if self.handler.type is not None else "bare except"


def broad_catch(context: Context, env: Env, around: Around | None, error: str) -> Catch | None:
    """The nearest broad handler around a place that takes the error and does not let it through.

    None as well when somebody else may take it first, or when the handler names the error itself: that is meant.
    """
    family = lineage(context.solver, ClassRef(error))
    while around is not None and around.role not in ("def", "lambda"):
        if around.role == "try" and isinstance(around.node, ir.Try) and not around.node.star:
            found = _taker(context, env.unit, around, family)
            if found is not None and not (found.handler and lets_through(context, found)):
                return found if found.errors.names & BROAD and not found.errors.names & (family - BROAD) else None
        elif around.role == "with" and isinstance(around.part, ir.WithItem):
            found = _suppressor(context, env.unit, around)
            if found is not None and found.errors.names & BROAD:
                return found
        around = around.outer
    return None


def _taker(context: Context, unit: Unit, around: Around, family: frozenset[str]) -> Catch | None:
    assert isinstance(around.node, ir.Try)
    for handler in around.node.handlers:
        errors = errors_of(context, handler, around.env)
        if takes(errors, family) or errors.open:
            return Catch(unit, around.env, errors, handler_origin(unit, handler), handler)
    return None


def errors_of(context: Context, handler: ir.Handler, env: Env) -> Errors:
    """The classes that a handler takes."""
    return _EVERYTHING if handler.type is None else named(context.solver, handler.type, env)


def handler_origin(unit: Unit, handler: ir.Handler) -> Origin:
    """`except` with the classes it names, without its body."""
    start = unit.offset + handler.start
    end = handler.type.end if handler.type is not None else handler.start + len("except")
    return Origin(unit.filename, start, unit.offset + end)


def _suppressor(context: Context, unit: Unit, around: Around) -> Catch | None:
    assert isinstance(around.part, ir.WithItem)
    node = around.part.context
    if not isinstance(node, ir.Call) or not _is(context, node.func, around.env, "contextlib.suppress"):
        return None
    parts = [named(context.solver, arg.value, around.env) for arg in node.args if not arg.star and not arg.keyword]
    errors = Errors(tuple(c for p in parts for c in p.classes))
    return Catch(unit, around.env, errors, unit.origin(node))


def _is(context: Context, node: ir.Expr, env: Env, qualname: str) -> bool:
    return context.solver.value(node, env).only == External(qualname)


def lets_through(context: Context, catch: Catch) -> bool:
    """Whether a handler may raise what it took again, or looks at what it is."""
    assert catch.handler is not None
    name = catch.handler.name
    for node in walk(catch.handler.body, into_functions=False):
        if isinstance(node, ir.Raise) and (node.exc is None or (name is not None and dotted(node.exc) == name)):
            return True
        if isinstance(node, ir.Name) and node.id in ("isinstance", "issubclass", "type"):
            return True
        if isinstance(node, ir.Call) and raises_always(context, node, catch.env):
            return True
    return False


def raises_always(context: Context, node: ir.Call, env: Env) -> bool:
    """Whether a call is to a function of the project that raises: `fail(error)`, `reraise(error)`."""
    name = node.func.attr if isinstance(node.func, ir.Attribute) else getattr(node.func, "id", "")
    if "raise" in name:
        return True
    for kind in context.solver.value(node.func, env).kinds():
        if isinstance(kind, Function):
            unit = context.solver.function_unit(kind.ref)
            if unit is not None and not unit.refused and context.solver.flow(unit).raises:
                return True
    return False


# --- the body of a job ---------------------------------------------------------------------------------------------


def body(context: Context, job: Job) -> tuple[Unit, Flow, ir.FunctionDef] | None:
    """The function that does the job's work."""
    unit = context.solver.function_unit(job.function) if job.function is not None else None
    if unit is None or unit.refused or unit.function is None:
        return None
    return unit, context.solver.flow(unit), unit.function


def is_log(node: ir.Node) -> bool:
    """Whether a call only writes a log line."""
    if not isinstance(node, ir.Call):
        return False
    return (node.func.attr if isinstance(node.func, ir.Attribute) else getattr(node.func, "id", "")) in _LOG_CALLS


def working_calls(nodes: ir.Node | list[ir.Stmt]) -> Iterator[ir.Call]:
    """The calls that do something, log lines aside; those in nested functions are not made here."""
    for node in walk(nodes, into_functions=False):
        if isinstance(node, ir.Call) and not is_log(node):
            yield node
