"""`jobs`, `rules` and `explain`."""

import json
from types import SimpleNamespace

import pytest

from jobcheck.findings import Severity
from jobcheck.rules.catalogue import catalogue


@pytest.fixture(autouse=True)
def one_rule(monkeypatch):
    rule = SimpleNamespace(code="JOB101", severity=Severity.ERROR, doc="## What it finds\nRecords.\n")
    monkeypatch.setattr("jobcheck.rules.all_rules", lambda: (rule,), raising=False)


def test_jobs(shop, jobcheck):
    assert jobcheck("jobs").stdout == (
        "job            framework  queue  retries  idempotent  enqueued                  declared at\n"
        "welcome(user)  Celery     mail   3        -           1x (at shop/views.py:6)   shop/tasks.py:2\n"
    ).replace("   shop/tasks", "  shop/tasks").replace("                  declared", "                 declared")


def test_jobs_as_json(shop, jobcheck):
    (job,) = json.loads(jobcheck("jobs", "--format", "json").stdout)
    assert job["name"] == "welcome"
    assert job["filename"] == "shop/tasks.py"
    assert job["idempotency"] is None
    assert job["enqueued_by"][0]["location"] == {"row": 6, "column": 19}


def test_jobs_of_the_named_files(shop, jobcheck):
    (shop / "other").mkdir()
    assert json.loads(jobcheck("jobs", "--format", "json", "other").stdout) == []


def test_rules(jobcheck):
    lines = jobcheck("rules").stdout.splitlines()
    assert len(lines) == 1 + len(catalogue())
    assert lines[1].split()[:3] == ["JOB001", "unreadable-file", "on"]
    planned = next(line for line in lines if line.startswith("JOB803"))
    assert planned.split()[:3] == ["JOB803", "wire-changed", "planned"]


def test_rules_as_json(jobcheck):
    rules = json.loads(jobcheck("rules", "--format", "json").stdout)
    assert [rule["code"] for rule in rules] == [*catalogue()]


@pytest.mark.parametrize("word", ["JOB101", "job101", "unserializable-argument"])
def test_explain(jobcheck, word):
    page, _, measured = jobcheck("explain", word).stdout.partition("\n## Measured\n")
    assert page == "# JOB101 unserializable-argument\n\n(on by default, severity error)\n\n## What it finds\nRecords.\n"
    assert "- the example: raises EncodeError" in measured


def test_explain_as_json(jobcheck):
    page = json.loads(jobcheck("explain", "JOB101", "--format", "json").stdout)
    assert page["severity"] == "error"
    assert page["doc"].startswith("## What it finds\nRecords.\n\n## Measured\n")


def test_explain_a_planned_rule(jobcheck):
    assert jobcheck("explain", "JOB803").stdout == (
        "# JOB803 wire-changed\n\n(planned: not checked yet)\n\n"
        "## What it finds\nA queue, serializer or kind changed under messages in flight.\n"
    )
    assert json.loads(jobcheck("explain", "JOB803", "--format", "json").stdout)["doc"] is None


@pytest.mark.parametrize("code", ["JOB001", "JOB002", "JOB003", "JOB009"])
def test_explain_rules_about_the_run(jobcheck, code):
    page = jobcheck("explain", code).stdout
    for heading in ("What it finds", "Why it matters", "How to fix", "Known limits"):
        assert f"\n## {heading}\n" in page


def test_help_leads_to_the_options_of_a_run(jobcheck):
    assert "jobcheck check --help" in jobcheck("--help").stdout
    assert "--select" in jobcheck("check", "-h").stdout
