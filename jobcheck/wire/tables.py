"""The measured tables: what each wire does to each row, by version.

`tables.json` beside this file is made by tools/make_wire_tables.py from runs of the real frameworks.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Literal

import msgspec

from jobcheck.solve.kinds import ClassRef
from jobcheck.values import dataclass

OutcomeKind = Literal["same", "changed", "enqueue-error", "worker-error"]

# Zone classes differ after a trip; the moment, its offset and its type do not.
OTHER_TZINFO = "a datetime with another tzinfo"

_SEVERITY: tuple[OutcomeKind, ...] = ("same", "changed", "worker-error", "enqueue-error")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a value: `becomes` says as what it arrives (changed), `error` what is raised (the errors).

    `error` may hold the placeholder `{type}` for the name of the value's class.
    """

    kind: OutcomeKind
    becomes: str | None = None
    error: str | None = None

    @property
    def is_error(self) -> bool:
        return self.kind in ("enqueue-error", "worker-error")

    @property
    def severity(self) -> int:
        """0 for same, up to 3 for an error at enqueue."""
        return _SEVERITY.index(self.kind)


SAME = Outcome("same")


@dataclass(frozen=True)
class Wire:
    """A serializer as one framework uses it. `library` is whose version matters; `format`: json, pickle, yaml,
    msgpack, literal, none (handed over as it is). `taken`: classes whose instances the project has taught it.
    """

    name: str
    library: str
    format: str
    keyword_arguments: bool
    positional: bool
    version: str | None = None
    cells: Mapping[str, Outcome] = field(default_factory=dict, repr=False, compare=False)
    taken: tuple[ClassRef, ...] = ()


class _Range(msgspec.Struct):
    below: str
    rows: dict[str, int]


class _Wire(msgspec.Struct):
    library: str
    format: str
    keyword_arguments: bool
    positional: bool
    cells: list[int]
    older: list[_Range] = []


class _Tables(msgspec.Struct):
    versions: dict[str, str]
    rows: dict[str, str]
    outcomes: list[tuple[OutcomeKind, str | None, str | None]]
    wires: dict[str, _Wire]


@functools.cache
def _tables() -> _Tables:
    return msgspec.json.decode(Path(__file__).with_name("tables.json").read_bytes(), type=_Tables)


def wire_names() -> tuple[str, ...]:
    """The names of all wires."""
    return tuple(_tables().wires)


def row_names() -> tuple[str, ...]:
    """The names of all rows."""
    return tuple(_tables().rows)


def row_labels() -> dict[str, str]:
    """What each row is, in a few words."""
    return _tables().rows


def is_version(text: str) -> bool:
    """Whether `wire` can read it as a version."""
    return _parsed(text) is not None


def measured_version(library: str) -> str | None:
    """The version of a library that the tables' newest cells were measured with."""
    return _tables().versions.get(library)


@functools.lru_cache(maxsize=64)
def wire(name: str, version: str | None = None) -> Wire:
    """The wire of that name as its library's `version` has it (None or unreadable: the newest).

    For the celery wires the version is kombu's. Celery's own serves where kombu's is not known: they are released in
    step, though Celery 5.0 to 5.2 also accept a kombu that is newer than they are. Of a range of versions, `5.2..5.9999`,
    it has what the oldest and the newest do alike. Raises KeyError for an unknown name.
    """
    oldest, newest = ends(version or "")
    if oldest != newest:
        first, last = wire(name, oldest), wire(name, newest)
        alike = {row: cell for row, cell in first.cells.items() if last.cells.get(row) == cell}
        return replace(first, version=version, cells=alike)
    tables = _tables()
    found = tables.wires[name]
    numbers = dict(zip(tables.rows, found.cells, strict=True))
    numbers.update(_older_rows(found, version))
    made = [Outcome(*parts) for parts in tables.outcomes]
    cells = {row: made[number] for row, number in numbers.items() if number >= 0}
    return Wire(name, found.library, found.format, found.keyword_arguments, found.positional, version, cells)


def wire_of(name: str, versions: Mapping[str, str]) -> Wire:
    """The wire of that name with the versions that a project uses: Celery's where kombu's is not known."""
    library = wire(name).library
    return wire(name, versions.get(library) or (versions.get("celery") if library == "kombu" else None))


def ends(version: str) -> tuple[str, str]:
    """The oldest and the newest that a version may be: the same twice, but for a range (`5.2..5.9999`)."""
    oldest, _, newest = version.partition("..")
    return oldest, newest or oldest


def outcome(wire: Wire, row: str) -> Outcome | None:
    """What the wire does to the row; None where it was not measured. Raises KeyError for an unknown row."""
    _tables().rows[row]
    return wire.cells.get(row)


def _older_rows(found: _Wire, version: str | None) -> dict[str, int]:
    number = _parsed(version)
    if number is None:
        return {}
    # Oldest first: the first range that the version lies in.
    return next((r.rows for r in found.older if number < (_parsed(r.below) or ())), {})


def _parsed(version: str | None) -> tuple[int, ...] | None:
    match = re.match(r"\d+(\.\d+)*", version or "")
    if match is None:
        return None
    parts = [int(part) for part in match.group().split(".")]
    # 5.3 is 5.3.0.
    return tuple(parts + [0] * (3 - len(parts)))
