"""The project's own functions around commit hooks: told by their text, so that only calls of these are looked into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobcheck.project.shape import FunctionDecl
    from jobcheck.solve.solver import Solver

_HOOKS = ("on_commit", "addAfterCommitHook", "after_commit")
# How many functions a callable goes through before it meets the hook.
_LEVELS = 3
_MOST_FILES = 40


def deferring_names(solver: Solver) -> frozenset[str]:
    """The names of functions that hand a parameter to a commit hook, or call one in what they hand to it."""
    found: set[str] = set()
    names: tuple[str, ...] = _HOOKS
    for _ in range(_LEVELS):
        names = tuple(sorted({name for hook in names for name in _handing(solver, hook)} - found))
        found.update(names)
    return frozenset(found)


def _handing(solver: Solver, hook: str) -> Iterator[str]:
    mentions = solver.callers.mentions
    files = mentions.files(hook)
    for filename in files if hook in _HOOKS or len(files) <= _MOST_FILES else ():
        data = solver.raw(filename) or b""
        offsets = mentions.offsets(filename, hook)
        for decl, _ in solver.functions_of(filename):
            inside = decl.name != hook and any(decl.start <= offset < decl.end for offset in offsets)
            if inside and _hands_on(data[decl.start : decl.end], decl, hook):
                yield decl.name


def _hands_on(text: bytes, decl: FunctionDecl, hook: str) -> bool:
    """Whether a parameter is given to the hook, or called where the hook itself is named."""
    params = [re.escape(p.name.encode()) for p in decl.params if p.name not in ("self", "cls") and p.kind in ("arg", "posonly")]
    if not params:
        return False
    either = rb"(?:" + rb"|".join(params) + rb")\b"
    given = rb"\b(?:partial|" + re.escape(hook.encode()) + rb")\(\s*(?:\w+=)?" + either
    called = rb"|(?<![\w.])" + either + rb"\s*\(" if hook in _HOOKS else b""
    return re.search(given + called, text) is not None
