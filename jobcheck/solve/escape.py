"""Whether an error that is raised at a place leaves the function, and which errors an `except` is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.defs import Env
from jobcheck.solve.exceptions import Errors, lineage, named
from jobcheck.solve.kinds import ClassRef, External
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Around

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

BROAD = frozenset({"Exception", "BaseException"})
# Errors of the operating system that whatever speaks over a socket may raise.
_SOCKETS = frozenset({"OSError", "ConnectionError", "TimeoutError", "socket.timeout", "socket.error", "socket.gaierror"})
_PLAIN_SOCKETS = frozenset({
    "smtplib", "aiosmtplib", "urllib", "ftplib", "imaplib", "poplib", "paramiko", "django", "redis", "ldap",
})  # fmt: skip
_PACKAGES = {"boto3": "botocore", "aioboto3": "botocore", "slack_bolt": "slack_sdk", "kombu": "kombu"}


def escapes(solver: Solver, around: Around | None, errors: frozenset[str]) -> bool:
    """Whether one of the errors, raised at a place, may leave the function that the place stands in."""
    for part in chain(around):
        if part.role in ("def", "lambda"):
            return True
        if part.role == "try" and isinstance(part.node, ir.Try) and _swallowed(solver, part.node, part.env, errors):
            return False
        item = part.part if part.role == "with" else None
        if isinstance(item, ir.WithItem) and _suppressed(solver, item.context, part.env, errors):
            return False
    return True


def meets(solver: Solver, classes: tuple[ClassRef, ...], errors: frozenset[str]) -> bool:
    """Whether one of the classes (of an `except`, of `autoretry_for`) takes one of the errors of a failure.

    A failure's errors are class names, or the package whose own errors it raises.
    """
    return any(_meets(solver, cls, errors) for cls in classes)


def _meets(solver: Solver, cls: ClassRef, errors: frozenset[str]) -> bool:
    family = lineage(solver, cls)
    name = next((n for n in Errors((cls,)).names), cls.qualname)
    if name in BROAD or name in errors:
        return True
    packages = {e.partition(".")[0] for e in errors if "." not in e and e[:1].islower()}
    packages |= {_PACKAGES[p] for p in packages if p in _PACKAGES}
    roots = {f.partition(".")[0] for f in family if "." in f}
    if roots & packages:
        return True
    if name in ("OSError", "ConnectionError", "TimeoutError") or name in _SOCKETS:
        return bool(errors & _SOCKETS or packages & (_PLAIN_SOCKETS | ({"requests"} if name == "OSError" else set())))
    return False


def _swallowed(solver: Solver, attempt: ir.Try, env: Env, errors: frozenset[str]) -> bool:
    """Whether a `try` takes what its body raises, and does not raise again."""
    for handler in attempt.handlers:
        if handler.type is None:
            return not passes_on(handler)
        found = named(solver, handler.type, env)
        if meets(solver, found.classes, errors) or found.open:
            return not passes_on(handler)
    return False


def passes_on(handler: ir.Handler) -> bool:
    """Whether a handler may raise what it took, or another error, or ask for another run."""
    for node in walk(handler.body, into_functions=False):
        if isinstance(node, ir.Raise):
            return True
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr in ("retry", "fail", "reraise"):
            return True
    return False


def _suppressed(solver: Solver, context: ir.Expr, env: Env, errors: frozenset[str]) -> bool:
    if not isinstance(context, ir.Call) or solver.value(context.func, env).only != External("contextlib.suppress"):
        return False
    return any(meets(solver, named(solver, arg.value, env).classes, errors) for arg in context.args)
