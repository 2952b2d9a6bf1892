"""Each rule's two examples: jobcheck reports the bad one only, and run, each does what `jobcheck explain` says it did.

When one of these fails after a change on purpose: `python tools/make_proofs.py JOBxxx`, read it, commit it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("celery")
pytest.importorskip("django")
sys.path.append(str(Path(__file__).parents[1]))

from jobcheck.report.rule_pages import rule_page
from jobcheck.rules import all_rules
from jobcheck.rules.catalogue import catalogue, find
from proofs.measuring import BROKEN, Server, findings, measured, versions, written
from proofs.registry import CASES, GOOD_FAILS, NOT_RUN, PENDING, PROOFS, lay_out
from proofs.stages.telling import NOT_AT_HAND

CODES = sorted(PROOFS)
RULES = {rule.code: rule for rule in all_rules()}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if not hasattr(os, "fork"):
        pytest.skip("THE PROOFS ARE NOT RUN: this system cannot fork")
    with Server() as running:
        yield running


def test_every_rule_is_proven_or_says_why_not() -> None:
    implemented = {info.code for info in catalogue().values() if info.implemented}
    assert implemented <= {*PROOFS, *NOT_RUN, *PENDING}, "a new rule: its proof goes into tests/proofs/registry.py"
    assert len({*PROOFS, *NOT_RUN, *PENDING}) == len(PROOFS) + len(NOT_RUN) + len(PENDING)
    assert {folder.name.upper() for folder in CASES.iterdir()} == set(PROOFS)


def test_what_was_measured_is_written() -> None:
    data = written()
    assert {code: row["on"] for code, row in data["proofs"].items()} == {code: PROOFS[code].on for code in CODES}
    assert data["not_run"] == NOT_RUN, "run: python tools/make_proofs.py"


@pytest.mark.parametrize("code", CODES)
def test_jobcheck_tells_the_bad_one_from_the_good_one(code: str, tmp_path: Path) -> None:
    sides = {side: findings(lay_out(code, side, tmp_path / side)) for side in ("bad", "good")}
    assert code in sides["bad"]
    assert code not in sides["good"]
    (documented,) = re.findall(r"^## Example\n```python\n(.*?)```", RULES[code].doc, re.DOTALL | re.MULTILINE)
    said = (tmp_path / "bad" / "jobs.py").read_text("utf-8").splitlines()[sides["bad"][code] - 1]
    assert plain(said) in {plain(line) for line in documented.splitlines()}, "the line is none of the documented example"


def plain(line: str) -> str:
    """A line of code without what its surroundings ask for."""
    return re.sub(r"(\s+#.*|,|:|: \.\.\.)$", "", line.strip())


@pytest.mark.parametrize("code", CODES)
def test_run_they_do_what_is_said(code: str, server: Server) -> None:
    row, now = written()["proofs"][code], measured(code, server)
    if now["bad"].startswith(NOT_AT_HAND):
        pytest.skip(f"{code} IS NOT PROVEN HERE, {now['bad']}")
    for side in ("bad", "good"):
        assert BROKEN not in now[side], now
    assert now["bad"] != now["good"]
    assert code in GOOD_FAILS or not re.search("raises|fails", now["good"])
    then = written()["versions"]
    if all(then[name] == versions()[name] for name in re.findall(r"\{(\w+)\}", row["on"])):
        same = then["python"] == versions()["python"]
        assert (now if same else without_texts(now)) == (row if same else without_texts(row)), f"run: make_proofs.py {code}"


def without_texts(row: dict[str, str]) -> dict[str, str]:
    """Outcomes with the types of errors alone: another Python has other words for them."""
    return {key: re.sub(r"\b([A-Z]\w+): [^;]*", r"\1", text) for key, text in row.items()}


def test_explain_shows_it() -> None:
    proven, not_run = find("JOB401"), find("JOB002")
    assert proven
    assert not_run
    assert "2 times payment of 40" in rule_page(proven)
    assert "Not by a run: it speaks of a comment" in rule_page(not_run)
