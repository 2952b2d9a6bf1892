"""One performance: the play and its jobs, moved by move, in the processes that the moves name."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NamedTuple

from jobcheck.testing.effects import Effect
from jobcheck.testing.rehearsal.actors import Actor, Failure, Part
from jobcheck.testing.rehearsal.schedule import HERE, WORKERS, Choice, Move, written

MOST = 500  # runs of jobs in one performance


class Message(NamedTuple):
    """A job that waits, as the text that the queue has of it."""

    text: str
    shown: str
    job_id: str


class Outcome(NamedTuple):
    """How a performance ended, and what happened on the way."""

    moves: list[Move]
    story: list[str]
    enqueued: int
    effects: Counter[str]
    points: dict[int, int]  # of each job, how many places there were to die
    brought: dict[int, int]  # of each job, which move enqueued it
    state: Any
    failure: str | None = None
    trace: str = ""

    @property
    def schedule(self) -> str:
        """The moves that were made."""
        return written(self.moves)


class Director:
    """Performs once, as `choice` decides. Every process is a new one."""

    def __init__(self, part: Part, choice: Choice, method: str | None, timeout: float) -> None:
        self._part, self._choice, self._method, self._timeout = part, choice, method, timeout
        self._actors: dict[str, Actor] = {}
        self._at_work: list[str] = []
        self._waiting: dict[int, Message] = {}
        self._messages: list[Message] = []
        self._moves: list[Move] = []
        self._story: list[list[str]] = []
        self._effects: list[Effect] = []
        self._points: dict[int, int] = {}
        self._brought: dict[int, int] = {}
        self._failure: tuple[str, str] | None = None
        self._play_is_over = False
        self._died_behind = 0

    def perform(self) -> Outcome:
        """From the first step of the play until no job waits, or something fails."""
        state = None
        try:
            self._tell(HERE, "fresh", "fresh fails with")
            while self._failure is None and (move := self._following()) is not None:
                self._make(move)
            if self._failure is None:
                state = self._tell(HERE, "state", "the state cannot be told:")
            if self._failure is None:
                self._tell(HERE, "check", "the check fails with")
        finally:
            for actor in self._actors.values():
                actor.end()
        story = [f"{line[0]}: {'; '.join(line[1:])}" for line in self._story]
        return Outcome(
            self._moves, story, len(self._messages), self._counted(), self._points, self._brought, state, *(self._failure or ())
        )

    def _following(self) -> Move | None:
        if len(self._moves) >= MOST:
            self._failure = (f"there is no end to it: {MOST} moves", "")
            return None
        return self._choice.following(tuple(self._waiting), play_is_over=self._play_is_over)

    def _make(self, move: Move) -> None:
        place = len(self._moves)
        self._moves.append(move._replace(dies=0))
        if move.job:
            self._run(move, place)
        else:
            line = self._line("the play")
            more = self._do(HERE, "step", None, line, "the play fails with")
            self._play_is_over = not more

    def _run(self, move: Move, place: int) -> None:
        message = self._waiting.pop(move.job)
        where = "" if move.worker == HERE else f", worker {move.worker}"
        line = self._line(f"job {move.job}, {message.shown}{where}{', at once' if move.at_once else ''}")
        if self._do(move.worker, "perform", move, line, f"job {move.job} fails with", message.text) == "died":
            self._moves[place] = move._replace(dies=self._died_behind, again=False)
            self._waiting[move.job] = message
        elif move.again:
            line.append("and the queue delivers it once more")
            self._waiting[move.job] = message

    def _do(self, worker: str, command: str, move: Move | None, line: list[str], failed: str, *args: str) -> Any:
        """Have a process do something, and hear it out; what it gives, or "died"."""
        self._at_work.append(worker)
        actor = self._actor(worker)
        actor.ask(command, *args)
        count = 0
        while True:
            said, *rest = actor.hear()
            if said in ("done", "failed", "gone"):
                break
            count += 1
            self._effect(rest[0], line) if said == "effect" else self._enqueued(rest[0], line)
            if move is not None and self._failure is None and self._choice.dies(move, count):
                self._died_behind = count
                line.append("and is killed")
                actor.ask("die")
                self._gone(worker)
                self._at_work.remove(worker)
                return "died"
            actor.ask("go on")
        self._at_work.remove(worker)
        if move is not None:
            self._points[move.job] = count
        if len(line) == 1:
            line.append("does nothing that is seen")
        if said == "done":
            return rest[0]
        if said == "gone":
            self._gone(worker)
        self._fail(failed, rest[0] if rest else Failure("the end of its process", ""), line)
        return None

    def _effect(self, effect: Effect, line: list[str]) -> None:
        self._effects.append(effect)
        line.append(str(effect))

    def _enqueued(self, text: str, line: list[str]) -> None:
        data = json.loads(text)
        shown = f"{data['job_class'].rpartition('.')[2]} {json.dumps(data['arguments'], ensure_ascii=False)}"
        message = Message(text, shown, data["job_id"])
        self._messages.append(message)
        number = len(self._messages)
        self._brought[number] = len(self._moves) - 1
        self._waiting[number] = message
        line.append(f"enqueues job {number}, {shown}")
        free = [name for name in WORKERS if name not in self._at_work]
        move = self._choice.at_once(number, free) if self._failure is None and free else None
        if move is not None:
            self._make(move)

    def _tell(self, worker: str, command: str, failed: str) -> Any:
        """Have a process do what is no part of the story."""
        actor = self._actor(worker)
        actor.ask(command)
        said, *rest = actor.hear()
        if said == "done":
            return rest[0]
        self._fail(failed, rest[0] if rest else Failure("the end of its process", ""), [])
        return None

    def _fail(self, failed: str, failure: Failure, line: list[str]) -> None:
        line.append("and fails")
        if self._failure is None:
            self._failure = (f"{failed} {failure.error}", failure.trace)

    def _line(self, start: str) -> list[str]:
        line = ["  " * len(self._at_work) + start]
        self._story.append(line)
        return line

    def _actor(self, name: str) -> Actor:
        if name not in self._actors:
            self._actors[name] = Actor(name, self._part, self._method, self._timeout)
        return self._actors[name]

    def _gone(self, name: str) -> None:
        self._actors.pop(name).end()

    def _counted(self) -> Counter[str]:
        """What came of it for others. Ids of jobs are new each time, and say nothing."""
        return Counter(self._without_ids(str(effect)) for effect in self._effects if effect.doubles)

    def _without_ids(self, text: str) -> str:
        for message in self._messages:
            text = text.replace(message.job_id, "<job id>")
        return text
