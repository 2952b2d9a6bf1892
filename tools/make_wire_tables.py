"""Make jobcheck/wire/tables.json from what was measured.

    python tools/make_wire_tables.py

tests/conformance/measured/ has every value through every framework and a real store (tools/conformance.py writes it).
tests/wire/measured.json has older kombu, and the rows whose library does not install beside a framework (sent through
its serializer alone). The wires of the reference runtime are spelled out below; a test runs the runtime against them.
"""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "tests" / "wire" / "measured.json"
CONFORMANCE = ROOT / "tests" / "conformance"
TABLES = ROOT / "jobcheck" / "wire" / "tables.json"

# (outcome, becomes, error): "same" | "changed" | "enqueue-error" | "worker-error"; None: not measured.
Cell = tuple[str, str | None, str | None] | None
SAME: Cell = ("same", None, None)
KINDS = {
    "same": "same", "changed": "changed", "error-at-enqueue": "enqueue-error", "error-in-worker": "worker-error",
}  # fmt: skip

# library, format, keyword arguments, positional arguments; and the codec of measured.json that has the added rows.
WIRES: dict[str, tuple[str, str, bool, bool, str]] = {
    "celery-json": ("kombu", "json", True, True, "celery-json"),
    "celery-pickle": ("kombu", "pickle", True, True, "celery-pickle"),
    "celery-yaml": ("kombu", "yaml", True, True, "celery-yaml"),
    "celery-msgpack": ("kombu", "msgpack", True, True, "celery-msgpack"),
    "rq-pickle": ("rq", "pickle", True, True, "pickle"),
    "rq-json": ("rq", "json", True, True, "json"),
    "dramatiq-json": ("dramatiq", "json", True, True, "json"),
    "dramatiq-pickle": ("dramatiq", "pickle", True, True, "pickle"),
    "huey-pickle": ("huey", "pickle", True, True, "pickle"),
    "huey-signed": ("huey", "pickle", True, True, "pickle"),
    "huey-immediate": ("huey", "none", True, True, "none"),
    "arq-pickle": ("arq", "pickle", True, True, "pickle"),
    "arq-msgpack": ("arq", "msgpack", True, True, "celery-msgpack"),
    "taskiq-json": ("taskiq", "json", True, True, "taskiq-json"),
    "taskiq-json-annotated": ("taskiq", "json", True, True, "taskiq-json"),
    "taskiq-pickle": ("taskiq", "json", True, True, "taskiq-json"),
    "procrastinate-json": ("procrastinate", "json", True, False, "json"),
    "django-tasks-immediate": ("django-tasks", "json", True, True, "django-tasks"),
    "django-tasks-db-sqlite": ("django-tasks", "json", True, True, "django-tasks"),
    "django-tasks-db-postgres": ("django-tasks", "json", True, True, "django-tasks"),
    "django-tasks-rq": ("django-tasks", "pickle", True, True, "django-tasks-rq"),
    "django-q2": ("django-q2", "pickle", True, True, "pickle"),
    "django-q2-schedule": ("django-q2", "literal", True, True, "literal"),
    "saq-json": ("saq", "json", True, False, "json"),
    "apscheduler-pickle": ("apscheduler", "pickle", True, True, "pickle"),
    "odoo-queue-json": ("odoo-addon-queue-job", "json", True, True, "json"),
}
REFERENCE = {
    "resque": ("jobcheck", "json", False, True),
    "sidekiq": ("jobcheck", "json", False, True),
    "activejob": ("jobcheck", "json", True, True),
}

# An old interpreter cannot make these; they fare as their neighbour does.
LIKE = {"dt_zoneinfo": "dt_utc", "pd_timestamp": "dt_utc"}

NAMES = {
    "str": "a str", "int": "an int", "float": "a float", "bytes": "bytes", "list": "a list", "dict": "a dict", "tuple": "a tuple",
    "NoneType": "None", "datetime.datetime": "a datetime", "logging.Logger": "a Logger",
}  # fmt: skip
BECOMES = {
    "dict_collide": "a dict with fewer entries, its keys being the same as str",
    "list_of_tuples": "a list of lists", "dict_of_dates": "a dict of str",
    "sentinel": "another object()", "dj_simplelazy": "the object behind it",
    "json_hook": "what its `__json__` returns",
}  # fmt: skip

# The classes of the measurement, whose names mean nothing to a user.
MADE_UP = re.compile(
    r"(django\.contrib\.auth\.models\.)?\b(SColor|Color|Perm|DCFrozen|DC|PydM|PydDC|AttC|Plain|WithLock|SAUser|PeUser|MoUser|"
    r"GroupManager|Group|CustomErr|WithHook|Hashable|IColor|StrCol|OldStrCol|local_class\.<locals>\.Inner|Inner)\b"
)


def becomes(row: str, kind: str, got: str, why: str) -> str:
    """How a message calls what arrives."""
    if row == "dj_querydict":
        return "a dict of lists" if "[" in got else "a dict with only the last value of each key"
    if row in BECOMES:
        return BECOMES[row]
    if why.startswith("key "):
        return "a dict with str keys"
    if why.startswith("tzinfo") or (row.startswith("dt_") and kind == "datetime.datetime"):
        return "a datetime with another tzinfo"
    return NAMES[kind]


def error_text(chain: list[str]) -> str:
    """The exception that says most, short and without the names of the measurement."""
    said = [e for e in chain if e.split(": ", 1)[-1].strip() and not e.startswith("taskiq.exceptions")] or chain
    kind, _, words = said[0].partition(": ")
    words = re.sub(r"^\('(cannot represent an object)'.*", r"\1", words)
    words = MADE_UP.sub("{type}", words.replace("matrix.", "")).replace("measure.job", "job")
    words = re.sub(r" on (matrix|measure) failed| from '/[^']*'", "", words)
    words = re.sub(r"missing \d+ required positional argument.*", "misses a required argument", words)
    return f"{kind.rsplit('.', 1)[-1]}: {words[:120]}".rstrip(": ")


def cell(row: str, result: dict[str, Any]) -> Cell:
    """One cell of the matrix."""
    kind = KINDS[result["outcome"]]
    if kind == "changed":
        return (kind, becomes(row, result["got_type"], result["got"], result["why"]), None)
    return (kind, None, error_text(result["exc"])) if kind != "same" else SAME


def short_cell(row: str, result: list[str]) -> Cell:
    """One cell of measured.json."""
    kind, *rest = result
    if kind == "changed":
        return cell(row, {"outcome": kind, "got_type": rest[0], "got": rest[1], "why": rest[2]})
    return cell(row, {"outcome": kind, "exc": rest})


# Where a signature travels as a dict; YAML refuses it.
REBUILT = ("celery-json", "celery-msgpack", "celery-pickle")


def by_hand(codec: str, row: str) -> bool:
    """Whether a row is what `added` says, whatever a run shows: the run has not all of the framework around it."""
    return (row == "signature" and codec in REBUILT) or (row == "json_hook" and codec == "taskiq-json")


def added(codec: str, row: str, newest: dict[str, Any]) -> Cell:
    """What a codec does to a row that was not sent through the framework."""
    if codec == "none":
        return SAME
    if codec == "django-tasks-rq":  # checked as JSON, then pickled as it was
        json_cell = added("django-tasks", row, newest)
        return json_cell if json_cell and json_cell[0].endswith("error") else SAME
    if row == "signature" and codec in REBUILT:
        return SAME  # a dict that Celery makes a signature of again
    if row == "json_hook" and codec == "taskiq-json":
        return None  # depends on what else the class is
    return short_cell(row, newest[codec][row]) if row in newest[codec] else None


def refused(words: str) -> Cell:
    return ("enqueue-error", None, f"SerializationError: {words}")


def resque(rows: dict[str, Cell]) -> dict[str, Cell]:
    """Plain json, in the runtime's words, with nan refused."""
    return {row: _resque_cell(row, plain) for row, plain in rows.items()}


def _resque_cell(row: str, plain: Cell) -> Cell:
    if row in ("nan", "inf"):
        return refused(f"JSON has no {row}")
    if plain is None or plain[0] == "same" or plain[0] == "changed":
        return plain
    if row.startswith("dict_") and "keys must" in str(plain[2]):
        return refused("a key must be a string")
    return refused("JSON has no such value; pass an id or plain values")


EXACT = (
    "int", "int_gt_2_53", "int_gt_2_64", "int_neg_big", "float", "float_1e16", "float_integral", "bool", "none",
    "str", "str_surrogate", "str_nul", "list", "dict_str", "dict_kombu", "dict_kombu2",
)  # fmt: skip


def sidekiq(rows: dict[str, Cell]) -> dict[str, Cell]:
    """Exact JSON types and str keys; all else is refused."""
    return {row: _sidekiq_cell(row) for row in rows}


def _sidekiq_cell(row: str) -> Cell:
    if row in EXACT:
        return SAME
    if row in ("dict_strenum", "dict_str_mixin"):
        return ("changed", "a dict with str keys", None)
    if row in ("nan", "inf"):
        return refused(f"JSON has no {row}")
    if row in KEY_ROWS:
        return refused("a key must be a string")
    return refused("only exact JSON types travel: str, int, float, bool, None, list, dict")


KEY_ROWS = (
    "dict_int", "dict_float", "dict_none", "dict_bool", "dict_tuple", "dict_enum", "dict_strenum", "dict_collide",
    "dict_uuid", "dict_date", "dict_bytes", "dict_intenum", "dict_str_mixin", "dict_decimal", "dict_datetime",
    "dict_instance",
)  # fmt: skip
CARRIED = (
    "enum_int", "enum_str", "intenum", "strenum", "str_mixin_enum", "flag", "intflag", "textchoices",
    "integerchoices", "dt_naive", "dt_utc", "dt_zoneinfo", "date", "time", "timedelta", "decimal", "uuid",
    "bytes_utf8", "bytes_bin", "set", "frozenset", "tuple", "list_of_tuples", "dict_of_dates", "dataclass",
    "dataclass_frozen_slots", "pydantic_dc", "dj_model", "sqlalchemy",
)  # fmt: skip
DERIVED = {
    "str_subclass": "a str", "dj_safestring": "a str", "int_subclass": "an int", "np_float64": "a float",
    "list_subclass": "a list", "namedtuple": "a tuple", "typing_namedtuple": "a tuple", "pd_timestamp": "a datetime",
    "dict_subclass": "a dict", "ordereddict": "a dict", "defaultdict": "a dict", "defaultdict_lambda": "a dict",
    "counter": "a dict", "signature": "a dict", "dj_querydict": "a dict with only the last value of each key",
    "dj_simplelazy": "the object behind it",
}  # fmt: skip


def activejob(rows: dict[str, Cell]) -> dict[str, Cell]:
    """Tagged values for the kinds that have a serializer, records by reference; the rest is refused."""
    return {row: _activejob_cell(row) for row in rows}


def _activejob_cell(row: str) -> Cell:
    if row in EXACT or row in CARRIED:
        return SAME
    if row in DERIVED:
        return ("changed", DERIVED[row], None)
    if row in ("nan", "inf"):
        return refused(f"JSON has no {row}")
    return refused("a key must be a string" if row in KEY_ROWS else "there is no serializer for this type")


def newest_wires(runs: dict[str, Any], measured: dict[str, Any], rows: list[str]) -> dict[str, dict[str, Cell]]:
    """Every cell at the newest versions."""
    newest = measured["newest"]["results"]
    wires: dict[str, dict[str, Cell]] = {}
    for name, (_, _, _, _, codec) in WIRES.items():
        run = {row: outcome for row, outcome in runs[name].items() if not by_hand(codec, row)}
        wires[name] = {row: short_cell(row, run[row]) if row in run else added(codec, row, newest) for row in rows}
    plain = wires["rq-json"]
    return {**wires, "resque": resque(plain), "sidekiq": sidekiq(plain), "activejob": activejob(plain)}


def version_key(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def past(measured: dict[str, Any]) -> dict[str, dict[str, dict[str, Cell]]]:
    """What older versions do otherwise, {wire: {version: {row: cell}}}: kombu alone, and the runs of whole frameworks."""
    found: dict[str, dict[str, dict[str, Cell]]] = {}
    for version, told in measured["kombu"].items():
        for wire in told["rows"]:
            found.setdefault(wire, {})[version] = short_cells(told["differs"].get(wire, {}))
    for path in sorted((CONFORMANCE / "measured" / "older").glob("*.json")):
        told = json.loads(path.read_text())
        for wire, rows in told["differs"].items():
            known = found.setdefault(wire, {}).setdefault(told["version"], {})
            known.update({row: cell for row, cell in short_cells(rows).items() if row not in known})
    return found


def short_cells(rows: dict[str, list[str]]) -> dict[str, Cell]:
    cells = {row: short_cell(row, result) for row, result in rows.items() if row != "logger"}
    return {**cells, **{row: cells[like] for row, like in LIKE.items() if row not in cells and like in cells}}


def older(measured: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Per wire, the rows that are otherwise below a version; ranges of equal versions joined, oldest first. What holds of
    a version holds until the next that was measured.
    """
    ranges: dict[str, list[dict[str, Any]]] = {}
    for wire, by_version in past(measured).items():
        numbers = sorted(by_version, key=version_key)
        known: list[dict[str, Any]] = []
        for version, after in zip(numbers, [*numbers[1:], versions()[WIRES[wire][0]]], strict=True):
            cells = by_version[version]
            if known and bare(known[-1]["rows"]) == bare(cells):
                known[-1].update(below=after, rows=cells)
            elif known or cells:
                known.append({"below": after, "rows": cells})
        while known and not known[-1]["rows"]:
            known.pop()
        ranges.update({wire: known} if known else {})
    return ranges


def bare(cells: dict[str, Cell]) -> dict[str, Any]:
    """Cells without the texts of errors, which differ by Python."""
    return {row: value and value[:2] for row, value in cells.items()}


def traits(name: str) -> dict[str, Any]:
    library, form, keywords, positional = (REFERENCE.get(name) or WIRES[name])[:4]
    return {"library": library, "format": form, "keyword_arguments": keywords, "positional": positional}


def tables(runs: dict[str, Any], measured: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    """The tables as they are shipped: each distinct outcome once, each wire a row of numbers (-1: not measured)."""
    rows = list(labels)
    wires = newest_wires(runs, measured, rows)
    outcomes: list[Cell] = [SAME]

    def number(value: Cell) -> int:
        if value is None:
            return -1
        if value not in outcomes:
            outcomes.append(value)
        return outcomes.index(value)

    before = older(measured)
    listed: dict[str, Any] = {}
    for name, cells in wires.items():
        listed[name] = {**traits(name), "cells": [number(cells[row]) for row in rows]}
        if name in before:
            listed[name]["older"] = [
                {"below": r["below"], "rows": {row: number(c) for row, c in r["rows"].items()}} for r in before[name]
            ]
    return {"versions": versions(), "rows": labels, "outcomes": outcomes, "wires": listed}


def versions() -> dict[str, str]:
    """What the environments of the conformance run pin."""
    pins: dict[str, str] = {}
    for path in sorted((CONFORMANCE / "environments").glob("*.txt")):
        found = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", path.read_text(), re.MULTILINE)
        for name, version in found:
            # Of a library that has several pins (redis; by the version of Python), the newest.
            pins[name.lower()] = max(version, pins.get(name.lower(), "0"), key=version_key)
    return dict(sorted(pins.items()))


def from_runs() -> dict[str, Any]:
    """The tables as what is committed makes them."""
    runs = {name: json.loads((CONFORMANCE / "measured" / f"{name}.json").read_text()) for name in WIRES}
    return tables(runs, json.loads(MEASURED.read_text()), runpy.run_path(str(CONFORMANCE / "labels.py"))["LABELS"])


def write(table: dict[str, Any]) -> None:
    """One line per row, outcome and wire, so that a change can be read."""
    parts = []
    for key, group in table.items():
        if isinstance(group, dict):
            entries = [f" {json.dumps(k)}: {json.dumps(v)}" for k, v in group.items()]
        else:
            entries = [f" {json.dumps(v)}" for v in group]
        opening, closing = ("{", "}") if isinstance(group, dict) else ("[", "]")
        parts.append(f"{json.dumps(key)}: {opening}\n" + ",\n".join(entries) + f"\n{closing}")
    TABLES.write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    write(from_runs())
