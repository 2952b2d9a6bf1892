"""What JOB409 says happens to the second of two runs."""

from __future__ import annotations

from pathlib import Path

from jobcheck.engine import check
from jobcheck.engine_types import RunOptions
from tests.test_fixtures import settings_of

FIXTURE = Path(__file__).parent.parent / "fixtures" / "celery" / "check_then_act"


def test_a_unique_field_makes_the_second_run_fail() -> None:
    run = check(RunOptions(root=FIXTURE, settings=settings_of(FIXTURE), jobs=1))
    said = {f.subject: f.message for f in run.findings if f.code == "JOB409"}
    assert said["Invoice"].endswith("two runs side by side insert two")
    assert said["Number"].endswith("the database refuses the second of two runs side by side (order is unique)")
