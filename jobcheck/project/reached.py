"""Which files of the project are imported when some of them are: read off their text, for whole programs at once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from posixpath import basename, dirname, join

from jobcheck.project.layout import Package
from jobcheck.project.modules import Project
from jobcheck.project.source import UnreadableSource

_FROM = re.compile(rb"^[ \t]*from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\r\n;\\]|\\\r?\n)*)", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([^\r\n#;]+)", re.MULTILINE)
_COMMENT = re.compile(rb"#[^\r\n]*")
_ALIAS = re.compile(rb"[ \t\\]+as[ \t]+\w+")
_NAME = re.compile(rb"[\w*]+")


def reached(project: Project, roots: Iterable[str], wanted: set[str]) -> tuple[set[str], bool]:
    """The files that are imported when the roots are, by any import statement in them, wherever it stands.

    Ends as soon as all `wanted` ones are among them; the second value says whether that was so.
    """
    seen: set[str] = set()
    pending: deque[str] = deque()
    for root in sorted(roots):
        _see(project, root, seen, pending)
    missing = wanted - seen
    while pending and missing:
        for other in imported(project, pending.popleft()):
            if other not in seen:
                _see(project, other, seen, pending)
                missing.discard(other)
    return seen, wanted <= seen


def _see(project: Project, filename: str, seen: set[str], pending: deque[str]) -> None:
    """Note a file that is imported, with the packages that hold it: these are imported before it."""
    seen.add(filename)
    pending.append(filename)
    folder = dirname(filename)
    while folder in project.layout.packages:
        package = join(folder, "__init__.py")
        if package in seen:
            break
        seen.add(package)
        pending.append(package)
        folder = dirname(folder)


def imported(project: Project, filename: str) -> Iterator[str]:
    """The modules of the project that the import statements of a file may import, without the packages around these."""
    try:
        data = project.source(filename).data
    except UnreadableSource:
        return
    for match in _FROM.finditer(data):
        module, level = match[2].decode("utf-8", "replace"), len(match[1])
        if not level and module.partition(".")[0] not in project.layout.names:
            continue
        found = project.resolve_import(filename, module, level)
        if found is None:
            continue
        if isinstance(found, str):
            yield found
        for name in _NAME.findall(_ALIAS.sub(b"", _COMMENT.sub(b"", match[3]))):
            yield from _below(project, found, name.decode("utf-8", "replace"))
    for match in _IMPORT.finditer(data):
        for part in _ALIAS.sub(b"", match[1]).decode("utf-8", "replace").split(","):
            ours = part.strip().partition(".")[0] in project.layout.names
            found = project.find_module(part.strip(), filename) if ours else None
            if isinstance(found, str):
                yield found


def _below(project: Project, found: str | Package, name: str) -> Iterator[str]:
    """The module that a name imported from a package may be."""
    if name not in project.layout.names or (isinstance(found, str) and basename(found) != "__init__.py"):
        return
    for folder in found.directories if isinstance(found, Package) else (dirname(found),):
        module = project.layout.at(f"{folder}/{name}" if folder else name)
        if isinstance(module, str):
            yield module
