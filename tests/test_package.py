"""The package as a user gets it: version, commands, what is in the wheel, and that it is light."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import jobcheck

ROOT = Path(__file__).parents[1]
NEEDED = {"click", "libcst", "msgspec", "pathspec", "pyyaml", "tree-sitter", "tree-sitter-python", "tomli"}
# What these bring along: libcst reads its settings with yaml, click and pathspec may use the rest.
IMPORTED = {name.replace("-", "_") for name in NEEDED} | {"jobcheck", "yaml", "_yaml", "colorama", "typing_extensions"}

SHOP = """\
from celery import Celery
raise SystemExit("the project is never imported")
app = Celery("shop")
@app.task
def report(rows): ...
def show(rows):
    report.delay({1, 2})
"""


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False, **kwargs)


def test_the_version_is_said_once():
    assert importlib.metadata.version("jobcheck") == jobcheck.__version__
    assert f"## [{jobcheck.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_both_ways_to_start_it(tmp_path):
    script = shutil.which("jobcheck", path=str(Path(sys.executable).parent))
    assert script, "there is no console script"
    for command in ([script], [sys.executable, "-m", "jobcheck"]):
        ran = run(*command, "--version", cwd=tmp_path)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"jobcheck {jobcheck.__version__}\n", "")


def test_needs_no_more_than_it_says():
    required = [line for line in importlib.metadata.requires("jobcheck") if "extra ==" not in line]
    assert {re.match(r"[\w-]+", line)[0] for line in required} == NEEDED
    assert all(">=" in line and "<" not in line.partition(";")[0] for line in required)


def test_a_run_imports_no_more_than_that_and_not_the_project(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    code = (
        "import sys; from jobcheck.cli import main; sys.argv[1:] = ['-q', '-j', '1']\ntry: main()\nfinally: print(*sys.modules)"
    )
    ran = run(sys.executable, "-c", code, cwd=tmp_path)
    assert "error[JOB101]" in ran.stdout, ran.stderr
    loaded = {name.partition(".")[0] for name in ran.stdout.splitlines()[-1].split()}
    started = {name.partition(".")[0] for name in run(sys.executable, "-c", "import sys; print(*sys.modules)").stdout.split()}
    foreign = loaded - started - sys.stdlib_module_names - IMPORTED
    assert not {name for name in foreign if not name.startswith(("_", "cython_runtime"))}
    assert "tree_sitter" in loaded, "the code was looked at"
    assert "libcst" not in loaded, "Python itself can read that code"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_what_is_in_the_wheel(wheel):
    names = set(wheel.namelist())
    assert {"jobcheck/py.typed", "jobcheck/wire/tables.json", "jobcheck/__main__.py"} <= names
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "jobcheck").rglob("*.py")}
    assert modules <= names
    inside = {name.partition("/")[0] for name in names}
    assert inside == {"jobcheck", f"jobcheck-{jobcheck.__version__}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_what_the_wheel_says_of_itself(wheel):
    info = f"jobcheck-{jobcheck.__version__}.dist-info"
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "Requires-Python: >=3.10" in metadata
    assert "License-Expression: MIT" in metadata
    assert "jobcheck = jobcheck.cli:process" in wheel.read(f"{info}/entry_points.txt").decode()
