"""Exceptions: what an `except` or an option that lists errors names, and which errors are a kind of which."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import ClassObject, ClassRef, External, Kind, Sequence, Value
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Exceptions of libraries and what they derive from, as far as rules ask. Sources: celery 5.7.0, billiard 4.3.2,
# Django 5.2, queue_job 18.0.4.1.2, installed and read; frappe 16 (frappe/exceptions.py), read.
_ABOVE: dict[str, str] = {
    "celery.exceptions.CeleryError": "Exception",
    "celery.exceptions.TaskPredicate": "celery.exceptions.CeleryError",
    "celery.exceptions.Retry": "celery.exceptions.TaskPredicate",
    "celery.exceptions.Ignore": "celery.exceptions.TaskPredicate",
    "celery.exceptions.Reject": "celery.exceptions.TaskPredicate",
    "celery.exceptions.TaskError": "celery.exceptions.CeleryError",
    "celery.exceptions.MaxRetriesExceededError": "celery.exceptions.TaskError",
    "celery.exceptions.SoftTimeLimitExceeded": "Exception",
    "django.core.exceptions.ObjectDoesNotExist": "Exception",
    "odoo.addons.queue_job.exception.BaseQueueJobError": "Exception",
    "odoo.addons.queue_job.exception.JobError": "odoo.addons.queue_job.exception.BaseQueueJobError",
    "odoo.addons.queue_job.exception.FailedJobError": "odoo.addons.queue_job.exception.JobError",
    "odoo.addons.queue_job.exception.RetryableJobError": "odoo.addons.queue_job.exception.JobError",
    "frappe.exceptions.RetryBackgroundJobError": "Exception",
    "jobcheck.runtime.RecordNotFound": "Exception",
    "json.JSONDecodeError": "ValueError",
}
_SAME = {
    "celery.exceptions.RetryTaskError": "celery.exceptions.Retry",
    "celery.Task.MaxRetriesExceededError": "celery.exceptions.MaxRetriesExceededError",
    "billiard.exceptions.SoftTimeLimitExceeded": "celery.exceptions.SoftTimeLimitExceeded",
    "billiard.SoftTimeLimitExceeded": "celery.exceptions.SoftTimeLimitExceeded",
    "jobcheck.runtime.errors.RecordNotFound": "jobcheck.runtime.RecordNotFound",
    "odoo.addons.connector.exception.RetryableJobError": "odoo.addons.queue_job.exception.RetryableJobError",
    "openerp.addons.connector.exception.RetryableJobError": "odoo.addons.queue_job.exception.RetryableJobError",
    "frappe.RetryBackgroundJobError": "frappe.exceptions.RetryBackgroundJobError",
    "json.decoder.JSONDecodeError": "json.JSONDecodeError",
}
MISSING_ROW = "django.core.exceptions.ObjectDoesNotExist"


@dataclass(frozen=True, slots=True)
class Errors:
    """Exception classes that some code names; `open` when it names more than can be seen."""

    classes: tuple[ClassRef, ...]
    open: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(canonical(c.qualname) for c in self.classes)


def canonical(qualname: str) -> str:
    """One name for what a library exports under several."""
    found = getattr(builtins, qualname, None) if "." not in qualname else None
    if isinstance(found, type):
        return found.__name__  # IOError is OSError
    return _SAME.get(qualname, qualname)


def named(solver: Solver, node: ir.Expr, env: Env) -> Errors:
    """The classes that `except node:` takes."""
    if isinstance(node, (ir.TupleExpr, ir.ListExpr)):
        return _together([named(solver, element, env) for element in node.elements])
    return of_value(solver.value(node, env), node)


def of_value(value: Value, node: ir.Expr | None = None) -> Errors:
    """The classes that a value is: one class, or a sequence of them."""
    if value.unknown and isinstance(node, ir.Attribute) and node.attr == "DoesNotExist":
        return Errors((ClassRef(MISSING_ROW),))  # `Order.DoesNotExist`, which no class body declares
    found = _together([_of_kind(kind) for kind in value.kinds()])
    return Errors(found.classes, found.open or value.open)


def _of_kind(kind: Kind) -> Errors:
    match kind:
        case ClassObject(cls=cls):
            return Errors((cls,))
        case External(qualname=qualname):
            return Errors((ClassRef(qualname),))
        case Sequence(items=items) if items is not None:
            return _together([of_value(item) for item in items])
        case _:
            return Errors((), True)


def _together(parts: list[Errors]) -> Errors:
    return Errors(tuple(c for p in parts for c in p.classes), any(p.open for p in parts))


def lineage(solver: Solver, cls: ClassRef) -> frozenset[str]:
    """The canonical names of a class and of all that it is known to derive from."""
    info = solver.classes.info(cls)
    if info is None:
        return _outside(cls.qualname)
    return frozenset().union(*(_outside(a.qualname) if a.filename is None else {a.qualname} for a in info.ancestors))


def _outside(qualname: str) -> frozenset[str]:
    name = canonical(qualname)
    found = getattr(builtins, name, None) if "." not in name else None
    if isinstance(found, type):
        return frozenset(c.__name__ for c in found.__mro__ if c is not object)
    # What a library calls an error is an Exception: those that are not are builtins.
    return frozenset({name}) | _outside(_ABOVE.get(name, "Exception"))


def is_exception(solver: Solver, cls: ClassRef) -> bool | None:
    """Whether a class is one of exceptions; None when that cannot be seen."""
    return True if canonical(cls.qualname) in _ABOVE else solver.classes.is_exception(cls)


def takes(errors: Errors, lineage: frozenset[str]) -> bool:
    """Whether an `except` of these classes surely takes an error of that lineage."""
    return bool(errors.names & lineage)
