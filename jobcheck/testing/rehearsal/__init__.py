"""`rehearse`: a play with jobs is performed under many schedules as hostile as production may be, and ends as it should.

Written down, a schedule reads `play 1a!2 play ^3b 1b+`: the play goes on to its next `yield`; worker a performs job 1 (jobs
are numbered as they are enqueued) and is killed behind the second effect; the play goes on; before its enqueue of job 3 has
returned, worker b performs that; b performs job 1, and the queue delivers job 1 once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from jobcheck.runtime.settings import settings
from jobcheck.testing.rehearsal.actors import Part
from jobcheck.testing.rehearsal.databases import let_go
from jobcheck.testing.rehearsal.director import Director, Outcome
from jobcheck.testing.rehearsal.schedule import Calm, Choice, Move, Seeded, Written, read, simpler, weight
from jobcheck.testing.rehearsal.single import single

__all__ = ["RehearsalFailed", "rehearse"]
_TRIALS = 60  # performances spent on a shorter schedule


class RehearsalFailed(AssertionError):  # noqa: N818 - what it says of the play
    """A schedule under which the play does not end as it should; `seed` is None when a schedule was given."""

    def __init__(self, text: str, schedule: str, seed: int | None) -> None:
        super().__init__(text)
        self.schedule = schedule
        self.seed = seed


def rehearse(
    play: Callable[[], Any],
    *,
    fresh: Callable[[], Any] | None = None,
    state: Callable[[], Any] | None = None,
    check: Callable[[], Any] | None = None,
    effects: Iterable[str] = (),
    seeds: int = 100,
    seed: int | None = None,
    schedule: str | None = None,
    processes: Literal["fork", "spawn"] | None = None,
    timeout: float = 60.0,
) -> int:
    """Assert that a play with jobs ends well however its queue behaves; return how many different schedules were tried.

    `play` does what the program does and enqueues jobs. A generator function says with `yield` where time may pass: there,
    and at the end, jobs may run. `fresh` puts the world back to its start. Both run in a process of their own, jobs in others
    that know of the play only what travels or is stored: files and databases, not memory. A schedule may let jobs wait,
    run in another order, run again, run before `perform_later` has returned, and kill a worker behind each effect (those
    of `assert_idempotent`, and writes and commits of Django and SQLAlchemy), whereupon the job runs anew.

    How it should end is how it ends when each job is performed on time, once, and in the process of the play: the same
    `state`, a callable asked in the process of the play for something that can be pickled and compared; or, without it, the
    same effects, none missing and none twice. Where there are several good ends, `check` raises AssertionError for the
    others, and nothing is compared unless `state` is given. A job that fails for good is never a good end.

    Tried are the seeds from 0 to `seeds`, or one `seed`, or a written `schedule`. Half of the seeds begin with the schedules in
    which one thing goes wrong: with `seeds` above twice their number a worker has died behind each effect. `processes` are
    forked where the system can do that; spawned ones import everything anew, need functions that can be imported, and take
    a second for each.

    Raises RehearsalFailed with the shortest schedule found that shows it, and ValueError when there is nothing to rehearse:
    no job, nothing to compare, a play that fails even so, or a database of Django's that other processes cannot see.
    """
    let_go()
    part = Part(play, fresh, state, check, tuple(effects), settings.strict)
    rehearsal = _Rehearsal(part, processes, timeout)
    if schedule is not None:
        rehearsal.under(Written(read(schedule)), None)
    else:
        for number in range(seeds) if seed is None else (seed,):
            rehearsal.under(rehearsal.choice(number), number)
    return len(rehearsal.tried)


class _Rehearsal:
    """The calm performance, and what is held against it."""

    def __init__(self, part: Part, method: str | None, timeout: float) -> None:
        self._part, self._method, self._timeout = part, method, timeout
        self.tried: set[str] = set()
        self._calm = self._perform(Calm())
        if self._calm.failure is not None:
            raise ValueError(f"even when nothing is in its way, {self._calm.failure}\n{_told(self._calm)}")
        if not self._calm.enqueued:
            raise ValueError("the play enqueues no job")
        if part.state is None and part.check is None and not self._calm.effects:
            raise ValueError("nothing happens that could be compared: give state= or check=, or name effects=[...]")
        self._single = single(self._calm.moves, self._calm.points, self._calm.brought)

    def choice(self, seed: int) -> Choice:
        """Even seeds first try each thing that can go wrong alone; all others are drawn."""
        at, odd = divmod(seed, 2)
        return Seeded(seed) if odd or not 0 <= at < len(self._single) else Written(self._single[at])

    def under(self, choice: Choice, seed: int | None) -> None:
        """Perform, and raise RehearsalFailed when it ends otherwise."""
        outcome = self._perform(choice)
        self.tried.add(outcome.schedule)
        if self._wrong(outcome) is None:
            return
        if seed is not None:
            outcome = self._shortened(outcome)
        seeded = "" if seed is None else f"\nFirst seen with rehearse(..., seed={seed}), which may be longer."
        again = f"Again: rehearse(..., schedule={outcome.schedule!r}){seeded}"
        raise RehearsalFailed(f"{self._wrong(outcome)}\n{_told(outcome)}\n{again}", outcome.schedule, seed)

    def _perform(self, choice: Choice) -> Outcome:
        return Director(self._part, choice, self._method, self._timeout).perform()

    def _shortened(self, outcome: Outcome) -> Outcome:
        """As long as something simpler fails too, that."""
        trials, known = _TRIALS, {outcome.schedule}
        candidates = simpler(outcome.moves)
        while candidates and trials > 0:
            moves = candidates.pop(0)
            if _text(moves) in known:
                continue
            known.add(_text(moves))
            trials -= 1
            tried = self._perform(Written(moves))
            if self._wrong(tried) is not None and weight(tried.moves) < weight(outcome.moves):
                outcome, candidates = tried, simpler(tried.moves)
        return outcome

    def _wrong(self, outcome: Outcome) -> str | None:
        if outcome.failure is not None:
            return outcome.failure
        if self._part.state is not None and outcome.state != self._calm.state:
            return f"it ends otherwise than when every job runs on time and once:\n  {self._calm.state!r}\n  {outcome.state!r}"
        if self._part.state is None and self._part.check is None:
            return _compared(self._calm, outcome)
        return None


def _compared(calm: Outcome, outcome: Outcome) -> str | None:
    more, fewer = outcome.effects - calm.effects, calm.effects - outcome.effects
    said = ("happens more than once or otherwise", more), ("never happens", fewer)
    lines = [f"this {what}: {', '.join(effects.elements())}" for what, effects in said if effects]
    return "\n".join(lines) or None


def _told(outcome: Outcome) -> str:
    lines = ["What happened:", *(f"  {number}. {line}" for number, line in enumerate(outcome.story, 1))]
    return "\n".join([*lines, *(["", outcome.trace.rstrip()] if outcome.trace else [])])


def _text(moves: Iterable[Move]) -> str:
    return " ".join(map(str, moves))
