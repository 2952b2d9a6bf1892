"""What a project's settings say, read as text: the names are a framework's own, so that a look at the text is enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.solve.kinds import Origin

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# What follows the name: an assignment, a keyword or an entry of a dict, up to the end of the line...
_SAID = rb"(?<!\w)[\"']?\b%s\b[\"']?\s*(?:\]\s*)?(?::\s*[\w.]+\s*)?[:=](?!=)\s*([^\n]*)"
# ... and of the lines below as long as a bracket is open, at most this many.
_MORE_LINES = 8
_TEXT = re.compile(r"""[rRuU]?(["'])([^"'\\\n]*)\1\s*[,)}]?\s*(?:#.*)?$""")


def said(solver: Solver, name: str, lines: int = _MORE_LINES) -> list[tuple[str, Origin]]:
    """What every `NAME = ...` of the project says, to the end of its line or of the bracket opened there; tests aside.

    `lines` is how many lines it may go on for.
    """
    pattern, needle = re.compile(_SAID % re.escape(name.encode())), name.encode()
    found = []
    for filename in solver.project.filenames:
        data = None if solver.is_test(filename) else solver.raw(filename)
        if data is None or needle not in data:
            continue
        for match in _matches(pattern, needle, data):
            if b"#" in data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]:
                continue  # a comment
            text = _whole(data, match.start(1), match.end(1), lines).decode("utf-8", "replace").strip()
            found.append((text, Origin(filename, match.start(), match.end(1))))
    return found


def _matches(pattern: re.Pattern[bytes], needle: bytes, data: bytes) -> Iterator[re.Match[bytes]]:
    """The matches of a pattern that begins with a word, or with a quote before it: looked for by the word, which is fast."""
    at = data.find(needle)
    while at >= 0:
        match = (pattern.match(data, at - 1) if at and data[at - 1] in b"\"'" else None) or pattern.match(data, at)
        if match is not None:
            yield match
        at = data.find(needle, at + 1 if match is None else match.end())


def _whole(data: bytes, start: int, end: int, lines: int) -> bytes:
    """The text with the lines below that belong to it."""
    for _ in range(lines):
        text = data[start:end]
        if sum(text.count(bracket) for bracket in (b"(", b"[", b"{")) <= sum(text.count(b) for b in (b")", b"]", b"}")):
            break
        following = data.find(b"\n", end + 1)
        if end >= len(data) or following < 0:
            break
        end = following
    return data[start:end]


def literal_text(text: str) -> str | None:
    """The string that a value is, when it is written as one."""
    match = _TEXT.fullmatch(text)
    return match[2] if match else None
