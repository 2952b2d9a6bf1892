"""The comments of a file that speak to jobcheck, and the lines each of them is about."""

from __future__ import annotations

import re

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from jobcheck.values import dataclass

_WORD = re.compile(rb"jobcheck\s*:|noqa|NOQA")
_BLANK = re.compile(rb"(?:[ \t\f\r\n]|#[^\n]*)*")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_BOM = b"\xef\xbb\xbf"

_COMPOUND = frozenset(
    {
        *("if_statement", "for_statement", "while_statement", "try_statement", "with_statement", "match_statement"),
        *("function_definition", "class_definition", "decorated_definition"),
        *("elif_clause", "else_clause", "except_clause", "except_group_clause", "finally_clause", "case_clause"),
    }
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that may hold directives. Rows and columns from 1, the column in code points.

    `own_line` says that nothing but blanks stands before it. `first_row` to `last_row` are the lines it is about: the
    logical line it ends or stands in, or all of the statement below it when it is on a line of its own. A comment
    that nothing follows is about no line (`last_row` is below `first_row`). `gap` counts the blanks before it,
    `last_line` says that no line break comes after it.
    """

    text: str
    row: int
    column: int
    own_line: bool
    gap: int
    last_line: bool
    first_row: int
    last_row: int

    def covers(self, row: int) -> bool:
        return self.first_row <= row <= self.last_row


def speaks(data: bytes) -> bool:
    """Whether a file may have a comment to jobcheck: cheap, and never wrong when it says no."""
    return b"jobcheck" in data or b"noqa" in data or b"NOQA" in data


def comments(data: bytes) -> list[Comment]:
    """The comments of UTF-8 source, broken or not, that mention jobcheck or noqa. Text in strings is none."""
    if not speaks(data):
        return []
    data = _LONE_RETURN.sub(b"\n", data)  # as Python reads it; no offset changes
    lines = {data.rfind(b"\n", 0, match.start()) + 1 for match in _WORD.finditer(data)}
    if not lines:
        return []
    root = Parser(Language(tree_sitter_python.language())).parse(data).root_node
    nodes = (_comment_node(data, root, start) for start in sorted(lines))
    return [
        _comment(data, root, node) for node in nodes if node is not None and _WORD.search(data, node.start_byte, node.end_byte)
    ]


def _comment_node(data: bytes, root: Node, line_start: int) -> Node | None:
    """The comment of a line: its first "#" may stand in a string, with the comment behind it."""
    line_end = data.find(b"\n", line_start)
    position = data.find(b"#", line_start)
    while 0 <= position < (line_end if line_end >= 0 else len(data)):
        node = root.descendant_for_byte_range(position, position + 1)
        if node is not None and node.type == "comment":
            return node
        position = data.find(b"#", position + 1)
    return None


def _comment(data: bytes, root: Node, node: Node) -> Comment:
    start = node.start_byte
    line_start = data.rfind(b"\n", 0, start) + 1
    before = data[line_start:start].removeprefix(_BOM if line_start == 0 else b"")
    own_line = not before.strip()
    text = data[start : node.end_byte].decode("utf-8", "replace").rstrip("\r")
    row = node.start_point.row + 1
    first, last = _below(data, root, node) if own_line else _around(data, root, start, line_start, row)
    return Comment(
        text=text,
        row=row,
        column=len(before.decode("utf-8", "replace")) + 1,
        own_line=own_line,
        gap=len(before) - len(before.rstrip()),
        last_line=b"\n" not in data[node.end_byte : node.end_byte + 2],
        first_row=first,
        last_row=last,
    )


def _around(data: bytes, root: Node, start: int, line_start: int, row: int) -> tuple[int, int]:
    """The rows of the logical line that a comment at the end of a line belongs to."""
    last_token = line_start + len(data[line_start:start].rstrip()) - 1
    first, last = _logical_line(_statement_at(root, last_token), last_token)
    return (first, last) if first <= row <= last else (row, row)


def _below(data: bytes, root: Node, node: Node) -> tuple[int, int]:
    """The rows of the statement below a comment; of the one around it when it stands inside a statement."""
    token = _next_token(data, node.end_byte)
    if token is None:
        return node.start_point.row + 1, node.start_point.row
    row = data.count(b"\n", 0, token) + 1
    statement = _statement_at(root, token)
    if statement is None:
        return row, row
    if statement.start_byte != token and statement.type != "decorated_definition":
        first, last = _logical_line(statement, token)
        return (first, last) if first <= row <= last else (row, row)
    while (parent := statement.parent) is not None and _is_statement(parent) and parent.start_byte == token:
        statement = parent
    if statement.parent is not None and statement.parent.type == "decorated_definition":
        statement = statement.parent
    return _rows(statement)


def _next_token(data: bytes, position: int) -> int | None:
    """Where the first thing that is neither blank nor comment starts."""
    blank = _BLANK.match(data, position)
    end = blank.end() if blank else position
    return end if end < len(data) else None


def _statement_at(root: Node, position: int) -> Node | None:
    node = root.descendant_for_byte_range(position, position + 1)
    while node is not None and not _is_statement(node):
        node = node.parent
    return node


def _is_statement(node: Node) -> bool:
    return node.type in _COMPOUND or node.type.endswith("_statement")


def _logical_line(statement: Node | None, position: int) -> tuple[int, int]:
    """The rows of a simple statement, or of the header of a compound one with its decorators."""
    if statement is None:
        return 1, 0
    if statement.type not in _COMPOUND:
        return _rows(statement)
    first = statement
    if statement.type == "decorated_definition":
        definition = statement.child_by_field_name("definition")
        statement = definition if definition is not None else statement
    elif statement.parent is not None and statement.parent.type == "decorated_definition":
        first = statement.parent
    body = next((child for child in statement.children if child.type == "block"), None)
    colons = [c for c in statement.children if c.type == ":" and (body is None or c.start_byte < body.start_byte)]
    end = colons[-1].end_point.row if colons else statement.start_point.row
    return first.start_point.row + 1, end + 1


def _rows(node: Node) -> tuple[int, int]:
    end = node.end_point
    return node.start_point.row + 1, max(node.start_point.row, end.row - (end.column == 0)) + 1
