"""What CPython's own parser says about the same source: kinds of nodes and where they stand, to compare an IR with."""

from __future__ import annotations

import ast
import itertools
import sys
from collections import Counter
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import children, walk

Spans = Counter[tuple[str, int, int]]

_NAMES = {
    ast.Tuple: "TupleExpr", ast.List: "ListExpr", ast.Set: "SetExpr", ast.Dict: "DictExpr", ast.Slice: "SliceExpr",
    ast.YieldFrom: "Yield", ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict", ast.Expr: "ExprStmt",
    ast.Pass: "Simple", ast.Break: "Simple", ast.Continue: "Simple", ast.Global: "ScopeDecl",
    ast.Nonlocal: "ScopeDecl", ast.AsyncFor: "For", ast.AsyncWith: "With", ast.alias: "Alias",
    ast.ExceptHandler: "Handler", ast.JoinedStr: "FString", ast.keyword: "Arg",
}  # fmt: skip
if sys.version_info >= (3, 11):
    _NAMES[ast.TryStar] = "Try"
if sys.version_info >= (3, 12):
    _NAMES[ast.TypeAlias] = "OpaqueStmt"
_POSITIONED = (ast.expr, ast.stmt, ast.keyword, ast.alias, ast.ExceptHandler)
# The IR draws these otherwise, or ast has no positions for them.
_NOT_COMPARED = {
    "FunctionDef", "AsyncFunctionDef", "ClassDef", "GeneratorExp", "generator", "Param", "Decorator", "DictItem",
    "Clause", "WithItem", "Case",
}  # fmt: skip
# What is in these the IR does not hold, or ast does not know where it stands.
_CLOSED = {"JoinedStr", "Match", "TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"}


def spans_of_ast(data: bytes, tree: ast.AST) -> Spans:
    """The nodes of the ast of `data`, with the names and in the offsets of the IR."""
    lines = [0, *itertools.accumulate(len(line) for line in data.splitlines(keepends=True))]
    spans: Spans = Counter()
    for node in _nodes(tree):
        name = _NAMES.get(type(node), type(node).__name__)
        if isinstance(node, _POSITIONED) and name not in _NOT_COMPARED and getattr(node, "name", "") != "*":
            start = lines[node.lineno - 1] + node.col_offset
            if name == "If" and data.startswith(b"elif", start):
                start += 2
            end = lines[node.end_lineno - 1] + node.end_col_offset
            if isinstance(node, ast.stmt):  # ast counts the semicolon behind the last statement of a body
                end -= len(data[start:end]) - len(data[start:end].rstrip(b"; \t"))
            spans[name, start, end] += 1
    return spans


def spans_of_ir(body: list[ir.Stmt], offset: int) -> Spans:
    """The nodes of an IR whose island lies at `offset`."""
    spans: Spans = Counter()
    within: set[int] = set()
    chained: set[int] = set()
    for node in walk(body):
        if id(node) in within or isinstance(node, ir.FString | ir.Match):
            # Before 3.12 ast does not know where the values of f-strings stand.
            within.update(id(below) for below in children(node))
            if id(node) in within:
                continue
        if isinstance(node, ir.BoolOp):  # ast holds `a and b and c` as one, libcst as two
            chained.update(id(side) for side in children(node) if _same_chain(node, side))
        name = node.kind if isinstance(node, ir.Comprehension) else type(node).__name__
        if isinstance(node, ir.Arg) and node.keyword is None and node.star != "**":
            name = "Starred" if node.star else "Clause"
        if name not in _NOT_COMPARED and id(node) not in chained:
            spans[name, node.start + offset, node.end + offset] += 1
    return spans


def _same_chain(node: ir.BoolOp, side: ir.Node) -> bool:
    """Whether `side` continues the chain `node`: without parentheses of its own it starts or ends with it."""
    return isinstance(side, ir.BoolOp) and side.op == node.op and (side.start == node.start or side.end == node.end)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        if type(node).__name__ not in _CLOSED:
            stack.extend(ast.iter_child_nodes(node))
