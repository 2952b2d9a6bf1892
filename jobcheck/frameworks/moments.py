"""The options that name a moment, and how each framework reads one without a time zone. Measured on Celery 5.7."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moments:
    """`refused`: the error that a naive moment is at the call; "" where it is read as UTC, whatever the settings say.

    `epoch`: moments are numbers of seconds since 1970.
    `zones`: a setting that makes naive moments right when it is False.
    `local`: naive moments are read as local time, unless this setting or option says another zone.
    """

    options: tuple[str, ...]
    refused: str = ""
    epoch: bool = False
    zones: str = ""
    local: str = ""


_ALL = {
    "celery": Moments(("eta", "expires")),
    "reference": Moments(("wait_until",), refused="OptionError"),
    "taskiq": Moments(("time",)),
    "procrastinate": Moments(("schedule_at",), refused="ValueError"),
    "apscheduler": Moments(("run_date", "next_run_time", "start_date", "end_date"), local="timezone"),
    "saq": Moments(("scheduled",), epoch=True),
    "django-tasks": Moments(("run_after",), refused="InvalidTask", zones="USE_TZ"),
}


def of(framework: str) -> Moments | None:
    """How a framework reads moments; None where that is not described."""
    return _ALL.get(framework)
