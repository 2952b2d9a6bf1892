"""Which findings of a report are shown."""

from dataclasses import replace

import pytest

from jobcheck.baseline import Baseline, entry_of
from jobcheck.config import Layer, Settings, settings_from
from jobcheck.engine_types import Report
from jobcheck.filters import (
    IGNORED_FILE,
    LOW_CONFIDENCE,
    LOW_SEVERITY,
    NOT_NAMED,
    NOT_SELECTED,
    in_named,
    shown,
)
from jobcheck.findings import Confidence, Finding, Place, Related, Severity, with_fingerprints


def finding(row=1, code="JOB101", filename="a.py", **more):
    defaults = {"severity": Severity.ERROR, "confidence": Confidence.HIGH, "message": f"what is wrong with {row}"}
    return Finding(code=code, name="n", place=Place(filename, row, 1, row, 5), **{**defaults, **more})


def report(*findings, **sources):
    data = {f"{name}.py": text.encode() for name, text in sources.items()}
    return Report(findings=list(findings), filenames=tuple(data), sources=data.get, files=1)


def settings(tmp_path=None, **options):
    line = {name.replace("_", "-"): value for name, value in options.items()}
    return settings_from([Layer("", tmp_path, line)])


def test_sorted_and_with_fingerprints():
    result = shown(report(finding(9), finding(2), finding(2, code="JOB102")), Settings())
    assert [(f.place.row, f.code) for f in result.findings] == [(2, "JOB101"), (2, "JOB102"), (9, "JOB101")]
    assert len({f.fingerprint for f in result.findings}) == 3
    assert result.fails


@pytest.mark.parametrize(
    ("one", "options", "reason"),
    [
        (finding(code="JOB411"), {}, NOT_SELECTED),
        (finding(), {"ignore": ["JOB101"]}, NOT_SELECTED),
        (finding(severity=Severity.WARNING), {"min_severity": "error"}, LOW_SEVERITY),
        (finding(confidence=Confidence.LOW), {}, LOW_CONFIDENCE),
        (finding(confidence=Confidence.MEDIUM), {"min_confidence": "high"}, LOW_CONFIDENCE),
        (finding(), {"per_file_ignores": {"a.py": ["JOB101"]}}, IGNORED_FILE),
        (finding(filename="x/y/a.py"), {"per_file_ignores": {"x/": ["JOB1"]}}, IGNORED_FILE),
        (finding(filename="x/y/a.py"), {"per_file_ignores": {"!z/": ["ALL"]}}, IGNORED_FILE),
    ],
)
def test_hidden_for_a_reason(one, options, reason):
    result = shown(report(one), settings(**options))
    assert (result.findings, result.hidden) == ([], {reason: 1})
    assert not result.fails


@pytest.mark.parametrize(
    ("one", "options"),
    [
        (finding(confidence=Confidence.LOW), {"min_confidence": "low"}),
        (finding(code="JOB411"), {"extend_select": ["require-marker"]}),
        (finding(), {"per_file_ignores": {"b.py": ["JOB101"], "a.py": ["JOB102"]}}),
        (finding(code="JOB001"), {"select": ["JOB2"]}),
    ],
)
def test_shown(one, options):
    assert len(shown(report(one), settings(**options)).findings) == 1


def test_information_does_not_fail():
    result = shown(report(finding(severity=Severity.INFO)), Settings())
    assert len(result.findings) == 1
    assert not result.fails


def test_named_files_are_those_of_any_place():
    job = Related(Place("jobs/mail.py", 1, 1, 1, 2), "the job")
    one = finding(related=(job,))
    for named in (("a.py",), ("jobs",), ("jobs/mail.py",), ("x.py", "jobs/"), ("",)):
        assert len(shown(report(one), Settings(), named=named).findings) == 1
    for named in (("b.py",), ("job",), ("jobs/mail",), ()):
        assert shown(report(one), Settings(), named=named).hidden == {NOT_NAMED: 1}
    assert in_named("a/b.py", ["a"])


def test_suppressed():
    result = shown(report(finding(1), finding(2), a="x()  # jobcheck: ignore[JOB101]\ny()\n"), Settings())
    assert [f.place.row for f in result.findings] == [2]
    assert [f.place.row for f in result.suppressed] == [1]


def test_suppressions_disregarded():
    known = replace(Settings(), use_suppressions=False)
    result = shown(report(finding(1), a="x()  # jobcheck: ignore[JOB101]\ny()  # jobcheck: ignore[JOB999]\n"), known)
    assert [f.code for f in result.findings] == ["JOB101"]


UNUSED = "x()  # jobcheck: ignore[JOB101]\n"


def test_an_unused_comment_in_a_file_without_findings():
    assert [f.code for f in shown(report(a=UNUSED), Settings()).findings] == ["JOB002"]


@pytest.mark.parametrize(
    "case",
    [
        (report(a="x()  # jobcheck: ignore[JOB803]\n"), {}, ("",)),  # a rule that does not exist yet
        (report(a=UNUSED), {"select": ["JOB002", "JOB102"]}, ("",)),  # one that did not run
        (report(a=UNUSED), {}, ("a.py",)),  # not everything was asked for
        (replace(report(a=UNUSED), whole_project=False), {}, ("",)),
        (report(finding(code="JOB009", filename="b.py"), a=UNUSED), {"ignore": ["JOB009"]}, ("",)),  # something failed
        (report(finding(code="JOB001"), a=UNUSED), {"ignore": ["JOB001"]}, ("",)),  # not all of the file was read
        (report(finding(confidence=Confidence.LOW), a=UNUSED), {}, ("",)),  # it hides what is not shown anyway
        (report(finding(), a=UNUSED), {"min_severity": "error"}, ("",)),
        (report(a=UNUSED), {"ignore": ["JOB002"]}, ("",)),
        (report(a=UNUSED), {"per_file_ignores": {"a.py": ["JOB002"]}}, ("",)),
    ],
)
def test_a_comment_that_cannot_be_called_unused(case):
    made, options, named = case
    assert shown(made, settings(**options), named=named).findings == []


def baseline(*findings):
    return Baseline("known.json", [], frozenset(entry_of(f) for f in with_fingerprints(list(findings))))


def test_baselined():
    result = shown(report(finding(7, message="m")), Settings(), baseline=baseline(finding(1, message="m")))
    assert (result.findings, len(result.baselined)) == ([], 1)
    assert not result.fails


@pytest.mark.parametrize(
    "other",
    [
        finding(code="JOB102", message="m"),
        finding(filename="b.py", message="m"),
        finding(message="something else"),
        finding(message="m", job="other"),
        finding(message="m", subject="other"),
    ],
)
def test_the_baseline_never_hides_a_different_finding(other):
    result = shown(report(other), Settings(), baseline=baseline(finding(message="m")))
    assert sorted(f.code for f in result.findings) == sorted(["JOB002", other.code])


def test_one_more_of_the_same_is_a_new_one():
    kept = baseline(finding(1, message="m"))
    result = shown(report(finding(1, message="m"), finding(2, message="m")), Settings(), baseline=kept)
    assert (len(result.findings), len(result.baselined)) == (1, 1)


def test_a_stale_entry_fails():
    result = shown(report(), Settings(), baseline=baseline(finding(message="m")))
    (stale,) = result.findings
    assert stale.code == "JOB002"
    assert stale.message == "the baseline keeps a JOB101 in a.py that is not found any more"
    assert "--write-baseline known.json" in stale.how_to_fix
    assert result.fails


@pytest.mark.parametrize(
    ("made", "options", "named"),
    [
        (report(), {"select": ["JOB002", "JOB102"]}, ("",)),
        (report(), {}, ("a.py",)),
        (replace(report(), whole_project=False), {}, ("",)),
        (report(finding(message="m", confidence=Confidence.LOW)), {}, ("",)),
        (report(finding(message="m"), a=UNUSED), {}, ("",)),  # found, and suppressed by a comment as well
    ],
)
def test_an_entry_that_cannot_be_called_stale(made, options, named):
    kept = baseline(finding(message="m"))
    assert shown(made, settings(**options), named=named, baseline=kept).findings == []


def test_comments_about_comments_are_not_baselined():
    known = shown(report(a=UNUSED), Settings()).findings
    result = shown(report(a=UNUSED), Settings(), baseline=baseline(*known))
    assert known[0].message in [f.message for f in result.findings]
    assert result.baselined == []
