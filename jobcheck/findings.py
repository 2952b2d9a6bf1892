"""What jobcheck reports: findings with places, on two axes (severity and confidence), built so that none is malformed."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import field, replace

from jobcheck.values import dataclass


class Severity(enum.IntEnum):
    """How bad it is when the finding is right."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure jobcheck is that the finding is right. Shown by default from MEDIUM up."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        return self.name.lower()

    def lowered(self) -> Confidence:
        """One step down, and never below LOW."""
        return Confidence(max(self - 1, Confidence.LOW))


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A region of a file: rows and columns from 1, columns in code points, end exclusive.

    `filename` is relative to the project root with forward slashes; the reports rewrite it relative to the
    working directory.
    """

    filename: str
    row: int
    column: int
    end_row: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Related:
    """A second place of a finding (the job, the definition of the value, the transaction) with a note of its own."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of `place` by `content`."""

    place: Place
    content: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of the finding's own file. `applicability` is "safe" or "unsafe"."""

    message: str
    applicability: str
    edits: tuple[Edit, ...]


class MalformedFindingError(Exception):
    """A rule tried to build a finding that could not be reported."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect. Build it with `FindingBuilder`, never directly."""

    code: str
    name: str
    message: str
    severity: Severity
    confidence: Confidence
    place: Place
    related: tuple[Related, ...] = ()
    what_happens: str = ""
    how_to_fix: str = ""
    fix: Fix | None = None
    framework: str | None = None
    job: str | None = None
    subject: str = ""
    fingerprint: str = ""

    @property
    def places(self) -> tuple[Place, ...]:
        """Its own place first, then the related ones."""
        return (self.place, *(r.place for r in self.related))

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (self.place.filename, self.place.row, self.place.column, self.code, self.message)


@dataclass(slots=True)
class FindingBuilder:
    """Collects the parts of one finding; `build` refuses a malformed one.

    `subject` names what the finding is about independently of line numbers (a job, an argument path, the text of
    the call): it feeds the fingerprint, so two different defects on one line keep different fingerprints.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str = ""
    place: Place | None = None
    what_happens: str = ""
    how_to_fix: str = ""
    framework: str | None = None
    job: str | None = None
    subject: str = ""
    fix: Fix | None = None
    related: list[Related] = field(default_factory=list)

    def relate(self, place: Place | None, message: str) -> FindingBuilder:
        """Add a related place; None is passed over so that callers need no check."""
        if place is not None and all(r.place != place for r in self.related) and place != self.place:
            self.related.append(Related(place, message))
        return self

    def build(self) -> Finding:
        """The finding.

        Raises MalformedFindingError without a place, a one-line message ending in no full stop, or a valid region.
        """
        place = self.place
        if place is None:
            raise MalformedFindingError(f"{self.code}: a finding needs a place")
        if not self.message or "\n" in self.message:
            raise MalformedFindingError(f"{self.code}: a message is one non-empty line, got {self.message!r}")
        for spot in (place, *(r.place for r in self.related)):
            if spot.row < 1 or spot.column < 1 or (spot.end_row, spot.end_column) < (spot.row, spot.column):
                raise MalformedFindingError(f"{self.code}: not a region: {spot}")
        if self.fix and any(e.place.filename != place.filename for e in self.fix.edits):
            raise MalformedFindingError(f"{self.code}: a fix edits only the finding's own file")
        return Finding(
            code=self.code,
            name=self.name,
            message=self.message,
            severity=self.severity,
            confidence=self.confidence,
            place=place,
            related=tuple(self.related),
            what_happens=self.what_happens,
            how_to_fix=self.how_to_fix,
            fix=self.fix,
            framework=self.framework,
            job=self.job,
            subject=self.subject,
        )


def with_fingerprints(findings: list[Finding]) -> list[Finding]:
    """The findings, sorted, each with a fingerprint that survives line shifts.

    A fingerprint hashes code, file, job, subject and message; the n-th equal one (in file order) gets n mixed in, so
    that they are unique within a report.
    """
    seen: dict[str, int] = {}
    result = []
    for finding in sorted(findings, key=lambda f: f.sort_key):
        # The message names the value and the job, never a line number: rules are tested for that.
        text = "\0".join((finding.code, finding.place.filename, finding.job or "", finding.subject, finding.message))
        count = seen[text] = seen.get(text, 0) + 1
        digest = hashlib.sha256(f"{text}\0{count}".encode(errors="surrogatepass")).hexdigest()[:16]
        result.append(replace(finding, fingerprint=digest))
    return result
