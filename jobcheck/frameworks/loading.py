"""Which modules a framework's workers import: asked for the modules that hold jobs, and answered "maybe" when in doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from jobcheck.project.reached import imported, reached
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_APP = re.compile(rb"(?<![\w.])(?:celery\.)?Celery\(|\bFlaskCelery\(|\(Celery\)|\b(?:make|get|create)_celery\w*\(")
_DISCOVER = re.compile(rb"\bautodiscover_tasks\s*\(")
_BRACKETS = re.compile(rb"[()]")
_RELATED = re.compile(rb"\brelated_name\s*=\s*(?:[\"'](\w+)[\"']|(None))?")
# What Django imports of an app by itself, or what its checks do: the worker runs both.
_DJANGO = frozenset("apps models admin urls signals receivers settings __init__ checks translation handlers hooks api".split())
_STARTING = frozenset("__main__ app application asgi cli main manage run server worker wsgi".split())
# Modules that import what they find.
_FINDS = re.compile(rb"\b(?:iter_modules|walk_packages|find_modules|import_submodules|import_all\w*|entry_points|glob|listdir)\b")
_METADATA = frozenset({"pyproject.toml", "setup.cfg", "entry_points.txt"})
# Pyramid's `config.scan()`, and venusian's scanner, which does it: all modules below a package.
_SCANNER = re.compile(rb"\b(?:Configurator|venusian)\b")
_SCANS = re.compile(rb"\.\s*scan\s*\(")
_IMPORTS_BY_NAME = re.compile(rb"\b(?:import_module|__import__|import_string)\s*\(")


@dataclass(slots=True)
class Loaded:
    """What workers import. `unknown`: something may import more than can be seen."""

    files: set[str] = field(default_factory=set)
    unknown: bool = False


def by_celery(solver: Solver, wanted: set[str], modules: Iterable[str]) -> Loaded:
    """What Celery's workers import: the app's module and what it imports, discovered modules, and Django's."""
    project, mentions = solver.project, solver.callers.mentions
    apps = [name for name in mentions.files("Celery") if _APP.search(solver.raw(name) or b"")]
    discovered = _discovered(solver)
    if discovered is None or not apps:
        return Loaded(unknown=True)
    found = {name for name in wanted if _stem(name) in discovered or basename(dirname(name)) in discovered & {"tasks"}}
    found |= wanted & set(apps)  # whoever finds the app has imported its module
    found |= {name for name in wanted - found if _is_named(solver, name) or _is_entry_point(solver, name)}
    if mentions.files("INSTALLED_APPS"):
        # Views are among what is imported, as checks of URLs import them: who imports a module is not asked for long.
        found |= {name for name in wanted - found if _stem(name) in _DJANGO or _has_importer(solver, name)}
        return Loaded(found, unknown=bool(wanted - found) and _finds_modules(solver, mentions.files("import_module")))
    told = _files_of(solver, modules)
    roots = {*apps, *told, *found} | (set() if told else _entries(solver, wanted))
    files, whole = reached(project, roots, wanted)
    return Loaded(files, unknown=not whole and _finds_modules(solver, files))


def by_dramatiq(solver: Solver, wanted: set[str], modules: Iterable[str]) -> Loaded:
    """What Dramatiq's workers import: the modules of their commands, and what these import."""
    roots = set(_files_of(solver, modules))
    if not roots:
        return Loaded(unknown=True)
    roots |= {name for name in wanted if _is_named(solver, name)}
    files, whole = reached(solver.project, roots, wanted)
    return Loaded(files, unknown=not whole and _finds_modules(solver, files))


def _entries(solver: Solver, wanted: set[str]) -> set[str]:
    """What a worker may begin with, where no command says it: files that speak of Celery, and those that start programs."""
    mentions = solver.callers.mentions
    speaking = {name for word in ("celery", "celery_app", "Celery", "create_app") for name in mentions.files(word)}
    starting = {name for name in solver.project.filenames if _stem(name) in _STARTING and not solver.is_test(name)}
    return (speaking | starting) - wanted


def _is_entry_point(solver: Solver, filename: str) -> bool:
    """Whether the project's package has the module as an entry point: `collections = "shop.collections.tasks"`, in a group by
    which some library finds modules with jobs (invenio-celery)."""
    module = solver.project.module_name(filename).encode()
    entry = re.compile(rb"=\s*[\"']?" + re.escape(module) + rb"\s*(?:[\"'\s:;,\]]|$)", re.MULTILINE)
    names = [name for name in solver.project.files.others if basename(name) in _METADATA]
    names += [name for name in solver.project.filenames if basename(name) == "setup.py"]
    return any(entry.search(_read(solver, name)) for name in names)


def _read(solver: Solver, filename: str) -> bytes:
    try:
        return solver.project.read(filename)
    except OSError:
        return b""


def _finds_modules(solver: Solver, files: Iterable[str]) -> bool:
    """Whether a file imports what it finds in a folder."""
    texts = (solver.raw(name) or b"" for name in files)
    return any(
        (_IMPORTS_BY_NAME.search(data) and _FINDS.search(data)) or (_SCANNER.search(data) and _SCANS.search(data))
        for data in texts
    )


def _has_importer(solver: Solver, filename: str) -> bool:
    """Whether a module of the project that is no test imports another."""
    word = _stem(filename) if _stem(filename) != "__init__" else basename(dirname(filename))
    importers = (name for name in solver.callers.mentions.files(word) if name != filename)
    return any(filename in imported(solver.project, name) for name in importers)


def _stem(filename: str) -> str:
    return basename(filename).rpartition(".")[0]


def _files_of(solver: Solver, modules: Iterable[str]) -> list[str]:
    """The files of module names as commands write them: `shop.worker`, `shop.worker:broker`, `shop`."""
    found = []
    for name in modules:
        dotted = name.partition(":")[0]
        for candidate in (dotted, f"{dotted}.celery", dotted.rpartition(".")[0]):
            module = solver.project.find_module(candidate) if candidate else None
            if isinstance(module, str):
                found.append(module)
    return found


def _discovered(solver: Solver) -> frozenset[str] | None:
    """The names of modules that are looked for in packages; None where that is not known."""
    found: set[str] = set()
    for filename in solver.callers.mentions.files("autodiscover_tasks"):
        data = solver.raw(filename) or b""
        for match in _DISCOVER.finditer(data):
            related = _RELATED.search(data, match.end(), _closed(data, match.end()))
            if related is None:
                found.add("tasks")
            elif related[1]:
                found.add(related[1].decode())
            elif not related[2]:
                return None
    return frozenset(found)


def _closed(data: bytes, start: int) -> int:
    """Where the bracket that was opened just before is closed."""
    depth = 1
    for bracket in _BRACKETS.finditer(data, start):
        depth += 1 if bracket[0] == b"(" else -1
        if not depth:
            return bracket.start()
    return len(data)


def _is_named(solver: Solver, filename: str) -> bool:
    """Whether a string of the project is the module's name, or its end: in a list of imports, say."""
    parts = solver.project.module_name(filename).split(".")
    tails = {".".join(parts[index:]).encode() for index in range(max(len(parts) - 1, 1))}
    needles = [quote + tail + quote for tail in tails for quote in (b'"', b"'")]
    ends = tuple(parts[-1].encode() + quote for quote in (b'"', b"'"))  # as all of them do: most files have neither
    texts = [t for t in map(solver.raw, solver.callers.mentions.files(parts[-1])) if t and (ends[0] in t or ends[1] in t)]
    needles += [b"}." + parts[-1].encode() + quote for quote in (b'"', b"'")]  # f"{app}.tasks"
    return any(needle in data for data in texts for needle in needles)
