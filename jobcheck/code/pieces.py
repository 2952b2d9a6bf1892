"""f-strings, and strings side by side, for `lower_ast`: Python's trees do not tell where the parts of an f-string stand.

Each replacement field is cut out of the text here and parsed by itself. What is not plain (a string within a field that is
an f-string itself, a backslash or a comment in a field, a doubled brace in a format) is left to libcst, whose import alone
takes as long as reading fifty files: few islands need it.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, NoReturn

from jobcheck.code import ir, literals
from jobcheck.code.scanner import MismatchError, Scanner
from jobcheck.code.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable

    Lower = Callable[[str, ast.expr], ir.Expr]

STRING = re.compile(
    r"""[rRbBuU]{0,2}(?:\"{3}(?:\\.|(?!\"{3})[^\\])*\"{3}|'{3}(?:\\.|(?!'{3})[^\\])*'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""",
    re.DOTALL,
)
_OPENING = re.compile(r"([fFrR]{1,2})(\"{3}|'{3}|\"|')")
_NAMED = re.compile(r"\\N\{[^{}\"'\n]*\}")
_AFTER_EQUALS = re.compile(r"=[ \t]*(?=[!:}])")
_CONVERSION = re.compile(r"![ \t]*[rsa](?=[ \t]*[:}])[ \t]*")
_OPEN, _CLOSE = "([{", ")]}"
_COMPARES = "=!<>"


class _LeftError(Exception):
    """Not plain enough."""


def lowered(at: Scanner, end: int, lower: Lower) -> ir.Expr | None:
    """The expression from the scanner's place to `end`, which is made of string tokens alone; None where libcst is to say.

    `lower` gives the IR of an expression's text and tree. Raises MismatchError.
    """
    try:
        found = _Pieces(at.text, at.pos, end, lower).all()
    except _LeftError:
        return None
    at.pos = end
    return found


class _Pieces:
    """One pass over the tokens. Raises _LeftError where it is not sure."""

    def __init__(self, text: str, pos: int, end: int, lower: Lower) -> None:
        self.text = text
        self.start = self.pos = pos
        self.end = end
        self.lower = lower
        self.values: list[ir.Expr] = []

    def all(self) -> ir.Expr:
        texts: list[str | bytes] = []
        formatted = False
        trivia = Scanner(self.text)
        while self.pos < self.end:
            plain = STRING.match(self.text, self.pos, self.end)
            opening = None if plain else _OPENING.match(self.text, self.pos, self.end)
            if plain is not None:
                self.pos = plain.end()
                texts.append(literals.text_of(plain[0]))
            elif opening is not None and opening[1].lower() in ("f", "rf", "fr"):
                formatted = True
                self.pos = opening.end()
                self._body(opening[2], "r" in opening[1].lower())
            else:
                self._leave()
            last = trivia.pos = self.pos
            if self.pos < self.end:
                self.pos = trivia.sync()
        if last != self.end:
            self._leave()
        if formatted:
            return ir.FString(self.start, self.end, self.values, False)
        if isinstance(texts[0], bytes):
            return literals.constant(b"".join(t for t in texts if isinstance(t, bytes)), self.start, self.end)
        return literals.constant("".join(t for t in texts if isinstance(t, str)), self.start, self.end)

    def _leave(self) -> NoReturn:
        raise _LeftError

    def _body(self, quote: str, raw: bool) -> None:
        """The text of one f-string up to its closing quote, and the fields in it."""
        text = self.text
        while not text.startswith(quote, self.pos):
            if self.pos >= self.end:
                self._leave()
            char = text[self.pos]
            if char == "\\":
                named = None if raw else _NAMED.match(text, self.pos)
                self.pos = named.end() if named else self.pos + (1 if text[self.pos + 1 : self.pos + 2] in "{}" else 2)
            elif char in "{}" and text.startswith(char, self.pos + 1):
                self.pos += 2
            elif char == "{":
                self._field(quote)
            elif char == "}":
                self._leave()
            else:
                self.pos += 1
        self.pos += len(quote)

    def _field(self, quote: str) -> None:
        """`{expression=!r:format}`."""
        text = self.text
        start = self.pos + 1
        stop = self._expression_end(start, quote)
        self.values.append(self._expression(start, stop))
        self.pos = stop
        for pattern in (_AFTER_EQUALS, _CONVERSION):
            found = pattern.match(text, self.pos, self.end)
            self.pos = found.end() if found else self.pos
        if text.startswith(":", self.pos):
            self.pos += 1
            self._format(quote)
        if not text.startswith("}", self.pos):
            self._leave()
        self.pos += 1

    def _format(self, quote: str) -> None:
        while self.pos < self.end and self.text[self.pos] != "}":
            char = self.text[self.pos]
            if char in "\\\n\"'" or self.text.startswith("{{", self.pos):
                self._leave()
            if char == "{":
                self._field(quote)
            else:
                self.pos += 1

    def _expression_end(self, pos: int, quote: str) -> int:
        """Where the expression ends that begins at `pos`: before its `=`, `!`, `:` or `}`."""
        text, depth = self.text, 0
        while pos < self.end:
            char = text[pos]
            if char in "\\#" or text.startswith(quote, pos):
                self._leave()
            if char in "\"'":
                if text[pos - 1] in "fFtT":
                    self._leave()
                string = STRING.match(text, pos, self.end)
                if string is None or "{" in string[0] or "\\" in string[0]:
                    self._leave()
                pos = string.end()
                continue
            if char in _OPEN:
                depth += 1
            elif depth and char in _CLOSE:
                depth -= 1
            elif not depth and self._ends(pos, char):
                return pos
            pos += 1
        raise _LeftError

    def _ends(self, pos: int, char: str) -> bool:
        if char in ":}":
            return True
        if char == "!":
            return not self.text.startswith("=", pos + 1)
        if char == "=" and self.text[pos - 1] not in _COMPARES:
            return _AFTER_EQUALS.match(self.text, pos) is not None
        return False

    def _expression(self, start: int, stop: int) -> ir.Expr:
        """The IR of `text[start:stop]`, which Python reads within parentheses."""
        source = f"({self.text[start:stop]})"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            self._leave()
        if isinstance(tree, (ast.Tuple, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Starred, ast.NamedExpr)):
            self._leave()  # they would take the parentheses for their own
        try:
            found = self.lower(source, tree)
        except (MismatchError, IndexError, KeyError, StopIteration):
            self._leave()
        for node in walk(found):
            node.start += start - 1
            node.end += start - 1
        return found
