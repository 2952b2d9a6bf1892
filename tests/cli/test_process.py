"""What only a process of its own can show: start-up, pipes, encodings, and the command names."""

import os
import subprocess
import sys

import pytest

FAKE_ENV = {"PYTHONPATH": os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))}


def test_version_starts_without_the_parsers():
    code = (
        "import sys\nfrom jobcheck.cli import main\nsys.argv = ['jobcheck', '--version']\n"
        "try: main()\nexcept SystemExit as e: code = e.code\n"
        "heavy = {'libcst', 'tree_sitter', 'pathspec', 'msgspec', 'jobcheck.engine', 'jobcheck.run'}\n"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **FAKE_ENV}
    )
    version, state = done.stdout.splitlines()
    assert version.startswith("jobcheck 0.")
    assert state == "0 []"


def test_python_dash_m():
    done = subprocess.run(
        [sys.executable, "-m", "jobcheck", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **FAKE_ENV},
    )
    assert done.stdout.startswith("jobcheck 0.")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("form", ["json", "full", "concise"])
def test_a_closed_pipe_is_no_error(shop, form):
    (shop / "shop" / "views.py").write_text("x.delay(user)\n" * 3000)
    fake = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_engine.py")
    command = f"{sys.executable} {fake} --format {form} | head -c 10 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, env={**os.environ, **FAKE_ENV})
    assert done.stderr == ""
    assert done.stdout == "1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_closed_standard_output_is_no_error(shop):
    fake = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_engine.py")
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} {fake} >&-"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **FAKE_ENV},
    )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_said(shop):
    fake = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_engine.py")
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} {fake} > /dev/full"],
        capture_output=True, text=True, check=False, env={**os.environ, **FAKE_ENV},
    )  # fmt: skip
    assert "jobcheck: error: standard output: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_a_poor_encoding_does_not_stop_the_report(shop, process):
    (shop / "shop" / "views.py").write_text("s = 'größe'; x.delay(user)\n", encoding="utf-8")
    ran = process(env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"})
    assert "gr\\xf6\\xdfe" in ran.out
    assert ran.code == 1


def test_json_is_utf8_whatever_the_terminal_takes(shop, process):
    os.rename(shop / "shop" / "views.py", shop / "shop" / "größe.py")
    ran = process("--format", "json", env={"PYTHONIOENCODING": "ascii"})
    assert "shop/größe.py" in ran.out


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are no text")
def test_a_file_name_that_is_no_text(shop, process):
    with open(os.fsencode(shop) + b"/\xff.py", "w") as file:
        file.write("x.delay(user)")
    for form in ("json", "full", "concise", "github"):
        ran = process("--format", form)
        assert "\N{REPLACEMENT CHARACTER}.py" in ran.out
        assert (ran.err, ran.code) == ("", 1)


def test_a_command_wins_over_a_path_and_says_so(shop, process):
    (shop / "jobs").mkdir()
    ran = process("jobs")
    assert ran.err == "jobcheck: running the command 'jobs'; to check the path, write ./jobs\n"
    assert ran.out.startswith("job ")
    assert process("jobs", "-q").err == ""
    assert "0 findings" in process("./jobs").out


def test_an_ignored_interrupt_leaves_no_trace(shop, process):
    (shop / "bug.py").write_text("INTERRUPT")
    ran = process()
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "")
