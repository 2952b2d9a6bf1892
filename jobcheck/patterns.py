"""File name patterns of the settings, written and matched as in .gitignore."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathspec


class Patterns:
    """Matches root-relative file names with forward slashes. A malformed pattern raises ValueError."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(patterns)
        self._spec = _compiled(self._patterns) if self._patterns else None

    def matches(self, filename: str) -> bool:
        return self._spec is not None and self._spec.match_file(filename)


def is_pattern(pattern: str) -> bool:
    """Whether a pattern, with or without "!" before it, can be matched at all."""
    try:
        _compiled((pattern.removeprefix("!"),))
    except ValueError:
        return False
    return bool(pattern.removeprefix("!"))


def matches(pattern: str, filename: str) -> bool:
    """Whether one pattern matches; "!" before it turns it round ("!src/": everything but what is under src)."""
    if pattern.startswith("!"):
        return not Patterns((pattern[1:],)).matches(filename)
    return Patterns((pattern,)).matches(filename)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    import pathspec  # costs as much as the rest of the start-up: only for those who have patterns

    return pathspec.GitIgnoreSpec.from_lines(patterns)
