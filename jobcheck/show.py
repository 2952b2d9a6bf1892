"""`--show-settings` and `--show-files`: what a run would use and look at."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path

from jobcheck.engine_types import WHOLE_PROJECT
from jobcheck.filters import in_named
from jobcheck.report.as_json import dumped
from jobcheck.report.names import names_from, readable
from jobcheck.report.output import write_report
from jobcheck.run import Request, locate
from jobcheck.targets import Target


def settings(request: Request) -> int:
    """Print the root, the named files and all settings, as JSON."""
    found = locate(request)
    shown: dict[str, object] = {
        "root": _plain(found.root),
        "named": [] if found.named == WHOLE_PROJECT else [readable(name) for name in found.named],
    }
    for field in fields(found.settings):
        if field.name != "root":
            shown[field.name.replace("_", "-")] = _plain(getattr(found.settings, field.name))
    write_report(dumped(shown), request.output_file, machine=True)
    return 0


def files(request: Request) -> int:
    """Print the Python files of the project that are named, one a line."""
    found = locate(request)
    names = names_from(found.root, Path.cwd())
    lines = sorted(names(filename) for filename in _python_files(found))
    write_report("".join(f"{line}\n" for line in lines), request.output_file, machine=True)
    return 0


def versions(request: Request) -> dict[str, str]:
    """Which versions the project uses, as far as files at its root say it: nothing is walked for a question about tables."""
    from jobcheck.project.versions import project_versions

    found = locate(request)
    files = sorted([*found.root.glob("*"), *found.root.glob("requirements*/*")])
    names = [path.relative_to(found.root).as_posix() for path in files if path.is_file()]
    return project_versions(names, lambda name: (found.root / name).read_bytes(), found.settings.versions)


def _python_files(found: Target) -> list[str]:
    from jobcheck.files import find_files

    everything = find_files(found.root, found.settings.exclude).python
    return [filename for filename in everything if in_named(filename, found.named)]


def _plain(value: object) -> object:
    """A setting as JSON can say it."""
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Path):
        return readable(str(value))
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
