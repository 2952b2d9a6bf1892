"""Which files there are, and where the root is."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import pytest

from jobcheck.files import find_files, find_root


def plant(root: Path, *names: str, **texts: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(name, ""))


def test_finds_python_and_other_files(tmp_path: Path) -> None:
    plant(tmp_path, "b.py", "a/x.pyw", "a/y.pyi", "a.txt", "Procfile", "req/requirements-dev.txt", "uv.lock", "c.yml")
    plant(tmp_path, "Pipfile.lock", "setup.cfg", "pyproject.toml", "README.md")
    found = find_files(tmp_path)
    assert found.python == ["a/x.pyw", "b.py"]
    expected = [
        "Pipfile.lock",
        "Procfile",
        "c.yml",
        "pyproject.toml",
        "req/requirements-dev.txt",
        "setup.cfg",
        "uv.lock",
    ]
    assert found.others == expected
    assert (found.root, found.unreadable) == (tmp_path, [])


def test_skips_what_is_never_source(tmp_path: Path) -> None:
    plant(tmp_path, ".git/a.py", "node_modules/a.py", "p/__pycache__/a.py", "x.egg-info/a.py", ".tox/a.py")
    plant(tmp_path, "env/pyvenv.cfg", "env/lib/a.py", "lib/site-packages/a.py", "build/a.py", ".github/a.py")
    assert find_files(tmp_path).python == [".github/a.py", "build/a.py"]


def test_a_root_that_is_itself_a_virtual_environment_is_walked(tmp_path: Path) -> None:
    plant(tmp_path, "pyvenv.cfg", "a.py")
    assert find_files(tmp_path).python == ["a.py"]


def test_gitignore_at_every_level(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "gen_x.py", "sub/gen_x.py", "sub/keep.py", "sub/gen_keep.py", "out/b.py", "sub/deep/c.py")
    (tmp_path / ".gitignore").write_text("gen_*.py\n/out/\n# comment\n\n")
    (tmp_path / "sub" / ".gitignore").write_text("!gen_keep.py\ndeep/\n")
    assert find_files(tmp_path).python == ["a.py", "sub/gen_keep.py", "sub/keep.py"]
    everything = find_files(tmp_path, respect_gitignore=False).python
    assert len(everything) == 7


def test_what_lies_in_an_ignored_folder_cannot_come_back(tmp_path: Path) -> None:
    plant(tmp_path, "out/a.py")
    (tmp_path / ".gitignore").write_text("out/\n!out/a.py\n")
    assert find_files(tmp_path).python == []


def test_ignore_files_above_the_root_count_within_a_repository(tmp_path: Path) -> None:
    plant(tmp_path, "repo/.git/info/exclude", "repo/sub/a.py", "repo/sub/b.py", "repo/sub/c.py", "repo/sub/d.py")
    (tmp_path / ".gitignore").write_text("*.py\n")
    (tmp_path / "repo" / ".gitignore").write_text("/sub/a.py\n")
    (tmp_path / "repo" / ".git" / "info" / "exclude").write_text("/sub/b.py\n")
    assert find_files(tmp_path / "repo" / "sub").python == ["c.py", "d.py"]


def test_bad_ignore_files_are_read_as_far_as_possible(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_bytes(b"!\n\xff\xfe\na.py\n\\\n")
    assert find_files(tmp_path).python == ["b.py"]
    (tmp_path / ".gitignore").unlink()
    (tmp_path / ".gitignore").mkdir()
    assert find_files(tmp_path).python == ["a.py", "b.py"]


def test_exclude_is_final(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "tests/fixtures/a.py", "x/tests/fixtures/a.py", "migrations/a.py", "x/migrations/a.py")
    (tmp_path / ".gitignore").write_text("!migrations\n")
    assert find_files(tmp_path, ["tests/fixtures", "migrations"]).python == ["a.py", "x/tests/fixtures/a.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    plant(tmp_path, "root/a/b.py", "outside/c.py")
    (root / "a" / "loop").symlink_to(root)
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "again.py").symlink_to(root / "a" / "b.py")
    (root / "linked.py").symlink_to(tmp_path / "outside" / "c.py")
    (root / "dangling.py").symlink_to(root / "none.py")
    (root / "self.py").symlink_to(root / "self.py")
    assert find_files(root).python == ["a/b.py", "linked.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.py"
    with open(path, "wb") as file:
        file.write(b"x = 1\n")
    (tmp_path / ".gitignore").write_text("*.txt\n")
    (name,) = find_files(tmp_path).python
    assert (tmp_path / name).read_bytes() == b"x = 1\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    (tmp_path / "b.py").mkdir()
    assert find_files(tmp_path).python == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_folders_are_told(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "shut/b.py")
    (tmp_path / "shut").chmod(0)
    found = find_files(tmp_path)
    (tmp_path / "shut").chmod(0o700)
    assert (found.python, found.unreadable) == (["a.py"], ["shut/"])


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    assert find_files(tmp_path / "none").unreadable == ["."]


@pytest.mark.parametrize(
    ("files", "start", "root"),
    [
        (["r/.git/HEAD", "r/a/b/c.py"], "r/a/b", "r"),
        (["r/.git/HEAD", "r/a/jobcheck.toml", "r/a/b/c.py"], "r/a/b/c.py", "r/a"),
        (["r/.git/HEAD", "r/a/pyproject.toml", "r/a/b/c.py"], "r/a/b", "r"),
        (["r/pyproject.toml", "r/a/setup.py", "r/a/b/c.py"], "r/a/b", "r"),
        (["r/a/c.py"], "r/a", "r/a"),
        (["r/a/__init__.py", "r/a/b/__init__.py", "r/a/b/c.py"], "r/a/b/c.py", "r"),
    ],
)
def test_find_root(tmp_path: Path, files: list[str], start: str, root: str) -> None:
    plant(tmp_path, *files)
    assert find_root(tmp_path / start) == tmp_path / root


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("[tool.jobcheck]\n", "r/a"),
        ("[tool.ruff]\n# jobcheck\n", "r"),
        ("[tool.jobcheck\n", "r"),
        ("tool = 1 # jobcheck", "r"),
    ],
)
def test_find_root_by_configuration(tmp_path: Path, text: str, root: str) -> None:
    plant(tmp_path, "r/.git/HEAD", "r/a/b.py")
    (tmp_path / "r" / "a" / "pyproject.toml").write_text(text)
    assert find_root(tmp_path / "r" / "a") == tmp_path / root


def test_gitignore_with_brackets_in_brackets_says_nothing(tmp_path: Path) -> None:
    """As the folders of Next.js are named."""
    (tmp_path / "a.py").touch()
    (tmp_path / ".gitignore").write_text("web/pages/[[...path]].tsx\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_files(tmp_path).python == ["a.py"]
