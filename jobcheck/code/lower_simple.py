"""Lowering of simple statements: those that have no body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import libcst as cst

from jobcheck.code import ir, literals
from jobcheck.code.lower_expr import expr, maybe
from jobcheck.code.scanner import MismatchError, Scanner

if TYPE_CHECKING:
    from libcst import LazyImport, LazyImportFrom

_SIMPLE: dict[type[Any], Literal["pass", "break", "continue"]] = {
    cst.Pass: "pass", cst.Break: "break", cst.Continue: "continue",
}  # fmt: skip
_AUGMENTED: dict[type[Any], str] = {
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//", cst.ModuloAssign: "%", cst.PowerAssign: "**", cst.MatrixMultiplyAssign: "@",
    cst.LeftShiftAssign: "<<", cst.RightShiftAssign: ">>", cst.BitAndAssign: "&", cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
}  # fmt: skip


def _expression(at: Scanner, node: cst.Expr) -> ir.Stmt:
    start = at.pos
    value = expr(at, node.value)
    return ir.ExprStmt(start, at.pos, value)


def _assign(at: Scanner, node: cst.Assign) -> ir.Stmt:
    start = at.pos
    targets = []
    for target in node.targets:
        targets.append(expr(at, target.target))
        at.token("=")
    value = expr(at, node.value)
    return ir.Assign(start, at.pos, targets, value)


def _annotated(at: Scanner, node: cst.AnnAssign) -> ir.Stmt:
    start = at.pos
    target = expr(at, node.target)
    at.token(":")
    annotation = expr(at, node.annotation.annotation)
    value = None
    if node.value is not None:
        at.token("=")
        value = expr(at, node.value)
    return ir.AnnAssign(start, at.pos, target, annotation, value)


def _augmented(at: Scanner, node: cst.AugAssign) -> ir.Stmt:
    start = at.pos
    target = expr(at, node.target)
    op = _AUGMENTED[type(node.operator)]
    at.token(op + "=")
    value = expr(at, node.value)
    return ir.AugAssign(start, at.pos, target, op, value)


def _return(at: Scanner, node: cst.Return) -> ir.Stmt:
    start = at.token("return")
    value = maybe(at, node.value)
    return ir.Return(start, at.pos, value)


def _raise(at: Scanner, node: cst.Raise) -> ir.Stmt:
    start = at.token("raise")
    exc = maybe(at, node.exc)
    cause = None
    if node.cause is not None:
        at.token("from")
        cause = expr(at, node.cause.item)
    return ir.Raise(start, at.pos, exc, cause)


def _delete(at: Scanner, node: cst.Del) -> ir.Stmt:
    start = at.token("del")
    target = expr(at, node.target)
    bare = isinstance(target, ir.TupleExpr) and not target.parenthesized
    return ir.Delete(start, at.pos, target.elements if isinstance(target, ir.TupleExpr) and bare else [target])


def _assert(at: Scanner, node: cst.Assert) -> ir.Stmt:
    start = at.token("assert")
    test = expr(at, node.test)
    message = None
    if node.msg is not None:
        at.token(",")
        message = expr(at, node.msg)
    return ir.Assert(start, at.pos, test, message)


def _simple(at: Scanner, node: cst.Pass | cst.Break | cst.Continue) -> ir.Stmt:
    kind = _SIMPLE[type(node)]
    start = at.token(kind)
    return ir.Simple(start, at.pos, kind)


def _scope(at: Scanner, node: cst.Global | cst.Nonlocal) -> ir.Stmt:
    kind: Literal["global", "nonlocal"] = "global" if isinstance(node, cst.Global) else "nonlocal"
    start = at.token(kind)
    names = []
    for index, item in enumerate(node.names):
        if index:
            at.token(",")
        at.token(item.name.value)
        names.append(literals.identifier(item.name.value))
    return ir.ScopeDecl(start, at.pos, kind, names)


def _type_alias(at: Scanner, node: cst.TypeAlias) -> ir.Stmt:
    start = at.token("type")
    at.token(node.name.value)
    type_parameters(at, node.type_parameters)
    at.token("=")
    expr(at, node.value)
    return ir.OpaqueStmt(start, at.pos)


def type_parameters(at: Scanner, node: cst.TypeParameters | None) -> None:
    """Pass over `[T: bound = default, *Ts, **P]`: the IR does not hold it."""
    if node is None:
        return
    at.token("[")
    for element in node.params:
        param = element.param
        if isinstance(param, cst.TypeVarTuple):
            at.token("*")
        elif isinstance(param, cst.ParamSpec):
            at.token("**")
        at.token(param.name.value)
        if isinstance(param, cst.TypeVar) and param.bound is not None:
            at.token(":")
            expr(at, param.bound)
        if element.default is not None:
            at.token("=")
            at.take("*")
            expr(at, element.default)
        at.take(",")
    at.token("]")


def _import(at: Scanner, node: cst.Import | LazyImport) -> ir.Stmt:
    start = at.pos
    if not isinstance(node, cst.Import):
        at.token("lazy")
    at.token("import")
    names = _aliases(at, node.names)
    return ir.Import(start, at.pos, names)


def _import_from(at: Scanner, node: cst.ImportFrom | LazyImportFrom) -> ir.Stmt:
    start = at.pos
    if not isinstance(node, cst.ImportFrom):
        at.token("lazy")
    at.token("from")
    for _ in node.relative:
        at.token(".")
    module = "" if node.module is None else _dotted(at, node.module)
    at.token("import")
    level = len(node.relative)
    if isinstance(node.names, cst.ImportStar):
        at.token("*")
        return ir.ImportFrom(start, at.pos, module, level, [], True)
    parens = at.take("(")
    names = _aliases(at, node.names)
    if parens:
        at.token(")")
    return ir.ImportFrom(start, at.pos, module, level, names)


def _aliases(at: Scanner, nodes: Sequence[cst.ImportAlias]) -> list[ir.Alias]:
    aliases = []
    for node in nodes:
        start = at.sync()
        name = _dotted(at, node.name)
        asname = None
        if node.asname is not None and isinstance(node.asname.name, cst.Name):
            at.token("as")
            at.token(node.asname.name.value)
            asname = literals.identifier(node.asname.name.value)
        aliases.append(ir.Alias(start, at.pos, name, asname))
        at.take(",")
    return aliases


def _dotted(at: Scanner, node: cst.Attribute | cst.Name) -> str:
    names: list[str] = []
    rest: cst.BaseExpression = node
    while isinstance(rest, cst.Attribute):
        names.append(rest.attr.value)
        rest = rest.value
    if not isinstance(rest, cst.Name):
        raise MismatchError
    names.append(rest.value)
    names.reverse()
    for index, name in enumerate(names):
        if index:
            at.token(".")
        at.token(name)
    return literals.identifier(".".join(names))


HANDLERS: dict[type[cst.CSTNode], Callable[[Scanner, Any], ir.Stmt]] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Del: _delete,
    cst.Assert: _assert,
    cst.Pass: _simple,
    cst.Break: _simple,
    cst.Continue: _simple,
    cst.Global: _scope,
    cst.Nonlocal: _scope,
    cst.TypeAlias: _type_alias,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
}

# Syntax that not every supported libcst knows.
if hasattr(cst, "LazyImport"):
    HANDLERS[cst.LazyImport] = _import
    HANDLERS[cst.LazyImportFrom] = _import_from
