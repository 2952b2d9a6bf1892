"""Findings for people: `full` with code frames, `concise` on one line each, and the closing line."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from jobcheck.engine_types import Report
from jobcheck.filters import Shown
from jobcheck.findings import Finding, Place
from jobcheck.report.frame import FrameLine, displayed, frame, source_lines
from jobcheck.report.names import Names
from jobcheck.values import dataclass

Paint = Callable[[str, str], str]
"""Colours a text for its role: "error", "warning", "info", "strong", "quiet"."""


def plain(_role: str, text: str) -> str:
    """No colours."""
    return text


def coloured(role: str, text: str) -> str:
    """ANSI colours."""
    codes = {"error": "1;31", "warning": "1;33", "info": "1;36", "strong": "1", "quiet": "34"}
    return f"\x1b[{codes[role]}m{text}\x1b[0m" if text else text


def concise(findings: Iterable[Finding], names: Names) -> str:
    """`path:row:col: CODE message`, one line each."""
    return "".join(f"{_spot(f.place, names)}: {f.code} {_safe(f.message)}\n" for f in findings)


@dataclass(slots=True)
class FullText:
    """Writes findings with code frames. Files are read once, however many findings they have."""

    sources: Callable[[str], bytes | None]
    names: Names
    paint: Paint = plain
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def write(self, findings: Iterable[Finding]) -> str:
        return "".join("\n".join(self._finding(finding)) + "\n\n" for finding in findings)

    def _finding(self, finding: Finding) -> Iterator[str]:
        frames = [frame(self._source(finding.place), finding.place, "^", "", context=1)]
        frames += [frame(self._source(r.place), r.place, "-", _safe(r.message), context=0) for r in finding.related]
        width = len(str(max((line.row or 0 for part in frames for line in part), default=0)))
        role = finding.severity.label
        yield f"{self.paint(role, f'{role}[{finding.code}]')}{self.paint('strong', ': ' + _safe(finding.message))}"
        yield f"{' ' * width}{self.paint('quiet', '-->')} {_spot(finding.place, self.names)}"
        yield from self._frame(frames[0], width, role)
        for related, part in zip(finding.related, frames[1:], strict=True):
            note = "" if part else f" {_safe(related.message)}"
            yield f"{' ' * width}{self.paint('quiet', ':::')} {_spot(related.place, self.names)}{note}"
            yield from self._frame(part, width, "quiet")
        for title, text in self._notes(finding):
            yield from self._note(title, text, width)

    def _frame(self, lines: list[FrameLine], width: int, role: str) -> Iterator[str]:
        bar = self.paint("quiet", "|")
        if not lines:
            return
        yield f"{' ' * width} {bar}"
        for line in lines:
            number = "" if line.row is None else str(line.row or "...")
            text = self.paint(role, line.text) if line.is_mark else line.text
            yield f"{self.paint('quiet', number.rjust(width))} {bar} {text}".rstrip()
        yield f"{' ' * width} {bar}"

    def _notes(self, finding: Finding) -> Iterator[tuple[str, str]]:
        if finding.what_happens:
            yield "what happens", finding.what_happens
        if finding.how_to_fix:
            yield "fix", finding.how_to_fix
        yield "rule", f"{finding.name}, confidence {finding.confidence.label}; see `jobcheck explain {finding.code}`"

    def _note(self, title: str, text: str, width: int) -> Iterator[str]:
        lead = f"{' ' * width} {self.paint('quiet', '=')} {self.paint('strong', title + ':')} "
        first, *rest = [_safe(line) for line in text.splitlines()] or [""]
        yield lead + first
        yield from textwrap.indent("\n".join(rest), " " * (width + len(title) + 5)).splitlines() if rest else ()

    def _source(self, place: Place) -> list[str]:
        if place.filename not in self._lines:
            self._lines[place.filename] = source_lines(self.sources(place.filename))
        return self._lines[place.filename]


def summary(report: Report, shown: Shown) -> str:
    """The closing line: what was looked at, what was found, and how much a comment or the baseline hides."""
    seen = ", ".join([counted(report.files, "file"), counted(report.jobs, "job"), counted(report.enqueues, "enqueue")])
    frameworks = f" ({', '.join(report.frameworks)})" if report.frameworks else ""
    kept_back = [
        f"{len(findings)} {how}"
        for findings, how in ((shown.suppressed, "suppressed"), (shown.baselined, "in the baseline"))
        if findings
    ]
    hidden = f" ({', '.join(kept_back)})" if kept_back else ""
    return f"{seen}{frameworks}: {counted(len(shown.findings), 'finding')}{hidden}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _spot(place: Place, names: Names) -> str:
    return f"{_safe(names(place.filename))}:{place.row}:{place.column}"


def _safe(text: str) -> str:
    """One line that cannot steer the terminal."""
    return displayed(" ".join(text.splitlines()))[0]
