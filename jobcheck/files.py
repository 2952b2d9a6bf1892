"""Which files there are: one walk from the project root that obeys .gitignore, and where that root is."""

from __future__ import annotations

import fnmatch
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from jobcheck.values import dataclass

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYTHON_SUFFIXES = (".py", ".pyw")

_SKIPPED = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        "__pycache__",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".jobcheck_cache",
        "site-packages",
    }
)
# Files that say which frameworks, versions, workers, queues and settings a project uses.
_OTHERS = re.compile(
    "|".join(
        fnmatch.translate(pattern)
        for pattern in (
            "*.cfg",
            "*.conf",
            "*.ini",
            "*.j2",
            "*.lock",
            "*.service",
            "*.sh",
            "*.tf",
            "*.toml",
            "*.tpl",
            "*.yaml",
            "*.yml",
            "*constraints*.txt",
            "*requirements*.txt",
            "Dockerfile*",
            "Makefile",
            "PKG-INFO",
            "Pipfile*",
            "Procfile*",
        )
    )
    + r"|[^.]*(?:celery|entrypoint|start|worker)[^.]*\Z"  # scripts without a suffix
)
_CONFIG = "jobcheck.toml"
_REPOSITORY = (".git", ".hg")
_PROJECT = ("pyproject.toml", "setup.cfg", "setup.py")


@dataclass(frozen=True)
class FileSet:
    """The files of a project: names relative to `root`, with forward slashes, sorted.

    Names that are not UTF-8 hold surrogates, as `os.fsdecode` makes them. `unreadable` are directories that could not
    be listed: what lies in them is unknown.
    """

    root: Path
    python: list[str]
    others: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def find_files(root: Path, exclude: Sequence[str] = (), respect_gitignore: bool = True) -> FileSet:
    """Walk the tree below `root` once.

    `exclude` holds gitignore patterns relative to the root: "migrations" is met at any level, "tests/fixtures" there
    only. Links to directories are not followed; a link to a file counts when the file lies outside of the root (else
    it is met under its own name). Virtual environments, caches and version-control folders are always left out.
    """
    walk = _Walk(root, GitIgnoreSpec.from_lines(exclude), respect_gitignore)
    walk.run(tuple(_rules_above(root)) if respect_gitignore else ())
    return FileSet(root, sorted(walk.python), sorted(walk.others), sorted(walk.unreadable))


def find_root(start: Path) -> Path:
    """The directory that is the whole project, seen from a file or directory in it.

    The nearest directory upwards that holds a jobcheck configuration (jobcheck.toml, or [tool.jobcheck] in
    pyproject.toml) or a repository (.git, .hg) wins. Outside of any repository it is the outermost directory with
    pyproject.toml, setup.cfg or setup.py, short of the home directory; and else `start` itself, or what holds the
    package that `start` lies in: imports begin there.
    """
    start = start.absolute()
    if start.is_file():
        start = start.parent
    outermost = None
    at_home = False
    for folder in (start, *start.parents):
        if _is_configured(folder) or any((folder / name).exists() for name in _REPOSITORY):
            return folder
        at_home = at_home or (folder != start and folder in (Path.home(), Path(folder.anchor)))
        if not at_home and any((folder / name).is_file() for name in _PROJECT):
            outermost = folder
    return outermost or next((f for f in (start, *start.parents) if not (f / "__init__.py").is_file()), start)


def _is_configured(folder: Path) -> bool:
    if (folder / _CONFIG).is_file():
        return True
    try:
        data = (folder / "pyproject.toml").read_bytes()
        if b"jobcheck" not in data:
            return False
        return "jobcheck" in tomllib.loads(data.decode("utf-8")).get("tool", {})
    except (OSError, ValueError, RecursionError, AttributeError, TypeError):
        return False


class _Rules(NamedTuple):
    """The patterns of one ignore file; `folder` is "" or the directory they are relative to, with a final slash.

    `above` is what to put before a root-relative name for rules from a directory above the root.
    """

    folder: str
    spec: GitIgnoreSpec
    above: str = ""

    def verdict(self, name: str) -> bool | None:
        """True to ignore, False to keep, None for no opinion."""
        return self.spec.check_file(self.above + name[len(self.folder) :]).include


@dataclass
class _Walk:
    root: Path
    exclude: GitIgnoreSpec
    respect_gitignore: bool
    python: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def run(self, rules: tuple[_Rules, ...]) -> None:
        pending = [("", rules)]
        while pending:
            folder, rules = pending.pop()
            entries = self._entries(folder)
            names = {entry.name for entry in entries}
            if folder and "pyvenv.cfg" in names:
                continue
            if self.respect_gitignore and ".gitignore" in names:
                rules = _with_ignore_file(self.root, folder, rules)
            for entry in entries:
                name = folder + entry.name
                if _is_dir(entry):
                    if not _is_skipped(entry.name) and not self._ignored(name + "/", rules):
                        pending.append((name + "/", rules))
                else:
                    self._add_file(entry, name, rules)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                return list(entries)
        except OSError:
            self.unreadable.append(folder or ".")
            return []

    def _add_file(self, entry: os.DirEntry[str], name: str, rules: tuple[_Rules, ...]) -> None:
        if entry.name.endswith(PYTHON_SUFFIXES):
            found = self.python
        elif _OTHERS.match(entry.name):
            found = self.others
        else:
            return
        if not self._ignored(name, rules) and self._is_own_file(entry):
            found.append(name)

    def _ignored(self, name: str, rules: tuple[_Rules, ...]) -> bool:
        """`exclude` is final; of the ignore files the deepest with an opinion decides."""
        if self.exclude.match_file(name):
            return True
        return next((found for rule in reversed(rules) if (found := rule.verdict(name)) is not None), False)

    def _is_own_file(self, entry: os.DirEntry[str]) -> bool:
        try:
            if not entry.is_symlink():
                return entry.is_file()
            return entry.is_file() and not Path(entry.path).resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError):
            return False


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_skipped(name: str) -> bool:
    return name in _SKIPPED or name.endswith(".egg-info")


def _with_ignore_file(root: Path, folder: str, rules: tuple[_Rules, ...]) -> tuple[_Rules, ...]:
    spec = _read_spec(root / folder / ".gitignore")
    return rules if spec is None else (*rules, _Rules(folder, spec))


def _rules_above(root: Path) -> Iterator[_Rules]:
    """The ignore files between the repository's top and the root, and the repository's own exclude file."""
    root = root.absolute()
    folders = _up_to_repository(root)
    if not folders:
        return
    top = folders[-1]
    above = _prefix(root, top)
    if (spec := _read_spec(top / ".git" / "info" / "exclude")) is not None:
        yield _Rules("", spec, above)
    for folder in reversed(folders[1:]):
        if (spec := _read_spec(folder / ".gitignore")) is not None:
            yield _Rules("", spec, _prefix(root, folder))


def _up_to_repository(root: Path) -> list[Path]:
    folders: list[Path] = []
    for folder in (root, *root.parents):
        folders.append(folder)
        if (folder / ".git").exists():
            return folders
    return []


def _prefix(root: Path, folder: Path) -> str:
    relative = root.relative_to(folder).as_posix()
    return "" if relative == "." else relative + "/"


def _read_spec(path: Path) -> GitIgnoreSpec | None:
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None
    with warnings.catch_warnings():  # of `pages/[[...path]].tsx` the pattern made of it may be read otherwise by a later Python
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return GitIgnoreSpec.from_lines(text.splitlines())
        except ValueError:
            return GitIgnoreSpec.from_lines(line for line in text.splitlines() if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
