"""Islands: the statements that are read closely, cut from their file, and how deeply nested they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import tree_sitter
import tree_sitter_python

_ERROR = 0xFFFF  # tree-sitter's id for the nodes that hold what it could not parse
_STRINGS_PER_LEVEL = 4  # `"a" "b" ...`: libcst nests them too, but cheaply


@dataclass(frozen=True)
class Island:
    """One statement (with its decorators) cut from a file.

    `data` starts at the statement, so its first line has no indentation; `indent` is what stood before it, and
    `offset` is where in the file it starts. Spans of the IR are offsets in `data`.
    """

    data: bytes
    offset: int
    indent: bytes = b""


def cut(source: bytes, start: int, end: int) -> Island:
    """Cut the statement at `source[start:end]`.

    A statement behind `;`, or on the line of its `if x:`, has no indentation of its own and needs none.
    """
    line = max(source.rfind(b"\n", 0, start), source.rfind(b"\r", 0, start)) + 1
    before = source[line:start]
    indent = before if not before.strip(b" \t\f") else b""
    return Island(source[start:end], start, indent)


def depth(data: bytes, enough: int = 0) -> int:
    """How deep libcst will nest `data`, or a little more: a bound, from the shallow tree.

    What lies side by side in the shallow tree but nested in libcst's counts as nested; and where the shallow tree has
    an error, every token in it may open a level. Parts too small to nest deeper than `enough` are not looked into, so
    an answer up to `enough` only says that the depth is not above it.
    """
    grammar = _grammar()
    cursor = grammar.parser.parse(data).walk()
    deepest = level = 0
    levels: list[int] = []  # of the cursor's node and those above it
    while True:
        node = cursor.node
        if node is None:
            return deepest
        kind = node.kind_id
        if kind in grammar.siblings_nest:
            level += 1
        levels.append(level)
        level += 1
        if kind in grammar.children_nest:
            level += node.child_count
        elif kind == grammar.strings:
            level += node.child_count // _STRINGS_PER_LEVEL
        deepest = max(deepest, level)
        if level + node.descendant_count > enough and cursor.goto_first_child():
            continue
        level = levels.pop()
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return deepest
            level = levels.pop()


@dataclass(frozen=True)
class _Grammar:
    parser: tree_sitter.Parser
    siblings_nest: frozenset[int]
    children_nest: frozenset[int]
    strings: int


@cache
def _grammar() -> _Grammar:
    language = tree_sitter.Language(tree_sitter_python.language())

    def ids(*kinds: str) -> frozenset[int]:
        return frozenset(language.id_for_node_kind(kind, True) or 0 for kind in kinds)

    return _Grammar(
        parser=tree_sitter.Parser(language),
        siblings_nest=ids("elif_clause", "for_in_clause"),
        children_nest=ids("dotted_name") | {_ERROR},
        strings=language.id_for_node_kind("concatenated_string", True) or 0,
    )
