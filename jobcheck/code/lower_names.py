"""Lowering of names and literals, f-strings among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from jobcheck.code import ir, literals
from jobcheck.code.dispatch import expr, kinds_named, lowers
from jobcheck.code.scanner import Scanner

if TYPE_CHECKING:
    from libcst import TemplatedString

    Formatted = cst.FormattedString | TemplatedString

_NAMED_CONSTANTS = {"None": None, "True": True, "False": False}
_TEMPLATE = kinds_named("TemplatedString")
_FORMAT_TEXT = frozenset(kinds_named("FormattedStringText", "TemplatedStringText"))


@lowers(cst.Name)
def _name(at: Scanner, node: cst.Name) -> ir.Expr:
    text = node.value
    start = at.token(text)
    if text in _NAMED_CONSTANTS:
        value = _NAMED_CONSTANTS[text]
        return ir.Constant(start, at.pos, "none" if value is None else "bool", value)
    return ir.Name(start, at.pos, literals.identifier(text))


@lowers(cst.Integer)
def _integer(at: Scanner, node: cst.Integer) -> ir.Expr:
    start = at.token(node.value)
    return ir.Constant(start, at.pos, "int", literals.integer(node.value))


@lowers(cst.Float)
def _float(at: Scanner, node: cst.Float) -> ir.Expr:
    start = at.token(node.value)
    return ir.Constant(start, at.pos, "float", literals.floating(node.value))


@lowers(cst.Imaginary)
def _imaginary(at: Scanner, node: cst.Imaginary) -> ir.Expr:
    start = at.token(node.value)
    return ir.Constant(start, at.pos, "complex")


@lowers(cst.Ellipsis)
def _ellipsis(at: Scanner, _node: cst.Ellipsis) -> ir.Expr:
    start = at.token("...")
    return ir.Constant(start, at.pos, "ellipsis")


@lowers(cst.SimpleString)
def _string(at: Scanner, node: cst.SimpleString) -> ir.Expr:
    start = at.token(node.value)
    return literals.string(node.value, start, at.pos)


@lowers(cst.FormattedString, *_TEMPLATE)
def _formatted(at: Scanner, node: Formatted) -> ir.Expr:
    start = at.pos
    values: list[ir.Expr] = []
    _replacements(at, node, values)
    return ir.FString(start, at.pos, values, isinstance(node, _TEMPLATE))


def _replacements(at: Scanner, node: Formatted, values: list[ir.Expr]) -> None:
    """Collect the expressions of one f-string or template string."""
    at.token(node.start)
    _parts(at, node.parts, values)
    at.token(node.end)


def _parts(at: Scanner, parts: Sequence[Any], values: list[ir.Expr]) -> None:
    for part in parts:
        if type(part) in _FORMAT_TEXT:
            at.token(part.value)
            continue
        at.token("{")
        values.append(expr(at, part.expression))
        if part.equal is not None:
            at.token("=")
        if part.conversion is not None:
            at.token("!")
            at.token(part.conversion)
        if part.format_spec is not None:
            at.token(":")
            _parts(at, part.format_spec, values)
        at.token("}")


@lowers(cst.ConcatenatedString)
def _concatenated(at: Scanner, node: cst.ConcatenatedString) -> ir.Expr:
    start = at.pos
    values: list[ir.Expr] = []
    texts: list[str | bytes] = []
    formatted = template = False
    rest: cst.BaseExpression | None = node
    while rest is not None:
        piece: Any = rest
        rest = None
        if isinstance(piece, cst.ConcatenatedString):
            piece, rest = piece.left, piece.right
        if isinstance(piece, cst.SimpleString):
            at.token(piece.value)
            texts.append(literals.text_of(piece.value))
        else:
            at.sync()
            formatted = True
            template = template or isinstance(piece, _TEMPLATE)
            _replacements(at, piece, values)
    if formatted:
        return ir.FString(start, at.pos, values, template)
    if isinstance(texts[0], bytes):
        return literals.constant(b"".join(t for t in texts if isinstance(t, bytes)), start, at.pos)
    return literals.constant("".join(t for t in texts if isinstance(t, str)), start, at.pos)
