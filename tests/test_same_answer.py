"""The same findings whatever the number of processes, the order of paths, the working directory, and what is named."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jobcheck import ahead
from jobcheck.config import settings_from
from jobcheck.engine import check
from jobcheck.engine_types import RunOptions
from jobcheck.findings import Finding

FIXTURES = Path(__file__).parent / "fixtures"
PROJECTS = sorted(p for p in FIXTURES.glob("*/*") if p.is_dir())


def together(root: Path, sources: Iterable[Path]) -> Path:
    """Fixtures side by side, as one project of several roots."""
    for source in sources:
        shutil.copytree(source, root / source.parent.name / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All fixtures."""
    return together(tmp_path_factory.mktemp("all"), PROJECTS)


def findings(root: Path, named: tuple[str, ...] = ("",), jobs: int = 1) -> list[Finding]:
    report = check(RunOptions(root=root, settings=settings_from([]), named=named, jobs=jobs))
    return sorted(report.findings, key=lambda f: f.sort_key)


def output(root: Path, cwd: Path, *args: str) -> object:
    command = [sys.executable, "-m", "jobcheck", "check", "--format", "json", "--isolated", *args]
    env = {**os.environ, "PYTHONHASHSEED": str(random.randrange(1000))}
    done = subprocess.run(command, cwd=cwd, capture_output=True, env=env, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)


def test_processes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "WORTH_IT", 0)
    monkeypatch.setattr("threading.active_count", lambda: 1)  # those of the tests' own runner do no harm here
    one = findings(project, jobs=1)
    assert one
    assert findings(project, jobs=3) == one


def test_processes_of_the_command_line(project: Path) -> None:
    """A run of its own, where nothing keeps the rules from being shared out."""
    one = output(project, project, "--jobs", "1")
    assert one
    assert output(project, project, "--jobs", "3") == one


def test_working_directory(project: Path) -> None:
    names = sorted(p.name for p in project.iterdir())
    one = output(project, project, *names)
    below = output(project, project / names[0], *(f"../{n}" for n in names))
    assert isinstance(one, list)
    assert isinstance(below, list)
    assert [(f["code"], f["location"], f["message"]) for f in one] == [(f["code"], f["location"], f["message"]) for f in below]


def test_order_of_paths(project: Path) -> None:
    names = sorted(p.name for p in project.iterdir())
    assert output(project, project, *names) == output(project, project, *reversed(names))


@pytest.fixture(scope="module", params=range(3))
def third(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Finding]]:
    """A third of the fixtures as one project, and what is found there."""
    root = together(tmp_path_factory.mktemp("third"), PROJECTS[request.param :: 3])
    return root, findings(root)


# Each draw is a run. A file that fails is not made smaller: there is nothing to make smaller in a name, and trying takes minutes.
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_named_files_have_the_findings_of_the_whole(third: tuple[Path, list[Finding]], data: st.DataObject) -> None:
    project, whole = third
    name = data.draw(st.sampled_from(sorted({f.place.filename for f in whole})))
    part = [f for f in findings(project, (name,)) if f.place.filename == name]
    assert part == [f for f in whole if f.place.filename == name]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_sources_never_break_a_run(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sorted(FIXTURES.glob("*/*/*.py"))))
    text = source.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 40))
        instead = data.draw(st.sampled_from([b"", b"(", b")", b"\n", b"    ", b"*", b"lambda", b":", b"'"]))
        text = text[:start] + instead + text[start + length :]
    root = tmp_path_factory.mktemp("damaged")
    (root / source.name).write_bytes(text)
    report = check(RunOptions(root=root, settings=settings_from([])))
    assert [f for f in report.findings if f.code == "JOB009"] == []
