"""APScheduler's options, in the terms of `frameworks.options`: its own, and those of the trigger that a call names."""

from __future__ import annotations

from dataclasses import replace

from jobcheck.frameworks.declared import apscheduler
from jobcheck.frameworks.options import NUMBERS, OBJECT, SPAN, TEXT, Needs, Options, Place

_APS_OWN = frozenset("trigger id name misfire_grace_time coalesce max_instances next_run_time jobstore executor".split())
_APS_OWN |= {apscheduler.IN_TRIGGER}
_APS_INTERVAL = frozenset("weeks days hours minutes seconds start_date end_date timezone jitter".split())
_APS_CRON = frozenset("year month day week day_of_week hour minute second start_date end_date timezone jitter".split())
_APS_DATE = frozenset({"run_date", "timezone"})
_RAISES = "the call raises TypeError"
_APS_NEEDS = {
    "id": Needs("a str", NUMBERS | frozenset({"uuid"}), "the call raises TypeError"),
    "name": Needs("a str", NUMBERS, "the call raises TypeError"),
    "misfire_grace_time": Needs("a number of seconds, an int, or None", SPAN | TEXT | {"float"}, "the call raises TypeError"),
    "max_instances": Needs("an int", TEXT | {"float"}, "the call raises TypeError"),
    "run_date": Needs("a datetime", SPAN | {"int", "float"}, "the call raises TypeError"),
    "next_run_time": Needs("a datetime", SPAN | {"int", "float"}, "the call raises TypeError"),
}  # fmt: skip
_APS_UNITS = {
    "second": "seconds", "minute": "minutes", "hour": "hours", "day": "days", "week": "weeks", "interval": "seconds",
}  # fmt: skip


def _apscheduler(own: frozenset[str]) -> Place:
    """What `add_job` and `scheduled_job` take: their own options, and those of the trigger that is named."""

    def place(names: frozenset[str], elsewhere: dict[str, str], happens: str = _RAISES, refused: bool = True) -> Place:
        return Place(own | names, own | names, elsewhere, happens, _APS_NEEDS, refused)

    every = place(_APS_INTERVAL | _APS_CRON | _APS_DATE, {}, refused=False)
    made = place(frozenset(), {}, "the trigger is made already, and it is ignored")
    date = place(_APS_DATE, dict.fromkeys((_APS_INTERVAL | _APS_CRON) - _APS_DATE, 'a trigger: "interval" or "cron"'))
    interval = place(_APS_INTERVAL, _APS_UNITS)
    cron = place(_APS_CRON, {name: name.rstrip("s") for name in ("seconds", "minutes", "hours", "days", "weeks")})
    variants = {"": date, "date": date, "interval": interval, "cron": cron, OBJECT: made}
    return replace(every, by="trigger", variants=variants)


APSCHEDULER = Options(
    enqueue=_apscheduler(_APS_OWN | {"args", "kwargs", "replace_existing", "func"}),
    declaration=_apscheduler(_APS_OWN | {"args", "kwargs"}),
    telling=frozenset(),
)
