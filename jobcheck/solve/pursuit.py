"""What is being answered, so that a question that meets itself ends, and what may be remembered of the answer.

An answer that was found while a question further out was still open, and that met that question, holds only inside of
it: it is kept until the innermost of the questions that it met is closed, and asked for again in between it is not
sought anew (a loop over a chain of branches would else double the work with each branch). One that met nothing, or only
itself, holds everywhere. One that was cut short because calls nested too deep holds wherever calls nest as deep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jobcheck.solve.kinds import Value

OPEN, HOLDS, CUT = 0, 1, 2
"""How far an answer holds: inside the open question only, everywhere, at this depth of calls."""

_GIVEN_UP = -1  # as if all questions had been met


class Saved(NamedTuple):
    """What was going on before a part."""

    met: int
    cut: bool
    passing: dict[object, int] | None = None
    """The questions that are hidden meanwhile."""


class Pursuit:
    """The questions that are open, outermost first. Which of them were met is a set of bits, the outermost's is the lowest."""

    __slots__ = ("_cut", "_frames", "_inside", "_kept", "_last", "_met", "_passing")

    def __init__(self) -> None:
        self._frames: dict[object, int] = {}
        self._passing: dict[object, int] = {}
        self._kept: list[list[object]] = []  # for each open question, what is forgotten when it is closed
        self._inside: dict[object, tuple[Value, int, bool, object]] = {}
        self._met = 0
        self._cut = False
        self._last = (0, False)

    def meets(self, key: object) -> bool:
        """Whether a question is open already; what is being answered then depends on it."""
        index = self._passing.get(key)
        if index is None:
            index = self._frames.get(key)
            if index is None:
                return False
        self._met |= 1 << index
        return True

    def cut(self) -> None:
        """Calls nest too deep here."""
        self._cut = True

    def give_up(self) -> None:
        """The whole question is too long: nothing on the way to here is to be remembered."""
        self._met = _GIVEN_UP

    def begin(self) -> Saved:
        """Before a part that no question stands for."""
        saved = Saved(self._met, self._cut)
        self._met, self._cut = 0, False
        return saved

    def end(self, saved: Saved) -> int:
        """After it: how far its answer holds."""
        met, cut = self._last = (self._met, self._cut)
        self._met, self._cut = saved.met | met, saved.cut or cut
        if met and self._kept:
            return OPEN
        return CUT if cut else HOLDS

    def enter(self, key: object, *, passing: bool = False) -> Saved:
        """Open a question. `passing`: one that is hidden from what a head asks."""
        (self._passing if passing else self._frames)[key] = len(self._kept)
        self._kept.append([])
        return self.begin()

    def enter_head(self, key: object) -> Saved:
        """Open a question that is answered as if nobody had been on the way to it: those that pass are hidden until it is
        closed. Every circle that may lead from such a one to itself must go through a head, or a question that stays."""
        hidden, self._passing = self._passing, {}
        self._frames[key] = len(self._kept)
        self._kept.append([])
        return self.begin()._replace(passing=hidden)

    def leave(self, key: object, saved: Saved) -> int:
        """Close it: how far its answer holds."""
        if saved.passing is not None:
            self._passing = saved.passing
            del self._frames[key]
        elif self._passing.pop(key, None) is None:
            del self._frames[key]
        for name in self._kept.pop():
            self._inside.pop(name, None)
        self._met &= (1 << len(self._kept)) - 1
        return self.end(saved)

    # --- what holds inside of open questions -------------------------------------------------------------------

    def inside(self, name: object) -> Value | None:
        """An answer kept from before, which holds as long as what it met is open."""
        found = self._inside.get(name)
        if found is None:
            return None
        value, met, cut, _ = found
        self._met |= met
        self._cut = self._cut or cut
        return value

    def keep(self, name: object, value: Value, subject: object) -> None:
        """Keep the answer to what has just ended (`OPEN`). `subject` lives as long: `name` may be made of its address."""
        met, cut = self._last
        if met > 0:
            self._inside[name] = (value, met, cut, subject)
            self._kept[met.bit_length() - 1].append(name)
