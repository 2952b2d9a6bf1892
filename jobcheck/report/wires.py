"""What `jobcheck wire` says: what each wire does to each kind of value, from the measured tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from jobcheck.report.as_json import Json, dumped
from jobcheck.wire.tables import Outcome, OutcomeKind, Wire, measured_version, row_labels, row_names, wire, wire_names, wire_of

# The names that the measurement has; they are part of the JSON, as those of wires and kinds are.
OUTCOMES: dict[OutcomeKind, str] = {
    "same": "same",
    "changed": "changed",
    "enqueue-error": "error-at-enqueue",
    "worker-error": "error-in-worker",
}
_SIGNS: dict[OutcomeKind, str] = {"same": "=", "changed": "~", "enqueue-error": "E", "worker-error": "W"}
_NOT_MEASURED = "?"
_LEGEND = "= arrives as it was   ~ arrives as something else   E refused at enqueue   W fails in the worker   ? not measured"
_MORE = "`jobcheck wire NAME` and `--kind KIND` say as what a value arrives, and what is raised."
_OFFERED = 6


class UnknownNameError(Exception):
    """There is no such wire or kind; the message names the nearest."""


def wires_named(words: Sequence[str], release: str | None, versions: Mapping[str, str] | None = None) -> list[Wire]:
    """The wires of these names, all for none: as that release has them, else as the project's `versions` do.

    Raises UnknownNameError.
    """
    names = [_one(word.lower().replace("_", "-"), word, wire_names(), "configuration") for word in words]
    found = list(dict.fromkeys(names or wire_names()))
    return [wire(name, release) if release else wire_of(name, versions or {}) for name in found]


def kinds_named(words: Sequence[str]) -> list[str]:
    """The kinds of these names, in the tables' order, all for none: a name, or words of a label, which may be of several."""
    wanted = {name for word in words for name in _kinds(word)}
    return [name for name in row_names() if name in wanted or not words]


def as_json(wires: Iterable[Wire], kinds: Sequence[str]) -> str:
    """`{configuration: {kind: {outcome, becomes, error}}}`; what was not measured is left out."""
    return dumped({w.name: {kind: _facts(w.cells[kind]) for kind in kinds if kind in w.cells} for w in wires})


def as_text(wires: Sequence[Wire], kinds: Sequence[str], *, named: bool) -> str:
    """A line for each kind when wires were `named` or few kinds are asked for, else the whole as signs in columns."""
    if named:
        return "\n".join(_one_wire(w, kinds) for w in wires)
    if len(kinds) < len(row_names()):
        return "\n".join(_one_kind(kind, wires) for kind in kinds)
    return _columns(wires, kinds)


def _facts(cell: Outcome) -> Json:
    return {"outcome": OUTCOMES[cell.kind], "becomes": cell.becomes, "error": _error(cell)}


def _error(cell: Outcome) -> str | None:
    # The place of the class's name is for messages about one class.
    return cell.error and cell.error.replace("{type}", "...")


def _one_wire(found: Wire, kinds: Sequence[str]) -> str:
    lines = [(kind, *_told(found.cells.get(kind)), row_labels()[kind]) for kind in kinds]
    return f"{found.name}{_measured_with(found)}\n" + _table(lines)


def _one_kind(kind: str, wires: Iterable[Wire]) -> str:
    return f"{kind}: {row_labels()[kind]}\n" + _table([(w.name, *_told(w.cells.get(kind))) for w in wires])


def _measured_with(found: Wire) -> str:
    if found.version is not None:
        return f" (as {found.library} {found.version} has it)"
    version = measured_version(found.library)
    return f" (measured with {found.library} {version})" if version else ""


def _told(cell: Outcome | None) -> tuple[str, str]:
    if cell is None:
        return "not measured", ""
    return OUTCOMES[cell.kind], cell.becomes or _error(cell) or ""


def _table(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines)
    return "".join(f"  {row}\n" for row in rows)


def _columns(wires: Iterable[Wire], kinds: Sequence[str]) -> str:
    """Wires that do the same to every kind share a column."""
    columns: dict[tuple[str, ...], list[str]] = {}
    for found in wires:
        columns.setdefault(tuple(_sign(found.cells.get(kind)) for kind in kinds), []).append(found.name)
    heads = [str(number) for number in range(1, len(columns) + 1)]
    listed = "".join(f"{head:>2}  {', '.join(names)}\n" for head, names in zip(heads, columns.values(), strict=True))
    wide = max(map(len, kinds))
    rows = [("kind".ljust(wide), *(f"{head:>2}" for head in heads))]
    rows += [(kind.ljust(wide), *(f" {column[at]}" for column in columns)) for at, kind in enumerate(kinds)]
    table = "".join(" ".join(row) + "\n" for row in rows)
    return f"{_LEGEND}\n\n{listed}\n{table}\n{_MORE}\n"


def _sign(cell: Outcome | None) -> str:
    return _SIGNS[cell.kind] if cell else _NOT_MEASURED


def _kinds(word: str) -> list[str]:
    name = word.strip().lower().replace("-", "_").replace(" ", "_")
    if name in row_names():
        return [name]
    asked = set(_words(word))
    found = [row for row, label in row_labels().items() if asked and asked <= set(_words(label))]
    return found or [_one(name, word, row_names(), "kind")]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _one(name: str, word: str, names: Sequence[str], what: str) -> str:
    if name in names:
        return name
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    near = list(dict.fromkeys([*(known for known in names if name and known.startswith(name)), *close]))
    offer = f"; did you mean {', '.join(near[:_OFFERED])}?" if near else " (`jobcheck wire` lists all)"
    raise UnknownNameError(f"there is no {what} {word!r}{offer}")
