"""Islands: the statements that are read closely, cut from their file, and how deeply nested they are."""

from __future__ import annotations

from jobcheck.code.nesting import depth
from jobcheck.values import dataclass

__all__ = ["Island", "cut", "depth"]


@dataclass(frozen=True)
class Island:
    """One statement (with its decorators) cut from a file.

    `data` starts at the statement, so its first line has no indentation; `indent` is what stood before it, and
    `offset` is where in the file it starts. Spans of the IR are offsets in `data`.
    """

    data: bytes
    offset: int
    indent: bytes = b""


def cut(source: bytes, start: int, end: int) -> Island:
    """Cut the statement at `source[start:end]`.

    A statement behind `;`, or on the line of its `if x:`, has no indentation of its own and needs none.
    """
    line = max(source.rfind(b"\n", 0, start), source.rfind(b"\r", 0, start)) + 1
    before = source[line:start]
    indent = before if not before.strip(b" \t\f") else b""
    return Island(source[start:end], start, indent)
