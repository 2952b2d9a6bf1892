"""The baseline as a file: written, read, kept through changes, and shrinking only."""

import importlib.util
import inspect
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobcheck.baseline import baseline_text, read_baseline
from jobcheck.cli import cli
from jobcheck.findings import Confidence, Finding, Place, Severity, with_fingerprints

# click before 8.2 mixes the two streams unless it is told not to.
SEPARATE = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


def finding(row=1, code="JOB101", filename="a.py", message="m"):
    return Finding(code, "n", message, Severity.ERROR, Confidence.HIGH, Place(filename, row, 1, row, 5))


def test_canonical_and_readable(tmp_path):
    findings = with_fingerprints([finding(filename="b.py"), finding(), finding(2), finding(message="größer")])
    text = baseline_text(reversed(findings))
    assert text == baseline_text(findings)
    assert [line.split('"')[7] for line in text.splitlines() if "filename" in line] == ["a.py", "a.py", "a.py", "b.py"]
    assert "größer" in text
    assert json.loads(text)["version"] == 1
    (tmp_path / "b.json").write_text(text, "utf-8")
    assert len(read_baseline(tmp_path / "b.json", "b.json").entries) == 4


def test_nothing_to_keep(tmp_path):
    assert json.loads(baseline_text([])) == {"version": 1, "findings": []}


def test_findings_about_comments_and_failures_are_not_kept():
    text = baseline_text(with_fingerprints([finding(code=code) for code in ("JOB002", "JOB003", "JOB009")]))
    assert json.loads(text)["findings"] == []


@pytest.fixture
def shop(tmp_path, monkeypatch):
    fake = Path(__file__).parent / "cli" / "fake_engine.py"
    spec = importlib.util.spec_from_file_location("jobcheck.engine", fake)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "jobcheck.engine", module)
    (tmp_path / ".git").mkdir()
    (tmp_path / "tasks.py").write_text("def welcome(user): pass\n")
    (tmp_path / "views.py").write_text("x.delay(user)\ny.delay(user)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args):
    return CliRunner(**SEPARATE).invoke(cli, args, prog_name="jobcheck")


def test_written_and_used(shop):
    result = run("--write-baseline", "known.json")
    assert (result.stdout, result.exit_code) == ("", 0)
    assert "known.json: 2 findings written" in result.stderr
    result = run("--baseline", "known.json")
    assert result.stdout == "2 files, 1 job, 2 enqueues (Celery): 0 findings (2 in the baseline)\n"
    assert result.exit_code == 0


def test_from_the_configuration_and_from_any_folder(shop, monkeypatch):
    run("--write-baseline", "known.json")
    (shop / "jobcheck.toml").write_text('baseline = "known.json"\n')
    (shop / "inner").mkdir()
    monkeypatch.chdir(shop / "inner")
    assert run().exit_code == 0


def test_survives_line_shifts(shop):
    run("--write-baseline", "known.json")
    (shop / "views.py").write_text("# one more line\n\n\nx.delay(user)\n\ny.delay(user)\n")
    assert run("--baseline", "known.json").exit_code == 0


def test_a_new_finding_fails(shop):
    run("--write-baseline", "known.json")
    (shop / "views.py").write_text("x.delay(user)\ny.delay(user)\nz.delay(user)\n")
    result = run("--baseline", "known.json", "--format", "concise")
    assert result.stdout.startswith("views.py:3:9: JOB101")
    assert result.exit_code == 1


def test_a_ratchet(shop):
    run("--write-baseline", "known.json")
    (shop / "views.py").write_text("x.delay(user)\n")
    result = run("--baseline", "known.json", "--format", "concise")
    assert result.stdout == (
        "known.json:4:5: JOB002 the baseline keeps a JOB101 in views.py that is not found any more\n"
        "2 files, 1 job, 1 enqueue (Celery): 1 finding (1 in the baseline)\n"
    )
    assert result.exit_code == 1
    run("--baseline", "known.json", "--write-baseline", "known.json")
    assert run("--baseline", "known.json").exit_code == 0


def test_a_missing_baseline_of_the_configuration_can_be_written(shop):
    (shop / "jobcheck.toml").write_text('baseline = "known.json"\n')
    assert run().exit_code == 2
    assert run("--write-baseline", "known.json").exit_code == 0
    assert run().exit_code == 0


def test_what_cannot_be_kept_is_said(shop):
    (shop / "views.py").write_text("x.delay(user)\ny = 1  # jobcheck: ignore[JOB999]\n")
    result = run("--write-baseline", "known.json")
    assert "1 finding written" in result.stderr
    assert "1 finding of JOB002, JOB003, JOB009 cannot be kept: to be put right where they stand" in result.stderr
