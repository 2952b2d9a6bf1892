"""Where modules lie: import roots, the name of a file's module, and the file of a module's name.

Nothing says in a repository which directories are on `sys.path`, so roots are guessed. *Certain* roots are the project
root, directories with pyproject.toml, setup.py, setup.cfg or manage.py, and `src` and `lib` below these. The parents of
outermost packages are roots too, unless the code imports them as namespace packages.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, join

_MARKERS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "manage.py"})
_SOURCE_FOLDERS = ("src", "lib")
# A project's folder of such a name is not what `import celery` means, unless it lies at a certain root.
# fmt: off
_OUTSIDE = sys.stdlib_module_names | {
    "apscheduler", "arq", "billiard", "celery", "channels", "dill", "django", "django_celery_beat", "django_q",
    "django_rq", "dramatiq", "fastapi", "flask", "frappe", "huey", "kombu", "mongoengine", "odoo", "orjson", "peewee",
    "pydantic", "procrastinate", "redis", "requests", "rest_framework", "rq", "saq", "sqlalchemy", "sqlmodel",
    "starlette", "taskiq", "tortoise",
}
# fmt: on
_MOST_WITNESSES = 200


@dataclass(frozen=True, slots=True)
class Package:
    """A namespace package of the project: directories without `__init__.py`."""

    dotted: str
    directories: tuple[str, ...]


class Layout:
    """The tree of Python files seen as modules. Directories are root-relative, "" is the project root."""

    def __init__(self, python: Iterable[str], others: Iterable[str], read: Callable[[str], bytes]) -> None:
        self._read = read
        self.files = frozenset(python)
        self.packages = frozenset(dirname(f) for f in self.files if basename(f) == "__init__.py")
        self.folders = frozenset(folder for f in self.files for folder in _ancestors(dirname(f)))
        self.certain = self._certain_roots(others)
        tops = {_outside_of(p, self.packages) for p in self.packages}
        self._tops = frozenset(tops)
        self._chosen: dict[str, str] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._children: dict[str, list[str]] = {}
        for package in self.packages:
            self._children.setdefault(dirname(package), []).append(basename(package))

    def _certain_roots(self, others: Iterable[str]) -> frozenset[str]:
        marked = {dirname(f) for f in (*self.files, *others) if basename(f) in _MARKERS}
        roots = {""} | {folder for folder in marked if folder not in self.packages}
        roots |= {join(root, name) for root in roots for name in _SOURCE_FOLDERS}
        return frozenset(root for root in roots if root in self.folders and root not in self.packages) | {""}

    # --- names of files --------------------------------------------------------------------------------------

    def module_name(self, filename: str) -> str:
        """The dotted name under which the file is most likely imported."""
        root = self.import_root(filename)
        stem = filename[len(root) + 1 if root else 0 :].rpartition(".")[0]
        if basename(stem) == "__init__":
            stem = dirname(stem) or basename(dirname(filename))
        return stem.replace("/", ".")

    def import_root(self, filename: str) -> str:
        """The directory that must be on `sys.path` for the file's module name."""
        folder = dirname(filename)
        top = _outside_of(folder, self.packages)
        if top in self.certain:
            return top
        key = top if folder in self.packages else top + "/"
        if key not in self._chosen:
            self._chosen[key] = self._choose_root(top, in_package=folder in self.packages)
        return self._chosen[key]

    def _choose_root(self, top: str, in_package: bool) -> str:
        """Of the directory outside of all packages and the certain root above it, the one that imports speak for."""
        certain = next(a for a in _ancestors(top) if a in self.certain)
        if basename(certain) in _SOURCE_FOLDERS:
            return certain
        below = top[len(certain) + 1 if certain else 0 :]
        namespace, own = below.partition("/")[0], self._children.get(top, [])
        for_certain, for_top = self._witnesses(certain, top, namespace, own)
        if for_certain == for_top:
            return top if in_package else certain
        return certain if for_certain > for_top else top

    def _witnesses(self, certain: str, top: str, namespace: str, own: list[str]) -> tuple[int, int]:
        """How many files import by the name of the namespace, and how many by that of a package below `top`."""
        by_namespace, by_own = _importing([namespace]), _importing(own)
        near = sorted(f for f in self.files if f.startswith(top + "/"))
        far = sorted(f for f in self.files if not certain or f.startswith(certain + "/"))
        votes = [0, 0]
        for filename in list(dict.fromkeys(near[:_MOST_WITNESSES] + far[:_MOST_WITNESSES])):
            try:
                data = self._read(filename)
            except OSError:
                continue
            votes[0] += by_namespace.search(data) is not None
            votes[1] += by_own.search(data) is not None
        return votes[0], votes[1]

    # --- files of names --------------------------------------------------------------------------------------

    def find(self, dotted: str, importer: str | None) -> str | Package | None:
        """The file or namespace package that an absolute module name means to a file; None outside of the project."""
        parts = dotted.split(".")
        if not all(parts):
            return None
        outside = parts[0] in _OUTSIDE
        portions: list[str] = []
        for root in self._search_roots(importer):
            if outside and root not in self.certain:
                continue
            found = self.at(join(root, *parts))
            if isinstance(found, str) and (found != importer or len(parts) > 1 or _may_import_itself(found, root in self.certain)):
                return found
            if isinstance(found, Package) and not outside and found.directories[0] not in portions:
                portions += found.directories
        return Package(dotted, tuple(portions)) if portions else None

    def at(self, path: str) -> str | Package | None:
        """The module that lies at a path without suffix."""
        for candidate in (join(path, "__init__.py"), path + ".py", path + ".pyw"):
            if candidate in self.files:
                return candidate
        if path in self.folders:
            return Package(path.replace("/", "."), (path,))
        return None

    def _search_roots(self, importer: str | None) -> tuple[str, ...]:
        folder = dirname(importer) if importer is not None else ""
        if folder not in self._roots:
            self._roots[folder] = tuple(dict.fromkeys(self._ordered_roots(folder, importer)))
        return self._roots[folder]

    def _ordered_roots(self, folder: str, importer: str | None) -> Iterator[str]:
        if importer is not None:
            yield self.import_root(importer)
            yield _outside_of(folder, self.packages)
        near = set(_ancestors(folder))
        yield from sorted(self.certain | self._tops, key=lambda r: (-_common(r, near), r.count("/"), r))
        yield from (a for a in _ancestors(folder) if a not in self.packages)
        yield from (a for a in _ancestors(folder) if a in self.packages)


def _may_import_itself(filename: str, certain: bool) -> bool:
    """`from p import sub` in `p/__init__.py` is fine; `import redis` in `redis.py` means another redis."""
    return certain and basename(filename) == "__init__.py"


def _ancestors(folder: str) -> Iterator[str]:
    """The directory and all above it, the project root "" last."""
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""


def _outside_of(folder: str, packages: frozenset[str]) -> str:
    """The nearest directory from here upwards that is no package."""
    while folder and folder in packages:
        folder = dirname(folder)
    return folder


def _common(root: str, near: set[str]) -> int:
    """How far down a root shares its path with an importer."""
    return next((a.count("/") + 1 for a in _ancestors(root) if a and a in near), 0)


def _importing(names: list[str]) -> re.Pattern[bytes]:
    """Matches an absolute import of one of some top-level names."""
    if not names:
        return re.compile(rb"(?!)")
    alternatives = b"|".join(re.escape(name.encode("utf-8", "surrogateescape")) for name in names)
    return re.compile(rb"^[ \t]*(?:from|import)[ \t]+(?:" + alternatives + rb")(?![\w\x80-\xff])", re.MULTILINE)
