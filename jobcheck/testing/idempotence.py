"""`assert_idempotent`: a job is run again, whole and after a crash behind each of its effects, and nothing comes twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from jobcheck.runtime import Job
from jobcheck.runtime.names import name_of
from jobcheck.runtime.payload import JobData, dump
from jobcheck.testing.effects import Effect, Kill
from jobcheck.testing.runs import Processes, Run, perform

State = Callable[[], Any] | None
MOST = 100  # crashes that are tried


def assert_idempotent(
    job: Job | type[Job],
    *args: Any,
    effects: Iterable[str] = (),
    state: State = None,
    fresh: Callable[[], Any] | None = None,
    processes: Processes = None,
) -> None:
    """Assert that it does no harm when the job runs more than once, which every queue may let happen.

    The job, `ChargeOrder, 7` or `ChargeOrder(7)`, goes over its wire and runs: broken off behind each effect and run again,
    and run once more when it is done. Effects are mails, HTTP requests that change something, enqueues of other jobs, and
    the functions that `effects` names, such as "shop.payments.charge": patched where they are looked up.

    Without `state` no effect may come twice. With `state`, a callable that gives something comparable (rows, an outbox),
    the effects only say where to crash, and it is the state that has to be the same. `fresh` puts the world back to the
    start: then each crash has a world of its own and its outcome must be that of an undisturbed run, nothing missing;
    without it the crashes follow one another in one world.

    A crash is an exception that no handler of the job and no `except Exception` sees, and behind which no effect, no write
    and no commit of Django's or SQLAlchemy's gets out any more; memory is as a `finally` leaves it. With `processes`,
    "fork" or "spawn", each run has a process of its own, and a crash kills it: the state has to be outside of it then.

    Raises AssertionError with the runs that show it, and ValueError when there is nothing to compare, or nothing to be said:
    the job catches BaseException, goes on behind its own death, and that is not seen to do harm.
    """
    trial = _Trial(job(*args) if isinstance(job, type) else job, tuple(effects), state, processes)
    if fresh is None:
        trial.in_one_world()
    else:
        trial.in_many_worlds(fresh)
    trial.check_death()


class _Trial:
    def __init__(self, job: Job, targets: tuple[str, ...], state: State, processes: Processes) -> None:
        self.name = name_of(type(job))
        self.data: JobData = dump(job)
        self.targets, self.state, self.processes = targets, state, processes
        self.hidden = False
        self.runs: list[Run] = []

    def in_one_world(self) -> None:
        seen: set[Effect] = set()  # an effect that is repeated by right is crashed behind once
        while self._run(lambda effects: len(seen) < MOST and effects[-1] not in seen).killed and not self._doubled():
            seen.add(self.runs[-1].effects[-1])
        self._check_doubled()
        before = self._state()
        self._run()
        self._check_doubled()
        self._check_something()
        self._compare(before, "one more run")

    def in_many_worlds(self, fresh: Callable[[], Any]) -> None:
        fresh()
        whole = self._run()
        self._check_something()
        expected, wanted = self._state(), _doubling(whole.effects)
        self._run()
        self._check_doubled()
        self._compare(expected, "a second run")
        for number in range(1, min(len(whole.effects), MOST) + 1):
            fresh()
            self.runs.clear()
            self._run(partial(_is_long, number))
            self._run()
            self._check_doubled()
            behind = f"a crash behind {whole.effects[number - 1]}"
            self._compare(expected, behind)
            missing = wanted - _doubling(effect for run in self.runs for effect in run.effects)
            if self.state is None and missing:
                raise self._failed(f"after {behind} this never happens: {', '.join(map(str, missing))}")

    def _run(self, kill: Kill = None) -> Run:
        first = not self.runs
        run = perform(self.data, self.targets, kill, self.processes)
        self.runs.append(run)
        self.hidden = self.hidden or run.hidden
        if run.failure is not None and first:
            raise run.failure  # it fails by itself, which says nothing of a second run
        if run.failure is not None:
            raise self._failed(f"the last run fails with {run.failure!r}") from run.failure
        return run

    def check_death(self) -> None:
        """Refuse to call harmless what did not let itself be broken off."""
        if self.hidden:
            raise ValueError(
                f"{self.name} catches BaseException and goes on, as no process does that is killed: "
                'assert it with processes="fork"'
            )

    def _doubled(self) -> list[Effect]:
        counted = _doubling(effect for run in self.runs for effect in run.effects)
        own = [_doubling(run.effects) for run in self.runs]
        # What one whole run does twice is meant.
        return [effect for effect, count in counted.items() if count > max(counts[effect] for counts in own)]

    def _check_doubled(self) -> None:
        doubled = self._doubled() if self.state is None else []
        if doubled:
            raise self._failed(f"this happens more than once: {', '.join(map(str, doubled))}")

    def _check_something(self) -> None:
        if self.state is None and not any(run.effects for run in self.runs):
            raise ValueError(f"{self.name} did nothing that can be seen: name its effects=[...], or give state=")

    def _state(self) -> Any:
        return self.state() if self.state is not None else None

    def _compare(self, expected: Any, after: str) -> None:
        if self.state is not None and (found := self.state()) != expected:
            raise self._failed(f"after {after} the state is another one.\n  once:  {expected!r}\n  again: {found!r}")

    def _failed(self, text: str) -> AssertionError:
        runs = "\n".join(f"  run {number}: {run}" for number, run in enumerate(self.runs, 1))
        return AssertionError(f"{self.name} is not idempotent: {text}\n{runs}")


def _is_long(number: int, effects: list[Effect]) -> bool:
    return len(effects) == number


def _doubling(effects: Iterable[Effect]) -> Counter[Effect]:
    return Counter(effect for effect in effects if effect.doubles)
