"""The end of the command's own process: nothing is freed that the process takes with it anyway (as mypy does)."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable
from typing import ClassVar, NoReturn


class _Process:
    """`ours`: nothing comes after the run. `kept` is what is held until then."""

    ours: ClassVar[bool] = False
    kept: ClassVar[list[object]] = []


def keep(thing: object) -> None:
    """Hold something to the end, if this is a process of our own: freeing all of a run takes a thirtieth of it."""
    if _Process.ours:
        _Process.kept.append(thing)


def run_and_end(command: Callable[[], None]) -> NoReturn:
    """Run a command that raises SystemExit, and end the process with its code."""
    _Process.ours = True
    gc.disable()
    code: object = 0
    try:
        command()
    except SystemExit as ending:
        code = ending.code
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):  # nobody reads any more: `jobcheck | head -1`
                stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
