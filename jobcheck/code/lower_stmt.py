"""Lowering of statements: each libcst statement, with the scanner before it, becomes IR statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from jobcheck.code import ir, literals
from jobcheck.code.lower_expr import arguments, expr, maybe, parameters
from jobcheck.code.lower_match import Pattern, pattern
from jobcheck.code.lower_simple import HANDLERS as SIMPLE
from jobcheck.code.lower_simple import type_parameters
from jobcheck.code.scanner import MismatchError, Scanner


def statements(at: Scanner, nodes: Sequence[Any]) -> list[ir.Stmt]:
    """Lower statements that follow each other; a line of `a; b` gives two."""
    body: list[ir.Stmt] = []
    for node in nodes:
        if type(node) is cst.SimpleStatementLine:
            _line(at, node.body, body)
        else:
            at.sync()
            body.append(_handler(node)(at, node))
    return body


def _line(at: Scanner, nodes: Sequence[Any], body: list[ir.Stmt]) -> None:
    for node in nodes:
        at.sync()
        body.append(_handler(node)(at, node))
        at.take(";")


def _handler(node: cst.CSTNode) -> Callable[[Scanner, Any], ir.Stmt]:
    try:
        return _HANDLERS[type(node)]
    except KeyError:
        raise MismatchError from None


def _block(at: Scanner, node: cst.BaseSuite) -> list[ir.Stmt]:
    """Lower the colon and the body behind it."""
    at.token(":")
    if isinstance(node, cst.IndentedBlock):
        return statements(at, node.body)
    body: list[ir.Stmt] = []
    _line(at, node.body, body)
    return body


def _else(at: Scanner, node: cst.Else | None) -> list[ir.Stmt]:
    if node is None:
        return []
    at.token("else")
    return _block(at, node.body)


def _end(*blocks: list[ir.Stmt]) -> int:
    """Where the last statement of the last block ends."""
    return next(block[-1].end for block in reversed(blocks) if block)


def _function(at: Scanner, node: cst.FunctionDef) -> ir.Stmt:
    start = at.pos
    decorators = _decorators(at, node.decorators)
    is_async = node.asynchronous is not None
    if is_async:
        at.token("async")
    at.token("def")
    name_start = at.token(node.name.value)
    type_parameters(at, node.type_parameters)
    at.token("(")
    params = parameters(at, node.params)
    at.token(")")
    returns = None
    if node.returns is not None:
        at.token("->")
        returns = expr(at, node.returns.annotation)
    body = _block(at, node.body)
    name = literals.identifier(node.name.value)
    return ir.FunctionDef(start, _end(body), name, name_start, params, body, decorators, returns, is_async)


def _class(at: Scanner, node: cst.ClassDef) -> ir.Stmt:
    start = at.pos
    decorators = _decorators(at, node.decorators)
    at.token("class")
    name_start = at.token(node.name.value)
    type_parameters(at, node.type_parameters)
    args: list[ir.Arg] = []
    if at.take("("):
        args = arguments(at, [*node.bases, *node.keywords])
        at.token(")")
    body = _block(at, node.body)
    return ir.ClassDef(start, _end(body), literals.identifier(node.name.value), name_start, args, body, decorators)


def _decorators(at: Scanner, nodes: Sequence[cst.Decorator]) -> list[ir.Decorator]:
    decorators = []
    for node in nodes:
        start = at.token("@")
        value = expr(at, node.decorator)
        decorators.append(ir.Decorator(start, at.pos, value))
    return decorators


def _if(at: Scanner, node: cst.If) -> ir.Stmt:
    """An `elif` starts at its `if`, so that its text is a statement."""
    branches: list[tuple[int, ir.Expr, list[ir.Stmt]]] = []
    rest: cst.If | cst.Else | None = node
    while isinstance(rest, cst.If):
        start = at.token("elif") + 2 if branches else at.token("if")
        test = expr(at, rest.test)
        branches.append((start, test, _block(at, rest.body)))
        rest = rest.orelse
    orelse = _else(at, rest)
    end = _end(branches[-1][2], orelse)
    for start, test, body in reversed(branches):
        orelse = [ir.If(start, end, test, body, orelse)]
    return orelse[0]


def _while(at: Scanner, node: cst.While) -> ir.Stmt:
    start = at.token("while")
    test = expr(at, node.test)
    body = _block(at, node.body)
    orelse = _else(at, node.orelse)
    return ir.While(start, _end(body, orelse), test, body, orelse)


def _for(at: Scanner, node: cst.For) -> ir.Stmt:
    start = at.pos
    is_async = node.asynchronous is not None
    if is_async:
        at.token("async")
    at.token("for")
    target = expr(at, node.target)
    at.token("in")
    source = expr(at, node.iter)
    body = _block(at, node.body)
    orelse = _else(at, node.orelse)
    return ir.For(start, _end(body, orelse), target, source, body, orelse, is_async)


def _try(at: Scanner, node: cst.Try | cst.TryStar) -> ir.Stmt:
    start = at.token("try")
    star = isinstance(node, cst.TryStar)
    body = _block(at, node.body)
    handlers = [_except(at, handler, star) for handler in node.handlers]
    orelse = _else(at, node.orelse)
    final: list[ir.Stmt] = []
    if node.finalbody is not None:
        at.token("finally")
        final = _block(at, node.finalbody.body)
    end = _end(body, handlers[-1].body if handlers else [], orelse, final)
    return ir.Try(start, end, body, handlers, orelse, final, star)


def _except(at: Scanner, node: cst.ExceptHandler | cst.ExceptStarHandler, star: bool) -> ir.Handler:
    start = at.token("except")
    if star:
        at.token("*")
    kind = maybe(at, node.type)
    name = None
    if node.name is not None and isinstance(node.name.name, cst.Name):
        at.token("as")
        at.token(node.name.name.value)
        name = literals.identifier(node.name.name.value)
    body = _block(at, node.body)
    return ir.Handler(start, _end(body), body, kind, name)


def _with(at: Scanner, node: cst.With) -> ir.Stmt:
    start = at.pos
    is_async = node.asynchronous is not None
    if is_async:
        at.token("async")
    at.token("with")
    parens = isinstance(node.lpar, cst.LeftParen)
    if parens:
        at.token("(")
    items = [_with_item(at, item) for item in node.items]
    if parens:
        at.token(")")
    body = _block(at, node.body)
    return ir.With(start, _end(body), items, body, is_async)


def _with_item(at: Scanner, node: cst.WithItem) -> ir.WithItem:
    start = at.sync()
    context = expr(at, node.item)
    target = None
    if node.asname is not None:
        at.token("as")
        target = expr(at, node.asname.name)
    end = at.pos
    at.take(",")
    return ir.WithItem(start, end, context, target)


def _match(at: Scanner, node: cst.Match) -> ir.Stmt:
    start = at.token("match")
    subject = expr(at, node.subject)
    at.token(":")
    cases = [_case(at, case) for case in node.cases]
    return ir.Match(start, cases[-1].end, subject, cases)


def _case(at: Scanner, node: cst.MatchCase) -> ir.Case:
    start = at.token("case")
    found = Pattern()
    everything = pattern(at, node.pattern, found)
    guard = None
    if node.guard is not None:
        at.token("if")
        guard = expr(at, node.guard)
    body = _block(at, node.body)
    return ir.Case(start, _end(body), body, found.binds, found.mentions, guard, everything and guard is None)


_HANDLERS: dict[type[cst.CSTNode], Callable[[Scanner, Any], ir.Stmt]] = {
    **SIMPLE,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.If: _if,
    cst.While: _while,
    cst.For: _for,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.With: _with,
    cst.Match: _match,
}
