"""`jobcheck check`: what is printed, and the exit code."""

import json

import pytest

FULL = """\
error[JOB101]: `user` is a User record, which json cannot carry
 --> shop/views.py:6:19
  |
5 |     user = User.objects.get(pk=1)
6 |     welcome.delay(user)
  |                   ^^^^
  |
 ::: shop/tasks.py:2:5
  |
2 | def welcome(user):
  |     ------- the job takes it here
  |
  = what happens: kombu raises EncodeError in the caller
  = fix: pass `user.pk` and fetch the record in the job
  = rule: unserializable-argument, confidence high; see `jobcheck explain JOB101`

2 files, 1 job, 1 enqueue (Celery): 1 finding
"""
CONCISE = """\
shop/views.py:6:19: JOB101 `user` is a User record, which json cannot carry
2 files, 1 job, 1 enqueue (Celery): 1 finding
"""


@pytest.mark.parametrize("args", [[], ["check"], ["."], ["check", "shop"], ["shop/views.py"], ["shop/tasks.py"]])
def test_full_text_is_the_default(shop, jobcheck, args):
    result = jobcheck(*args)
    assert (result.stdout, result.stderr, result.exit_code) == (FULL, "", 1)


def test_a_real_process_says_the_same(shop, process):
    ran = process()
    assert (ran.out, ran.err, ran.code) == (FULL, "", 1)


def test_concise(shop, jobcheck):
    result = jobcheck("--format", "concise")
    assert (result.stdout, result.exit_code) == (CONCISE, 1)


def test_output_format_is_an_alias(shop, jobcheck):
    assert jobcheck("--output-format=concise").stdout == CONCISE


def test_json_is_data_and_nothing_else(shop, jobcheck):
    result = jobcheck("--format", "json")
    (finding,) = json.loads(result.stdout)
    assert finding["filename"] == "shop/views.py"
    assert finding["location"] == {"row": 6, "column": 19}
    assert (result.stderr, result.exit_code) == ("", 1)


def test_names_are_relative_to_where_one_stands(shop, jobcheck, monkeypatch):
    monkeypatch.chdir(shop / "shop")
    assert jobcheck("--format=concise").stdout.startswith("views.py:6:19: JOB101")
    monkeypatch.chdir(shop.parent)
    assert jobcheck("--format=concise", "project").stdout.startswith("project/shop/views.py:6:19: JOB101")


def test_github_names_are_relative_to_the_workspace(shop, jobcheck, monkeypatch):
    monkeypatch.chdir(shop / "shop")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(shop.parent))
    assert jobcheck("--format=github").stdout.startswith(
        "::error title=jobcheck (JOB101),file=project/shop/views.py,line=6,endLine=6,col=19,endColumn=23::"
    )


def test_clean_files_exit_with_zero(shop, jobcheck):
    (shop / "shop" / "views.py").write_text("")
    result = jobcheck()
    assert (result.stdout, result.stderr) == ("2 files, 1 job, 0 enqueues (Celery): 0 findings\n", "")
    assert result.exit_code == 0


def test_findings_elsewhere_are_not_shown_for_named_files(shop, jobcheck):
    (shop / "other.py").write_text("")
    result = jobcheck("other.py")
    assert result.stdout == "3 files, 1 job, 1 enqueue (Celery): 0 findings\n"
    assert result.exit_code == 0


def test_no_job_is_said_and_not_mistaken_for_clean(shop, jobcheck):
    (shop / "shop" / "views.py").unlink()
    (shop / "shop" / "tasks.py").write_text("")
    result = jobcheck("--format", "json")
    assert result.stdout == "[]\n"
    assert result.stderr == f"jobcheck: warning: no background job was found in {shop}: nothing was judged\n"
    assert jobcheck("-q").stderr == ""


def test_no_file_is_said(tmp_path, jobcheck, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    result = jobcheck()
    assert result.stderr == f"jobcheck: warning: there is no Python file in {tmp_path}: nothing was checked\n"
    assert result.exit_code == 0


@pytest.mark.parametrize("path", ["shop/views.py", "shop"])
def test_a_path_where_nothing_is_checked_is_said(shop, jobcheck, path):
    (shop / "other.py").touch()
    assert f"{path}: no Python file there is checked" in jobcheck("--exclude", "shop/", path).stderr
    (shop / ".gitignore").write_text("shop/\n")
    assert f"{path}: no Python file there is checked" in jobcheck(path).stderr
    assert "other.py" not in jobcheck("other.py").stderr


def test_exit_zero(shop, jobcheck):
    assert jobcheck("--exit-zero").exit_code == 0
    assert jobcheck("-e").stdout == FULL


def test_quiet_leaves_the_findings(shop, jobcheck):
    assert jobcheck("-q", "--format", "concise").stdout == CONCISE.splitlines(keepends=True)[0]


def test_verbose_says_what_was_left_out(shop, jobcheck):
    result = jobcheck("-v", "--select", "JOB2")
    assert "jobcheck: 1 not shown: of rules that are off\n" in result.stderr
    assert f"jobcheck: project root {shop}\n" in result.stderr
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--select", "JOB101"], 1),
        (["--select", "unserializable-argument"], 1),
        (["--select", "JOB2,JOB10"], 1),
        (["--select", "ALL", "--ignore", "JOB1"], 0),
        (["--ignore", "job101"], 0),
        (["--ignore", "JOB1", "--extend-select", "JOB101"], 1),
        (["--per-file-ignores", "shop/v*.py:JOB2,unserializable-argument"], 0),
        (["--per-file-ignores", "!shop/:ALL"], 1),
        (["--min-confidence", "high"], 1),
        (["--min-severity", "error"], 1),
    ],
)
def test_selection(shop, jobcheck, args, code):
    assert jobcheck(*args).exit_code == code


def test_comments_suppress_and_no_ignores_shows_all_the_same(shop, jobcheck):
    views = shop / "shop" / "views.py"
    views.write_text(views.read_text().replace("(user)", "(user)  # jobcheck: ignore[JOB101] -- legacy"))
    result = jobcheck()
    assert result.stdout == "2 files, 1 job, 1 enqueue (Celery): 0 findings (1 suppressed)\n"
    assert result.exit_code == 0
    assert jobcheck("--no-ignores").exit_code == 1


def test_statistics(shop, jobcheck):
    result = jobcheck("--statistics")
    assert result.stdout == "1  JOB101  [ ] unserializable-argument\n2 files, 1 job, 1 enqueue (Celery): 1 finding\n"
    assert json.loads(jobcheck("--statistics", "--format", "json").stdout) == [
        {"code": "JOB101", "name": "unserializable-argument", "count": 1, "fixable": False, "fixable_count": 0}
    ]
    assert jobcheck("--statistics", "--format", "github").exit_code == 2


def test_output_file(shop, jobcheck):
    result = jobcheck("-o", "report.txt", "--color", "always")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert (shop / "report.txt").read_text() == FULL


def test_stdin_takes_the_place_of_a_file(shop, jobcheck):
    result = jobcheck("--format=concise", "-q", "--stdin-filename", "shop/views.py", "-", input=b"\nx.delay(user)\n")
    assert result.stdout.startswith("shop/views.py:2:9: JOB101")
    assert result.exit_code == 1


def test_stdin_may_be_a_file_that_is_not_there_yet(shop, jobcheck):
    result = jobcheck("--format=json", "--stdin-filename", "shop/new/mail.py", "-", input=b"x.delay(user)\n")
    assert [finding["filename"] for finding in json.loads(result.stdout)] == ["shop/new/mail.py"]


def test_colours_on_request_only(shop, jobcheck, monkeypatch):
    assert "\x1b[" not in jobcheck().stdout
    assert "\x1b[1;31merror[JOB101]\x1b[0m" in jobcheck("--color", "always").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in jobcheck().stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in jobcheck().stdout


def test_show_files(shop, jobcheck):
    assert jobcheck("--show-files").stdout == "shop/tasks.py\nshop/views.py\n"
    assert jobcheck("--show-files", "shop/views.py").stdout == "shop/views.py\n"


def test_show_settings(shop, jobcheck):
    (shop / "jobcheck.toml").write_text('select = ["JOB101"]\nmin-confidence = "low"\n')
    shown = json.loads(jobcheck("--show-settings", "--min-confidence", "high").stdout)
    assert shown["rules"] == ["JOB001", "JOB009", "JOB101"]
    assert shown["min-confidence"] == "high"
    assert shown["root"] == str(shop)


def test_progress_on_a_terminal_in_a_long_run(shop, jobcheck, monkeypatch):
    from jobcheck import run
    from jobcheck.progress import ProgressLine

    (shop / "slow.py").write_text("SLOW")
    written = []

    class Terminal:
        def write(self, text):
            written.append(text)

        def flush(self):
            pass

    monkeypatch.setattr(run, "progress_line", lambda _stream: ProgressLine(Terminal()))
    jobcheck()
    assert "reading files 1/2" in written[0]
    assert written[-1].strip() == ""  # taken away at the end
