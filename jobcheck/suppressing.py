"""Weighing the suppression comments of a project against all its findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from jobcheck.comments import speaks
from jobcheck.findings import Finding, with_fingerprints
from jobcheck.suppression_findings import unknown, unused
from jobcheck.suppressions import FileSuppressions, read_suppressions

Sources = Callable[[str], bytes | None]

# A comment that can be at fault although its file has no finding names something: a blanket noqa does not. Each
# pattern opens with a literal, which `re` finds many times faster than the first of several.
_EXPLICIT = tuple(
    re.compile(pattern) for pattern in (rb"jobcheck\s*:", rb"noqa\s*:[^\n]*?(?:JOB|job|-)", rb"NOQA\s*:[^\n]*?(?:JOB|job|-)")
)


def suppress(
    findings: list[Finding], filenames: Iterable[str], sources: Sources, judged: Callable[[str], bool]
) -> tuple[list[Finding], list[Finding]]:
    """The findings that no comment hides, with JOB002 and JOB003 about the comments themselves, and the hidden ones.

    Comments are weighed against all findings, also those that will not be shown: a comment that hides a finding of
    low confidence is in use, whether or not such findings are asked for this time. `judged` says of which rules a
    comment may be called unused.
    """
    located = {place.filename for finding in findings for place in finding.places}
    files = {file.filename: file for file in _read(located, filenames, sources)}
    open_findings, hidden = _split(findings, files)
    unreadable = {finding.place.filename for finding in findings if finding.code == "JOB001"}
    about: list[Finding] = []
    for filename in sorted(files):
        about += unknown(files[filename])
        if filename not in unreadable:
            about += unused(files[filename], judged)
    open_about, hidden_about = _split(with_fingerprints(about), files)
    return open_findings + open_about, hidden + hidden_about


def _read(located: set[str], filenames: Iterable[str], sources: Sources) -> Iterator[FileSuppressions]:
    """The comments of files with findings, and of the others as far as they name a rule."""
    for filename in sorted(located.union(filenames)):
        data = sources(filename)
        if data is not None and speaks(data) and (filename in located or _names_a_rule(data)):
            yield read_suppressions(filename, data)


def _names_a_rule(data: bytes) -> bool:
    return any(pattern.search(data) for pattern in _EXPLICIT)


def _split(findings: Iterable[Finding], files: dict[str, FileSuppressions]) -> tuple[list[Finding], list[Finding]]:
    """The findings without and with a comment that hides them, at their own place or at a related one."""
    open_findings: list[Finding] = []
    hidden: list[Finding] = []
    for finding in findings:
        hiding = [p for p in finding.places if p.filename in files and files[p.filename].hides(finding.code, p)]
        (hidden if hiding else open_findings).append(finding)
    return open_findings, hidden
