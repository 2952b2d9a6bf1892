"""Celery: whether a job's return value is kept or handed on, and by which serializer.

Without a result backend Celery never encodes what a job returns, except to give it to the next job of a chain.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import model
from jobcheck.frameworks.celery.config import Setting, older
from jobcheck.registry import Enqueue, Job, Results
from jobcheck.solve.kinds import FrameworkValue, Origin, Value
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_SETTING = rb"\b(%s)\b[\"']?\s*[)\]]?\s*(?::\s*[\w\[\]., |]+?\s*=|[:=])(?!=)\s*([^\n#]*)"
_BACKEND = re.compile(_SETTING % rb"result_backend|CELERY_RESULT_BACKEND|CELERY_TASK_RESULT_BACKEND")
_IGNORE = re.compile(_SETTING % rb"task_ignore_result|CELERY_TASK_IGNORE_RESULT|CELERY_IGNORE_RESULT")
_APP = re.compile(rb"\bCelery\(([^()]*?\bbackend\s*=\s*([^\n,)]+))", re.DOTALL)
_MADE = re.compile(rb"(?<![\w])Celery\(")
_DATABASE = re.compile(rb"[fF]?[\"']db\+")
_NONE = re.compile(rb"(None|[\"']{2}|[\"']disabled)")
_WIRES = {"json": "celery-json", "pickle": "celery-pickle", "yaml": "celery-yaml", "msgpack": "celery-msgpack"}


@dataclass(frozen=True, slots=True)
class _Setting:
    """One place that names a result backend. `sure`: as a text; `pickles`: it pickles results, whatever the serializer."""

    origin: Origin
    sure: bool
    pickles: bool


class Backend:
    """What the project's configuration says of results, read once."""

    def __init__(self, solver: Solver) -> None:
        self.ignored = False
        self._settings: list[_Setting] = []
        self._apps: list[str] = []
        # The column of Celery's own database backend is a pickle before 5.7, and the serializer's bytes since.
        self._old = older(solver, (5, 7))
        for filename in solver.project.filenames:
            if not solver.is_test(filename):
                self._read(filename, solver.raw(filename) or b"")

    def _read(self, filename: str, data: bytes) -> None:
        # The patterns begin with an assertion, which is slow: only where there is the word.
        settings = _BACKEND.finditer(data) if b"result_backend" in data or b"RESULT_BACKEND" in data else ()
        apps = _APP.finditer(data) if b"Celery(" in data else ()
        if b"Celery(" in data and _MADE.search(data):
            self._apps.append(filename)
        for match in (*settings, *apps):
            text = match[2].strip()
            if text and not _NONE.match(text):
                pickles = self._old and _DATABASE.match(text) is not None
                sure = text[:1] in (b'"', b"'")
                self._settings.append(_Setting(Origin(filename, match.start(), match.end()), sure, pickles))
        for match in _IGNORE.finditer(data) if b"ignore_result" in data or b"IGNORE_RESULT" in data else ():
            self.ignored = self.ignored or not match[2].startswith(b"False")

    def of(self, filename: str) -> _Setting | None:
        """What is said for the jobs of a file: of several services in one tree, what stands by the same app. None for nothing."""
        mine = self._nearest(filename)
        said = [s for s in self._settings if not mine or mine & self._nearest(s.origin.filename)]
        if any(s.pickles for s in said):
            return None
        return next((s for s in said if s.sure), said[0] if said else None)

    def _nearest(self, filename: str) -> set[str]:
        """The files with apps that share most folders with one."""
        shared = {app: _together(app, filename) for app in self._apps}
        return {app for app, count in shared.items() if count == max(shared.values())}


def _together(one: str, other: str) -> int:
    """How many folders two files have in common."""
    first, second = one.split("/")[:-1], other.split("/")[:-1]
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))))


def results_of(job: Job, backend: Backend, serializer: Setting, default: str) -> Results:
    """Where a job's return value goes."""
    named = tuple(_WIRES[name] for name in serializer.values if name in _WIRES)
    if len(named) < len(serializer.values):
        return Results()  # the project's own serializer: nobody knows what it carries
    option = job.options.get("ignore_result")
    ignored = backend.ignored if option is None else arguments.truth(option) is not False
    said = backend.of(job.filename)
    if ignored or said is None or job.unknown_options:
        return Results()
    level = Confidence.HIGH if said.sure and not serializer.unreadable else Confidence.MEDIUM
    return Results(named or (default,), level, said.origin)


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
