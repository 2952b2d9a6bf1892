"""Calls that tell somebody something: a mail, a message, a webhook, a log line, a row of a journal."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.solve import effect_calls
from jobcheck.solve.effect_names import full_names
from jobcheck.solve.kinds import ClassRef, Plain
from jobcheck.solve.sites import Site
from jobcheck.solve.solver import Solver

_LOGS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_LOGGING = ("logging.", "celery.utils.log.", "structlog.", "loguru.")
_KINDS = {"mail": "mails", "message": "sends", "http": "posts", "log": "logs", "journal": "records"}


def verb(kind: str) -> str:
    """What a job does with what it reports, for a message."""
    return _KINDS[kind]


def report(solver: Solver, site: Site) -> str | None:
    """What sort of report a call is: mail, message, http, log, journal; None when it is none."""
    if _logs(solver, site):
        return "log"
    operation = solver.records.operation(site)
    if operation is not None:
        return "journal" if operation.act == "create" and operation.model is not None and _journal(operation.model) else None
    if any(a.keyword == "stream" and isinstance(a.value, ir.Constant) and a.value.value is True for a in site.call.args):
        return None  # a download: what it is given says what to fetch
    found = effect_calls.effect(solver, site)
    return found.kind if found is not None and found.kind in _KINDS else None


def _logs(solver: Solver, site: Site) -> bool:
    func = site.call.func
    if not isinstance(func, ir.Attribute) or func.attr not in _LOGS:
        return False
    if Plain("logger") in solver.value(func.value, site.env).kinds():
        return True
    return any(name.startswith(_LOGGING) for name in full_names(solver, site.call, site.env))


def _journal(model: ClassRef) -> bool:
    """Whether rows of a class say what happened: its name ends so."""
    name = model.name.lower()
    return any(name.endswith(word) for word in _JOURNALS)


_JOURNALS = ("log", "logs", "logentry", "history", "audit", "event", "activity", "notification", "message", "comment")
