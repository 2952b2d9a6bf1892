"""What jobcheck says on standard error: warnings, and with -v how it went."""

from __future__ import annotations

import sys
from contextlib import suppress

from jobcheck.engine_types import Report
from jobcheck.filters import Shown, in_named
from jobcheck.report.names import readable
from jobcheck.targets import Target


def tell(text: str) -> None:
    """One line to the person at the terminal, in whatever encoding; no one there is no error."""
    if sys.stderr is None:
        return
    encoding = sys.stderr.encoding or "utf-8"
    with suppress(OSError, ValueError):
        sys.stderr.write(f"jobcheck: {readable(text).encode(encoding, 'backslashreplace').decode(encoding)}\n")
        sys.stderr.flush()


def warn(text: str) -> None:
    tell(f"warning: {text}")


def warn_of_silence(found: Target, report: Report) -> None:
    """Say when a run had nothing to judge: no finding must not be taken for "all is well"."""
    for name in found.named:
        if report.files and not any(in_named(filename, (name,)) for filename in report.filenames):
            warn(f"{name}: no Python file there is checked (`exclude` and .gitignore leave files out; see --show-files)")
    if report.files == 0:
        warn(f"there is no Python file in {found.root}: nothing was checked")
    elif report.jobs == 0:
        warn(f"no background job was found in {found.root}: nothing was judged")


def tell_hidden(found: Target, result: Shown, seconds: float) -> None:
    """What -v adds: the root, the configuration, what was not shown and why, and the time it took."""
    tell(f"project root {found.root}")
    tell(f"configuration {found.settings.config_file or '(none: defaults)'}")
    for reason, count in sorted(result.hidden.items()):
        tell(f"{count} not shown: {reason}")
    tell(f"checked in {seconds:.2f} s")
