"""Findings as text, JSON and GitHub commands."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from jobcheck.engine_types import Report
from jobcheck.filters import Shown
from jobcheck.findings import Confidence, Edit, Finding, Fix, Place, Related, Severity, with_fingerprints
from jobcheck.report.as_json import json_findings
from jobcheck.report.counts import text_counts
from jobcheck.report.github import github_commands
from jobcheck.report.names import names_from, readable
from jobcheck.report.text import FullText, coloured, concise, summary

SCHEMA = json.loads(Path(__file__).parents[2].joinpath("docs", "findings.schema.json").read_text("utf-8"))
PLACE = Place("shop/views.py", 3, 9, 3, 13)
FULL = Finding(
    code="JOB101",
    name="unserializable-argument",
    message="`user` is a record: 100% lost",
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    place=PLACE,
    related=(
        Related(Place("shop/tasks.py", 10, 5, 12, 1), "the job"),
        Related(Place("gone.py", 1, 1, 1, 2), "the model"),
    ),
    what_happens="EncodeError,\nin the caller",
    how_to_fix="pass `user.pk`",
    fix=Fix("Pass the key", "unsafe", (Edit(Place("shop/views.py", 3, 13, 3, 13), ".pk"),)),
    framework="celery",
    job="welcome",
)
BARE = Finding("JOB001", "unreadable-file", "cannot be read", Severity.WARNING, Confidence.HIGH, Place("b.txt", 1, 1, 1, 1))
SOURCES = {
    "shop/views.py": "def signup():\n    é = 1\n    f('é', user)\n".encode().replace(b"f('\xc3\xa9', user)", b"x.delay(user)"),
    "shop/tasks.py": b"\n" * 9 + b"def welcome(\n    user,\n",
}


def names(filename):
    return filename


def test_full():
    assert FullText(SOURCES.get, names).write([FULL, BARE]) == (
        "error[JOB101]: `user` is a record: 100% lost\n"
        "  --> shop/views.py:3:9\n"
        "   |\n"
        " 2 |     é = 1\n"
        " 3 |     x.delay(user)\n"
        "   |         ^^^^\n"
        "   |\n"
        "  ::: shop/tasks.py:10:5\n"
        "   |\n"
        "10 |   def welcome(\n"
        "   |  _____-\n"
        "11 | |     user,\n"
        "   | |_________- the job\n"
        "   |\n"
        "  ::: gone.py:1:1 the model\n"
        "   = what happens: EncodeError,\n"
        "                   in the caller\n"
        "   = fix: pass `user.pk`\n"
        "   = rule: unserializable-argument, confidence high; see `jobcheck explain JOB101`\n"
        "\n"
        "warning[JOB001]: cannot be read\n"
        " --> b.txt:1:1\n"
        "  = rule: unreadable-file, confidence high; see `jobcheck explain JOB001`\n"
        "\n"
    )


def test_colours_change_nothing_else():
    import re

    text = FullText(SOURCES.get, names, coloured).write([FULL])
    assert re.sub(r"\x1b\[[\d;]*m", "", text) == FullText(SOURCES.get, names).write([FULL])


def test_concise_is_one_line_whatever_the_message():
    odd = replace(BARE, message="a\x1b[31mb\u2028c", place=Place("a\x1b\nb.py", 1, 1, 1, 1))
    assert concise([FULL, odd], names) == (
        "shop/views.py:3:9: JOB101 `user` is a record: 100% lost\na␛ b.py:1:1: JOB001 a␛[31mb c\n"
    )


def test_json_is_as_the_schema_says():
    findings = with_fingerprints([FULL, BARE])
    array = json.loads(json_findings(findings, names))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(array, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert array[1] == {
        "code": "JOB101",
        "name": "unserializable-argument",
        "message": "`user` is a record: 100% lost",
        "severity": "error",
        "filename": "shop/views.py",
        "location": {"row": 3, "column": 9},
        "end_location": {"row": 3, "column": 13},
        "fix": {
            "applicability": "unsafe",
            "message": "Pass the key",
            "edits": [{"content": ".pk", "location": {"row": 3, "column": 13}, "end_location": {"row": 3, "column": 13}}],
        },
        "url": None,
        "noqa_row": 3,
        "cell": None,
        "confidence": "high",
        "framework": "celery",
        "job": "welcome",
        "fingerprint": findings[1].fingerprint,
        "related": [
            {
                "filename": "shop/tasks.py",
                "location": {"row": 10, "column": 5},
                "end_location": {"row": 12, "column": 1},
                "message": "the job",
            },
            {
                "filename": "gone.py",
                "location": {"row": 1, "column": 1},
                "end_location": {"row": 1, "column": 2},
                "message": "the model",
            },
        ],
        "changes": [],
    }
    assert array[0]["fix"] is None
    assert array[0]["noqa_row"] is None


@pytest.mark.parametrize("wrong", [{"code": "F401"}, {"severity": "high"}, {"more": 1}, {"fingerprint": ""}])
def test_the_schema_refuses_what_is_not_ours(wrong):
    array = json.loads(json_findings(with_fingerprints([FULL]), names))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**array[0], **wrong}], SCHEMA)


def test_no_findings():
    assert json_findings([], names) == "[]\n"
    assert github_commands([], names) == concise([], names) == FullText(SOURCES.get, names).write([]) == ""


def test_github():
    info = replace(FULL, severity=Severity.INFO, place=Place("a,b:c.py", 1, 2, 3, 4), what_happens="", how_to_fix="")
    assert github_commands([FULL, info, BARE], names).splitlines() == [
        "::error title=jobcheck (JOB101),file=shop/views.py,line=3,endLine=3,col=9,endColumn=13::"
        "shop/views.py:3:9: JOB101 `user` is a record: 100%25 lost"
        "%0AEncodeError,%0Ain the caller%0Afix: pass `user.pk`",
        "::notice title=jobcheck (JOB101),file=a%2Cb%3Ac.py,line=1,endLine=3::"
        "a,b:c.py:1:2: JOB101 `user` is a record: 100%25 lost",
        "::warning title=jobcheck (JOB001),file=b.txt,line=1,endLine=1,col=1,endColumn=1::b.txt:1:1: JOB001 cannot be read",
    ]


def test_counts():
    many = [BARE] * 10 + [FULL] * 3
    assert text_counts(many) == "10  JOB001  [ ] unreadable-file\n 3  JOB101  [*] unserializable-argument\n"


@pytest.mark.parametrize(
    ("report", "shown", "line"),
    [
        (Report(files=214, jobs=31, enqueues=58, frameworks=("Celery", "RQ")), Shown(findings=[BARE] * 3), None),
        (Report(files=1, jobs=1, enqueues=1), Shown(findings=[BARE]), "1 file, 1 job, 1 enqueue: 1 finding"),
        (Report(), Shown(), "0 files, 0 jobs, 0 enqueues: 0 findings"),
        (
            Report(files=2),
            Shown(suppressed=[BARE], baselined=[BARE, FULL]),
            "2 files, 0 jobs, 0 enqueues: 0 findings (1 suppressed, 2 in the baseline)",
        ),
    ],
)
def test_the_closing_line(report, shown, line):
    assert summary(report, shown) == (line or "214 files, 31 jobs, 58 enqueues (Celery, RQ): 3 findings")


def test_names(tmp_path):
    shown = names_from(tmp_path, tmp_path / "shop")
    assert shown("shop/views.py") == "views.py"
    assert shown("jobs/mail.py") == "../jobs/mail.py"
    assert names_from(tmp_path, tmp_path)("a/\udcff.py") == "a/\ufffd.py"
    assert readable("\ud800") == "?"
