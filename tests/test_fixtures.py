"""Every fixture project says what jobcheck finds in it, on the line: exactly that, no more and no less.

A fixture is a folder `tests/fixtures/<group>/<name>/`, read like a project of its own. `# expect: JOB101` stands on
the line where the finding's place begins (`JOB101, JOB201` for two), in a Procfile
and its like too; `# expect: none` is a remark for the reader. A
`jobcheck.toml` in it gives its settings. Findings are those of default settings.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from pathlib import Path

import pytest

from jobcheck.config import Layer, Settings, settings_from
from jobcheck.config_files import read_config
from jobcheck.engine import check
from jobcheck.engine_types import RunOptions
from jobcheck.filters import shown
from jobcheck.rules.catalogue import catalogue

FIXTURES = Path(__file__).parent / "fixtures"
PROJECTS = sorted(p for p in FIXTURES.glob("*/*") if p.is_dir() and p.name != "__pycache__")
OLD_PYTHON = FIXTURES / "celery" / "old_python"  # of Python 2, on purpose
EXPECT = re.compile(r"#\s*expect:\s*([A-Z0-9, ]+|none)")

Row = tuple[str, int, str]


def expected(project: Path) -> Counter[Row]:
    found: Counter[Row] = Counter()
    for path in (p for p in project.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            match = EXPECT.search(line)
            if match and match[1] != "none":
                for code in match[1].replace(" ", "").strip(",").split(","):
                    assert code in catalogue(), f"{path}:{number}: no rule {code}"
                    found[(path.relative_to(project).as_posix(), number, code)] += 1
    return found


def settings_of(project: Path) -> Settings:
    own = project / "jobcheck.toml"
    return settings_from([Layer(str(own), project, read_config(own))] if own.exists() else [])


def actual(project: Path) -> Counter[Row]:
    settings = settings_of(project)
    report = check(RunOptions(root=project, settings=settings))
    return Counter((f.place.filename, f.place.row, f.code) for f in shown(report, settings).findings)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_fixture(project: Path) -> None:
    wanted, got = expected(project), actual(project)
    missing, extra = wanted - got, got - wanted
    text = [f"missed  {f}:{row}: {code}" for f, row, code in sorted(missing)]
    text += [f"extra   {f}:{row}: {code}" for f, row, code in sorted(extra)]
    assert not text, "\n".join([f"{project.relative_to(FIXTURES)}:", *text])


def test_there_are_fixtures() -> None:
    assert PROJECTS


def test_fixtures_are_code() -> None:
    """A file that does not parse by mistake has no findings, and keeps quiet for no reason."""
    files = [p for p in FIXTURES.rglob("*.py") if OLD_PYTHON not in p.parents]
    assert [str(p.relative_to(FIXTURES)) for p in files if not parses(p.read_bytes())] == []


def parses(source: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape that will not be one
        try:
            ast.parse(source)
        except SyntaxError:
            return False
    return True
