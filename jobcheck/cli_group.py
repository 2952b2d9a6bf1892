"""The click group: `check` is what happens when no command is named, and every failure is told in plain words."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

INTERRUPTED = 130
_GROUP_OPTIONS = frozenset({"--version", "-V", "--help", "-h"})


class CheckByDefault(click.Group):
    """Runs `check` for `jobcheck`, `jobcheck PATHS` and `jobcheck --format json`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first in self.commands:
            _hint_at_path(first, args)
        elif first not in _GROUP_OPTIONS:
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run, and exit with 0, 1 or 2 (130 when interrupted): no input leads to a traceback."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, prog_name, **{**extra, "standalone_mode": False})
        except click.ClickException as error:
            error.show()
            code = 2
        except (click.Abort, KeyboardInterrupt):
            code = INTERRUPTED
        except Exception as error:
            code = _failed(error, words)
        sys.exit(code or 0)


def _hint_at_path(command: str, args: list[str]) -> None:
    if os.path.exists(command) and "--quiet" not in args and "-q" not in args:
        click.echo(f"jobcheck: running the command {command!r}; to check the path, write ./{command}", err=True)


def _failed(error: Exception, words: list[str]) -> int:
    from jobcheck.config_keys import ConfigError
    from jobcheck.report.output import OutputError
    from jobcheck.targets import PathError

    if isinstance(error, ConfigError | OutputError | PathError):
        _say(f"error: {error}")
        return 2
    _say(f"internal error: {type(error).__name__}: {error}")
    if "-v" in words or "--verbose" in words:
        import traceback

        _say("".join(traceback.format_exception(error)))
    else:
        _say("this is a bug in jobcheck; please report it with the output of the same command with -v added")
    return 2


def _say(text: str) -> None:
    from jobcheck.messages import tell

    tell(text)
