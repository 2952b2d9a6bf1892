"""What a long run is busy with, on one line of a terminal that goes away when the run is over."""

from __future__ import annotations

import time
from typing import TextIO

QUIET_SECONDS = 1.0
_BETWEEN = 0.1


class ProgressLine:
    """Call it with what is being done, how much of it, of how much (0: not known). Silent in the first second."""

    def __init__(self, stream: TextIO, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._stream = stream
        self._next = time.monotonic() + quiet_seconds
        self._width = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _BETWEEN
        self._show(f"{what} {done}/{total}" if total else f"{what} {done}" if done else what)

    def close(self) -> None:
        """Take the line away."""
        if self._width:
            self._show("")

    def _show(self, text: str) -> None:
        try:
            self._stream.write(f"\r{text.ljust(self._width)}\r{text}")
            self._stream.flush()
        except (OSError, ValueError):
            self._next = float("inf")  # no one is looking any more
        self._width = len(text)


def progress_line(stream: TextIO) -> ProgressLine | None:
    """A progress line when the stream is a terminal."""
    try:
        return ProgressLine(stream) if stream.isatty() else None
    except (AttributeError, ValueError):
        return None
