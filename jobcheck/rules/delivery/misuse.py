"""One misuse of retries, as retry-misuse tells it."""

from __future__ import annotations

from jobcheck.findings import Confidence, Severity
from jobcheck.solve.kinds import Origin
from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Misuse:
    """One thing that is wrong, ready to be told."""

    what: str
    origin: Origin
    message: str
    happens: str
    fix: str
    confidence: Confidence = Confidence.HIGH
    severity: Severity = Severity.ERROR
    other: Origin | None = None
