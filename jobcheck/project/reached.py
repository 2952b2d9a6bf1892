"""Which files of the project are imported when some of them are: read off their text, for whole programs at once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from posixpath import basename, dirname, join

from jobcheck.project.layout import Package
from jobcheck.project.modules import Project
from jobcheck.project.source import UnreadableSource

_FROM = re.compile(
    rb"^[ \t]*from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\r\n;]*(?:\\\r?\n[^\r\n;]*)*)", re.MULTILINE
)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([^\r\n#;]+)", re.MULTILINE)
_COMMENT = re.compile(rb"#[^\r\n]*")
_ALIAS = re.compile(rb"[ \t\\]+as[ \t]+\w+")
_NAME = re.compile(rb"[\w*]+")


def reached(project: Project, roots: Iterable[str], wanted: set[str]) -> tuple[set[str], bool]:
    """The files that are imported when the roots are, by any import statement in them, wherever it stands.

    Ends as soon as all `wanted` ones are among them; the second value says whether that was so.
    """
    seen = set(roots)
    missing = wanted - seen
    pending = deque(sorted(seen))
    while pending and missing:
        filename = pending.popleft()
        for other in imported(project, filename):
            if other not in seen:
                seen.add(other)
                missing.discard(other)
                pending.append(other)
    return seen, not missing


def imported(project: Project, filename: str) -> Iterator[str]:
    """The files of the project that the import statements of a file may import, the packages around them among these."""
    try:
        data = project.source(filename).data
    except UnreadableSource:
        return
    for match in _FROM.finditer(data):
        module, level = match[2].decode("utf-8", "replace"), len(match[1])
        found = project.resolve_import(filename, module, level)
        if found is None:
            continue
        yield from _with_packages(project, found)
        for name in _NAME.findall(_ALIAS.sub(b"", _COMMENT.sub(b"", match[3]))):
            yield from _below(project, found, name.decode("utf-8", "replace"))
    for match in _IMPORT.finditer(data):
        for part in _ALIAS.sub(b"", match[1]).decode("utf-8", "replace").split(","):
            found = project.find_module(part.strip(), filename) if part.strip() else None
            if found is not None:
                yield from _with_packages(project, found)


def _below(project: Project, found: str | Package, name: str) -> Iterator[str]:
    """The module that a name imported from a package may be."""
    if isinstance(found, str) and basename(found) != "__init__.py":
        return
    for folder in found.directories if isinstance(found, Package) else (dirname(found),):
        module = project.layout.at(join(folder, name)) if name != "*" else None
        if isinstance(module, str):
            yield module


def _with_packages(project: Project, found: str | Package) -> Iterator[str]:
    """A module with the packages that hold it, which are imported before it."""
    if isinstance(found, str):
        yield found
        folder = dirname(found)
        while folder in project.layout.packages:
            yield join(folder, "__init__.py")
            folder = dirname(folder)
