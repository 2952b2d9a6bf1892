"""The options that name a moment, and how each framework reads one without a time zone. Measured on Celery 5.7."""

from __future__ import annotations

from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Moments:
    """`refused`: the error that a naive moment is at the call; "" where it is read as UTC, whatever the settings say.

    `epoch`: moments are numbers of seconds since 1970.
    `zones`: a setting that makes naive moments right when it is False.
    `local`: the options whose naive moments are read as the host's local time.
    `zone`: a setting or option by which another zone is read there.
    """

    options: tuple[str, ...]
    refused: str = ""
    epoch: bool = False
    zones: str = ""
    local: frozenset[str] = frozenset()
    zone: str = ""


_RUNS = ("run_date", "next_run_time", "start_date", "end_date", "the trigger's run_date")
_ALL = {
    "celery": Moments(("eta", "expires")),
    "reference": Moments(("wait_until",), refused="OptionError"),
    "taskiq": Moments(("time",)),
    "procrastinate": Moments(("schedule_at",), refused="ValueError"),
    "apscheduler": Moments(_RUNS, local=frozenset(_RUNS), zone="timezone"),
    # The first is RQ's own, the second that of rq-scheduler.
    "rq": Moments(("datetime", "scheduled_time"), local=frozenset({"datetime"})),
    "huey": Moments(("eta",), local=frozenset({"eta"})),
    "arq": Moments(("_defer_until",), local=frozenset({"_defer_until"})),
    "saq": Moments(("scheduled",), epoch=True),
    "django-tasks": Moments(("run_after",), refused="InvalidTask", zones="USE_TZ"),
}


def of(framework: str) -> Moments | None:
    """How a framework reads moments; None where that is not described."""
    return _ALL.get(framework)
