"""Which versions of its libraries a project uses, from lock files and requirements."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import basename

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LOCKED = 2
_PINNED = 1
_BOUND = 0
_TOML_LOCKS = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
_NUMBER = r"\s*v?(\d+(?:\.\d+)*(?:\.\*)?)"
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(===?|~=)" + _NUMBER, re.MULTILINE)
_IN_TEXT = re.compile(r"[\"']([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(===?|~=)" + _NUMBER)
_IN_TABLE = re.compile(
    r"^\s*([A-Za-z0-9][\w.-]*)\s*=\s*(?:\{[^}\n]*?\bversion\s*=\s*)?[\"'](==|~=|\^|~)?" + _NUMBER + r"[\"']", re.MULTILINE
)
# A range, of which an upper bound says what the newest is that it lets in.
_RANGE = r"\s*((?:[<>=!~]=?\s*v?\d[\w.*]*\s*,?\s*)+)"
_REQUIREMENT_RANGE = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?" + _RANGE, re.MULTILINE)
_RANGE_IN_TEXT = re.compile(r"[\"']([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?" + _RANGE)
_RANGE_IN_TABLE = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*=\s*[\"']" + _RANGE, re.MULTILINE)
_UPPER = re.compile(r"<(=?)\s*v?(\d+(?:\.\d+)*)")
_LAST = 9999  # of the versions before a bound
_TO = ".."  # between the oldest and the newest of a range

VERSIONED = frozenset({"celery", "kombu", "django-rq", "django-tasks", "sqlalchemy"})
"""The packages whose version makes a difference to what is found; all that the wire tables have ranges for is among them."""


def project_versions(names: Iterable[str], read: Callable[[str], bytes], told: Mapping[str, str]) -> dict[str, str]:
    """The versions of `VERSIONED`, as the project's files have them; what its configuration `told` comes before them."""
    return versions(names, read, VERSIONED) | {name.lower(): version for name, version in told.items()}


def versions(names: Iterable[str], read: Callable[[str], bytes], wanted: frozenset[str]) -> dict[str, str]:
    """The version of each wanted package (lower-case names) as far as the project says it.

    Lock files win over pins, pins over upper bounds (`<5.3` is the newest 5.2), files near the root over those further
    down; ranges that are open upwards say nothing. `~=5.2` and `^5.2` are any version up to the next major: `5.2..5.9999`.
    A file that cannot be read or parsed says nothing.
    """
    found: dict[str, tuple[int, int, str]] = {}
    for filename in sorted(names, key=lambda n: (n.count("/"), n)):
        for package, version, weight in _of_file(filename, read):
            name = package.lower().replace("_", "-")
            if name in wanted and (name not in found or weight > found[name][0]):
                found[name] = (weight, 0, version)
    return {name: version for name, (_, _, version) in found.items()}


def _of_file(filename: str, read: Callable[[str], bytes]) -> Iterator[tuple[str, str, int]]:
    name = basename(filename)
    is_requirements = name.endswith((".txt", ".in")) and ("require" in filename.lower() or "constraint" in filename.lower())
    if name not in _TOML_LOCKS | {"Pipfile.lock", "Pipfile", "pyproject.toml", "setup.cfg", "setup.py"} and not is_requirements:
        return
    try:
        text = read(filename).decode("utf-8-sig", "replace")
    except OSError:
        return
    if name in _TOML_LOCKS:
        yield from _toml_lock(text)
    elif name == "Pipfile.lock":
        yield from _pipfile_lock(text)
    elif is_requirements:
        yield from ((m[1], _pinned(m[2], m[3]), _PINNED) for m in _REQUIREMENT.finditer(text))
        yield from _bounds(_REQUIREMENT_RANGE, text)
    else:
        yield from ((m[1], _pinned(m[2], m[3]), _PINNED) for m in _IN_TEXT.finditer(text))
        yield from ((m[1], _pinned(m[2], m[3]), _PINNED) for m in _IN_TABLE.finditer(text) if m[2])
        yield from _bounds(_RANGE_IN_TEXT, text)
        yield from _bounds(_RANGE_IN_TABLE, text)


def _pinned(operator: str, version: str) -> str:
    """What `==5.2.7`, `==5.2.*`, `~=5.2`, `~5.2` and `^5.2` let in: one version, or a range."""
    number = version.removesuffix(".*")
    parts = number.split(".")
    if operator.startswith("=="):
        kept = len(parts) if version != number else None
    elif operator == "^":
        kept = next((i for i, part in enumerate(parts, 1) if int(part)), len(parts))
    elif operator == "~=":
        kept = max(len(parts) - 1, 1)
    else:
        kept = min(len(parts), 2)
    if kept is None or (operator == "^" and kept > 2):
        return number
    return f"{number}{_TO}{'.'.join([*parts[:kept], str(_LAST)])}"


def _bounds(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, str, int]]:
    """The newest version that a range lets in, of those that end somewhere."""
    for package, said in pattern.findall(text):
        upper = _UPPER.search(said)
        if upper is not None:
            yield package, upper[2] if upper[1] else _before(upper[2]), _BOUND


def _before(version: str) -> str:
    """The newest version before one: 5.2.9999 for 5.3, 4.9999 for 5.0."""
    numbers = [int(part) for part in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return ".".join(map(str, [*numbers[:-1], max(numbers[-1] - 1, 0), _LAST]))


def _toml_lock(text: str) -> Iterator[tuple[str, str, int]]:
    try:
        packages = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for key in ("package", "packages"):
        for entry in packages.get(key, []) if isinstance(packages.get(key, []), list) else []:
            if isinstance(entry, dict) and isinstance(entry.get("name"), str) and isinstance(entry.get("version"), str):
                yield entry["name"], entry["version"], _LOCKED


def _pipfile_lock(text: str) -> Iterator[tuple[str, str, int]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return
    default = content.get("default") if isinstance(content, dict) else None
    for package, entry in default.items() if isinstance(default, dict) else ():
        version = entry.get("version") if isinstance(entry, dict) else None
        if isinstance(version, str):
            yield package, version.lstrip("="), _LOCKED
