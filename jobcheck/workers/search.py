"""All worker commands of a project, found when first asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from posixpath import basename
from typing import TYPE_CHECKING

from jobcheck.project.source import UnreadableSource
from jobcheck.solve.kinds import Origin
from jobcheck.values import dataclass
from jobcheck.workers.consumers import Consumer, consumers
from jobcheck.workers.words import commands

if TYPE_CHECKING:
    from jobcheck.project.modules import Project

_PROGRAMS = re.compile(rb"(?<![\w.])(celery|celeryd|rq|rqworker|dramatiq|rundramatiq|procrastinate)(?![\w.])")
_WORKER = re.compile(rb"worker|dramatiq")
# Neither started where the program runs, nor written to be started.
_ELSEWHERE = re.compile(
    r"(?:^|/)(?:\.github|\.gitlab|\.circleci|\.azure[\w-]*|tests?|docs?|vendor|\.devcontainer)/"
    r"|(?:^|/)\.(?:gitlab-ci|travis)\.yml$"
)
_OF_DJCELERY = re.compile(rb"manage\.py[ \t]+celeryd?\b")
_LOCKS = (".lock", ".txt", "PKG-INFO")
_LARGEST = 400_000


@dataclass(slots=True)
class Workers:
    """The worker commands of a project; `unseen` are frameworks whose workers a file starts in a way that cannot be read."""

    found: list[Consumer] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)

    def groups(self, framework: str) -> list[tuple[str, list[Consumer]]]:
        """Workers of a framework that run together, each group with whose it is; none where not all workers are known.

        All of the project's, first; and those of each Procfile, which lists every process of a deployment.
        """
        mine = [c for c in self.found if c.framework == framework]
        if not mine or framework in self.unseen or any(c.queues is None for c in mine):
            return []
        procfiles = sorted({c.origin.filename for c in mine if basename(c.origin.filename) == "Procfile"})
        return [("the project", mine)] + [(f"`{name}`", [c for c in mine if c.origin.filename == name]) for name in procfiles]


def workers(project: Project, is_test: Callable[[str], bool]) -> Workers:
    """Read all files of the project that may start a worker."""
    made = Workers()
    for filename in project.files.others:
        if filename.endswith(_LOCKS) or _ELSEWHERE.search(filename) or is_test(filename):
            continue
        try:
            data = project.read(filename)
        except OSError:
            continue
        if len(data) <= _LARGEST and _PROGRAMS.search(data) and _WORKER.search(data):
            if _OF_DJCELERY.search(data) and not _uses_djcelery(project):
                continue  # it was left behind: no such command is there
            _read(project, filename, made)
    return made


def _uses_djcelery(project: Project) -> bool:
    """Whether the project has the `manage.py celery` of django-celery, which ended with Celery 3."""
    for filename in project.filenames:
        try:
            if b"djcelery" in project.source(filename).data:
                return True
        except UnreadableSource:
            continue
    return False


def _read(project: Project, filename: str, made: Workers) -> None:
    try:
        data = project.source(filename).data
    except UnreadableSource:
        made.unseen.update(_FRAMEWORK.values())
        return
    from jobcheck.workers.texts import pieces  # with PyYAML, which few runs need

    found = pieces(filename, data)
    if found is None:
        made.unseen.update(_FRAMEWORK[match.decode()] for match in _PROGRAMS.findall(data))
        return
    known: set[tuple[str, tuple[str, ...] | None, tuple[str, ...] | None]] = set()
    for piece in found:
        text = " ".join(piece.words) or piece.text
        if not any(program in text for program in _FRAMEWORK):
            continue
        for command in commands(piece.text, piece.words):
            for consumer in consumers(command, Origin(filename, piece.start, piece.end)):
                key = (consumer.framework, consumer.queues, consumer.modules)
                if key not in known:
                    known.add(key)
                    made.found.append(consumer)


_FRAMEWORK = {
    "celery": "celery", "celeryd": "celery", "rq": "rq", "rqworker": "rq", "dramatiq": "dramatiq", "rundramatiq": "dramatiq",
    "procrastinate": "procrastinate",
}  # fmt: skip
