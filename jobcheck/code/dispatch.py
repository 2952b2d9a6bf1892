"""Which function lowers which expression: the modules `lower_*` register here, and `expr` asks here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import libcst as cst

from jobcheck.code import ir
from jobcheck.code.scanner import MismatchError, Scanner

Handler = Callable[[Scanner, Any], ir.Expr]
_Handler = TypeVar("_Handler", bound=Handler)

_HANDLERS: dict[type[cst.CSTNode], Handler] = {}
_OWN_PARENS = frozenset({cst.Tuple, cst.GeneratorExp})


def lowers(*kinds: type[cst.CSTNode]) -> Callable[[_Handler], _Handler]:
    """Register a function as the one that lowers expressions of these kinds."""

    def register(handler: _Handler) -> _Handler:
        _HANDLERS.update(dict.fromkeys(kinds, handler))
        return handler

    return register


def kinds_named(*names: str) -> tuple[type[cst.CSTNode], ...]:
    """The kinds of expressions with these names that libcst has: not every supported version knows all syntax."""
    return tuple(getattr(cst, name) for name in names if hasattr(cst, name))


def expr(at: Scanner, node: cst.BaseExpression) -> ir.Expr:
    """Lower an expression with its parentheses; its span is without them (but see `_tuple` and `_generator`)."""
    at.sync()
    kind = type(node)
    handler = _HANDLERS.get(kind, _opaque)
    parens = node.lpar
    if not parens or kind in _OWN_PARENS:
        return handler(at, node)
    for _ in parens:
        at.token("(")
    at.sync()
    lowered = handler(at, node)
    for _ in parens:
        at.token(")")
    return lowered


def handler_of(node: cst.BaseExpression) -> Handler:
    """What lowers an expression once its parentheses are dealt with."""
    return _HANDLERS.get(type(node), _opaque)


def maybe(at: Scanner, node: cst.BaseExpression | None) -> ir.Expr | None:
    """Lower an expression that may be missing."""
    return None if node is None else expr(at, node)


def _opaque(at: Scanner, node: cst.BaseExpression) -> ir.Expr:
    """An expression of a syntax newer than this module: its text is known, its meaning is not."""
    bare = node.with_changes(lpar=(), rpar=())
    code = cst.Module([]).code_for_node(bare)
    if not code:
        raise MismatchError
    start = at.token(code)
    return ir.Opaque(start, at.pos)
