"""Writing a report: to a file or to standard output, whatever its encoding, and also when no one reads it any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


class OutputError(Exception):
    """The report cannot be written; the message says where and why."""


def wants_colour(choice: str) -> bool:
    """Whether standard output is to be coloured: `choice` is auto, always or never."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def write_report(text: str, target: Path | None, *, machine: bool) -> None:
    """Write all of a report. Text for machines is UTF-8; text for people follows the terminal's encoding.

    Raises OutputError; a pipe that was closed at the other end is no error.
    """
    if target is not None:
        write_file(target, text)
        return
    if sys.stdout is None:
        return
    encoding = "utf-8" if machine else sys.stdout.encoding or "utf-8"
    data = text.encode(encoding, "backslashreplace")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _stop_writing()
    except OSError as error:
        _stop_writing()
        raise OutputError(f"standard output: {error.strerror or error}") from None


def write_file(target: Path, text: str) -> None:
    """Write a whole file as UTF-8. Raises OutputError."""
    try:
        target.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from None


def check_writable(target: Path) -> None:
    """Raise OutputError for a file that cannot be written, before the work is done rather than after."""
    if target.is_dir():
        raise OutputError(f"{target}: is a folder; give the name of a file")
    if not target.absolute().parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}")


def _stop_writing() -> None:
    """Let what Python writes when it exits go nowhere instead of failing, which would change the exit code."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
