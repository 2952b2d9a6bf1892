"""What is being answered, so that a question that meets itself ends, and what may be remembered of the answer.

An answer that was found while a question further out was still open, and that met that question, holds only inside of
it. One that met nothing, or only itself, holds everywhere. One that was cut short because calls nested too deep holds
wherever calls nest as deep.
"""

from __future__ import annotations

_NEVER = 1 << 60

OPEN, HOLDS, CUT = 0, 1, 2
"""How far an answer holds: inside the open question only, everywhere, at this depth of calls."""

Saved = tuple[int, bool]


class Pursuit:
    """The questions that are open, outermost first."""

    __slots__ = ("_cut", "_frames", "_met")

    def __init__(self) -> None:
        self._frames: dict[object, int] = {}
        self._met = _NEVER
        self._cut = False

    def meets(self, key: object) -> bool:
        """Whether a question is open already; what is being answered then depends on it."""
        index = self._frames.get(key)
        if index is None:
            return False
        self._met = min(self._met, index)
        return True

    def cut(self) -> None:
        """Calls nest too deep here."""
        self._cut = True

    def give_up(self) -> None:
        """The whole question is too long: nothing on the way to here is to be remembered."""
        self._met = -1

    def begin(self) -> Saved:
        """Before a part that no question stands for."""
        saved = (self._met, self._cut)
        self._met, self._cut = _NEVER, False
        return saved

    def end(self, saved: Saved) -> int:
        """After it: how far its answer holds."""
        met, cut = self._met, self._cut
        self._met, self._cut = min(saved[0], met), saved[1] or cut
        if met != _NEVER and self._frames:
            return OPEN
        return CUT if cut else HOLDS

    def enter(self, key: object) -> Saved:
        """Open a question."""
        self._frames[key] = len(self._frames)
        return self.begin()

    def leave(self, key: object, saved: Saved) -> int:
        """Close it: how far its answer holds."""
        if self._met >= self._frames.pop(key):
            self._met = _NEVER
        return self.end(saved)
