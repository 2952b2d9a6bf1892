"""The classes of the project that inherit from a class: looked for by its name, on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.project.shape import ClassDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.kinds import ClassRef

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# A class named in more files than this is not looked for, and this many classes are enough.
MOST_FILES = 40
MOST_SUBCLASSES = 40


def subclasses(solver: Solver, cls: ClassRef) -> list[ClassRef]:
    """Those that inherit from a class, directly or not, nearest first; not all of them where there are many."""
    found: dict[ClassRef, None] = {}
    pending = [cls]
    while pending and len(found) < MOST_SUBCLASSES:
        for child in _direct(solver, pending.pop(0)):
            if child not in found and child != cls:
                found[child] = None
                pending.append(child)
    return list(found)[:MOST_SUBCLASSES]


def _direct(solver: Solver, cls: ClassRef) -> list[ClassRef]:
    files = solver.callers.mentions.files(cls.name)
    if len(files) > MOST_FILES:
        return []
    return [child for filename in files for child in _classes(solver, filename) if _inherits(solver, child, cls)]


def _inherits(solver: Solver, child: ClassRef, cls: ClassRef) -> bool:
    info = solver.classes.info(child)
    return info is not None and cls in info.bases


def _classes(solver: Solver, filename: str) -> list[ClassRef]:
    try:
        pending: list[ClassDecl] = list(solver.project.shape(filename).classes)
    except UnreadableSource:
        return []
    found = []
    while pending:
        decl = pending.pop(0)
        found.append(solver.classes.register(filename, decl))
        pending.extend(decl.classes)
    return found
