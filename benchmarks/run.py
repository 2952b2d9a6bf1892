"""jobcheck beside other tools on real applications: time, processor time and peak memory, without any cache.

    python benchmarks/run.py [--runs 5] [--only pretix] [--data FOLDER] [--json FILE]

Run it with the Python that jobcheck is installed in. The applications and the other tools are fetched into bench-data/
on first use. Each round runs every tool once, in turning order, so that a disturbance hits all of them alike; a ratio is
the median of the rounds' ratios. pylint, which takes minutes, runs once, and is stopped at a time limit: what is printed
with ">" is a lower bound then.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import asdict
from pathlib import Path

from applications import APPLICATIONS, fetch
from measured import Run, measure

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("ruff==0.17.6", "semgrep==1.182.0", "pylint==4.1.4")
NO_LIMIT = 3600.0
RULE = """\
rules:
  - id: enqueue
    languages: [python]
    severity: INFO
    message: a job is enqueued
    pattern: $JOB.apply_async(...)
"""


def commands(tools: Path, box: Path, app: Path) -> dict[str, list[str]]:
    """How each tool is asked to read every Python file under the working directory."""
    rule = box / "rule.yml"
    rule.write_text(RULE)
    files = sorted(str(path.relative_to(app)) for path in app.rglob("*.py"))
    return {
        "jobcheck": [
            str(Path(sys.executable).with_name("jobcheck")), "--isolated", "--exit-zero", "--format", "json", ".",
        ],
        "ruff": [
            str(tools / "ruff"), "check", "--no-cache", "--isolated", "--no-respect-gitignore", "--exit-zero",
            "--select", "F", ".",
        ],
        "semgrep": [
            str(tools / "semgrep"), "scan", "--metrics", "off", "--disable-version-check", "--no-git-ignore",
            "--config", str(rule), "--json", "--quiet", ".",
        ],
        "pylint": [
            str(tools / "pylint"), "--errors-only", "--exit-zero", "--rcfile", os.devnull, *files,
        ],
    }  # fmt: skip


def other_tools(data: Path) -> Path:
    """The folder of their commands, in an environment of their own."""
    folder = data / "tools"
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", *TOOLS], check=True)
        (folder / "done").touch()
    return folder / "bin"


def rounds(made: dict[str, list[str]], app: Path, count: int, limit: float) -> dict[str, list[Run]]:
    """Every quick tool `count` times, after one run that only fills the system's file cache; then pylint once."""
    quick = [name for name in made if name != "pylint"]
    results: dict[str, list[Run]] = {name: [] for name in made}
    for number in range(-1, count):
        turn = number % len(quick)
        for name in quick[turn:] + quick[:turn]:
            run = measure(made[name], app, NO_LIMIT)
            if run.code:
                sys.exit(f"{name} ended with {run.code}: {' '.join(made[name][:12])}")
            if number >= 0:
                results[name].append(run)
    if "pylint" in made:
        results["pylint"].append(measure(made["pylint"], app, limit))
    return results


def table(results: dict[str, list[Run]]) -> list[str]:
    """One line per tool: medians, and how many times jobcheck's the time is."""
    ours = results["jobcheck"]
    lines = [
        "| tool | runs | seconds | cpu seconds | time / jobcheck | cpu / jobcheck | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        more = "" if all(run.finished for run in runs) else "> "
        if len(runs) == len(ours):
            wall = statistics.median(a.wall / b.wall for a, b in zip(runs, ours, strict=True))
            cpu = statistics.median(a.cpu / b.cpu for a, b in zip(runs, ours, strict=True))
        else:  # one run against the median of ours
            wall = runs[0].wall / statistics.median(run.wall for run in ours)
            cpu = runs[0].cpu / statistics.median(run.cpu for run in ours)
        seconds, processor = (statistics.median(getattr(run, key) for run in runs) for key in ("wall", "cpu"))
        peak = max(run.memory for run in runs)
        lines.append(
            f"| {name} | {len(runs)} | {more}{seconds:.2f} | {more}{processor:.2f} | {more}{wall:.2f} | {more}{cpu:.2f} "
            f"| {more}{peak:.0f} |"
        )
    return lines


def size(app: Path) -> str:
    files = list(app.rglob("*.py"))
    return f"{len(files):,} files, {sum(file.read_bytes().count(10) for file in files):,} lines"


def heading(tools: Path) -> str:
    """The circumstances."""
    said = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores", f"load {os.getloadavg()[0]:.1f}"]
    for name in ("ruff", "semgrep", "pylint"):
        version = subprocess.run([tools / name, "--version"], capture_output=True, text=True, check=True).stdout
        said.append(f"{name} {version.split()[-1] if name == 'semgrep' else version.split()[1]}")
    return ", ".join(said)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--runs", type=int, default=5, help="counted rounds (default: 5)")
    add("--only", action="append", choices=[*APPLICATIONS], help="this application (may be repeated)")
    add("--without", action="append", default=[], metavar="TOOL", help="leave a tool out (may be repeated)")
    add("--data", type=Path, default=ROOT / "bench-data", help="where the applications are, or are fetched to")
    add("--tools", type=Path, help="a folder with ruff, semgrep and pylint (default: made below --data)")
    add("--pylint-limit", type=float, default=900.0, metavar="SECONDS", help="default: 900")
    add("--json", type=Path, metavar="FILE", help="keep every single figure")
    return parser.parse_args()


def main() -> None:
    """Measure, and print a table per application."""
    asked = options()
    data = asked.data.resolve()
    tools = asked.tools.absolute() if asked.tools else other_tools(data)
    print(heading(tools))
    kept = {}
    for name in asked.only or APPLICATIONS:
        app = fetch(name, data)
        print(f"\n{name} {APPLICATIONS[name]}: {size(app)}\n", flush=True)
        with tempfile.TemporaryDirectory() as box:
            made = {k: v for k, v in commands(tools, Path(box), app).items() if k not in asked.without}
            results = rounds(made, app, asked.runs, asked.pylint_limit)
        print("\n".join(table(results)), flush=True)
        kept[name] = {tool: [asdict(run) for run in runs] for tool, runs in results.items()}
    if asked.json:
        asked.json.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
