"""How hard a piece of source is for libcst's parser, as the shallow tree (tree-sitter) sees it.

libcst's parser recurses on the machine's stack: some thousand levels kill the process. And in two places it tries both
readings of a bracket all the way down, so that its time doubles (or more) with each level: patterns and `del`.
"""

from __future__ import annotations

import re
from functools import cache

import tree_sitter
import tree_sitter_python

from jobcheck.values import dataclass

_ERROR = 0xFFFF  # tree-sitter's id for the nodes that hold what it could not parse
MANY = 50_000
"""More readings than this take libcst longer than a fifth of a second."""

_READ_AGAIN = re.compile(rb"\b(?:case|del)\b").search
_CASE = re.compile(rb"case\b").search  # these two find nearly the same, five times as fast
_DEL = re.compile(rb"del\b").search
_MOST_READINGS = 4
_STRINGS_PER_LEVEL = 4  # `"a" "b" ...`: libcst nests them too, but cheaply


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


def readings(data: bytes) -> int:
    """How many times libcst will read the brackets of `data`, counting only those it reads again at each level.

    The count stops soon after `MANY`. Where the shallow tree has an error, every bracket may be such a one.
    """
    if not ((_CASE(data) or _DEL(data)) and _READ_AGAIN(data)):
        return 0
    grammar = _grammar()
    root = grammar.parser.parse(data).root_node
    errors = root.has_error
    total = 0
    stack = [(root, 1 if errors else 0)]  # 0: outside of what is read again
    while stack and total <= MANY:
        node, times = stack.pop()
        kind = node.kind_id
        if kind in grammar.read_again:
            times = times or 1
        if times and kind in grammar.brackets:
            times *= _MOST_READINGS if errors else grammar.brackets[kind]
            total += times
        elif kind == _ERROR:
            times *= _MOST_READINGS ** min(_opened(node), 20)
            total += times
        if times or _READ_AGAIN(data, node.start_byte, node.end_byte):
            stack.extend((child, times) for child in node.children)
    return total


def _opened(node: tree_sitter.Node) -> int:
    return sum(child.type in {"(", "[", "{"} for child in node.children)


@dataclass(frozen=True)
class _Grammar:
    parser: tree_sitter.Parser
    siblings_nest: frozenset[int]
    children_nest: frozenset[int]
    strings: int
    read_again: frozenset[int]
    brackets: dict[int, int]


@cache
def _grammar() -> _Grammar:
    language = tree_sitter.Language(tree_sitter_python.language())

    def ids(*kinds: str) -> list[int]:
        return [language.id_for_node_kind(kind, True) or 0 for kind in kinds]

    twice = ids("tuple", "list", "set", "dictionary", "parenthesized_expression", "subscript", "argument_list")
    return _Grammar(
        parser=tree_sitter.Parser(language),
        siblings_nest=frozenset(ids("elif_clause", "for_in_clause")),
        children_nest=frozenset([*ids("dotted_name"), _ERROR]),
        strings=ids("concatenated_string")[0],
        read_again=frozenset(ids("case_pattern", "delete_statement")),
        brackets={
            **dict.fromkeys(twice, 2),
            **dict.fromkeys(ids("list_pattern", "class_pattern"), 3),
            **dict.fromkeys(ids("tuple_pattern", "dict_pattern"), 4),
        },
    )
