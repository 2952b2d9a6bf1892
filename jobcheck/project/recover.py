"""The shape of a file that tree-sitter finds fault with: good chunks keep their shape, bad ones become holes.

A hole is a syntax error only when the running Python and libcst refuse the chunk as well. Valid code that tree-sitter
does not know yet is read from `ast`, or else left unknown (a hole without a message).

Known limit: in a chunk that does not parse, a column-0 `def` inside a triple-quoted string is taken for code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from jobcheck.project import from_ast
from jobcheck.project.shallow import Scope, depth_of, parse, read_tree
from jobcheck.project.shape import Hole
from jobcheck.values import dataclass

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
# tree-sitter is slow over garbage: a broken file longer than this is cut once only.
_LONGEST_RECUT = 1_000_000
_BRACKET = re.compile(rb"[()\[\]{}]")
_TYPE_PARAMETERS = re.compile(rb"^[ \t]*(?:(?:async[ \t]+)?def|class|type)[ \t]+[\w\x80-\xff]+[ \t]*\[", re.MULTILINE)
_NOT_NEWLINE = re.compile(rb"[^\r\n]")
_LONGEST_TYPE_PARAMETERS = 5_000
_LINE_NUMBER = re.compile(r"\bline (\d+)")

Piece = tuple[int, int]


def read_broken(data: bytes) -> tuple[Scope, list[Hole]]:
    """The declarations of a file in which tree-sitter sees faults, and its holes (none when it is valid after all)."""
    return _Recovery(data).read()


def syntax_error(data: bytes) -> Hole | None:
    """The first error in a file that this Python and libcst both refuse; None when it is valid, or may be.

    For files whose syntax is to be vouched for: tree-sitter, and so `index`, lets pass what is no Python 3, such as
    `print "x"`, `f(a=1, 2)` or an `if` with an unindented body.
    """
    row, message = _Recovery(data)._error_in((0, len(data)))
    return Hole(0, len(data), row, message) if message else None


@dataclass(slots=True)
class _Recovery:
    data: bytes
    scope: Scope = field(default_factory=Scope)
    questions: int = 0
    tried: set[Piece] = field(default_factory=set)

    def read(self) -> tuple[Scope, list[Hole]]:
        whole = (0, len(self.data))
        if self._take_by_ast(whole) or self._take_without_type_parameters(whole):
            return self.scope, []
        bad = [whole]
        for cut in _CUTS if len(self.data) <= _LONGEST_RECUT else _CUTS[:1]:
            bad = [rest for piece in bad for rest in self._read_pieces(piece, cut)]
        holes = [self._hole(pieces) for pieces in _neighbours(bad)] or self._fault_of(whole)
        self.scope.sort()
        return self.scope, holes

    def _read_pieces(self, piece: Piece, cut: re.Pattern[bytes]) -> Iterator[Piece]:
        """Takes over what can be read; gives the pieces that cannot."""
        for part in _split(self.data, piece, cut):
            if part in self.tried or not self._take(part):
                self.tried.add(part)
                yield part

    def _take(self, piece: Piece) -> bool:
        return self._take_by_tree(piece) or self._take_by_ast(piece) or self._take_without_type_parameters(piece)

    def _take_without_type_parameters(self, piece: Piece) -> bool:
        """`class A[T = int]` is newer than our grammar; shapes do not tell type parameters anyway."""
        code = self.data[slice(*piece)]
        plain = _without_type_parameters(code)
        return plain != code and self._take_by_tree(piece, plain)

    def _take_by_tree(self, piece: Piece, code: bytes | None = None) -> bool:
        code = self.data[slice(*piece)] if code is None else code
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

    def _hole(self, pieces: list[Piece]) -> Hole:
        """One hole of adjacent pieces, with the first error in them."""
        errors = (self._error_in(piece) for piece in pieces)
        row, message = next((e for e in errors if e[1]), (self._row_of(pieces[0]), ""))
        return Hole(pieces[0][0], pieces[-1][1], row, message)

    def _row_of(self, piece: Piece) -> int:
        return self.data.count(b"\n", 0, piece[0]) + 1

    def _fault_of(self, whole: Piece) -> list[Hole]:
        """All pieces can be read, and yet the whole cannot: say so when it is an error."""
        row, message = self._error_in(whole)
        return [Hole(*whole, row, message)] if message else []

    def _error_in(self, piece: Piece) -> tuple[int, str]:
        """Row and message of the syntax error in a piece; no message when it may be valid."""
        code = self.data[slice(*piece)]
        if self.questions >= _MOST_QUESTIONS:
            return 1, ""
        try:
            from_ast.parse(code)
        except SyntaxError as error:
            if self._libcst_refuses(code):
                above = self._row_of(piece) - 1
                row = min(error.lineno or 1, code.rstrip().count(b"\n") + 1)
                return above + row, _LINE_NUMBER.sub(lambda m: f"line {int(m[1]) + above}", str(error.msg))
        except (RecursionError, MemoryError):
            pass
        return 1, ""

    def _libcst_refuses(self, code: bytes) -> bool:
        """Whether libcst was asked and said no."""
        self.questions += 1
        if not _is_tame(code):
            return False
        import libcst  # half a second: only for code that two parsers refuse

        try:
            libcst.parse_module(code.decode("utf-8"))
        except Exception:  # libcst raises more than ParserSyntaxError; its text is not looked at
            return True
        return False


def _without_type_parameters(code: bytes) -> bytes:
    """The same code with the brackets after `def name`, `class name` and `type name` blanked out."""
    parts: list[bytes] = []
    done = 0
    for match in _TYPE_PARAMETERS.finditer(code):
        end = _end_of_bracket(code, match.end())
        if match.end() >= done and end:
            parts += (code[done : match.end() - 1], _NOT_NEWLINE.sub(b" ", code[match.end() - 1 : end]))
            done = end
    return b"".join((*parts, code[done:]))


def _end_of_bracket(code: bytes, start: int) -> int:
    """Where the bracket ends that was opened just before `start`; 0 when it does not within reason."""
    depth = 1
    for match in _BRACKET.finditer(code, start, start + _LONGEST_TYPE_PARAMETERS):
        depth += 1 if match.group() in b"([{" else -1
        if not depth:
            return match.end()
    return 0


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
    for match in _BRACKET.finditer(code):
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


def _neighbours(pieces: list[Piece]) -> list[list[Piece]]:
    """The pieces, those together that lie side by side."""
    groups: list[list[Piece]] = []
    for piece in sorted(pieces):
        if groups and groups[-1][-1][1] == piece[0]:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups
