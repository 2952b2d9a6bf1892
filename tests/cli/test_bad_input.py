"""What cannot be done is said in one line that names the file or option, with exit code 2 and no traceback."""

import os
import sys

import pytest

needs_permissions = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything is readable for root")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere"], "jobcheck: error: nowhere: no such file or folder\n"),
        (["explain/me"], "jobcheck: error: explain/me: no such file or folder\n"),
        (["--select", "JOB999"], "jobcheck: error: --select: there is no rule 'JOB999' (`jobcheck rules` lists all)\n"),
        (["--select", "JOB1O1"], "jobcheck: error: --select: there is no rule 'JOB1O1'; did you mean 'JOB101'?\n"),
        (
            ["--ignore", "JOB101,late-bindings"],
            "jobcheck: error: --ignore: there is no rule 'late-bindings'; did you mean 'late-binding'?\n",
        ),
        (["--config", "no.toml"], "jobcheck: error: --config: no.toml: no such file\n"),
        (["--baseline", "no.json"], "no.json: there is no such baseline; make it with --write-baseline "),
        (["-o", "no/report.txt"], "jobcheck: error: no/report.txt: there is no folder no\n"),
        (["-o", "shop"], "jobcheck: error: shop: is a folder; give the name of a file\n"),
        (["--write-baseline", "no/b.json"], "jobcheck: error: no/b.json: there is no folder no\n"),
        (["-"], "jobcheck: error: -: give the name of the file with --stdin-filename"),
        (["--stdin-filename", "shop", "-"], "jobcheck: error: --stdin-filename: shop is a folder"),
        (["--stdin-filename", "a.py", "-", "b.py"], "jobcheck: error: standard input stands for one file"),
        (["--exclude", "\\"], "jobcheck: error: --exclude: '\\\\' is not a pattern as in .gitignore\n"),
        (["--per-file-ignores", "JOB101"], "Invalid value for --per-file-ignores: 'JOB101' is not PATTERN:RULE"),
        (["--per-file-ignores", "a.py:JOB000"], "jobcheck: error: --per-file-ignores: there is no rule 'JOB000'"),
        (["--selekt", "JOB101"], "--select"),
        (["--format", "jsn"], "'jsn' is not one of 'full', 'concise', 'json', 'github'"),
        (["-j", "many"], "'many' is not a valid integer"),
        (["--isolated", "--config", "x.toml"], "--config and --isolated exclude each other"),
        (["explain", "JOB999"], "there is no rule 'JOB999'"),
        (["explain", "lossy-arguments"], "did you mean 'lossy-argument'?"),
        (["shop", "--write-baseline", "b.json"], "keeps the findings of the whole project: leave the paths out"),
    ],
)
def test_refused(shop, jobcheck, args, message):
    result = jobcheck(*args)
    assert message in result.stderr
    assert result.stdout == ""
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"select = ['JOB101']\nignore = [\n",
            "jobcheck.toml:2:1: not valid TOML: Invalid value (at end of document)\n",
        ),
        (b"\nselect : []\n", "jobcheck.toml:2:8: not valid TOML: "),
        (b"selct = ['JOB101']\n", "jobcheck.toml: unknown key 'selct'; did you mean 'select'?\n"),
        (b"per_file_ignores = 1\n", "jobcheck.toml: unknown key 'per_file_ignores'; did you mean 'per-file-ignores'?"),
        (b"select = 'JOB101'\n", "'select' must be a list of strings, not the string 'JOB101'\n"),
        (b"select = ['JOB101', 3]\n", "'select' must be a list of strings, not a list with the number 3 in it\n"),
        (b"select = ['JOB101', 'JOB1O2']\n", "'select': there is no rule 'JOB1O2'; did you mean 'JOB102'?\n"),
        (b"min-confidence = 'sure'\n", "must be one of low, medium, high, not the string 'sure'\n"),
        (b"min-severity = 2\n", "'min-severity' must be one of info, warning, error, not the number 2\n"),
        (b"per-file-ignores = ['a']\n", "'per-file-ignores' must be a table of patterns, each with a list of rules"),
        (b"[versions]\ncelery = 5.3\n", "must be a table of strings, not a table where 'celery' is the number 5.3\n"),
        (b"idempotency-decorators = ['once-only']\n", "not a list with 'once-only' in it, which is no dotted name\n"),
        (b"idempotency-options = ['a.b']\n", "not a list with 'a.b' in it, which is no name of an option\n"),
        (b"baseline = true\n", "'baseline' must be a file name, not the boolean true\n"),
        (b"root = 'nowhere'\n", "nowhere is no folder\n"),
        (b"exclude = ['\\']\n", "'exclude': '\\\\' is not a pattern as in .gitignore\n"),
        (b"select = '\xff'\n", "jobcheck.toml: not UTF-8, as TOML has to be (byte 10)\n"),
        (b"x = " + b"[" * 10_000, "jobcheck.toml"),
    ],
)
def test_configuration_that_cannot_be_used(shop, jobcheck, content, message):
    (shop / "jobcheck.toml").write_bytes(content)
    result = jobcheck()
    assert message in result.stderr
    assert str(shop / "jobcheck.toml") in result.stderr
    assert "Traceback" not in result.stderr
    assert result.exit_code == 2


@needs_permissions
def test_unreadable_configuration(shop, jobcheck):
    (shop / "jobcheck.toml").touch(mode=0o000)
    result = jobcheck()
    assert "jobcheck.toml: cannot be read: Permission denied" in result.stderr
    assert result.exit_code == 2


def test_a_folder_for_a_configuration_file(shop, jobcheck):
    (shop / "x.toml").mkdir()
    assert jobcheck("--config", "x.toml").exit_code == 2


def test_link_that_leads_nowhere_and_link_loop(shop, jobcheck):
    (shop / "gone.py").symlink_to("nothing.py")
    (shop / "loop").symlink_to("loop")
    assert "gone.py: no such file or folder (it is a link that leads nowhere)" in jobcheck("gone.py").stderr
    result = jobcheck("loop")
    assert "loop: Too many levels of symbolic links" in result.stderr
    assert result.exit_code == 2


def test_nul_in_a_path(shop, jobcheck):
    result = jobcheck("a\0b")
    assert "Traceback" not in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 9, "findings": []}', '{"version": 1, "findings": [3]}'])
def test_baseline_that_is_none(shop, jobcheck, content):
    (shop / "b.json").write_text(content)
    result = jobcheck("--baseline", "b.json")
    assert "b.json: " in result.stderr
    assert "baseline" in result.stderr
    assert result.exit_code == 2


def test_an_internal_error_asks_for_a_report(shop, jobcheck):
    (shop / "bug.py").write_text("BUG")
    result = jobcheck()
    assert result.stderr == (
        "jobcheck: internal error: ValueError: boom\n"
        "jobcheck: this is a bug in jobcheck; please report it with the output of the same command with -v added\n"
    )
    assert result.exit_code == 2
    assert "Traceback" in jobcheck("-v").stderr


def test_interrupted(shop, jobcheck):
    (shop / "bug.py").write_text("INTERRUPT")
    result = jobcheck()
    assert result.stdout == ""
    assert result.stderr.strip() == ""
    assert result.exit_code == 130
