"""What happens in a rehearsal and in which order: written down, read again, or drawn from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

WORKERS = "ab"
HERE = "play"  # the process of the play, where the calm performance runs the jobs too
_MOVE = re.compile(rf"play|(\^?)(\d{{1,6}})([{WORKERS}])(?:!(\d{{1,6}})|(\+))?")
_HARM = 8  # repeats and deaths in one rehearsal: more show nothing new, and it has to end


class Move(NamedTuple):
    """The play goes on (job 0), or a worker performs a job.

    `dies` is the effect behind which that worker is killed, 0 for none; a job whose worker died waits again. `again`: it
    waits again although it was performed. `at_once`: it is performed before the enqueue that brought it has returned.
    """

    job: int = 0
    worker: str = HERE
    dies: int = 0
    again: bool = False
    at_once: bool = False

    def __str__(self) -> str:
        if not self.job:
            return "play"
        end = f"!{self.dies}" if self.dies else "+" * self.again
        return f"{'^' * self.at_once}{self.job}{self.worker}{end}"


def written(moves: Iterable[Move]) -> str:
    """The schedule as text: `play 1a!2 play ^3b 1b+`."""
    return " ".join(map(str, moves))


def read(text: str) -> list[Move]:
    """The moves of a written schedule. Raises ValueError for what is none."""
    return [_read(word) for word in text.split()]


def _read(word: str) -> Move:
    found = _MOVE.fullmatch(word)
    if found is None:
        raise ValueError(f"{word!r} is no move of a schedule such as 'play 1a!2 play ^3b 1b+'")
    at_once, job, worker, dies, again = found.groups()
    return Move() if job is None else Move(int(job), worker, int(dies or 0), bool(again), bool(at_once))


class Choice(Protocol):
    """Who decides what happens next."""

    def following(self, waiting: Sequence[int], *, play_is_over: bool) -> Move | None:
        """The next move, when no process is at work; `waiting` are numbers of jobs. None when all is done."""

    def at_once(self, job: int, free: Sequence[str]) -> Move | None:
        """Whether one of the free workers performs this job while the process that enqueues it is still at it."""

    def dies(self, move: Move, effect: int) -> bool:
        """Whether the worker is killed behind this effect, counted from 1, of its run."""


class Calm:
    """Each job on time, once, in its order, in the process of the play: what its author sees when trying it out."""

    def following(self, waiting: Sequence[int], *, play_is_over: bool) -> Move | None:
        """Jobs before the play goes on."""
        if waiting:
            return Move(min(waiting))
        return None if play_is_over else Move()

    def at_once(self, job: int, free: Sequence[str]) -> Move | None:
        """Never."""

    def dies(self, move: Move, effect: int) -> bool:
        """Never."""
        return False


class Written:
    """A schedule that is given. Moves that cannot be made are left out; behind its end all goes its way, late but once."""

    def __init__(self, moves: Iterable[Move]) -> None:
        self._moves = list(moves)

    def following(self, waiting: Sequence[int], *, play_is_over: bool) -> Move | None:
        """The next one that can be made."""
        while self._moves:
            move = self._moves.pop(0)
            if not move.at_once and (move.job in waiting if move.job else not play_is_over):
                return move
        if not play_is_over:
            return Move()
        return Move(min(waiting), WORKERS[0]) if waiting else None

    def at_once(self, job: int, free: Sequence[str]) -> Move | None:
        """When it comes next."""
        for place, move in enumerate(self._moves):
            if not move.at_once:
                return None
            if move.job == job and move.worker in free:
                del self._moves[: place + 1]
                return move
        return None

    def dies(self, move: Move, effect: int) -> bool:
        """As the move says."""
        return move.dies == effect


class Seeded:
    """Drawn at random, the same for the same seed. A seed has its temper: some are only slow, some only kill."""

    def __init__(self, seed: int) -> None:
        # Text, so that no two seeds are the same: random.seed takes the absolute value of an int.
        self._random = random.Random(f"rehearsal {seed}")
        draw = self._random.choice
        self._haste = draw((0.1, 0.5, 0.9))  # of the play, while jobs wait
        self._at_once = draw((0, 0, 0.5))
        self._again = draw((0, 0.3))
        self._death = draw((0, 0.3))
        self._in_order = draw((True, False))
        self._harm = _HARM

    def following(self, waiting: Sequence[int], *, play_is_over: bool) -> Move | None:
        """Any waiting job, or the play."""
        if not waiting:
            return None if play_is_over else Move()
        if not play_is_over and self._random.random() < self._haste:
            return Move()
        job = min(waiting) if self._in_order else self._random.choice(sorted(waiting))
        return Move(job, self._random.choice(WORKERS), again=self._happens(self._again))

    def at_once(self, job: int, free: Sequence[str]) -> Move | None:
        """Now and then."""
        if not free or self._random.random() >= self._at_once:
            return None
        return Move(job, self._random.choice(free), again=self._happens(self._again), at_once=True)

    def dies(self, move: Move, effect: int) -> bool:
        """Now and then."""
        return self._happens(self._death)

    def _happens(self, share: float) -> bool:
        happens = self._harm > 0 and self._random.random() < share
        self._harm -= happens
        return happens


def simpler(moves: Sequence[Move]) -> list[list[Move]]:
    """Schedules that are a little simpler than this one, the greatest steps first."""
    found = [list(moves[:half]) for half in (0, len(moves) // 2) if half < len(moves)]
    found += [[*moves[:place], *moves[place + 1 :]] for place in range(len(moves) - 1, -1, -1)]
    for place, move in enumerate(moves):
        for plain in (move._replace(dies=0), move._replace(again=False), move._replace(worker=WORKERS[0])):
            if move.job and plain != move:
                found.append([*moves[:place], plain, *moves[place + 1 :]])
    return found


def weight(moves: Iterable[Move]) -> tuple[int, int, int]:
    """How hard a schedule is to follow: what harms, what is out of order, its length."""
    made = list(moves)
    harm = sum(bool(move.dies) + move.again + move.at_once for move in made)
    jobs = [move.job for move in made if move.job]
    turns = sum(later < earlier for earlier, later in pairwise(jobs))
    return harm, turns + sum(move.worker == WORKERS[1] for move in made), len(made)
