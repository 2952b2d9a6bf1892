"""`--statistics`: how many findings of each rule there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from jobcheck.findings import Finding
from jobcheck.report.as_json import dumped


def text_counts(findings: Iterable[Finding]) -> str:
    """A line per rule, the most frequent first; `[*]` marks those where some can be fixed."""
    rows = _counts(findings)
    width = max((len(str(count)) for _, _, count, _ in rows), default=0)
    return "".join(
        f"{str(count).rjust(width)}  {code}  {'[*]' if fixable else '[ ]'} {name}\n" for code, name, count, fixable in rows
    )


def json_counts(findings: Iterable[Finding]) -> str:
    """The same as a JSON array, in the shape of Ruff's."""
    return dumped(
        [
            {"code": code, "name": name, "count": count, "fixable": fixable > 0, "fixable_count": fixable}
            for code, name, count, fixable in _counts(findings)
        ]
    )


def _counts(findings: Iterable[Finding]) -> list[tuple[str, str, int, int]]:
    found = list(findings)
    counts = Counter((finding.code, finding.name) for finding in found)
    fixable = Counter(finding.code for finding in found if finding.fix)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(code, name, count, fixable[code]) for (code, name), count in ordered]
