"""Where modules lie: import roots, the name of a file's module, and the file of a module's name.

Nothing says in a repository which directories are on `sys.path`, so roots are guessed. *Certain* roots are the project
root, directories with pyproject.toml, setup.py, setup.cfg or manage.py, and `src` and `lib` below these. For the
parents of outermost packages, for packages that code below imports from as if they were roots, and for what settings
put on `sys.path` themselves, the imports must speak.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from posixpath import basename, dirname, join

from jobcheck.values import dataclass

_SERVED = "manage.py"  # it is run as a script, so its directory is on the path, even when that is a package
_MARKERS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", _SERVED})
_SOURCE_FOLDERS = ("src", "lib")
# A project's folder of such a name is not what `import celery` means, unless it lies at a certain root.
# fmt: off
_OUTSIDE = sys.stdlib_module_names | {
    "apscheduler", "arq", "billiard", "celery", "channels", "dill", "django", "django_celery_beat", "django_q",
    "django_rq", "django_tasks", "dramatiq", "fastapi", "flask", "frappe", "huey", "kombu", "mongoengine", "odoo", "orjson",
    "peewee", "pydantic", "procrastinate", "redis", "requests", "rest_framework", "rq", "saq", "sqlalchemy", "sqlmodel",
    "starlette", "taskiq", "tortoise",
}
# fmt: on
_MOST_WITNESSES = 200
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)


# Where programs begin, and put folders of their own on the path: `sys.path.insert(0, join(BASE_DIR, "apps"))`.
_BEGINNINGS = frozenset("manage.py settings.py base.py common.py default.py defaults.py wsgi.py asgi.py celery.py".split())
_PUT = re.compile(rb"\bsys\.path\.(?:insert|append)\(([^\n]*(?:\n[ \t]+[^\n]*){0,3})")
_FOLDER = re.compile(rb"[\"']([\w./-]*\w)[\"']")


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
        self._marked = {dirname(f) for f in (*self.files, *others) if basename(f) in _MARKERS}
        self.certain = self._certain_roots()
        self._tops = frozenset(_outside_of(p, self.packages) for p in self.packages)
        self._chosen: dict[str, str] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._proven: dict[str, bool] = {}
        self._imports: dict[str, frozenset[str]] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that a module or package of the project may have by its file: what is not among them lies outside."""
        return frozenset(basename(folder) for folder in self.folders) | {basename(f).rpartition(".")[0] for f in self.files}

    @cached_property
    def _put(self) -> tuple[str, ...]:
        """The packages that programs of the project put on the path by name."""
        found: dict[str, None] = {}
        for filename in sorted(f for f in self.files if basename(f) in _BEGINNINGS):
            try:
                calls = _PUT.findall(self._read(filename))
            except (OSError, LookupError):
                continue
            names = [name.decode().strip("./") for call in calls for name in _FOLDER.findall(call)]
            places = [join(folder, name) for name in names for folder in _ancestors(dirname(filename))]
            found.update(dict.fromkeys(p for p in places if p in self.packages and self.is_proven(p)))
        return tuple(found)

    def _certain_roots(self) -> frozenset[str]:
        roots = {folder for folder in self._marked if folder not in self.packages} | {""}
        roots |= {join(root, name) for root in roots for name in _SOURCE_FOLDERS}
        served = {dirname(f) for f in self.files if basename(f) == _SERVED}
        return frozenset(r for r in roots if r in self.folders and r not in self.packages) | served | {""}

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
        if folder not in self._chosen:
            self._chosen[folder] = self._choose_root(folder)
        return self._chosen[folder]

    def _choose_root(self, folder: str) -> str:
        """Of the directories that may be the root of a folder's files, the one that imports speak for."""
        top = _outside_of(folder, self.packages)
        outer = next(a for a in _ancestors(top) if a in self.certain)
        # A folder with a setup.py may be a package by mistake: then imports tell.
        inner = next((a for a in _ancestors(folder) if a in self.packages and (a in self.certain or a in self._marked)), top)
        if inner == outer or (basename(outer) in _SOURCE_FOLDERS and inner == top):
            return outer
        first = inner[len(outer) + 1 if outer else 0 :].partition("/")[0]
        for_outer = self._evidence(inner, outer, first).good
        for_inner = self._evidence(inner, inner).good
        if for_outer == for_inner:
            return inner if folder in self.packages and inner == top else outer
        return outer if for_outer > for_inner else inner

    # --- what imports say ------------------------------------------------------------------------------------

    def is_proven(self, root: str) -> bool:
        """Whether the code below a directory imports by it: several names, and hardly any that are not there. Of a project's own
        folder one name says enough."""
        if root not in self._proven:
            evidence = self._evidence(root, root)
            self._proven[root] = evidence.names >= (1 if root in self._marked else 2) and evidence.good > 2 * evidence.bad
        return root in self.certain or self._proven[root]

    def _evidence(self, folder: str, root: str, first: str = "") -> _Evidence:
        """How many imports in the files of a folder, and in those beside it, can be met from a root.

        Only imports of modules in packages count, whose first name is there (and `first`, when that is given).
        """
        good = bad = 0
        names = set()
        for filename in self._witnesses(folder):
            for dotted in self._imports_of(filename):
                name, _, rest = dotted.partition(".")
                if not rest or name in _OUTSIDE or (first and name != first) or self.at(join(root, name)) is None:
                    continue
                if isinstance(self.at(join(root, *dotted.split("."))), str):
                    good += 1
                    names.add(name)
                else:
                    bad += 1
        return _Evidence(good, bad, len(names))

    def _witnesses(self, folder: str) -> list[str]:
        """Files of a folder, evenly spread, and then some beside it."""
        above = dirname(folder)
        near = sorted(f for f in self.files if f.startswith(folder + "/"))
        far = sorted(f for f in self.files if f.startswith(above + "/") or not above) if folder else []
        spread = [names[:: len(names) // _MOST_WITNESSES + 1] for names in (near, far)]
        return list(dict.fromkeys(spread[0] + spread[1]))

    def _imports_of(self, filename: str) -> frozenset[str]:
        """The modules that a file imports by absolute names, as far as lines tell."""
        if filename not in self._imports:
            try:
                found = _IMPORT.findall(self._read(filename))
            except (OSError, LookupError):
                found = []
            self._imports[filename] = frozenset(name.decode("utf-8", "replace") for name in found)
        return self._imports[filename]

    # --- files of names --------------------------------------------------------------------------------------

    def find(self, dotted: str, importer: str | None) -> str | Package | None:
        """The file or namespace package that an absolute module name means to a file; None outside of the project."""
        parts = dotted.split(".")
        if not all(parts):
            return None
        portions: list[str] = []
        for root in self._search_roots(importer):
            found = self.at(join(root, *parts))
            if found is None or not self._may_serve(root, parts, importer):
                continue
            if isinstance(found, str) and (found != importer or _may_import_itself(found, parts, root in self.certain)):
                return found
            if isinstance(found, Package) and parts[0] not in _OUTSIDE and found.directories[0] not in portions:
                portions += found.directories
        return Package(dotted, tuple(portions)) if portions else None

    def find_top(self, dotted: str, importer: str | None) -> str | Package | None:
        """What the first name of `import a.b.c` means: the `a` that has the rest."""
        found = self.find(dotted, importer)
        path = dirname(found) if isinstance(found, str) and basename(found) == "__init__.py" else None
        path = found.rpartition(".")[0] if isinstance(found, str) and path is None else path
        if path is None:
            return self.find(dotted.partition(".")[0], importer)
        for _ in range(dotted.count(".")):
            path = dirname(path)
        return self.at(path)

    def _may_serve(self, root: str, parts: list[str], importer: str | None) -> bool:
        """Whether a root may be meant, and not a distribution that happens to have such a name too."""
        if root in self.certain:
            return True
        if parts[0] in _OUTSIDE:
            return False
        if root in self.packages:
            return self.is_proven(root)
        is_near = importer is not None and (not root or importer.startswith(root + "/"))
        return is_near or len(parts) > 1 or self.is_proven(root)

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
        yield from self._put
        yield from (a for a in _ancestors(folder) if a not in self.packages)
        yield from (a for a in _ancestors(folder) if a in self.packages)


@dataclass(frozen=True, slots=True)
class _Evidence:
    good: int
    bad: int
    names: int


def _may_import_itself(filename: str, parts: list[str], certain: bool) -> bool:
    """A full name and `from p import sub` in `p/__init__.py` are fine; `import redis` in `redis.py` means another."""
    return len(parts) > 1 or (certain and basename(filename) == "__init__.py")


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
