"""Findings as a JSON array in the shape of Ruff's, so that what reads Ruff reads jobcheck."""

from __future__ import annotations

import json
from collections.abc import Iterable

from jobcheck.findings import Finding, Fix, Place
from jobcheck.report.names import Names
from jobcheck.rules.catalogue import catalogue

Json = dict[str, object]


def json_findings(findings: Iterable[Finding], names: Names) -> str:
    """All findings. Columns count code points, from 1; ends are exclusive; `changes` waits for fixes across files."""
    return dumped([_finding(finding, names) for finding in findings])


def dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def json_place(place: Place, names: Names) -> Json:
    """A place as `filename`, `location` and `end_location`."""
    return {
        "filename": names(place.filename),
        "location": {"row": place.row, "column": place.column},
        "end_location": {"row": place.end_row, "column": place.end_column},
    }


def _finding(finding: Finding, names: Names) -> Json:
    rule = catalogue().get(finding.code)
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": finding.severity.label,
        **json_place(finding.place, names),
        "fix": _fix(finding.fix) if finding.fix else None,
        "url": rule.url if rule else None,
        "noqa_row": finding.place.row if finding.place.filename.endswith((".py", ".pyw", ".pyi")) else None,
        "cell": None,
        "confidence": finding.confidence.label,
        "framework": finding.framework,
        "job": finding.job,
        "fingerprint": finding.fingerprint,
        "related": [{**json_place(r.place, names), "message": r.message} for r in finding.related],
        "changes": [],
    }


def _fix(fix: Fix) -> Json:
    edits = [
        {
            "content": edit.content,
            "location": {"row": edit.place.row, "column": edit.place.column},
            "end_location": {"row": edit.place.end_row, "column": edit.place.end_column},
        }
        for edit in fix.edits
    ]
    return {"applicability": fix.applicability, "message": fix.message, "edits": edits}
