"""Finding the tokens of a tree in its source, one after another: what gives every IR node its span.

libcst's trees carry no positions. Rather than generate code and measure it, `lower` walks the tree in source order and
asks the scanner for each token in turn. A token that does not stand where it must is a `MismatchError`, so a walk that
reaches the end of the source has proved that the tree has exactly the tokens of the text, and the spans are right.
"""

from __future__ import annotations

import re

_TRIVIA = re.compile(r"(?:[ \t\f\r\n]+|\\\r?\n|\\\r|#[^\r\n]*)*").match
_MAY_BE_TRIVIA = frozenset(" \t\f\r\n\\#")


class MismatchError(Exception):
    """The tree does not have the tokens of the text."""


class Scanner:
    """A position in a text that moves from token to token, over whitespace, comments and line joins."""

    __slots__ = ("pos", "text")

    def __init__(self, text: str, pos: int = 0) -> None:
        self.text = text
        self.pos = pos

    def token(self, token: str) -> int:
        """Move behind `token`, which must come next, and return where it starts."""
        pos = self.pos
        text = self.text
        if not text.startswith(token, pos):
            pos = self._behind_trivia(pos)
            if not text.startswith(token, pos):
                raise MismatchError
        self.pos = pos + len(token)
        return pos

    def take(self, token: str) -> bool:
        """Move behind `token` if it comes next; else stay."""
        pos = self.pos
        text = self.text
        if not text.startswith(token, pos):
            pos = self._behind_trivia(pos)
            if not text.startswith(token, pos):
                return False
        self.pos = pos + len(token)
        return True

    def sync(self) -> int:
        """Move to the next token and return where it starts."""
        pos = self.pos
        try:
            if self.text[pos] in _MAY_BE_TRIVIA:
                pos = self.pos = self._behind_trivia(pos)
        except IndexError:
            raise MismatchError from None
        return pos

    def finish(self) -> None:
        """Make sure that nothing but whitespace and comments is left."""
        if self._behind_trivia(self.pos) != len(self.text):
            raise MismatchError

    def _behind_trivia(self, pos: int) -> int:
        found = _TRIVIA(self.text, pos)
        return found.end() if found else pos
