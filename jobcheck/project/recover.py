"""The shape of a file that tree-sitter finds fault with: good chunks keep their shape, bad ones become holes.

A hole is a syntax error only when the running Python and libcst refuse the chunk as well. Valid code that tree-sitter
does not know yet is read from `ast`, or else left unknown (a hole without a message).

Known limit: in a chunk that does not parse, a column-0 `def` inside a triple-quoted string is taken for code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jobcheck.project import from_ast
from jobcheck.project.shallow import Scope, depth_of, parse, read_tree
from jobcheck.project.shape import Hole

_STRING_OR_COMMENT = (
    rb"#[^\n]*"
    rb"|\"\"\"[^\"\\]*(?:(?:\\.|\"(?!\"\"))[^\"\\]*)*\"\"\""
    rb"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    rb"|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\""
    rb"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
)
_DEF = rb"^(?:@|(?:async[ \t]+def|def|class)\b)"
_STATEMENT = rb"^(?!(?:else|elif|except|finally)\b)[A-Za-z_\x80-\xff@]"
_FLAGS = re.DOTALL | re.MULTILINE
# Each way to cut a file is tried on what the one before could not read.
_CUTS = (
    re.compile(rb"(?P<start>" + _DEF + rb")|" + _STRING_OR_COMMENT, _FLAGS),
    re.compile(rb"(?P<start>" + _DEF + rb")", _FLAGS),
    re.compile(rb"(?P<start>" + _STATEMENT + rb")|" + _STRING_OR_COMMENT, _FLAGS),
)

# libcst parses by recursion in native code and dies of deep nesting, so it is asked about tame code only.
_MOST_BYTES = 100_000
_DEEPEST = 150
_MOST_OPERATORS = 400
_OPERATOR = re.compile(rb"\b(?:not|lambda|await|else)\b|[-+~=.*/]")
# Lines that may go on with a deep expression; brackets are counted apart.
_CONTINUED = re.compile(rb"^[ \t]*(?:[-+~*/.]|(?:not|lambda|await|else(?![ \t]*:))\b)|[-+~*/.\\][ \t]*$", re.MULTILINE)
_MOST_QUESTIONS = 20

Piece = tuple[int, int]


def read_broken(data: bytes) -> tuple[Scope, list[Hole]]:
    """The declarations of a file in which tree-sitter sees faults, and its holes (none when it is valid after all)."""
    return _Recovery(data).read()


@dataclass(slots=True)
class _Recovery:
    data: bytes
    scope: Scope = field(default_factory=Scope)
    questions: int = 0

    def read(self) -> tuple[Scope, list[Hole]]:
        whole = (0, len(self.data))
        if self._take_by_ast(whole):
            return self.scope, []
        bad = [whole]
        for cut in _CUTS:
            bad = [rest for piece in bad for rest in self._read_pieces(piece, cut)]
        holes = [self._hole(piece) for piece in _merged(bad)] or self._fault_of(whole)
        self.scope.sort()
        return self.scope, holes

    def _read_pieces(self, piece: Piece, cut: re.Pattern[bytes]) -> Iterator[Piece]:
        """Takes over what can be read; gives the pieces that cannot."""
        for part in _split(self.data, piece, cut):
            if not (self._take_by_tree(part) or self._take_by_ast(part)):
                yield part

    def _take_by_tree(self, piece: Piece) -> bool:
        code = self.data[slice(*piece)]
        root = parse(code)
        if root.has_error:
            return False
        self.scope.extend(read_tree(code, root, piece[0]))
        return True

    def _take_by_ast(self, piece: Piece) -> bool:
        code = self.data[slice(*piece)]
        try:
            self.scope.extend(from_ast.read_ast(code, from_ast.parse(code), piece[0]))
        except (SyntaxError, RecursionError, MemoryError):
            return False
        return True

    def _hole(self, piece: Piece) -> Hole:
        row, message = self._error_in(piece)
        return Hole(*piece, row, message)

    def _fault_of(self, whole: Piece) -> list[Hole]:
        """All pieces can be read, and yet the whole cannot: say so when it is an error."""
        row, message = self._error_in(whole)
        return [Hole(*whole, row, message)] if message else []

    def _error_in(self, piece: Piece) -> tuple[int, str]:
        """Row and message of the syntax error in a piece; no message when it may be valid."""
        code = self.data[slice(*piece)]
        first_row = self.data.count(b"\n", 0, piece[0]) + 1
        try:
            from_ast.parse(code)
        except SyntaxError as error:
            if not self._libcst_refuses(code):
                return first_row, ""
            last_row = first_row + code.rstrip().count(b"\n")
            return min(first_row + (error.lineno or 1) - 1, last_row), str(error.msg)
        except (RecursionError, MemoryError):
            pass
        return first_row, ""

    def _libcst_refuses(self, code: bytes) -> bool:
        """Whether libcst was asked and said no."""
        self.questions += 1
        if self.questions > _MOST_QUESTIONS or not _is_tame(code):
            return False
        import libcst  # half a second: only for code that two parsers refuse

        try:
            libcst.parse_module(code.decode("utf-8"))
        except Exception:  # libcst raises more than ParserSyntaxError; its text is not looked at
            return True
        return False


def _is_tame(code: bytes) -> bool:
    """Whether libcst can read code without going so deep that the process dies."""
    return (
        len(code) <= _MOST_BYTES
        and _deepest_bracket(code) <= _DEEPEST
        and len(_CONTINUED.findall(code)) <= _MOST_OPERATORS
        and all(len(_OPERATOR.findall(line)) <= _MOST_OPERATORS for line in code.split(b"\n"))
        and depth_of(parse(code), _DEEPEST) < _DEEPEST
    )


def _deepest_bracket(code: bytes) -> int:
    depth = deepest = 0
    for match in re.finditer(rb"[()\[\]{}]", code):
        depth = depth + 1 if match.group() in b"([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _split(data: bytes, piece: Piece, cut: re.Pattern[bytes]) -> Iterator[Piece]:
    """Cuts a piece at the starts that the pattern finds; decorators stay with what they decorate."""
    begin, end = piece
    code = data[begin:end]
    decorated = code[:1] == b"@"
    last = 0
    for match in cut.finditer(code):
        start = match.start("start")
        if start <= last:
            continue
        is_decorator = match.group("start") == b"@"
        if not decorated:
            yield begin + last, begin + start
            last = start
        decorated = is_decorator
    yield begin + last, end


def _merged(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for start, end in sorted(pieces):
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
