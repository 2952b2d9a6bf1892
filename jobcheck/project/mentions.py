"""Where identifiers occur in the text of the project: which files are worth a look for one name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property

from jobcheck.project.modules import Project
from jobcheck.project.source import UnreadableSource

# Every byte that no identifier holds is a space: splitting is twice as fast as a pattern.
_WORDS = bytes(c if c >= 0x80 or chr(c).isalnum() or c == ord("_") else ord(" ") for c in range(256))
# A mention that hands nothing on: the function's own head, and import lists (whose aliases `callers` follows by value).
_INSIDE = re.compile(rb"[\w\x80-\xff]")
_HEAD = re.compile(rb"\b(?:def|class)\s+$")


class Mentions:
    """Built when first asked; files that `skipped` names (tests) are left out."""

    def __init__(self, project: Project, skipped: Callable[[str], bool]) -> None:
        self._project = project
        self._skipped = skipped

    @cached_property
    def _files(self) -> dict[bytes, list[str]]:
        found: dict[bytes, list[str]] = {}
        for filename in self._project.filenames:
            if self._skipped(filename):
                continue
            try:
                data = self._project.source(filename).data
            except UnreadableSource:
                continue
            for name in set(data.translate(_WORDS).split()):
                found.setdefault(name, []).append(filename)
        return found

    def files(self, name: str) -> list[str]:
        """The files that hold an identifier, in the project's order."""
        return self._files.get(name.encode(), [])

    def any_of(self, names: Iterable[str]) -> list[str]:
        """The files that hold one of several identifiers, in the project's order."""
        found = {filename for name in names for filename in self.files(name)}
        return [filename for filename in self._project.filenames if filename in found]

    def in_any_case(self, name: str) -> frozenset[str]:
        """The files that hold an identifier, however its letters are written."""
        return frozenset(filename for word in self.spelled(name) for filename in self._files[word])

    def spelled(self, name: str) -> list[bytes]:
        """The ways in which the letters of an identifier are written anywhere."""
        return self._folded.get(name.lower().encode(), [])

    @cached_property
    def _folded(self) -> dict[bytes, list[bytes]]:
        found: dict[bytes, list[bytes]] = {}
        for word in self._files:
            found.setdefault(word.lower(), []).append(word)
        return found

    def offsets(self, filename: str, name: str) -> list[int]:
        """Where a file mentions an identifier, other than to define it (comments and strings included)."""
        data, word = self._project.source(filename).data, name.encode()
        found: list[int] = []
        at = data.find(word)
        while at >= 0:
            end = at + len(word)
            whole = not _INSIDE.match(data, at - 1, at) if at else True
            if whole and not _INSIDE.match(data, end) and not _HEAD.search(data, max(0, at - 12), at):
                found.append(at)
            at = data.find(word, end)
        return found
