"""Findings as GitHub workflow commands, which become annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from jobcheck.findings import Finding, Severity
from jobcheck.report.names import Names

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_commands(findings: Iterable[Finding], names: Names) -> str:
    """One workflow command per finding."""
    return "".join(_command(finding, names) + "\n" for finding in findings)


def _command(finding: Finding, names: Names) -> str:
    place = finding.place
    properties = {
        "title": f"jobcheck ({finding.code})",
        "file": names(place.filename),
        "line": str(place.row),
        "endLine": str(place.end_row),
    }
    if place.row == place.end_row:  # over several lines GitHub refuses columns
        properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    fields = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = f"{names(place.filename)}:{place.row}:{place.column}: {finding.code} {finding.message}"
    more = [
        text,
        *(note for note in (finding.what_happens, finding.how_to_fix and f"fix: {finding.how_to_fix}") if note),
    ]
    return f"::{_COMMANDS[finding.severity]} {fields}::{_data(chr(10).join(more))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
