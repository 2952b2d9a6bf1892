"""The command line: `jobcheck [PATHS]`, `check`, `explain`, `rules`, `jobs`, `wire`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from jobcheck import __version__
from jobcheck.cli_group import CheckByDefault
from jobcheck.ending import run_and_end

if TYPE_CHECKING:
    from jobcheck.run import Request

Command = TypeVar("Command", bound=Callable[..., Any])
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FILE = click.Path(path_type=Path)


def _all(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several click options as one decorator, in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _format(*choices: str) -> Callable[[Any], Any]:
    return click.option(
        "--format", "--output-format", "format_", type=click.Choice(choices), default=choices[0], show_default=True,
        help="How to write the report.",
    )  # fmt: skip


_RULES = "RULE,..."
_selection = _all(
    click.option("--select", multiple=True, metavar=_RULES, help="Check these rules only: codes, names, prefixes, ALL."),
    click.option("--extend-select", multiple=True, metavar=_RULES, help="Check these rules as well."),
    click.option("--ignore", multiple=True, metavar=_RULES, help="Leave these rules out."),
    click.option("--per-file-ignores", multiple=True, metavar="PATTERN:RULE,...", help="Leave rules out in some files."),
    click.option("--min-severity", type=click.Choice(["info", "warning", "error"]), help="Show nothing below.  [info]"),
    click.option("--min-confidence", type=click.Choice(["low", "medium", "high"]), help="Show nothing below.  [medium]"),
    click.option("--no-ignores", is_flag=True, help="Show also what comments suppress."),
    click.option("--baseline", metavar="FILE", help="Hide the findings kept in FILE; what is kept and gone fails."),
    click.option("--write-baseline", type=_FILE, metavar="FILE", help="Keep the present findings in FILE."),
)
_project = _all(
    click.option("--exclude", multiple=True, metavar="PATTERN,...", help="Files to leave out, as in .gitignore."),
    click.option("--extend-exclude", multiple=True, metavar="PATTERN,...", help="Further files to leave out."),
    click.option("--config", metavar="FILE", help="The configuration file, instead of the nearest one."),
    click.option("--isolated", is_flag=True, help="Read no configuration file."),
    click.option("-j", "--jobs", type=click.IntRange(min=0), default=0, help="Processes; 0 is one per core.  [0]"),
)
_output = _all(
    click.option("-o", "--output-file", type=_FILE, metavar="FILE", help="Write the report to FILE."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.  [auto]"),
    click.option("-q", "--quiet", is_flag=True, help="The findings and nothing else."),
    click.option("-v", "--verbose", is_flag=True, help="Say what was not shown and why, on standard error."),
)
_paths = click.argument("paths", nargs=-1, metavar="[PATHS]...")


@click.group(cls=CheckByDefault, context_settings=_HELP, epilog="`jobcheck check --help` lists the options of a run.")
@click.version_option(__version__, "-V", "--version", prog_name="jobcheck", message="%(prog)s %(version)s")
def cli() -> None:
    """Check code that uses background jobs, without importing it.

    `jobcheck [OPTIONS] [PATHS]...` is `jobcheck check [OPTIONS] [PATHS]...`.
    """


@cli.command("check")
@_paths
@_format("full", "concise", "json", "github")
@_selection
@_project
@_output
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead.")
@click.option("-e", "--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("--stdin-filename", metavar="FILE", help="Take standard input (-) for the content of FILE.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked.")
@click.option("--show-settings", is_flag=True, help="Print the settings that hold.")
def check(show_files: bool, show_settings: bool, **given: Any) -> int:
    """Report what goes wrong when the jobs run. PATHS (default: the project) limit what is reported.

    The whole project around the paths is always read. Exit code: 0 clean, 1 findings, 2 could not run.
    """
    from jobcheck import run, show

    request = _request(**given)
    if show_settings:
        return show.settings(request)
    if show_files:
        return show.files(request)
    return run.run_check(request)


@cli.command("jobs")
@_paths
@_format("text", "json")
@_project
@_output
def jobs(**given: Any) -> int:
    """List all jobs: framework, queue, retries, idempotency, and who enqueues them."""
    from jobcheck import run

    return run.run_jobs(_request(**given))


@cli.command("rules")
@_format("text", "json")
def rules(format_: str) -> int:
    """List all rules."""
    from jobcheck.report import rule_pages
    from jobcheck.report.output import write_report

    text = rule_pages.rules_json() if format_ == "json" else rule_pages.rules_table()
    write_report(text, None, machine=format_ == "json")
    return 0


@cli.command("explain")
@click.argument("rule")
@_format("text", "json")
def explain(rule: str, format_: str) -> int:
    """Explain a RULE, named by code or name."""
    from jobcheck.report import rule_pages
    from jobcheck.report.output import write_report
    from jobcheck.rules.catalogue import find, hint

    info = find(rule)
    if info is None:
        raise click.BadParameter(f"there is no rule {rule!r}{hint(rule)}", param_hint="RULE")
    text = rule_pages.rule_json(info) if format_ == "json" else rule_pages.rule_page(info)
    write_report(text, None, machine=format_ == "json")
    return 0


@cli.command("wire")
@click.argument("configurations", nargs=-1, metavar="[CONFIGURATION]...")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind: uuid, tuple, datetime, dj_model ...")
@click.option("--release", metavar="VERSION", help="As this version of kombu (for Celery) or of django-tasks has it.")
@_format("text", "json")
def wire(configurations: tuple[str, ...], kinds: tuple[str, ...], release: str | None, format_: str) -> int:
    """Say what survives the queue: what each CONFIGURATION of a framework does to each kind of argument.

    CONFIGURATION is a framework with its serializer (celery-json, rq-pickle ...); none means all of them. The answers
    were measured on the real frameworks; where the project here says which version it uses, they are that version's.
    """
    from jobcheck import show
    from jobcheck.report import wires
    from jobcheck.report.output import write_report
    from jobcheck.wire.tables import is_version

    if release is not None and not (configurations and is_version(release)):
        told = "a version is numbers, as 5.2.4" if configurations else "name the configuration whose version it is"
        raise click.BadParameter(told, param_hint="--release")
    try:
        versions = {} if release else show.versions(_request(format_="text", config=None, isolated=False, paths=()))
        found, rows = wires.wires_named(configurations, release, versions), wires.kinds_named(kinds)
    except wires.UnknownNameError as error:
        raise click.UsageError(str(error)) from None
    text = wires.as_json(found, rows) if format_ == "json" else wires.as_text(found, rows, named=bool(configurations))
    write_report(text, None, machine=format_ == "json")
    return 0


_LISTS = ("select", "extend_select", "ignore", "exclude", "extend_exclude")
_SINGLE = ("min_severity", "min_confidence", "baseline")


def _request(
    *,
    format_: str,
    config: str | None,
    isolated: bool,
    no_ignores: bool = False,
    per_file_ignores: tuple[str, ...] = (),
    **given: Any,
) -> Request:
    """The request that the options make; those that are configuration keys become the last layer of the settings."""
    from jobcheck.run import Request
    from jobcheck.targets import Asked

    options: dict[str, object] = {}
    for name in _LISTS:
        values = given.pop(name, ())
        if values:
            options[name.replace("_", "-")] = _split(values)
    for name in _SINGLE:
        value = given.pop(name, None)
        if value is not None:
            options[name.replace("_", "-")] = value
    if per_file_ignores:
        options["per-file-ignores"] = _pairs(per_file_ignores)
    asked = Asked(options, config, isolated, not no_ignores)
    return Request(asked=asked, format=format_, **given)


def _split(values: tuple[str, ...]) -> list[str]:
    return [word for value in values for word in (part.strip() for part in value.split(",")) if word]


def _pairs(values: tuple[str, ...]) -> dict[str, list[str]]:
    """`a/*.py:JOB101,JOB102,b.py:JOB2` as a table."""
    table: dict[str, list[str]] = {}
    pattern = ""
    for word in _split(values):
        before, colon, rule = word.rpartition(":")
        pattern = before.strip() if colon else pattern
        if not pattern or not rule.strip():
            raise click.BadParameter(f"{word!r} is not PATTERN:RULE", param_hint="--per-file-ignores")
        table.setdefault(pattern, []).append(rule.strip())
    return table


def main() -> None:
    """The `jobcheck` command. Raises SystemExit."""
    cli.main(prog_name="jobcheck")


def process() -> None:
    """The `jobcheck` command as a process of its own."""
    run_and_end(main)
