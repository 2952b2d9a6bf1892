"""Lowering of tuples, lists, sets, dicts and comprehensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from jobcheck.code import ir
from jobcheck.code.dispatch import expr, kinds_named, lowers
from jobcheck.code.scanner import Scanner

if TYPE_CHECKING:
    from libcst import StarredDictComp


def _elements(at: Scanner, nodes: Sequence[Any]) -> list[ir.Expr]:
    elements = []
    for node in nodes:
        elements.append(expr(at, node.value if type(node) is cst.Element else node))
        at.take(",")
    return elements


@lowers(cst.Tuple)
def _tuple(at: Scanner, node: cst.Tuple) -> ir.Expr:
    """A tuple's innermost parentheses are its own."""
    parens = len(node.lpar)
    for _ in range(parens - 1):
        at.token("(")
    start = at.token("(") if parens else at.pos
    elements = _elements(at, node.elements)
    if parens:
        at.token(")")
    end = at.pos
    for _ in range(parens - 1):
        at.token(")")
    return ir.TupleExpr(start, end, elements, parens > 0)


@lowers(cst.List)
def _list(at: Scanner, node: cst.List) -> ir.Expr:
    start = at.token("[")
    elements = _elements(at, node.elements)
    at.token("]")
    return ir.ListExpr(start, at.pos, elements)


@lowers(cst.Set)
def _set(at: Scanner, node: cst.Set) -> ir.Expr:
    start = at.token("{")
    elements = _elements(at, node.elements)
    at.token("}")
    return ir.SetExpr(start, at.pos, elements)


@lowers(cst.Dict)
def _dict(at: Scanner, node: cst.Dict) -> ir.Expr:
    start = at.token("{")
    items = []
    for element in node.elements:
        first = at.sync()
        key = None
        if isinstance(element, cst.DictElement):
            key = expr(at, element.key)
            at.token(":")
        else:
            at.token("**")
        value = expr(at, element.value)
        items.append(ir.DictItem(first, at.pos, value, key))
        at.take(",")
    at.token("}")
    return ir.DictExpr(start, at.pos, items)


@lowers(cst.GeneratorExp)
def _generator(at: Scanner, node: cst.GeneratorExp) -> ir.Expr:
    """A generator's innermost parentheses are its own, unless they are those of the call it is alone in."""
    parens = len(node.lpar)
    for _ in range(parens - 1):
        at.token("(")
    start = at.token("(") if parens else at.pos
    element = expr(at, node.elt)
    clauses = _clauses(at, node.for_in)
    if parens:
        at.token(")")
    end = at.pos
    for _ in range(parens - 1):
        at.token(")")
    return ir.Comprehension(start, end, "generator", element, clauses)


@lowers(cst.ListComp)
def _list_comp(at: Scanner, node: cst.ListComp) -> ir.Expr:
    start = at.token("[")
    element = expr(at, node.elt)
    clauses = _clauses(at, node.for_in)
    at.token("]")
    return ir.Comprehension(start, at.pos, "list", element, clauses)


@lowers(cst.SetComp)
def _set_comp(at: Scanner, node: cst.SetComp) -> ir.Expr:
    start = at.token("{")
    element = expr(at, node.elt)
    clauses = _clauses(at, node.for_in)
    at.token("}")
    return ir.Comprehension(start, at.pos, "set", element, clauses)


@lowers(cst.DictComp, *kinds_named("StarredDictComp"))
def _dict_comp(at: Scanner, node: cst.DictComp | StarredDictComp) -> ir.Expr:
    """Also `{**value for ...}`, which has no key."""
    start = at.token("{")
    key = None
    if isinstance(node, cst.DictComp):
        key = expr(at, node.key)
        at.token(":")
    else:
        at.token("**")
    value = expr(at, node.value)
    clauses = _clauses(at, node.for_in)
    at.token("}")
    return ir.Comprehension(start, at.pos, "dict", value, clauses, key)


def _clauses(at: Scanner, node: cst.CompFor) -> list[ir.Clause]:
    clauses = []
    rest: cst.CompFor | None = node
    while rest is not None:
        start = at.sync()
        is_async = rest.asynchronous is not None
        if is_async:
            at.token("async")
        at.token("for")
        target = expr(at, rest.target)
        at.token("in")
        source = expr(at, rest.iter)
        conditions = []
        for condition in rest.ifs:
            at.token("if")
            conditions.append(expr(at, condition.test))
        clauses.append(ir.Clause(start, at.pos, target, source, conditions, is_async))
        rest = rest.inner_for_in
    return clauses
