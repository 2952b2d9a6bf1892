"""Lowering by way of Python's own parser: the same IR several times faster, for islands that it can read.

What the running Python does not take, what its trees do not tell, and whatever the scanner does not find where the tree
has it, is left to libcst: `statements` raises `NotHereError`, and `lower` goes the long way. The walk is the one of the other
`lower_*` modules, token by token, so that it proves its own spans; and the tests hold both to the same IR.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

from jobcheck.code import ir
from jobcheck.code.lower_ast_expr import BINARY, Expressions, NotHereError
from jobcheck.code.scanner import MismatchError

__all__ = ["NotHereError", "statements"]


def statements(text: str, indent: str, room: int | None = None) -> list[ir.Stmt]:
    """The IR of the statements in `text`, with spans in characters. Raises NotHereError.

    With `room` nobody has looked at `text` yet: what nests deeper than that is not read, and libcst is not asked at all.
    """
    if "\r" in text or "\f" in text or text.startswith("\ufeff"):
        raise NotHereError
    prefix = f"if 1:\n{indent}" if indent else ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(prefix + text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise NotHereError from None
    body: Sequence[ast.stmt] = tree.body
    if indent:
        if len(body) != 1 or not isinstance(body[0], ast.If) or body[0].orelse:
            raise NotHereError
        body = body[0].body
    walk = _Walk(text, prefix, room)
    try:
        found = walk.block(body)
        walk.at.finish()
    except (MismatchError, IndexError, KeyError, StopIteration):
        raise NotHereError from None
    return found


class _Walk(Expressions):
    """One pass over statements in source order."""

    def block(self, nodes: Sequence[ast.stmt]) -> list[ir.Stmt]:
        body: list[ir.Stmt] = []
        self.enter(1)
        for node in nodes:
            self.at.sync()
            handler = _STATEMENTS.get(type(node))
            if handler is None:
                raise NotHereError
            body.append(handler(self, node))
            if type(node) in _SIMPLE:
                self.at.take(";")
        self.room += 1
        return body

    def suite(self, nodes: Sequence[ast.stmt]) -> list[ir.Stmt]:
        self.at.token(":")
        return self.block(nodes)

    def otherwise(self, nodes: Sequence[ast.stmt]) -> list[ir.Stmt]:
        if not nodes:
            return []
        self.at.token("else")
        return self.suite(nodes)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ir.Stmt:
        start = self.at.pos
        decorators = self.decorators(node.decorator_list)
        is_async = isinstance(node, ast.AsyncFunctionDef)
        if is_async:
            self.at.token("async")
        self.at.token("def")
        name_start = self.at.token(node.name)
        if getattr(node, "type_params", None):
            raise NotHereError
        self.at.token("(")
        params = self.parameters(node.args)
        self.at.token(")")
        returns = None
        if node.returns is not None:
            self.at.token("->")
            returns = self.expr(node.returns)
        body = self.suite(node.body)
        return ir.FunctionDef(start, body[-1].end, node.name, name_start, params, body, decorators, returns, is_async)

    def class_(self, node: ast.ClassDef) -> ir.Stmt:
        start = self.at.pos
        decorators = self.decorators(node.decorator_list)
        self.at.token("class")
        name_start = self.at.token(node.name)
        if getattr(node, "type_params", None):
            raise NotHereError
        args: list[ir.Arg] = []
        if self.at.take("("):
            args = self.arguments(node.bases, node.keywords)
            self.at.token(")")
        body = self.suite(node.body)
        return ir.ClassDef(start, body[-1].end, node.name, name_start, args, body, decorators)

    def decorators(self, nodes: Sequence[ast.expr]) -> list[ir.Decorator]:
        found = []
        for node in nodes:
            start = self.at.token("@")
            value = self.expr(node)
            found.append(ir.Decorator(start, self.at.pos, value))
        return found

    def if_(self, node: ast.If) -> ir.Stmt:
        branches: list[tuple[int, ir.Expr, list[ir.Stmt]]] = []
        rest: list[ast.stmt] = [node]
        word = "if"
        while True:
            here = rest[0]
            assert isinstance(here, ast.If)
            start = self.at.token(word) + len(word) - 2
            test = self.expr(here.test)
            branches.append((start, test, self.suite(here.body)))
            rest = here.orelse
            if not (len(rest) == 1 and isinstance(rest[0], ast.If) and self.text.startswith("elif", self.start(rest[0]))):
                break
            word = "elif"
            self.enter(1)
        self.room += len(branches) - 1
        orelse = self.otherwise(rest)
        end = _end(branches[-1][2], orelse)
        for start, test, body in reversed(branches):
            orelse = [ir.If(start, end, test, body, orelse)]
        return orelse[0]

    def while_(self, node: ast.While) -> ir.Stmt:
        start = self.at.token("while")
        test = self.expr(node.test)
        body = self.suite(node.body)
        orelse = self.otherwise(node.orelse)
        return ir.While(start, _end(body, orelse), test, body, orelse)

    def for_(self, node: ast.For | ast.AsyncFor) -> ir.Stmt:
        start = self.at.pos
        is_async = isinstance(node, ast.AsyncFor)
        if is_async:
            self.at.token("async")
        self.at.token("for")
        target = self.expr(node.target)
        self.at.token("in")
        source = self.expr(node.iter)
        body = self.suite(node.body)
        orelse = self.otherwise(node.orelse)
        return ir.For(start, _end(body, orelse), target, source, body, orelse, is_async)

    def try_(self, node: Any) -> ir.Stmt:
        start = self.at.token("try")
        star = not isinstance(node, ast.Try)
        body = self.suite(node.body)
        handlers = [self.handler(handler, star) for handler in node.handlers]
        orelse = self.otherwise(node.orelse)
        final: list[ir.Stmt] = []
        if node.finalbody:
            self.at.token("finally")
            final = self.suite(node.finalbody)
        end = _end(body, handlers[-1].body if handlers else [], orelse, final)
        return ir.Try(start, end, body, handlers, orelse, final, star)

    def handler(self, node: ast.ExceptHandler, star: bool) -> ir.Handler:
        start = self.at.token("except")
        if star:
            self.at.token("*")
        kind = self.maybe(node.type)
        if node.name is not None:
            self.at.token("as")
            self.at.token(node.name)
        body = self.suite(node.body)
        return ir.Handler(start, _end(body), body, kind, node.name)

    def with_(self, node: ast.With | ast.AsyncWith) -> ir.Stmt:
        start = self.at.pos
        is_async = isinstance(node, ast.AsyncWith)
        if is_async:
            self.at.token("async")
        self.at.token("with")
        items = self.with_items(node.items)
        body = self.suite(node.body)
        return ir.With(start, _end(body), items, body, is_async)

    def with_items(self, nodes: Sequence[ast.withitem]) -> list[ir.WithItem]:
        """Parentheses around all items are the statement's own, where there are such."""
        before = self.at.pos
        if self.at.take("("):
            try:
                items = [self.with_item(node) for node in nodes]
                self.at.token(")")
                self.at.sync()
                if self.text.startswith(":", self.at.pos):
                    return items
            except MismatchError:
                pass
            self.at.pos = before
        return [self.with_item(node) for node in nodes]

    def with_item(self, node: ast.withitem) -> ir.WithItem:
        start = self.at.sync()
        context = self.expr(node.context_expr)
        target = None
        if node.optional_vars is not None:
            self.at.token("as")
            target = self.expr(node.optional_vars)
        end = self.at.pos
        self.at.take(",")
        return ir.WithItem(start, end, context, target)

    def expression(self, node: ast.Expr) -> ir.Stmt:
        start = self.at.pos
        value = self.expr(node.value)
        return ir.ExprStmt(start, self.at.pos, value)

    def assign(self, node: ast.Assign) -> ir.Stmt:
        start = self.at.pos
        targets = []
        for target in node.targets:
            targets.append(self.expr(target))
            self.at.token("=")
        value = self.expr(node.value)
        return ir.Assign(start, self.at.pos, targets, value)

    def annotated(self, node: ast.AnnAssign) -> ir.Stmt:
        start = self.at.pos
        target = self.expr(node.target)
        self.at.token(":")
        annotation = self.expr(node.annotation)
        value = None
        if node.value is not None:
            self.at.token("=")
            value = self.expr(node.value)
        return ir.AnnAssign(start, self.at.pos, target, annotation, value)

    def augmented(self, node: ast.AugAssign) -> ir.Stmt:
        start = self.at.pos
        target = self.expr(node.target)
        op = BINARY[type(node.op)]
        self.at.token(op + "=")
        value = self.expr(node.value)
        return ir.AugAssign(start, self.at.pos, target, op, value)

    def return_(self, node: ast.Return) -> ir.Stmt:
        start = self.at.token("return")
        value = self.maybe(node.value)
        return ir.Return(start, self.at.pos, value)

    def raise_(self, node: ast.Raise) -> ir.Stmt:
        start = self.at.token("raise")
        exc = self.maybe(node.exc)
        cause = None
        if node.cause is not None:
            self.at.token("from")
            cause = self.expr(node.cause)
        return ir.Raise(start, self.at.pos, exc, cause)

    def delete(self, node: ast.Delete) -> ir.Stmt:
        start = self.at.token("del")
        targets = self.elements(node.targets)
        return ir.Delete(start, self.at.pos, targets)

    def assert_(self, node: ast.Assert) -> ir.Stmt:
        start = self.at.token("assert")
        test = self.expr(node.test)
        message = None
        if node.msg is not None:
            self.at.token(",")
            message = self.expr(node.msg)
        return ir.Assert(start, self.at.pos, test, message)

    def simple(self, node: ast.Pass | ast.Break | ast.Continue) -> ir.Stmt:
        kind: Any = type(node).__name__.lower()
        start = self.at.token(kind)
        return ir.Simple(start, self.at.pos, kind)

    def scope(self, node: ast.Global | ast.Nonlocal) -> ir.Stmt:
        kind: Literal["global", "nonlocal"] = "global" if isinstance(node, ast.Global) else "nonlocal"
        start = self.at.token(kind)
        for index, name in enumerate(node.names):
            if index:
                self.at.token(",")
            self.at.token(name)
        return ir.ScopeDecl(start, self.at.pos, kind, list(node.names))

    def import_(self, node: ast.Import) -> ir.Stmt:
        start = self.at.token("import")
        names = self.aliases(node.names)
        return ir.Import(start, self.at.pos, names)

    def import_from(self, node: ast.ImportFrom) -> ir.Stmt:
        start = self.at.token("from")
        for _ in range(node.level):
            self.at.token(".")
        if node.module:
            self.dotted(node.module)
        self.at.token("import")
        if node.names[0].name == "*":
            self.at.token("*")
            return ir.ImportFrom(start, self.at.pos, node.module or "", node.level, [], True)
        parens = self.at.take("(")
        names = self.aliases(node.names)
        if parens:
            self.at.token(")")
        return ir.ImportFrom(start, self.at.pos, node.module or "", node.level, names)

    def aliases(self, nodes: Sequence[ast.alias]) -> list[ir.Alias]:
        found = []
        for node in nodes:
            start = self.at.sync()
            self.dotted(node.name)
            if node.asname is not None:
                self.at.token("as")
                self.at.token(node.asname)
            found.append(ir.Alias(start, self.at.pos, node.name, node.asname))
            self.at.take(",")
        return found

    def dotted(self, name: str) -> None:
        for index, part in enumerate(name.split(".")):
            if index:
                self.at.token(".")
            self.at.token(part)


def _end(*blocks: list[ir.Stmt]) -> int:
    """Where the last statement of the last block ends."""
    return next(block[-1].end for block in reversed(blocks) if block)


_STATEMENTS: dict[type, Callable[[_Walk, Any], ir.Stmt]] = {
    ast.FunctionDef: _Walk.function, ast.AsyncFunctionDef: _Walk.function, ast.ClassDef: _Walk.class_, ast.If: _Walk.if_,
    ast.While: _Walk.while_, ast.For: _Walk.for_, ast.AsyncFor: _Walk.for_, ast.Try: _Walk.try_, ast.With: _Walk.with_,
    ast.AsyncWith: _Walk.with_, ast.Expr: _Walk.expression, ast.Assign: _Walk.assign, ast.AnnAssign: _Walk.annotated,
    ast.AugAssign: _Walk.augmented, ast.Return: _Walk.return_, ast.Raise: _Walk.raise_, ast.Delete: _Walk.delete,
    ast.Assert: _Walk.assert_, ast.Pass: _Walk.simple, ast.Break: _Walk.simple, ast.Continue: _Walk.simple,
    ast.Global: _Walk.scope, ast.Nonlocal: _Walk.scope, ast.Import: _Walk.import_, ast.ImportFrom: _Walk.import_from,
}  # fmt: skip
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _Walk.try_
_SIMPLE = frozenset({
    ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Raise, ast.Delete, ast.Assert, ast.Pass, ast.Break,
    ast.Continue, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom,
})  # fmt: skip
