"""Run both halves of a trip, and compare what came of it with what is committed."""

import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from configurations import CONFIGURATIONS, OLDER
from stores import SERVERS

HERE = Path(__file__).parent
MEASURED = HERE / "measured"
# Kinds that fare otherwise with other versions of Python or of their own library than the ones of the environments.
BY_VERSION = frozenset({"logger", "dataclass_frozen_slots", "zoneinfo", "dt_zoneinfo", "frame"})


class TripError(Exception):
    """A half of the trip did not run to its end."""


def release(python, library):
    """The version of a library that an interpreter has."""
    code = f"from importlib.metadata import version; print(version({library!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


class Trips:
    """Makes trips under one interpreter, each half in a process of its own."""

    def __init__(self, python):
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            [python, str(HERE / "trip.py")], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()

    def measure(self, name, *, on_files=False):
        """{row: outcome} of the configuration; `on_files` without its server, where the framework can do that."""
        store = None if on_files else CONFIGURATIONS[name].store
        server = SERVERS[store]() if store else contextlib.nullcontext()
        with server as port, tempfile.TemporaryDirectory() as folder:
            environment = {"CONFORMANCE_FOLDER": folder, **({"CONFORMANCE_" + store.upper(): str(port)} if store else {})}
            for phase in ("enqueue", "work"):
                self.half(name, phase, environment, Path(folder))
            return json.loads((Path(folder) / "told.json").read_text())

    def half(self, name, phase, environment, folder):
        said = folder / "said.txt"
        asked = {"arguments": [name, phase, str(folder / "told.json")], "environment": environment, "said": str(said)}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        if self.process.stdout.readline().strip() != "0":
            raise TripError(f"{name}, {phase}: {said.read_text()[-2000:] if said.exists() else 'nothing was said'}")


def committed(name, older=None):
    """What is committed of a configuration: at the newest version, or with what an older one (of OLDER) does otherwise."""
    path = MEASURED / f"{name}.json"
    rows = json.loads(path.read_text()) if path.exists() else {}
    return rows if older is None else {**rows, **older_runs(older).get("differs", {}).get(name, {})}


def older_runs(older):
    """{library, version, python, differs: {configuration: {row: outcome}}}, or nothing yet."""
    path = MEASURED / "older" / f"{older}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(name, rows):
    """One line per row, so that a change can be read."""
    lines = [f" {json.dumps(row)}: {json.dumps(outcome)}" for row, outcome in rows.items()]
    (MEASURED / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def write_older(older, runs, version, python):
    """Only the rows that differ from the newest version's, and how many were measured."""
    differs = {name: {row: here for row, (here, _) in otherwise(rows, committed(name)).items()} for name, rows in runs.items()}
    about = {"library": OLDER[older].library, "version": version, "python": python}
    head = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in about.items()]
    head.append(f' "rows": {json.dumps({name: len(rows) for name, rows in runs.items()})}')
    parts = []
    for name, rows in differs.items():
        lines = [f"   {json.dumps(row)}: {json.dumps(outcome)}" for row, outcome in rows.items()]
        parts.append(f"  {json.dumps(name)}: " + ("{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"))
    head.append(' "differs": {\n' + ",\n".join(parts) + "\n }")
    (MEASURED / "older").mkdir(exist_ok=True)
    (MEASURED / "older" / f"{older}.json").write_text("{\n" + ",\n".join(head) + "\n}\n")


def bare(outcome):
    """What must not differ: the outcome, and as which type a value arrives; texts differ by Python."""
    return outcome[:2] if outcome and outcome[0] == "changed" else outcome and outcome[:1]


def differences(rows, others):
    """{row: (here, there)} of the rows that both have."""
    return {row: (rows[row], others[row]) for row in rows if row in others and bare(rows[row]) != bare(others[row])}


def otherwise(rows, others):
    """The differences that another Python does not make."""
    return {row: pair for row, pair in differences(rows, others).items() if row not in BY_VERSION}
