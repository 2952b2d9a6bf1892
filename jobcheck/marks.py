"""Where job code shows in a file's text: what makes the function around it an island."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jobcheck.project.shape import Shape

# What begins with an assertion is tried at each byte, which is twenty times slower than to look for the word behind it.
_WORDY = re.compile(rb"(\\b|\(\?<!\[\.\\w\]\))(?:\(\?:([\w|]+)\)|(\w+))(.*)", re.DOTALL)


class Marks:
    """Patterns of bytes, and the verbs by which aliases of them are known."""

    def __init__(self, marks: Iterable[bytes], verbs: frozenset[str]) -> None:
        self._verbs = verbs
        self._words: list[tuple[bytes, re.Pattern[bytes], re.Pattern[bytes]]] = []
        others: list[bytes] = []
        for part in dict.fromkeys(part for mark in marks for part in alternatives(mark)):
            wordy = _WORDY.fullmatch(part)
            if wordy is None:
                others.append(part)
                continue
            head, several, one, tail = wordy.groups()
            for word in (several or one).split(b"|"):
                self._words.append((word, re.compile(word + tail), re.compile(head + word + tail)))
        self._others = re.compile(b"|".join(others)) if others else None

    def offsets(self, data: bytes, shape: Shape) -> list[int]:
        """Where job code shows, in order: what around these is an island."""
        found = set(self._found(data))
        for alias in self.aliases(shape):
            found.update(m.start() for m in re.finditer(rb"\b" + re.escape(alias.encode()) + rb"\s*\(", data))
        return sorted(found)

    def _found(self, data: bytes) -> Iterator[int]:
        if self._others is not None:
            yield from (m.start() for m in self._others.finditer(data))
        for word, loose, strict in self._words:
            if word in data:
                yield from (m.start() for m in loose.finditer(data) if strict.match(data, m.start()))

    def aliases(self, shape: Shape) -> dict[str, str]:
        """What a file calls the verbs that it imports under another name: `from celery import chain as flow`."""
        return {i.bound: i.name for i in shape.imports if i.asname and i.name and i.name in self._verbs}


def alternatives(pattern: bytes) -> list[bytes]:
    """A pattern's alternatives, of which any is enough."""
    found, depth, start, at = [], 0, 0, 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"\\":
            at += 1
        elif char == b"[":  # a `]` that comes first would be one of the class; no mark has that
            at = pattern.index(b"]", at)
        elif char in b"()":
            depth += 1 if char == b"(" else -1
        elif char == b"|" and not depth:
            found.append(pattern[start:at])
            start = at + 1
        at += 1
    return [*found, pattern[start:]]
