"""A small shop to check, and three ways to run the command line with a stand-in for the engine."""

import importlib.util
import inspect
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobcheck.cli import cli

FAKE = Path(__file__).with_name("fake_engine.py")
REPOSITORY = Path(__file__).parents[2]
# click before 8.2 mixes the two streams unless it is told not to.
SEPARATE = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}

VIEWS = """\
from shop.tasks import welcome


def signup(request):
    user = User.objects.get(pk=1)
    welcome.delay(user)
"""
TASKS = """\
@app.task
def welcome(user):
    print(user)
"""


@pytest.fixture(autouse=True)
def scrubbed(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_WORKSPACE", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A project with one finding, and the working directory in it."""
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "shop" / "views.py").write_text(VIEWS)
    (root / "shop" / "tasks.py").write_text(TASKS)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def jobcheck(monkeypatch):
    """Runs the command line in this process."""
    spec = importlib.util.spec_from_file_location("jobcheck.engine", FAKE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "jobcheck.engine", module)

    def run(*args, **kwargs):
        return CliRunner(**SEPARATE).invoke(cli, [str(arg) for arg in args], prog_name="jobcheck", **kwargs)

    return run


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def process():
    """Runs the command line in a process of its own."""

    def run(*args, env=None, **kwargs):
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})}
        command = [sys.executable, str(FAKE), *map(str, args)]
        done = subprocess.run(command, capture_output=True, env=environment, timeout=60, check=False, **kwargs)
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
