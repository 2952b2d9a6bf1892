"""The options that name a moment, and how each framework reads one without a time zone. Measured on Celery 5.7."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moments:
    """`refused`: a naive moment is an error at the call; otherwise it is read as UTC, whatever the settings say."""

    options: tuple[str, ...]
    refused: bool = False


_ALL = {
    "celery": Moments(("eta", "expires")), "reference": Moments(("wait_until",), refused=True),
    "taskiq": Moments(("time",)),
}


def of(framework: str) -> Moments | None:
    """How a framework reads moments; None where that is not described."""
    return _ALL.get(framework)
