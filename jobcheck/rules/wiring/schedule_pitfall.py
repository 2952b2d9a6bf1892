"""
## What it finds
A schedule that means something else than it says: `crontab(hour=3)` without a minute, a day without an hour, a month
without a day, a step that does not divide the field into equal parts, a number that the field does not have, and
`timedelta(...).seconds`, which leaves the days out. For APScheduler: days of the week by number in `CronTrigger.from_crontab`,
and a schedule without `id` that each start of the program adds to a store once more.

## Why it matters
Each field of Celery's `crontab` is `*` unless it is given. `crontab(hour=3)` is therefore every minute from 3:00 to
3:59, and the nightly job runs sixty times, often side by side with itself. `crontab(hour=24)` raises ValueError
where the module is imported. `*/45` is minute 0 and minute 45, not every 45 minutes. `timedelta(days=1).seconds`
is 0. APScheduler counts the days from 0 for Monday: `0 9 * * 1-5` runs from Tuesday to Saturday.

## Example
```python
"schedule": crontab(hour=3)
```

## Use instead
```python
"schedule": crontab(minute=0, hour=3)
```

## How to fix
Give every field that is finer than the coarsest one. Write `minute="*"` where every minute is meant.

## Options
None.

## Known limits
Only fields whose value can be read are judged. A field that a range restricts (`hour="9-17"`) may be meant as "every
minute in office hours" and is reported with medium confidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.registry import Schedule
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.rules.wiring import cron
from jobcheck.solve.kinds import External, Literal

_DAYS = ("day_of_week", "day_of_month", "month_of_year")
_OTHER_NAMES = frozenset({"nowfun", "app", "strict"})
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
_ORDER = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")


class SchedulePitfall(Rule):
    """JOB606."""

    code = "JOB606"
    severity = Severity.ERROR
    subject = Schedule

    def check(self, schedule: Schedule, context: Context) -> Iterator[FindingBuilder]:
        if schedule.in_test or "*" in schedule.fields:
            return
        found = _judge(schedule, context)
        if found is not None:
            message, level = found
            job = next((j for j in context.registry.jobs if j.name == schedule.job_name), None)
            yield context.finding(
                self, schedule.origin, message, confidence=level, job=job, framework=schedule.framework,
                subject=schedule.name or "", how_to_fix=_FIX if "leaves" in message else _REMEDIES.get(schedule.form, ""),
            )  # fmt: skip


_FIX = 'Give the field: `minute=0` for the full hour, and `minute="*"` where every minute is meant.'
_REMEDIES = {
    "line": "Name the days: `mon-fri`.",
    "stored": 'Give it an id, and replace the one that is there: `id="...", replace_existing=True`.',
}
Found = tuple[str, Confidence] | None


def _judge(schedule: Schedule, context: Context) -> Found:
    text = context.text(schedule.origin)
    who = f"`{schedule.job_name}`" if schedule.job_name else "the job"
    if schedule.form == "line":
        return _numbered_days(schedule, context)
    if schedule.form == "stored":
        return f"each start of the program adds another {who} to the store: the schedule has no `id`", Confidence.HIGH
    if schedule.form != "crontab":
        return _days_lost(schedule, context, who)
    fields = {name: cron.read(name, argument) for name, argument in schedule.fields.items()}
    return _refused(fields, text) or _missing(fields, who, text) or _uneven(fields, who)


def _refused(fields: dict[str, cron.Field], text: str) -> Found:
    for name, field in fields.items():
        if name not in cron.RANGES and name not in _OTHER_NAMES:
            return f"`{text}` raises TypeError when it is imported: `crontab` has no field `{name}`", Confidence.HIGH
        if field.problem:
            return f"`{text}` raises an error when it is imported: for `{name}`, {field.problem}", Confidence.HIGH
    return None


def _missing(fields: dict[str, cron.Field], who: str, text: str) -> Found:
    days = {name: fields[name] for name in _DAYS if name in fields and not cron.is_whole(name, fields[name])}
    if "minute" not in fields:
        return _no_minute(fields.get("hour"), days, who, text)
    one_minute = len(fields["minute"].numbers or ()) == 1
    if one_minute and "hour" not in fields and any(_is_pointed(f) for n, f in days.items() if n != "month_of_year"):
        return f"{who} runs 24 times on each day that is named: `{text}` leaves `hour` at `*`", Confidence.MEDIUM
    one_hour = one_minute and "hour" in fields and len(fields["hour"].numbers or ()) == 1
    month = days.get("month_of_year")
    if one_hour and month and list(days) == ["month_of_year"] and len(month.numbers or ()) > 1 and _is_pointed(month):
        return f"{who} runs on every day of those months: `{text}` leaves `day_of_month` at `*`", Confidence.MEDIUM
    return None


def _no_minute(hour: cron.Field | None, days: dict[str, cron.Field], who: str, text: str) -> Found:
    if hour is not None:
        sure = hour.numbers is not None and not cron.is_span(hour)
        message = f"{who} runs 60 times in each hour that is named: `{text}` leaves `minute` at `*`"
        return message, Confidence.HIGH if sure else Confidence.MEDIUM
    if not days:
        return None
    sure = any(_is_pointed(field) for field in days.values())
    message = f"{who} runs at every minute of each day that is named: `{text}` leaves `minute` and `hour` at `*`"
    return message, Confidence.HIGH if sure else Confidence.MEDIUM


def _is_pointed(field: cron.Field) -> bool:
    """Whether single values are named, not a span."""
    return field.numbers is not None and not cron.is_span(field)


def _uneven(fields: dict[str, cron.Field], who: str) -> Found:
    for name, field in fields.items():
        if name in cron.RANGES and cron.is_uneven(name, field):
            runs = " and ".join(str(number) for number in sorted(field.numbers or ()))
            unit = name.removesuffix("_of_week").removesuffix("_of_month").removesuffix("_of_year")
            message = f"{who} does not run every {field.step} {unit}s: `*/{field.step}` is {unit} {runs}"
            return message, Confidence.MEDIUM
    return None


def _numbered_days(schedule: Schedule, context: Context) -> Found:
    """Days of the week by number, where Monday is 0 and not 1."""
    only = schedule.fields["line"].value.only
    parts = only.value.split() if isinstance(only, Literal) and isinstance(only.value, str) else []
    text = parts[-1] if len(parts) == _LINE else ""
    whose = context.display(schedule.framework)
    if re.search(r"(?<!/)7", text):
        return f"`{text}` is refused: {whose} counts the days of the week from 0 for Monday to 6", Confidence.HIGH
    found = [re.fullmatch(r"(\d)(?:-(\d))?", part) for part in text.split(",")]
    days = {day for match in found if match for day in range(int(match[1]), int(match[2] or match[1]) + 1)}
    level = _level(days) if all(found) else None
    if level is None:
        return None
    read = ", ".join(_WEEK[day] for day in sorted(days))
    return f"`{text}` are other days than in a crontab: {whose} counts from 0 for Monday, and reads {read}", level


def _level(days: set[int]) -> Confidence | None:
    """How surely days are counted as a crontab does, from Sunday. Who writes `0-4` or `5,6` knows."""
    if days in ({1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6}):
        return Confidence.HIGH
    return Confidence.MEDIUM if days in ({0}, {0, 6}) or (1 in days and 0 not in days) else None


_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LINE = 5  # minute, hour, day, month, day of the week


def _days_lost(schedule: Schedule, context: Context, who: str) -> Found:
    """`timedelta(days=1).seconds`."""
    argument = schedule.fields.get("schedule")
    node = argument.node if argument else None
    if not (isinstance(node, ir.Attribute) and node.attr == "seconds" and isinstance(node.value, ir.Call)):
        return None
    total = _total(node.value, schedule, context)
    if total is None or total < _SECONDS["days"]:
        return None
    rest = total % _SECONDS["days"]
    return f"{who} is due every {rest:g} seconds: `.seconds` of a timedelta leaves its days out", Confidence.HIGH


def _total(call: ir.Call, schedule: Schedule, context: Context) -> float | None:
    """The seconds of a `timedelta(...)` of literals."""
    if schedule.site is None or any(arg.star for arg in call.args):
        return None
    env, solver = schedule.site.env, context.solver
    if solver.value(call.func, env).only != External("datetime.timedelta"):
        return None
    total = 0.0
    for index, arg in enumerate(call.args):
        only = solver.value(arg.value, env).only
        unit = arg.keyword or _ORDER[index]
        if not isinstance(only, Literal) or not isinstance(only.value, (int, float)):
            return None
        total += only.value * _SECONDS.get(unit, 0)
    return total
