"""One `jobcheck check` (or `jobs`) from its options to its exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from jobcheck.baseline import NEVER_KEPT, Baseline, baseline_text, read_baseline
from jobcheck.config import ConfigError
from jobcheck.ending import keep
from jobcheck.engine_types import Report, RunOptions
from jobcheck.filters import Shown, in_named, shown
from jobcheck.messages import tell, tell_hidden, warn, warn_of_silence
from jobcheck.progress import progress_line
from jobcheck.report.names import Names, names_from
from jobcheck.report.output import check_writable, wants_colour, write_file, write_report
from jobcheck.report.text import counted
from jobcheck.targets import Asked, PathError, Target, stdin_target, target
from jobcheck.values import dataclass

HUMAN = ("full", "concise")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    paths: tuple[str, ...] = ()
    asked: Asked = field(default_factory=Asked)
    format: str = "full"
    output_file: Path | None = None
    color: str = "auto"
    stdin_filename: str | None = None
    statistics: bool = False
    exit_zero: bool = False
    write_baseline: Path | None = None
    jobs: int = 0
    quiet: bool = False
    verbose: bool = False


def run_check(request: Request) -> int:
    """Check, write the report, and return the exit code. Raises ConfigError, PathError and OutputError."""
    for file in (request.output_file, request.write_baseline):
        if file is not None:
            check_writable(file)
    found = locate(request)
    if request.write_baseline and "" not in found.named:
        raise ConfigError("--write-baseline keeps the findings of the whole project: leave the paths out")
    if request.statistics and request.format == "github":
        raise ConfigError("--statistics: there is no such form for --format github; take concise or json")
    baseline = None if request.write_baseline else _baseline(found)
    started = time.monotonic()
    report = analyse(request, found)
    result = shown(report, found.settings, named=found.named, baseline=baseline)
    if request.verbose:
        tell_hidden(found, result, time.monotonic() - started)
    if not request.quiet:
        warn_of_silence(found, report)
    if request.write_baseline:
        return _write_baseline(request.write_baseline, result)
    machine = request.format not in HUMAN
    write_report(_report_text(request, found, report, result), request.output_file, machine=machine)
    return int(result.fails and not request.exit_zero)


def run_jobs(request: Request) -> int:
    """Write the table of jobs; 0 unless something raises."""
    from jobcheck.report.jobs_table import jobs_json, jobs_table

    if request.output_file is not None:
        check_writable(request.output_file)
    found = locate(request)
    report = analyse(request, found)
    if not request.quiet:
        warn_of_silence(found, report)
    rows = [
        row for row in report.registry if any(in_named(place.filename, found.named) for place in (row.place, *row.enqueued_by))
    ]
    machine = request.format == "json"
    text = (jobs_json if machine else jobs_table)(rows, _names(found))
    write_report(text, request.output_file, machine=machine)
    return 0


def locate(request: Request) -> Target:
    """The project, the named files and the settings that a request means. Raises PathError and ConfigError."""
    if not reads_stdin(request):
        return target(request.paths, request.asked)
    if request.stdin_filename is None:
        raise PathError("-: give the name of the file with --stdin-filename: its place in the project matters")
    if request.paths not in ((), ("-",)):
        raise PathError("standard input stands for one file: leave the other paths out")
    return stdin_target(request.stdin_filename, request.asked)


def reads_stdin(request: Request) -> bool:
    return "-" in request.paths or request.stdin_filename is not None


def analyse(request: Request, found: Target) -> Report:
    """Run the engine, with a progress line when a person is watching."""
    from jobcheck.engine import check

    overlay: Mapping[str, bytes] = {}
    if reads_stdin(request):
        overlay = {found.named[0]: sys.stdin.buffer.read()}
    line = None if request.quiet else progress_line(sys.stderr)
    try:
        report = check(RunOptions(found.root, found.settings, found.named, overlay, request.jobs, line))
        keep(report)
        return report
    finally:
        if line:
            line.close()


def _names(found: Target, *, for_github: bool = False) -> Names:
    """File names relative to the working directory; on GitHub to the repository, if we are in it."""
    folder = Path.cwd()
    workspace = os.environ.get("GITHUB_WORKSPACE") if for_github else None
    if workspace and folder.is_relative_to(workspace):
        folder = Path(workspace)
    return names_from(found.root, folder)


def _baseline(found: Target) -> Baseline | None:
    path = found.settings.baseline
    if path is None:
        return None
    return read_baseline(path, names_from(Path.cwd(), found.root)(str(path.absolute())))


def _write_baseline(path: Path, result: Shown) -> int:
    kept = [finding for finding in result.findings if finding.code not in NEVER_KEPT]
    write_file(path, baseline_text(kept))
    tell(f"{path}: {counted(len(kept), 'finding')} written; use it with --baseline {path} or `baseline` in the settings")
    if len(kept) < len(result.findings):
        others = counted(len(result.findings) - len(kept), "finding")
        warn(f"{others} of {', '.join(sorted(NEVER_KEPT))} cannot be kept: to be put right where they stand")
    return 0


def _report_text(request: Request, found: Target, report: Report, result: Shown) -> str:
    """The whole report in the format asked for."""
    names = _names(found, for_github=request.format == "github")
    if request.statistics:
        from jobcheck.report import counts

        text = counts.json_counts if request.format == "json" else counts.text_counts
        return text(result.findings) + _closing(request, report, result)
    if request.format == "json":
        from jobcheck.report.as_json import json_findings

        return json_findings(result.findings, names)
    if request.format == "github":
        from jobcheck.report.github import github_commands

        return github_commands(result.findings, names)
    return _human_text(request, report, result, names)


def _human_text(request: Request, report: Report, result: Shown, names: Names) -> str:
    from jobcheck.report import text

    if request.format == "concise":
        body = text.concise(result.findings, names)
    else:
        colour = request.output_file is None and wants_colour(request.color)
        body = text.FullText(report.sources, names, text.coloured if colour else text.plain).write(result.findings)
    return body + _closing(request, report, result)


def _closing(request: Request, report: Report, result: Shown) -> str:
    if request.quiet or request.format not in HUMAN:
        return ""
    from jobcheck.report.text import summary

    return summary(report, result) + "\n"
