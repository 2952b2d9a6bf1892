"""
## What it finds
A moment without a time zone for when a job is to run, or until when: Celery's `eta=` and `expires=` from
`datetime.now()`, TaskIQ's `schedule_by_time`, the moment of rq-scheduler, the reference API's `wait_until=` from any naive
datetime; `datetime.utcnow()` where a naive moment is read as local time (RQ's `enqueue_at`, Huey's `eta`, arq's
`_defer_until`, APScheduler's `run_date`); a moment written in the code that is past; and a number of seconds to wait where
the framework reads seconds since 1970 (SAQ's `scheduled=60`).

## Why it matters
Celery reads a naive `eta` as UTC, whatever `timezone` and `enable_utc` say. `datetime.now()` is the host's local time:
in New York a job for "in ten minutes" runs at once, being hours late already, and one with such an `expires` is
revoked and never runs; in Berlin it waits an hour too long, two in summer. Containers whose clock is UTC hide it
until somebody sets `TZ`, and Django does so: it sets the process's zone to `TIME_ZONE`. The reference API refuses a
naive moment with OptionError.

## Example
```python
remind.apply_async((order.pk,), eta=datetime.now() + timedelta(minutes=10))
```

## Use instead
```python
remind.apply_async((order.pk,), countdown=600)
remind.apply_async((order.pk,), eta=timezone.now() + timedelta(minutes=10))
```

## How to fix
Say how long to wait (`countdown=`, `wait=`), or give a moment with its zone: `datetime.now(timezone.utc)`,
`django.utils.timezone.now()`.

## Options
None.

## Known limits
`datetime.utcnow()` is what Celery expects, and quiet there. Where Django's `TIME_ZONE` is UTC, local time is UTC, and nothing
is said (confidence low). A day and hour written down without zone is reported only where `TIME_ZONE` is another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from jobcheck.code import ir
from jobcheck.frameworks import moments
from jobcheck.frameworks.moments import Moments
from jobcheck.frameworks.settings_text import literal_text, said
from jobcheck.registry import Enqueue, Job, Retry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.timing.clocks import Clock, clocks
from jobcheck.solve.kinds import Literal, Origin, Plain, Value

_UTC = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "Etc/UCT", "UCT"})
# Seconds since 1970 below which nobody means a moment: 1973.
_ANY_MOMENT = 10**8
_LATE = {
    "eta": "The job runs too early, at once or hours late, by the host's distance from UTC.",
    "expires": "It expires too early or too late, by the host's distance from UTC; if too early, the job never runs.",
}
_OFF = "The job runs too early or too late, by the host's distance from UTC; one that is too late already is skipped."
_FIX = "Say how long to wait instead, or give the moment its zone: `datetime.now(timezone.utc)`."


class NaiveEta(Rule):
    """JOB504."""

    code = "JOB504"
    severity = Severity.ERROR
    subject = (Enqueue, Retry)

    def check(self, subject: Enqueue | Retry, context: Context) -> Iterator[FindingBuilder]:
        moment = moments.of(subject.framework)
        if moment is None or context.solver.is_test(subject.origin.filename):
            return
        if moment.zones and any("False" in text for text, _ in said(context.solver, moment.zones)):
            return
        for name in moment.options:
            given = _given(subject, name)
            if given is not None:
                if moment.epoch:
                    yield from self._since_1970(subject, name, *given, context)
                    continue
                if name in moment.local:
                    yield from self._local(subject, name, given[0], moment.zone, context)
                    continue
                yield from self._judge(subject, name, *given, moment, context)

    def _since_1970(
        self, subject: Enqueue | Retry, name: str, node: ir.Expr, value: Value, context: Context
    ) -> Iterator[FindingBuilder]:
        """A number that is a wait, where the framework reads seconds since 1970."""
        only = value.only
        seconds = only.value if isinstance(only, Literal) else None
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < _ANY_MOMENT:
            return
        whose = context.display(subject.framework)
        text = f"{name} of `{_label(subject)}` is {seconds}, and {whose} reads seconds since 1970: the job runs at once"
        origin = subject.site.unit.origin(node)
        builder = context.finding(
            self, origin, text, confidence=Confidence.HIGH, job=_job(subject), framework=subject.framework,
            how_to_fix=f"Add it to the present: `{name}=time.time() + {seconds}`.",
        )  # fmt: skip
        yield builder

    def _local(self, subject: Enqueue | Retry, name: str, node: ir.Expr, zone: str, context: Context) -> Iterator[FindingBuilder]:
        """A moment in UTC without saying so, where the framework reads local time."""
        clock = next((c for c in clocks(context, node, subject.site.env) if c.what == "utc"), None)
        options = subject.options if isinstance(subject, Enqueue) else {}
        if clock is None or (zone and (zone in options or _said(zone, context) or _said("SCHEDULER_TIMEZONE", context))):
            return
        whose = context.display(subject.framework)
        text = f"{name} of `{_label(subject)}` is UTC without saying so (`{clock.spelling}`), and {whose} reads it as local time"
        yield self._finding(subject, subject.site.unit.origin(node), text, _utc_level(context), clock, _OFF, context)

    def _judge(
        self, subject: Enqueue | Retry, name: str, node: ir.Expr, value: Value, moment: Moments, context: Context
    ) -> Iterator[FindingBuilder]:
        origin = subject.site.unit.origin(node)
        if moment.refused:
            if value.only == Plain("datetime_naive"):
                text = f"{name} of `{_label(subject)}` has no time zone: the call raises {moment.refused}"
                yield self._finding(subject, origin, text, Confidence.HIGH, None, "", context)
            return
        for clock in clocks(context, node, subject.site.env):
            if clock.moment is not None and clock.moment.replace(tzinfo=timezone.utc) < datetime.now(timezone.utc):
                if clock.origin == origin:
                    yield self._past(subject, name, origin, clock, context)
                    return
                continue
            level = _level(clock, context)
            if level is not None:
                source = "local time" if clock.what in ("local", "django") else "without time zone"
                whose = context.display(subject.framework)
                text = f"{name} of `{_label(subject)}` is {source} (`{clock.spelling}`), and {whose} reads it as UTC"
                yield self._finding(subject, origin, text, level, clock, _LATE.get(name, _LATE["eta"]), context)
                return

    def _past(self, subject: Enqueue | Retry, name: str, origin: Origin, clock: Clock, context: Context) -> FindingBuilder:
        then = "the job never runs" if name == "expires" else "the job runs at once"
        text = f"{name} of `{_label(subject)}` is past (`{clock.spelling}`): {then}"
        return self._finding(subject, origin, text, Confidence.HIGH, None, "", context)

    def _finding(
        self, subject: Enqueue | Retry, origin: Origin, text: str, level: Confidence, clock: Clock | None, happens: str,
        context: Context,
    ) -> FindingBuilder:  # fmt: skip
        builder = context.finding(
            self, origin, text, confidence=level, job=_job(subject), framework=subject.framework,
            what_happens=happens, how_to_fix=_FIX,
        )  # fmt: skip
        if isinstance(subject, Enqueue):
            context.relate_enqueue(builder, subject)
        if clock is not None:
            builder.relate(context.place(clock.origin), "the clock is read here, without a time zone")
        return builder


def _given(subject: Enqueue | Retry, name: str) -> tuple[ir.Expr, Value] | None:
    """An option's expression and value, where it is written at the call."""
    found = subject.options.get(name) if isinstance(subject, Enqueue) else subject.arguments.get(name)
    return (found.node, found.value) if found is not None and found.node is not None else None


def _job(subject: Enqueue | Retry) -> Job | None:
    if isinstance(subject, Retry):
        return subject.job
    return subject.jobs[0] if len(subject.jobs) == 1 else None


def _label(subject: Enqueue | Retry) -> str:
    job = _job(subject)
    if job is not None:
        return job.label
    name = subject.job_name if isinstance(subject, Enqueue) else None
    return name or subject.site.unit.qualname or "the job"


def _level(clock: Clock, context: Context) -> Confidence | None:
    """How surely the clock is not UTC; None when it is, or has a zone."""
    zones = {literal_text(text) for text in _said("TIME_ZONE", context)}
    foreign = bool(zones - _UTC - {None})
    if clock.what == "wall":
        return Confidence.MEDIUM if foreign and not zones & _UTC else Confidence.LOW
    if clock.what == "django":
        naive = any(text.startswith("False") for text in _said("USE_TZ", context))
        return Confidence.MEDIUM if naive and foreign and not zones & _UTC else None
    if clock.what != "local":
        return None
    if zones & _UTC and not foreign:
        return Confidence.LOW
    return Confidence.HIGH if foreign and not zones & _UTC else Confidence.MEDIUM


def _utc_level(context: Context) -> Confidence:
    """The same for UTC where local time is read: how surely the host's clock is not UTC."""
    zones = {literal_text(text) for text in _said("TIME_ZONE", context)}
    foreign = bool(zones - _UTC - {None})
    if zones & _UTC and not foreign:
        return Confidence.LOW
    return Confidence.HIGH if foreign and not zones & _UTC else Confidence.MEDIUM


def _said(name: str, context: Context) -> list[str]:
    """What the project's settings say of a name."""
    return context.once(("said", name), lambda: [text for text, _ in said(context.solver, name)])
