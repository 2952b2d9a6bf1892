"""Which findings of a run are shown: selection, levels, suppressions, the baseline, the files that were named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import field

from jobcheck.baseline import Baseline
from jobcheck.config import Settings
from jobcheck.engine_types import WHOLE_PROJECT, Report
from jobcheck.findings import Finding, Severity, with_fingerprints
from jobcheck.patterns import matches
from jobcheck.rules.catalogue import catalogue
from jobcheck.values import dataclass

NOT_SELECTED = "of rules that are off"
NOT_NAMED = "in files that were not named"
IGNORED_FILE = "by per-file-ignores"
LOW_SEVERITY = "below the severity asked for"
LOW_CONFIDENCE = "below the confidence asked for"


@dataclass(slots=True)
class Shown:
    """The findings to report, and what became of the others: `hidden` counts those that were not asked for."""

    findings: list[Finding] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)
    baselined: list[Finding] = field(default_factory=list)
    hidden: Counter[str] = field(default_factory=Counter)

    @property
    def fails(self) -> bool:
        """Whether the run is to exit with 1."""
        return any(finding.severity >= Severity.WARNING for finding in self.findings)


def shown(
    report: Report,
    settings: Settings,
    *,
    named: tuple[str, ...] = WHOLE_PROJECT,
    baseline: Baseline | None = None,
) -> Shown:
    """Sort a report's findings into those that are shown and those that are not, and add JOB002 and JOB003.

    `named` are the root-relative files and directories whose findings are wanted; "" is all of them.
    """
    findings = everything = with_fingerprints(report.findings)
    wanted = _Wanted(settings, named)
    judged = _judge(report, settings, named)
    result = Shown()
    if settings.use_suppressions:
        from jobcheck.suppressing import suppress  # with tree-sitter, which a run on nothing does not need

        findings, suppressed = suppress(findings, report.filenames, report.sources, judged)
        result.suppressed = [finding for finding in suppressed if wanted.objection(finding) is None]
    if baseline:
        findings = findings + with_fingerprints(list(baseline.stale(everything, judged)))
    for finding in findings:
        objection = wanted.objection(finding)
        if objection is not None:
            result.hidden[objection] += 1
        elif baseline and baseline.holds(finding):
            result.baselined.append(finding)
        else:
            result.findings.append(finding)
    result.findings.sort(key=lambda finding: finding.sort_key)
    return result


def _judge(report: Report, settings: Settings, named: tuple[str, ...]) -> Callable[[str], bool]:
    """Of which rules "there is no such finding" can be said after this run: those that ran, over everything."""
    whole = report.whole_project and "" in named and all(finding.code != "JOB009" for finding in report.findings)
    implemented = {code for code, rule in catalogue().items() if rule.implemented}
    judgeable = settings.rules & implemented if whole else frozenset()
    return lambda code: code in judgeable


def in_named(filename: str, named: Iterable[str]) -> bool:
    """Whether a file is one of the named ones or lies in one of the named directories."""
    return any(name in ("", filename) or filename.startswith(f"{name.rstrip('/')}/") for name in named)


@dataclass(frozen=True, slots=True)
class _Wanted:
    settings: Settings
    named: tuple[str, ...]

    def objection(self, finding: Finding) -> str | None:
        """Why a finding is not asked for; None when it is."""
        settings = self.settings
        if finding.code not in settings.rules:
            return NOT_SELECTED
        if finding.severity < settings.min_severity:
            return LOW_SEVERITY
        if finding.confidence < settings.min_confidence:
            return LOW_CONFIDENCE
        if not any(in_named(place.filename, self.named) for place in finding.places):
            return NOT_NAMED
        filename = finding.place.filename
        if any(finding.code in codes and matches(pattern, filename) for pattern, codes in settings.per_file_ignores):
            return IGNORED_FILE
        return None
