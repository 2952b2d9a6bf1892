"""One run of a job that may be broken off behind an effect: in this process by an exception, in another one by a kill."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from jobcheck.runtime import execute, to_text
from jobcheck.runtime.errors import Killed
from jobcheck.runtime.payload import JobData
from jobcheck.runtime.settings import settings
from jobcheck.testing.effects import Effect, Kill, Recorder

Processes = Literal["fork", "spawn"] | None
_TIMEOUT = 60.0  # seconds in which a process has to do the next thing that is seen


class Run(NamedTuple):
    """What a run did, and how it ended: `killed`; by itself with `failure`; or, `hidden`, as if nothing had broken it off."""

    effects: list[Effect]
    killed: bool
    failure: Exception | None = None
    hidden: bool = False

    def __str__(self) -> str:
        did = ", then ".join(map(str, self.effects)) or "nothing"
        return did + (" -- and died" if self.killed else "")


def perform(data: JobData, targets: Iterable[str], kill: Kill, processes: Processes) -> Run:
    """Perform the job of a message once; `kill` is asked behind each effect whether the run ends there."""
    return _here(data, targets, kill) if processes is None else _apart(data, tuple(targets), kill, processes)


def _here(data: JobData, targets: Iterable[str], kill: Kill) -> Run:
    recorder = Recorder(targets, kill=kill, job_id=data["job_id"])
    failure, hidden = None, True
    with recorder:
        try:
            result = execute(data)
            failure = result if isinstance(result, Exception) else None
        except Killed:
            hidden = False
        except Exception as error:
            failure = error
    if recorder.over:
        return Run(recorder.effects, killed=True, hidden=hidden)
    return Run(recorder.effects, killed=False, failure=failure)


def _apart(data: JobData, targets: tuple[str, ...], kill: Kill, processes: Literal["fork", "spawn"]) -> Run:
    from jobcheck.testing.rehearsal.actors import Actor, Part
    from jobcheck.testing.rehearsal.databases import let_go

    let_go()
    part = Part(_no_play, None, None, None, targets, settings.strict)
    actor = Actor("run", part, processes, _TIMEOUT)
    try:
        actor.ask("perform", to_text(data))
        return _heard(actor, data["job_id"], kill)
    finally:
        actor.end()


def _heard(actor: Any, job_id: str, kill: Kill) -> Run:
    effects: list[Effect] = []
    while True:
        said, *rest = actor.hear()
        if said == "done":
            return Run(effects, killed=False, failure=None if rest[0] is None else RuntimeError(rest[0]))
        if said in ("failed", "gone"):
            return Run(effects, killed=False, failure=RuntimeError(rest[0].trace if rest else "its process ended by itself"))
        effect = rest[0] if said == "effect" else _enqueued(rest[0], job_id)
        if effect is not None:
            effects.append(effect)
            if kill is not None and kill(effects):
                actor.ask("die")
                return Run(effects, killed=True)
        actor.ask("go on")


def _enqueued(text: str, job_id: str) -> Effect | None:
    """The enqueue of another job; the job's own retry is none."""
    data = json.loads(text)
    return None if data["job_id"] == job_id else Effect.enqueue(data)


def _no_play() -> None:
    """Nothing is played: the process performs a job and no more."""
