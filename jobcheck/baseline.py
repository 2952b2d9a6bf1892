"""The baseline: findings that were there before, kept in a file that may only shrink."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from jobcheck.config_keys import ConfigError
from jobcheck.findings import Confidence, Finding, FindingBuilder, Place, Severity
from jobcheck.rules.catalogue import catalogue, find
from jobcheck.values import dataclass

VERSION = 1
NEVER_KEPT = frozenset({"JOB002", "JOB003", "JOB009"})
"""Findings about comments, the baseline and jobcheck itself are put right where they stand."""


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """One finding that is known. File name and message are there for the reader; they have to fit all the same."""

    filename: str
    code: str
    message: str
    fingerprint: str


def entry_of(finding: Finding) -> Entry:
    return Entry(finding.place.filename, finding.code, finding.message, finding.fingerprint)


def baseline_text(findings: Iterable[Finding]) -> str:
    """The file that keeps these findings: sorted, one a line, so that it merges and reads well."""
    entries = sorted({entry_of(finding) for finding in findings if finding.code not in NEVER_KEPT})
    lines = [json.dumps(_as_json(entry), ensure_ascii=False) for entry in entries]
    body = "[\n    " + ",\n    ".join(lines) + "\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {body}\n}}\n'


def _as_json(entry: Entry) -> dict[str, str]:
    return {
        "code": entry.code,
        "filename": entry.filename,
        "message": entry.message,
        "fingerprint": entry.fingerprint,
    }


@dataclass(slots=True)
class Baseline:
    """A baseline as read. `filename` is how findings about it name it: relative to the project root."""

    filename: str
    lines: list[str]
    entries: frozenset[Entry]

    def holds(self, finding: Finding) -> bool:
        """Whether this very finding is kept: same rule, file, job, subject and message, wherever its lines are now."""
        return finding.code not in NEVER_KEPT and entry_of(finding) in self.entries

    def stale(self, findings: Iterable[Finding], judged: Callable[[str], bool]) -> Iterator[Finding]:
        """JOB002 for each entry, of rules that can be `judged`, that is no finding any more."""
        present = {entry_of(finding) for finding in findings}
        for entry in sorted(self.entries - present):
            rule = find(entry.code)
            if rule is None or judged(rule.code):
                yield self._stale(entry)

    def _stale(self, entry: Entry) -> Finding:
        builder = FindingBuilder("JOB002", catalogue()["JOB002"].name, Severity.WARNING, Confidence.HIGH)
        builder.message = f"the baseline keeps a {entry.code} in {entry.filename} that is not found any more"
        builder.place = self._place(entry)
        builder.subject = entry.fingerprint
        builder.what_happens = "were it to come back, no one would see it"
        builder.how_to_fix = f"run `jobcheck --write-baseline {self.filename}` and commit the smaller file"
        return builder.build()

    def _place(self, entry: Entry) -> Place:
        for row, line in enumerate(self.lines, start=1):
            if entry.fingerprint and entry.fingerprint in line:
                start = len(line) - len(line.lstrip()) + 1
                return Place(self.filename, row, start, row, len(line) + 1)
        return Place(self.filename, 1, 1, 1, 1)


def read_baseline(path: Path, filename: str) -> Baseline:
    """The baseline in a file. Raises ConfigError when it is not one."""
    try:
        text = path.read_text("utf-8")
        content = json.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such baseline; make it with --write-baseline {path}") from None
    except OSError as error:
        raise ConfigError(f"{path}: the baseline cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a baseline of jobcheck: {error}") from None
    return Baseline(filename, text.splitlines(), _entries(path, content))


def _entries(path: Path, content: object) -> frozenset[Entry]:
    if not isinstance(content, dict) or not isinstance(content.get("findings"), list):
        raise ConfigError(f'{path}: not a baseline of jobcheck: it has no list of "findings"')
    if content.get("version") != VERSION:
        raise ConfigError(f"{path}: a baseline of version {content.get('version')!r}; this jobcheck reads {VERSION}")
    entries = set()
    for item in content["findings"]:
        known = item if isinstance(item, dict) else {}
        values = [value for key in Entry.__dataclass_fields__ if isinstance(value := known.get(key), str)]
        if len(values) < len(Entry.__dataclass_fields__):
            raise ConfigError(f"{path}: not an entry of a baseline: {json.dumps(item)[:80]}")
        entries.add(Entry(*values))
    return frozenset(entries)
