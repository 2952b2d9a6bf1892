"""Lowering of attributes, subscripts, calls, and of the parameters that calls meet."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from jobcheck.code import ir, literals
from jobcheck.code.dispatch import expr, lowers, maybe
from jobcheck.code.scanner import MismatchError, Scanner


@lowers(cst.Attribute)
def _attribute(at: Scanner, node: cst.Attribute) -> ir.Expr:
    start = at.pos
    value = expr(at, node.value)
    at.token(".")
    at.token(node.attr.value)
    return ir.Attribute(start, at.pos, value, literals.identifier(node.attr.value))


@lowers(cst.Call)
def _call(at: Scanner, node: cst.Call) -> ir.Expr:
    start = at.pos
    func = expr(at, node.func)
    at.token("(")
    args = arguments(at, node.args)
    at.token(")")
    return ir.Call(start, at.pos, func, args)


def arguments(at: Scanner, nodes: Sequence[cst.Arg]) -> list[ir.Arg]:
    """Lower the arguments of a call or a class statement, with the commas behind them."""
    args = []
    for node in nodes:
        start = at.sync()
        keyword = None
        if node.star:
            at.token(node.star)
        elif node.keyword is not None:
            at.token(node.keyword.value)
            at.token("=")
            keyword = literals.identifier(node.keyword.value)
        value = expr(at, node.value)
        args.append(ir.Arg(start, at.pos, value, keyword, node.star))
        at.take(",")
    return args


@lowers(cst.Subscript)
def _subscript(at: Scanner, node: cst.Subscript) -> ir.Expr:
    start = at.pos
    value = expr(at, node.value)
    at.token("[")
    index = _index(at, node.slice)
    at.token("]")
    return ir.Subscript(start, at.pos, value, index)


def _index(at: Scanner, nodes: Sequence[cst.SubscriptElement]) -> ir.Expr:
    start = at.sync()
    several = len(nodes) > 1
    elements: list[ir.Expr] = []
    for node in nodes:
        part = node.slice
        if isinstance(part, cst.Slice):
            elements.append(_slice(at, part))
            several = at.take(",") or several
            continue
        if not isinstance(part, cst.Index):
            raise MismatchError
        if part.star:
            star = at.token("*")
            value = expr(at, part.value)
            elements.append(ir.Starred(star, at.pos, value))
            several = True
        else:
            elements.append(expr(at, part.value))
        several = at.take(",") or several
    return ir.TupleExpr(start, at.pos, elements, False) if several else elements[0]


def _slice(at: Scanner, node: cst.Slice) -> ir.Expr:
    start = at.sync()
    low = maybe(at, node.lower)
    at.token(":")
    high = maybe(at, node.upper)
    step = None
    if at.take(":"):
        step = maybe(at, node.step)
    return ir.SliceExpr(start, at.pos, low, high, step)


@lowers(cst.StarredElement)
def starred(at: Scanner, node: cst.StarredElement) -> ir.Expr:
    """Lower `*value`."""
    start = at.token("*")
    value = expr(at, node.value)
    return ir.Starred(start, at.pos, value)


@lowers(cst.Lambda)
def _lambda(at: Scanner, node: cst.Lambda) -> ir.Expr:
    start = at.token("lambda")
    params = parameters(at, node.params)
    at.token(":")
    body = expr(at, node.body)
    return ir.Lambda(start, at.pos, params, body)


def parameters(at: Scanner, node: cst.Parameters) -> ir.Parameters:
    """Lower the parameters of a function or lambda, with the commas between them."""
    posonly = [_param(at, param) for param in node.posonly_params]
    if posonly:
        at.token("/")
        at.take(",")
    args = [_param(at, param) for param in node.params]
    vararg = None
    if isinstance(node.star_arg, cst.Param):
        at.token("*")
        vararg = _param(at, node.star_arg)
    elif isinstance(node.star_arg, cst.ParamStar):
        at.token("*")
        at.take(",")
    kwonly = [_param(at, param) for param in node.kwonly_params]
    kwarg = None
    if node.star_kwarg is not None:
        at.token("**")
        kwarg = _param(at, node.star_kwarg)
    return ir.Parameters(posonly, args, vararg, kwonly, kwarg)


def _param(at: Scanner, node: cst.Param) -> ir.Param:
    name = node.name.value
    start = at.token(name)
    annotation = default = None
    if node.annotation is not None:
        at.token(":")
        annotation = expr(at, node.annotation.annotation)
    if node.default is not None:
        at.token("=")
        default = expr(at, node.default)
    end = at.pos
    at.take(",")
    return ir.Param(start, end, literals.identifier(name), annotation, default)
