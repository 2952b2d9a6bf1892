"""What a project's settings say, read as text: the names are a framework's own, so that a look at the text is enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.solve.kinds import Origin

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# What follows the name up to the end of the line: an assignment, a keyword or an entry of a dict.
_SAID = rb"(?<![\w.])[\"']?\b%s\b[\"']?\s*(?:\]\s*)?(?::\s*[\w.]+\s*)?[:=](?!=)\s*([^\n]*)"
_TEXT = re.compile(r"""[rRuU]?(["'])([^"'\\\n]*)\1\s*[,)}]?\s*(?:#.*)?$""")


def said(solver: Solver, name: str) -> list[tuple[str, Origin]]:
    """What every `NAME = ...` of the project says, to the end of its line; tests aside."""
    pattern, needle = re.compile(_SAID % re.escape(name.encode())), name.encode()
    found = []
    for filename in solver.project.filenames:
        data = None if solver.is_test(filename) else solver.raw(filename)
        if data is None or needle not in data:
            continue
        for match in pattern.finditer(data):
            text = match[1].decode("utf-8", "replace").strip()
            found.append((text, Origin(filename, match.start(), match.end(1))))
    return found


def literal_text(text: str) -> str | None:
    """The string that a value is, when it is written as one."""
    match = _TEXT.fullmatch(text)
    return match[2] if match else None
