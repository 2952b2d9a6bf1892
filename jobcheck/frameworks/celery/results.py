"""Celery: whether a job's return value is kept or handed on, and by which serializer.

Without a result backend Celery never encodes what a job returns, except to give it to the next job of a chain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import model
from jobcheck.frameworks.celery.config import Setting
from jobcheck.registry import Enqueue, Job, Results
from jobcheck.solve.kinds import FrameworkValue, Origin, Value

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_SETTING = rb"\b(%s)\b[\"']?\s*[)\]]?\s*(?::\s*[\w\[\]., |]+?\s*=|[:=])(?!=)\s*([^\n#]*)"
_BACKEND = re.compile(_SETTING % rb"result_backend|CELERY_RESULT_BACKEND|CELERY_TASK_RESULT_BACKEND")
_IGNORE = re.compile(_SETTING % rb"task_ignore_result|CELERY_TASK_IGNORE_RESULT|CELERY_IGNORE_RESULT")
_APP = re.compile(rb"\bCelery\(([^()]*?\bbackend\s*=\s*([^\n,)]+))", re.DOTALL)
_NONE = re.compile(rb"(None|[\"']{2}|[\"']disabled)")
_WIRES = {"json": "celery-json", "pickle": "celery-pickle", "yaml": "celery-yaml", "msgpack": "celery-msgpack"}


class Backend:
    """What the project's configuration says of results, read once."""

    def __init__(self, solver: Solver) -> None:
        self.origin: Origin | None = None
        self.sure = False
        self.ignored = False
        for filename in solver.project.filenames:
            if not solver.is_test(filename):
                self._read(filename, solver.raw(filename) or b"")

    def _read(self, filename: str, data: bytes) -> None:
        # The patterns begin with an assertion, which is slow: only where there is the word.
        settings = _BACKEND.finditer(data) if b"result_backend" in data or b"RESULT_BACKEND" in data else ()
        apps = _APP.finditer(data) if b"Celery(" in data else ()
        for match in (*settings, *apps):
            text = match[2].strip()
            if text and not _NONE.match(text):
                self._note(Origin(filename, match.start(), match.end()), text[:1] in (b'"', b"'"))
        for match in _IGNORE.finditer(data) if b"ignore_result" in data or b"IGNORE_RESULT" in data else ():
            self.ignored = self.ignored or not match[2].startswith(b"False")

    def _note(self, origin: Origin, literal: bool) -> None:
        if self.origin is None or (literal and not self.sure):
            self.origin, self.sure = origin, literal


def results_of(job: Job, backend: Backend, serializer: Setting, default: str) -> Results:
    """Where a job's return value goes."""
    named = tuple(_WIRES[name] for name in serializer.values if name in _WIRES)
    if len(named) < len(serializer.values):
        return Results()  # the project's own serializer: nobody knows what it carries
    option = job.options.get("ignore_result")
    ignored = backend.ignored if option is None else arguments.truth(option) is not False
    if ignored or backend.origin is None or job.unknown_options:
        return Results()
    level = Confidence.HIGH if backend.sure and not serializer.unreadable else Confidence.MEDIUM
    return Results(named or (default,), level, backend.origin)


def feed(before: Value, after: Value) -> None:
    """In a chain: note the signatures whose result is given to the next one."""
    takes = [k.data for k in after.kinds() if isinstance(k, FrameworkValue) and isinstance(k.data, model.Signature)]
    if not any(signature.immutable is False for signature in takes):
        return
    for kind in before.kinds():
        data = kind.data if isinstance(kind, FrameworkValue) else None
        if isinstance(data, model.Signature):
            data.feeds = True
        elif isinstance(data, model.Canvas) and data.what == "chain" and data.parts and not data.open:
            feed(data.parts[-1], after)


def note_fed(enqueue: Enqueue, data: model.Signature) -> None:
    """The jobs of a signature hand their result on."""
    if data.feeds and not enqueue.in_test:
        for job in enqueue.jobs:
            job.handed_on = job.handed_on or enqueue.origin
