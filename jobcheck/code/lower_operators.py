"""Lowering of operators, and of the words that work like them: `if else`, `await`, `yield`."""

from __future__ import annotations

from typing import Any, Literal

import libcst as cst

from jobcheck.code import ir
from jobcheck.code.dispatch import expr, lowers, maybe
from jobcheck.code.scanner import Scanner

_BINARY: dict[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%",
    cst.Power: "**", cst.MatrixMultiply: "@", cst.LeftShift: "<<", cst.RightShift: ">>", cst.BitAnd: "&",
    cst.BitOr: "|", cst.BitXor: "^",
}  # fmt: skip
_UNARY: dict[type[cst.CSTNode], Literal["not", "-", "+", "~"]] = {
    cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~",
}  # fmt: skip
_COMPARE: dict[type[cst.CSTNode], str] = {
    cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.LessThanEqual: "<=", cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is", cst.IsNot: "is not",
}  # fmt: skip


@lowers(cst.BinaryOperation)
def _binary(at: Scanner, node: cst.BinaryOperation) -> ir.Expr:
    start = at.pos
    left = expr(at, node.left)
    op = _BINARY[type(node.operator)]
    at.token(op)
    right = expr(at, node.right)
    return ir.BinOp(start, at.pos, op, left, right)


@lowers(cst.BooleanOperation)
def _boolean(at: Scanner, node: cst.BooleanOperation) -> ir.Expr:
    start = at.pos
    left = expr(at, node.left)
    op: Literal["and", "or"] = "and" if type(node.operator) is cst.And else "or"
    at.token(op)
    right = expr(at, node.right)
    return ir.BoolOp(start, at.pos, op, left, right)


@lowers(cst.UnaryOperation)
def _unary(at: Scanner, node: cst.UnaryOperation) -> ir.Expr:
    op = _UNARY[type(node.operator)]
    start = at.token(op)
    operand = expr(at, node.expression)
    return ir.UnaryOp(start, at.pos, op, operand)


@lowers(cst.Comparison)
def _comparison(at: Scanner, node: cst.Comparison) -> ir.Expr:
    start = at.pos
    left = expr(at, node.left)
    ops = []
    comparators = []
    for target in node.comparisons:
        op = _COMPARE[type(target.operator)]
        for token in op.split(" "):
            at.token(token)
        ops.append(op)
        comparators.append(expr(at, target.comparator))
    return ir.Compare(start, at.pos, left, ops, comparators)


@lowers(cst.IfExp)
def _conditional(at: Scanner, node: cst.IfExp) -> ir.Expr:
    start = at.pos
    body = expr(at, node.body)
    at.token("if")
    test = expr(at, node.test)
    at.token("else")
    orelse = expr(at, node.orelse)
    return ir.IfExp(start, at.pos, test, body, orelse)


@lowers(cst.NamedExpr)
def _named(at: Scanner, node: cst.NamedExpr) -> ir.Expr:
    start = at.pos
    target = expr(at, node.target)
    at.token(":=")
    value = expr(at, node.value)
    return ir.NamedExpr(start, at.pos, target, value)


@lowers(cst.Await)
def _await(at: Scanner, node: cst.Await) -> ir.Expr:
    start = at.token("await")
    value = expr(at, node.expression)
    return ir.Await(start, at.pos, value)


@lowers(cst.Yield)
def _yield(at: Scanner, node: cst.Yield) -> ir.Expr:
    start = at.token("yield")
    value: Any = node.value
    is_from = isinstance(value, cst.From)
    if is_from:
        at.token("from")
        value = value.item
    lowered = maybe(at, value)
    return ir.Yield(start, at.pos, lowered, is_from)
