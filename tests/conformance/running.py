"""Run both halves of a trip, and compare what came of it with what is committed."""

import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from configurations import CONFIGURATIONS
from stores import SERVERS

HERE = Path(__file__).parent
MEASURED = HERE / "measured"
TIMEOUT = 600


class TripError(Exception):
    """A half of the trip did not run to its end."""


def measure(name, python, *, on_files=False):
    """{row: outcome} of the configuration, sent and read by two processes of that interpreter; `on_files` without its
    server, where the framework can do that.
    """
    store = None if on_files else CONFIGURATIONS[name].store
    server = SERVERS[store][1]() if store else contextlib.nullcontext()
    with server as port, tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        environment = {**os.environ, "CONFORMANCE_FOLDER": folder, "PYTHONHASHSEED": "0"}
        if store:
            environment["CONFORMANCE_" + store.upper()] = str(port)
        for phase in ("enqueue", "work"):
            command = [python, str(HERE / "trip.py"), name, phase, str(told)]
            done = subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
            if done.returncode:
                raise TripError(f"{name}, {phase}: {done.stderr[-2000:]}")
        return json.loads(told.read_text())


def committed(name):
    path = MEASURED / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(name, rows):
    """One line per row, so that a change can be read."""
    lines = [f" {json.dumps(row)}: {json.dumps(outcome)}" for row, outcome in rows.items()]
    (MEASURED / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def bare(outcome):
    """What must not differ: the outcome, and as which type a value arrives; texts differ by Python."""
    return outcome[:2] if outcome and outcome[0] == "changed" else outcome and outcome[:1]


def differences(rows, others):
    """{row: (here, there)} of the rows that both have."""
    return {row: (rows[row], others[row]) for row in rows if row in others and bare(rows[row]) != bare(others[row])}
