"""Work on all cores that shares what is already known: processes forked off the run, which take the next piece in turn."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_MOST = 256  # pieces are told apart by one byte


def abreast(pieces: Sequence[Callable[[], T]], processes: int) -> list[T]:
    """What each piece gives, in order; pieces must not need what others have left behind.

    `processes` 0 means as many as there are cores. Everything is done here where there is but one, where processes cannot
    be forked safely, and for the pieces of a process that dies. What a piece raises is raised here.
    """
    count = min(processes or os.cpu_count() or 1, len(pieces))
    if count < 2 or len(pieces) > _MOST or not hasattr(os, "fork") or threading.active_count() > 1:
        return [piece() for piece in pieces]
    turns, tickets = os.pipe()
    os.write(tickets, bytes(range(len(pieces))))
    os.close(tickets)  # who finds the pipe empty is done
    helpers: list[tuple[int, int]] = []
    try:
        with contextlib.suppress(OSError):  # no more processes are to be had: those that there are do the work
            for _ in range(count - 1):
                helpers.append(_helper(pieces, turns))
        done = _take(pieces, turns)
        for _, answers in helpers:
            done |= _received(answers)
    finally:
        os.close(turns)
        for pid, answers in helpers:
            os.close(answers)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # it has answered, or never will
            os.waitpid(pid, 0)
    return [done[number] if number in done else piece() for number, piece in enumerate(pieces)]


def _take(pieces: Sequence[Callable[[], T]], turns: int) -> dict[int, T]:
    done: dict[int, T] = {}
    while ticket := os.read(turns, 1):
        done[ticket[0]] = pieces[ticket[0]]()
    return done


def _helper(pieces: Sequence[Callable[[], T]], turns: int) -> tuple[int, int]:
    """The number of a new process, and the pipe on which it answers."""
    answers, out = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(answers)
        os.close(out)
        raise
    if pid:
        os.close(out)
        return pid, answers
    try:
        with os.fdopen(out, "wb") as stream:
            stream.write(pickle.dumps(_take(pieces, turns), pickle.HIGHEST_PROTOCOL))
    finally:
        os._exit(0)  # nothing of the parent's may be flushed or cleaned up twice


def _received(answers: int) -> dict[int, T]:
    """A helper's answers; none of one that died."""
    with os.fdopen(os.dup(answers), "rb") as stream:
        data = stream.read()
    try:
        found: dict[int, T] = pickle.loads(data)
    except (EOFError, pickle.UnpicklingError):
        return {}
    return found
