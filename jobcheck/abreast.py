"""Work on all cores that shares what is already known: processes forked off the run, which take the next piece in turn."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_MOST = 256  # pieces are told apart by one byte


def abreast(
    groups: Sequence[Sequence[Callable[[], T]]], processes: int, begin: Callable[[int], None] = lambda number: None
) -> list[list[T]]:
    """What each piece of each group gives, in order; pieces must not need what others have left behind.

    Pieces of one group find out the same things on their way, so that a process begins with a group of its own and turns to
    the others' when that is done. `processes` 0 means as many as there are cores; each further one calls `begin` with its
    number, from 1, before it does anything else. Everything is done here where there is but one core, where processes cannot
    be forked safely, and for the pieces of a process that dies. What a piece raises is raised here.
    """
    pieces = [piece for group in groups for piece in group]
    done = _done(groups, pieces, min(processes or os.cpu_count() or 1, len(pieces)), begin)
    answers = iter([done[number] if number in done else piece() for number, piece in enumerate(pieces)])
    return [[next(answers) for _ in group] for group in groups]


def _done(
    groups: Sequence[Sequence[Callable[[], T]]], pieces: Sequence[Callable[[], T]], count: int, begin: Callable[[int], None]
) -> dict[int, T]:
    """The answers of several processes by the pieces' numbers, those of a process that dies left out."""
    if count < 2 or len(pieces) > _MOST or not may_fork():
        return {}
    numbers = iter(range(len(pieces)))
    turns = [_tickets([next(numbers) for _ in group]) for group in groups]
    helpers: list[tuple[int, int]] = []
    try:
        with contextlib.suppress(OSError):  # no more processes are to be had: those that there are do the work
            for own in range(1, count):
                helpers.append(_helper(pieces, _from(turns, own), functools.partial(begin, own)))
        done = _take(pieces, turns)
        for _, answers in helpers:
            done |= _received(answers)
    finally:
        for tickets in turns:
            os.close(tickets)
        for pid, answers in helpers:
            os.close(answers)
            end(pid)  # it has answered, or never will
    return done


def _tickets(numbers: list[int]) -> int:
    """A pipe that gives each number once, whoever reads it; who finds it empty is done."""
    reading, writing = os.pipe()
    os.write(writing, bytes(numbers))
    os.close(writing)
    return reading


def _from(turns: list[int], own: int) -> list[int]:
    start = own % len(turns)
    return turns[start:] + turns[:start]


def _take(pieces: Sequence[Callable[[], T]], turns: list[int]) -> dict[int, T]:
    done: dict[int, T] = {}
    for tickets in turns:
        while ticket := os.read(tickets, 1):
            done[ticket[0]] = pieces[ticket[0]]()
    return done


def _helper(pieces: Sequence[Callable[[], T]], turns: list[int], begin: Callable[[], None]) -> tuple[int, int]:
    """The number of a new process, and the pipe on which it answers."""
    answers, out = os.pipe()

    def work() -> None:
        begin()
        with os.fdopen(out, "wb") as stream:
            stream.write(pickle.dumps(_take(pieces, turns), pickle.HIGHEST_PROTOCOL))

    try:
        pid = forked(work)
    except OSError:
        os.close(answers)
        raise
    finally:
        os.close(out)
    return pid, answers


def may_fork() -> bool:
    """Whether processes can be forked safely: nobody else's thread may hold a lock that the new process would wait for."""
    return hasattr(os, "fork") and threading.active_count() == 1


def forked(work: Callable[[], None]) -> int:
    """The number of a new process that does some work and ends. Raises OSError."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)  # nothing of the parent's may be flushed or cleaned up twice


def end(pid: int) -> None:
    """End a process that was forked, whether it is done or not."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _received(answers: int) -> dict[int, T]:
    """A helper's answers; none of one that died."""
    with os.fdopen(os.dup(answers), "rb") as stream:
        data = stream.read()
    try:
        found: dict[int, T] = pickle.loads(data)
    except (EOFError, pickle.UnpicklingError):
        return {}
    return found
