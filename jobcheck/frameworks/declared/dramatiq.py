"""Dramatiq. Source: dramatiq 2.2.1 and django-dramatiq 0.15.0, installed and run (facts/FRAMEWORKS.md 3; test_dramatiq.py)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments, encoders
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Spec
from jobcheck.project import modules
from jobcheck.registry import Job, Registry, Results

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_OWN = "dramatiq-own-json"
_ACTOR = Declares("actor", leads=("fn",))
_REFUSES = "the call raises TypeError"
# Where middlewares are told: `broker.add_middleware(...)`, `middleware=[...]`, `DRAMATIQ_BROKER = {"MIDDLEWARE": [...]}`.
_ABOUT = re.compile(rb"dramatiq", re.IGNORECASE)
_ADDED = re.compile(rb"\badd_middleware\s*\(\s*([\w.]+)")
_GIVEN = re.compile(rb"\bmiddleware\s*=\s*\[([^\]]*)\]")
_LISTED = re.compile(rb"[\"']MIDDLEWARE[\"']\s*:\s*\[([^\]]*)\]")
_CALLED = re.compile(rb"[A-Za-z_][\w.]*")
_STRINGS = re.compile(rb"[\"']([\w.]+)[\"']")
_KNOWN = frozenset({b"dramatiq", b"django_dramatiq", b"builtins"})
_WHERE = ("", "composition.")
SPEC = Spec(
    name="dramatiq",
    display="Dramatiq",
    modules=frozenset({"dramatiq", "django_dramatiq"}),
    seeds=frozenset({"dramatiq", ".send(", "send_with_options", "message_with_options", ".message("}),
    marks=(rb"\.\s*(?:send|send_with_options|message|message_with_options)\s*\(",),
    functions={
        "dramatiq.actor": _ACTOR,
        "dramatiq.actor.actor": _ACTOR,
        **{f"dramatiq.{where}{name}": Makes("canvas", unsent=name) for where in _WHERE for name in ("pipeline", "group")},
    },
    attributes={
        "job": {
            "send": Form("send"),
            "send_with_options": Form("send_with_options", "lists", surplus=_REFUSES),
            "message": Form("message", sent=False, partial=True),
            "message_with_options": Form("message_with_options", "lists", sent=False, partial=True, surplus=_REFUSES),
        }
    },
    retried_by="max_retries",
    retried=True,
    makers=rb"actor\s*\(",
    wire="dramatiq-json",
    verb=".send",
    send="`.send(...)`, a pipeline or group with `.run()`",
    shapes={
        "string": "each of its characters becomes an argument",
        "mapping": "its keys become the arguments",
        "not-a-sequence": "",
        "args": _REFUSES,
    },
    if_async="which Dramatiq runs with its AsyncIO middleware only: each run raises RuntimeError",
    mismatch="the job fails in the worker with TypeError, and is retried 20 times",
)


class Dramatiq(DeclaredFramework):
    """Dramatiq: an actor is declared; the encoder is one for the whole project."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self.own: tuple[tuple[str, ...], Confidence] | None = None

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; an async actor is awaited unless the project has a broker of its own without the middleware for it."""
        mentions = solver.callers.mentions
        awaited = bool(mentions.files("AsyncIO")) or not mentions.any_of(("set_broker", "DRAMATIQ_BROKER"))
        super().finish(solver, registry)
        plugged = _is_extended(solver)
        for job in self.jobs.values():
            job.awaited = awaited or "broker" in job.options
            job.plugged = plugged
            if arguments.truth(job.options.get("store_results")):
                job.results = Results(job.wires)

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """JSON, unless the project names another encoder."""
        forced = solver.forced_wire(self.name)
        if forced:
            return (forced,), Confidence.HIGH
        mentions = solver.callers.mentions
        if mentions.files("PickleEncoder"):
            return ("dramatiq-pickle",), Confidence.MEDIUM
        if self.own is None:
            self.own = self._own(solver)
        return self.own

    def _own(self, solver: Solver) -> tuple[tuple[str, ...], Confidence]:
        """The wire by the encoder that the project sets."""
        mentions = solver.callers.mentions
        if mentions.files("DRAMATIQ_ENCODER"):
            return (), Confidence.LOW
        if not mentions.files("set_encoder"):
            return ("dramatiq-json",), Confidence.HIGH
        encoder = encoders.set_by_call(solver, "set_encoder")
        read = encoder is not None and encoders.wire_of(solver, _OWN, encoder, "dramatiq-json")
        return ((_OWN,), Confidence.MEDIUM) if read else ((), Confidence.LOW)


def _is_extended(solver: Solver) -> bool:
    """Whether a middleware that is not Dramatiq's own may bring options of actors: Periodiq's `periodic=`."""
    mentions = solver.callers.mentions
    if mentions.files("actor_options"):
        return True
    for filename in mentions.any_of(("add_middleware", "middleware", "MIDDLEWARE")):
        data = solver.raw(filename) or b""
        if not _ABOUT.search(data):
            continue
        if any(_is_foreign(name) for listed in _LISTED.findall(data) for name in _STRINGS.findall(listed)):
            return True
        called = [name for listed in (*_ADDED.findall(data), *_GIVEN.findall(data)) for name in _CALLED.findall(listed)]
        resolved = (solver.project.resolve_dotted(filename, name.decode()) for name in called)
        if any(isinstance(found, modules.External) and _is_foreign(found.qualname.encode()) for found in resolved):
            return True
    return False


def _is_foreign(qualname: bytes) -> bool:
    return b"." in qualname and qualname.partition(b".")[0] not in _KNOWN
