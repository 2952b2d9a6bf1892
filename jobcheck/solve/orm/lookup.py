"""Classes of records by name or table, wherever in the project: what `relationship("Order")` refers to.

Files are looked at by their bytes, once for each name that is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.project.shape import ClassDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.kinds import ClassObject, ClassRef

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# So many different names are looked for; what is beyond stays unknown.
MOST_SEARCHES = 400


def mentioning(solver: Solver, pattern: bytes, word: str | None = None) -> list[str]:
    """The files that hold something of a pattern, in order. `word`: an identifier that is part of it."""
    searches: dict[bytes, list[str]] = solver.records.memo["searches"]
    if pattern not in searches:
        if len(searches) >= MOST_SEARCHES:
            return []
        wanted = re.compile(pattern)
        names = solver.project.filenames if word is None else solver.callers.mentions.files(word)
        searches[pattern] = [n for n in names if wanted.search(solver.raw(n) or b"") and not solver.is_test(n)]
    return searches[pattern]


def records_of(solver: Solver, filename: str) -> Iterator[ClassRef]:
    """The classes of records that a file declares at its top level."""
    try:
        decls: list[ClassDecl] = solver.project.shape(filename).classes
    except UnreadableSource:
        return
    for decl in decls:
        ref = solver.classes.register(filename, decl)
        if solver.classes.record(ref) is not None:
            yield ref


def by_name(solver: Solver, name: str, near: str) -> ClassRef | None:
    """The class of records that a name means to a file: what the file itself says, else the only one of that name."""
    if not name.isidentifier():
        return None
    for kind in solver.module_attribute(near, name).kinds() if near else ():
        if isinstance(kind, ClassObject):
            return kind.cls
    pattern = rb"(?m)^[ \t]*class[ \t]+" + re.escape(name.encode()) + rb"\b"
    found = [ref for filename in mentioning(solver, pattern, name) for ref in records_of(solver, filename) if ref.name == name]
    return found[0] if len(found) == 1 else None


def by_table(solver: Solver, table: str) -> ClassRef | None:
    """The class of records whose `__tablename__` is this, when it is the only one; else the one that is called so."""
    pattern = rb"__tablename__[^=\n]*=\s*['\"]" + re.escape(table.encode()) + rb"['\"]"
    wanted = re.compile(pattern)
    found: list[ClassRef] = []
    for filename in mentioning(solver, pattern):
        data = solver.raw(filename) or b""
        for ref in records_of(solver, filename):
            decl = solver.class_decl(ref)
            if decl is not None and wanted.search(data, decl.start, decl.end):
                found.append(ref)
    if found:
        return found[0] if len(found) == 1 else None
    named = by_name(solver, "".join(part.capitalize() for part in table.split("_")), "")
    return named if named is not None and solver.classes.record(named) == "sqlalchemy" else None
