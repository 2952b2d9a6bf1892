"""Lowering of `match`: a pattern becomes the names it binds and the expressions it mentions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

import libcst as cst

from jobcheck.code import ir, literals
from jobcheck.code.lower_expr import expr
from jobcheck.code.scanner import MismatchError, Scanner
from jobcheck.values import dataclass


@dataclass
class Pattern:
    """What has been found in a pattern so far."""

    binds: list[str] = field(default_factory=list)
    mentions: list[ir.Expr] = field(default_factory=list)

    def bind(self, name: str) -> None:
        """Note a name; the alternatives of an or-pattern bind the same ones."""
        name = literals.identifier(name)
        if name not in self.binds:
            self.binds.append(name)


def pattern(at: Scanner, node: cst.MatchPattern, found: Pattern) -> bool:
    """Lower a pattern into `found`; say whether it matches everything."""
    kind = type(node)
    handler = _HANDLERS.get(kind)
    if handler is None:
        raise MismatchError
    if kind in _VALUES:  # their parentheses are those of the expression
        return handler(at, node, found)
    for _ in node.lpar:
        at.token("(")
    everything = handler(at, node, found)
    for _ in node.rpar:
        at.token(")")
    return everything


def _value(at: Scanner, node: cst.MatchValue | cst.MatchSingleton, found: Pattern) -> bool:
    found.mentions.append(expr(at, node.value))
    return False


def _sequence(at: Scanner, node: cst.MatchList | cst.MatchTuple, found: Pattern) -> bool:
    brackets = isinstance(node, cst.MatchList) and node.lbracket is not None
    if brackets:
        at.token("[")
    _members(at, node.patterns, found)
    if brackets:
        at.token("]")
    return False


def _members(at: Scanner, nodes: Sequence[cst.MatchSequenceElement | cst.MatchStar], found: Pattern) -> None:
    for node in nodes:
        if isinstance(node, cst.MatchStar):
            at.token("*")
            _capture(at, node.name, found)
        else:
            pattern(at, node.value, found)
        at.take(",")


def _capture(at: Scanner, name: cst.Name | None, found: Pattern) -> None:
    if name is None:
        at.token("_")
    else:
        at.token(name.value)
        found.bind(name.value)


def _mapping(at: Scanner, node: cst.MatchMapping, found: Pattern) -> bool:
    at.token("{")
    for element in node.elements:
        found.mentions.append(expr(at, element.key))
        at.token(":")
        pattern(at, element.pattern, found)
        at.take(",")
    if node.rest is not None:
        at.token("**")
        _capture(at, node.rest, found)
        at.take(",")
    at.token("}")
    return False


def _class(at: Scanner, node: cst.MatchClass, found: Pattern) -> bool:
    found.mentions.append(expr(at, node.cls))
    at.token("(")
    _members(at, node.patterns, found)
    for keyword in node.kwds:
        at.token(keyword.key.value)
        at.token("=")
        pattern(at, keyword.pattern, found)
        at.take(",")
    at.token(")")
    return False


def _as(at: Scanner, node: cst.MatchAs, found: Pattern) -> bool:
    everything = True
    if node.pattern is not None:
        everything = pattern(at, node.pattern, found)
        at.token("as")
    _capture(at, node.name, found)
    return everything


def _or(at: Scanner, node: cst.MatchOr, found: Pattern) -> bool:
    everything = False
    for index, element in enumerate(node.patterns):
        if index:
            at.token("|")
        everything = pattern(at, element.pattern, found) or everything
    return everything


_HANDLERS: dict[type[Any], Callable[[Scanner, Any, Pattern], bool]] = {
    cst.MatchValue: _value,
    cst.MatchSingleton: _value,
    cst.MatchList: _sequence,
    cst.MatchTuple: _sequence,
    cst.MatchMapping: _mapping,
    cst.MatchClass: _class,
    cst.MatchAs: _as,
    cst.MatchOr: _or,
}
_VALUES = frozenset({cst.MatchValue, cst.MatchSingleton})
