"""The processes of a rehearsal: one for the play, others for workers. They do as they are told, through a pipe."""

from __future__ import annotations

import gc
import logging
import os
import random
import traceback
import uuid  # noqa: F401 - needed in every process, and forks get it for nothing
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from jobcheck.runtime import execute, logs, to_text
from jobcheck.runtime.payload import JobData
from jobcheck.runtime.settings import Adapter, settings
from jobcheck.testing.effects import KNOWN, WRITES, Effect, Recorder

_KILLED = 9  # exit status
_AGES = 10.0  # seconds that a process gets to end by itself


class Part(NamedTuple):
    """What is played, as every process of the rehearsal gets it."""

    play: Callable[[], Any]
    fresh: Callable[[], Any] | None
    state: Callable[[], Any] | None
    check: Callable[[], Any] | None
    effects: tuple[str, ...]
    strict: bool


class Failure(NamedTuple):
    """An error in another process."""

    error: str
    trace: str


class Actor:
    """A process, seen from the director's. `told` gives what it says, until the answer to what it was asked."""

    def __init__(self, name: str, part: Part, method: str | None, timeout: float) -> None:
        # A fork is as new as the director, whose modules nobody has used; spawn imports them anew, and takes its time.
        context: Any = get_context(method or ("fork" if "fork" in get_all_start_methods() else "spawn"))
        self.name, self._timeout = name, timeout
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_act, args=(other, self._pipe, part, name), name=f"rehearsal-{name}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, which pytest-xdist has
            self._process.start()
        other.close()

    def ask(self, *command: Any) -> None:
        """Tell it what to do next, or that it may go on."""
        self._pipe.send(command)

    def hear(self) -> tuple[Any, ...]:
        """What it says. Raises TimeoutError when that is nothing; ("gone",) when it has ended by itself."""
        if not self._pipe.poll(self._timeout):
            self._process.kill()
            raise TimeoutError(f"the process of {self.name} has not answered for {self._timeout:g} s")
        try:
            said: tuple[Any, ...] = self._pipe.recv()
        except (EOFError, ConnectionError):
            return ("gone",)
        return said

    def end(self) -> None:
        """Make sure that it is over."""
        with suppress(OSError):
            self.ask("end")  # later forks have this pipe too, so that closing it alone would say nothing
        self._pipe.close()
        self._process.join(_AGES)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _act(pipe: Connection, other_end: Connection, part: Part, name: str) -> None:
    gc.freeze()  # what the director has made is nobody's garbage here, and looking at it would copy it
    other_end.close()  # else it would not be seen here when the director dies
    random.seed(name)  # the same jitter and the same samples each time
    settings.strict = part.strict
    logs.logger.setLevel(logging.CRITICAL)  # what matters is told at the end, once
    role = _Role(pipe, part)
    while True:
        try:
            command, *args = pipe.recv()
        except (EOFError, ConnectionError):
            return
        if command == "end":
            return
        answer = role.act(command, *args)
        try:
            pipe.send(answer)
        except (EOFError, ConnectionError):
            return
        except Exception as error:  # a state that does not travel
            pipe.send(("failed", _failure(error)))


class _Role:
    """What a process can do."""

    def __init__(self, pipe: Connection, part: Part) -> None:
        self._pipe, self._part = pipe, part
        self._steps: Iterator[Any] | None = None

    def act(self, command: str, *args: Any) -> tuple[Any, ...]:
        """Do it; ("done", result) or ("failed", Failure)."""
        acts: dict[str, Callable[..., Any]] = {
            "fresh": self._fresh,
            "step": self._step,
            "perform": self._perform,
            "state": self._state,
            "check": self._check,
        }
        try:
            return ("done", acts[command](*args))
        except (Exception, SystemExit) as error:
            return ("failed", _failure(error))

    def _fresh(self) -> None:
        if self._part.fresh is not None:
            self._part.fresh()

    def _step(self) -> bool:
        """Play up to the next `yield`; whether there is more."""
        with _Teller(self._pipe, self._part.effects):
            if self._steps is None:
                played = self._part.play()
                if not isinstance(played, Iterator):
                    return False
                self._steps = played
            return next(self._steps, self) is not self

    def _perform(self, message: str) -> str | None:
        """Perform a job; the error that one of its handlers took, as text."""
        with _Teller(self._pipe, self._part.effects):
            result = execute(message)
        return repr(result) if isinstance(result, Exception) else None

    def _state(self) -> Any:
        return None if self._part.state is None else self._part.state()

    def _check(self) -> None:
        if self._part.check is not None:
            self._part.check()


class _Teller(Recorder):
    """Tells the director of each effect, and dies there if it says so."""

    known = KNOWN | WRITES

    def __init__(self, pipe: Connection, targets: tuple[str, ...]) -> None:
        super().__init__(targets)
        self._pipe = pipe

    def adapter(self) -> Adapter:
        return _RehearsalAdapter(self)

    def note(self, effect: Effect) -> None:
        self.tell("effect", effect)

    def tell(self, *said: Any) -> None:
        """Say it, and wait for leave to go on."""
        self._pipe.send(said)
        try:
            (answer,) = self._pipe.recv()
        except (EOFError, ConnectionError):
            answer = "die"  # the director is gone
        if answer == "die":
            os._exit(_KILLED)  # as a kill does it: no `finally`, no handler, nothing is flushed


class _RehearsalAdapter:
    """The adapter in force in every process of a rehearsal: messages go to the director, as text."""

    name = "rehearsal"

    def __init__(self, teller: _Teller) -> None:
        self._teller = teller

    def enqueue(self, data: JobData) -> None:
        self._teller.tell("enqueue", to_text(data))

    def enqueue_at(self, data: JobData, at: float) -> None:
        self.enqueue(data)


def _failure(error: BaseException) -> Failure:
    """What is shown of an error: how it went from the program's own code on."""
    first = error.__traceback__
    while first is not None and first.tb_frame.f_globals.get("__name__", "").startswith("jobcheck."):
        first = first.tb_next
    return Failure(repr(error), "".join(traceback.format_exception(type(error), error, first or error.__traceback__)))
