"""What jobcheck says of cron fields is what Celery's own crontab makes of them."""

from __future__ import annotations

import pytest
from celery.schedules import ParseException, crontab
from hypothesis import given
from hypothesis import strategies as st

from jobcheck.rules.wiring import cron

NUMBERS = st.integers(0, 70).map(str)
WORDS = st.sampled_from(["mon", "sunday", "jan", "December", "L", "?", "*", "foo"])
STEPS = st.integers(0, 99).map(lambda n: f"/{n}")
RANGES = st.builds("{}-{}".format, NUMBERS | WORDS, NUMBERS | WORDS)
PARTS = st.builds("{}{}".format, st.one_of(st.just("*"), NUMBERS, WORDS, RANGES), st.one_of(st.just(""), STEPS))
SPECS = st.lists(PARTS, min_size=1, max_size=3).map(",".join)


def real(name: str, spec: object) -> frozenset[int] | None:
    """The numbers that Celery expands a field to; None when it refuses."""
    try:
        return frozenset(getattr(crontab(**{name: spec}), name))
    except (ValueError, ParseException, TypeError):
        return None


@given(st.sampled_from(sorted(cron.RANGES)), SPECS)
def test_a_field_is_read_as_celery_reads_it(name: str, spec: str) -> None:
    found = cron.parse(name, spec)
    if found.problem:
        assert real(name, spec) is None
    elif found.numbers is not None:
        assert real(name, spec) == found.numbers


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("hour", "24"),
        ("minute", "0,60"),
        ("day_of_week", "7"),
        ("day_of_month", "0"),
        ("month_of_year", "13"),
        ("minute", "5/15"),
        ("minute", "0 5 * * *"),
        ("minute", "@hourly"),
        ("day_of_month", "?"),
        ("day_of_month", "L"),
        ("hour", "8-24"),
    ],
)
def test_what_is_called_refused_is_refused(name: str, spec: str) -> None:
    assert cron.parse(name, spec).problem
    assert real(name, spec) is None


@pytest.mark.parametrize("spec", [24, -1, None, 1.5])
def test_numbers_and_other_values(spec: object) -> None:
    assert real("hour", spec) is None


def test_fields_not_given_are_every_value() -> None:
    assert len(crontab(hour=3).minute) == 60
    assert len(crontab(minute=0, day_of_month=1).hour) == 24
    assert len(crontab(minute=0, hour=4, month_of_year="*/3").day_of_month) == 31


def test_an_uneven_step_is_no_interval() -> None:
    assert crontab(minute="*/45").minute == {0, 45}
    assert crontab(minute="*/90").minute == {0}
    assert crontab(hour="*/15").hour == {0, 15}


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError):
        crontab(minute=0, hour=5, day="1")
