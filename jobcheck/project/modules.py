"""The project: its files, read and indexed when first asked for, and what names mean across them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from posixpath import dirname, join

from jobcheck.files import FileSet
from jobcheck.project.layout import Layout, Package
from jobcheck.project.resolution import (
    Ambiguous,
    Declared,
    External,
    Missing,
    Module,
    Resolution,
    Single,
    Unknown,
    candidates,
)
from jobcheck.project.resolver import Query
from jobcheck.project.shallow import index
from jobcheck.project.shape import Shape
from jobcheck.project.source import Source, UnreadableSource

__all__ = [
    "Project",
    "Package",
    "Resolution",
    "Single",
    "Declared",
    "Module",
    "External",
    "Missing",
    "Unknown",
    "Ambiguous",
    "candidates",
]


class Project:
    """The Python files of one code base.

    `read` gives the bytes of a file by its root-relative name (default: from disk); `overlay` holds files whose
    content is not what is on disk, such as an editor's buffers, and may name new files. `share`, which a run may set, gives
    the shape of a file, by what it is handed or from another process that has read the file.
    """

    share: Callable[[str, Callable[[], Shape]], Shape] = staticmethod(lambda filename, read: read())

    def __init__(
        self,
        root: Path,
        files: FileSet,
        read: Callable[[str], bytes] | None = None,
        overlay: Mapping[str, bytes] | None = None,
    ) -> None:
        self.root = root
        self.files = files
        self._overlay = dict(overlay or {})
        self._read_file = read or self._read_from_disk
        self.filenames: list[str] = sorted({*files.python, *self._overlay})
        self._sources: dict[str, Source | UnreadableSource] = {}
        self._shapes: dict[str, Shape] = {}
        self._found: dict[tuple[str, str | None], str | Package | None] = {}
        self._listings: dict[str, frozenset[str] | None] = {}
        self._resolved: dict[tuple[str, str], Resolution] = {}
        self.layout = Layout(self.filenames, files.others, self.read)

    # --- files -----------------------------------------------------------------------------------------------

    def read(self, filename: str) -> bytes:
        """The raw bytes of a file. Raises OSError."""
        overlaid = self._overlay.get(filename)
        return self._read_file(filename) if overlaid is None else overlaid

    def source(self, filename: str) -> Source:
        """The text of a file. Raises UnreadableSource."""
        found = self._sources.get(filename)
        if found is None:
            found = self._sources[filename] = self._load(filename)
        if isinstance(found, UnreadableSource):
            raise found
        return found

    def shape(self, filename: str) -> Shape:
        """What a file declares, indexed on first use. Raises UnreadableSource."""
        shape = self._shapes.get(filename)
        if shape is None:
            shape = self._shapes[filename] = self.share(filename, lambda: index(self.source(filename).data))
        return shape

    def _load(self, filename: str) -> Source | UnreadableSource:
        try:
            return Source.decode(filename, self.read(filename))
        except UnreadableSource as error:
            return error
        except (OSError, ValueError, KeyError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such file"
            return UnreadableSource(filename, f"cannot be read: {reason}")

    def _read_from_disk(self, filename: str) -> bytes:
        return (self.root / filename).read_bytes()

    def may_exist(self, folder: str, name: str) -> bool:
        """Whether something on disk could be the module `name` of a folder, though it is not among the files.

        A compiled or stub module, one that is ignored or excluded, or a folder that cannot be listed.
        """
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(e.partition(".")[0] for e in os.listdir(self.root / folder))
            except FileNotFoundError:
                self._listings[folder] = frozenset()
            except (OSError, ValueError):
                self._listings[folder] = None
        listing = self._listings[folder]
        return listing is None or name in listing

    # --- modules ---------------------------------------------------------------------------------------------

    def module_name(self, filename: str) -> str:
        """The dotted name under which the file is most likely imported."""
        return self.layout.module_name(filename)

    def find_module(self, dotted: str, importer: str | None = None) -> str | Package | None:
        """The file of an absolute module name as a file sees it, a namespace package, or None: not in the project."""
        key = (dotted, importer)
        if key not in self._found:
            self._found[key] = self.layout.find(dotted, importer)
        return self._found[key]

    def resolve_import(self, importer: str, module: str, level: int) -> str | Package | None:
        """What `from <level dots><module> import ...` in a file imports from; None: not in the project."""
        if level == 0:
            return self.find_module(module, importer)
        folder = dirname(importer)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = dirname(folder)
        return self.layout.at(join(folder, *module.split(".")) if module else folder)

    # --- names -----------------------------------------------------------------------------------------------

    def resolve(self, filename: str, name: str) -> Resolution:
        """What a name means at the top level of a file, through imports, aliases, re-exports and star imports."""
        key = (filename, name)
        if key not in self._resolved:
            self._resolved[key] = Query(self).name(filename, name)
        return self._resolved[key]

    def resolve_dotted(self, filename: str, dotted: str) -> Resolution:
        """What `a.b.c` means at the top level of a file."""
        return Query(self).dotted(filename, dotted)

    def resolve_prefix(self, filename: str, dotted: str) -> tuple[Resolution, tuple[str, ...]]:
        """Like `resolve_dotted`, but stops before the first attribute that cannot be said, and gives the rest.

        `app.task` with `app = Celery()` is the declaration of `app` and ("task",).
        """
        return Query(self).prefix(filename, dotted)
