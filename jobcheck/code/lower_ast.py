"""Lowering by way of Python's own parser: the same IR several times faster, for islands that it can read.

What the running Python does not take, what its trees do not tell, and whatever the scanner does not find where the tree
has it, is left to libcst: `statements` raises `NotHereError`, and `lower` goes the long way. The walk is the one of the other
`lower_*` modules, token by token, so that it proves its own spans; and the tests hold both to the same IR.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

from jobcheck.code import ir, literals
from jobcheck.code.scanner import MismatchError, Scanner

_STRING = re.compile(
    r"""[rRbBuU]{0,2}(?:\"{3}(?:\\.|(?!\"{3})[^\\])*\"{3}|'{3}(?:\\.|(?!'{3})[^\\])*'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""",
    re.DOTALL,
)
_BINARY: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}  # fmt: skip
_UNARY: dict[type, Literal["not", "-", "+", "~"]] = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
_COMPARE: dict[type, str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip


class NotHereError(Exception):
    """Python's parser cannot say what libcst can."""


def statements(text: str, indent: str) -> list[ir.Stmt]:
    """The IR of the statements in `text`, with spans in characters. Raises NotHereError."""
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
    walk = _Walk(text, prefix)
    try:
        found = walk.block(body)
        walk.at.finish()
    except (MismatchError, IndexError, KeyError, StopIteration):
        raise NotHereError from None
    return found


class _Walk:
    """One pass over a tree in source order, with the scanner beside it."""

    def __init__(self, text: str, prefix: str) -> None:
        self.at = Scanner(text)
        self.text = text
        self._ascii = text.isascii()
        starts = [0]
        whole = prefix + text
        for line in whole.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        self._whole = whole
        self._starts = [start - len(prefix) for start in starts]
        self._prefix = len(prefix)

    # --- places ------------------------------------------------------------------------------------------------

    def start(self, node: Any) -> int:
        return self._place(node.lineno, node.col_offset)

    def end(self, node: Any) -> int:
        return self._place(node.end_lineno, node.end_col_offset)

    def _place(self, row: int, column: int) -> int:
        begin = self._starts[row - 1]
        if not self._ascii:
            line = self._whole[begin + self._prefix : self._starts[row] + self._prefix]
            if not line.isascii():
                column = len(line.encode()[:column].decode("utf-8", "replace"))
        return begin + column

    # --- statements --------------------------------------------------------------------------------------------

    def block(self, nodes: Sequence[ast.stmt]) -> list[ir.Stmt]:
        body: list[ir.Stmt] = []
        for node in nodes:
            self.at.sync()
            handler = _STATEMENTS.get(type(node))
            if handler is None:
                raise NotHereError
            body.append(handler(self, node))
            if type(node) in _SIMPLE:
                self.at.take(";")
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
        op = _BINARY[type(node.op)]
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

    # --- expressions -------------------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> ir.Expr:
        """An expression with the parentheses around it, which are not part of its span."""
        at = self.at
        at.sync()
        parens, start = 0, self.start(node)
        while at.pos < start:
            at.token("(")
            parens += 1
            at.sync()
        if at.pos > start and type(node) is not ast.GeneratorExp:
            raise MismatchError
        handler = _EXPRESSIONS.get(type(node))
        if handler is None:
            raise NotHereError
        lowered = handler(self, node)
        for _ in range(parens):
            at.token(")")
        return lowered

    def maybe(self, node: ast.expr | None) -> ir.Expr | None:
        return None if node is None else self.expr(node)

    def name(self, node: ast.Name) -> ir.Expr:
        start = self.at.token(node.id)
        return ir.Name(start, self.at.pos, node.id)

    def constant(self, node: ast.Constant) -> ir.Expr:
        start, end = self.at.pos, self.end(node)
        token = self.text[start:end]
        value = node.value
        if isinstance(value, (str, bytes)):
            return self.string(token, start, end)
        self.at.token(token)
        if value is None or isinstance(value, bool):
            return ir.Constant(start, end, "none" if value is None else "bool", value)
        if isinstance(value, int):
            return ir.Constant(start, end, "int", literals.integer(token))
        if isinstance(value, float):
            return ir.Constant(start, end, "float", literals.floating(token))
        return ir.Constant(start, end, "complex" if isinstance(value, complex) else "ellipsis")

    def string(self, token: str, start: int, end: int) -> ir.Expr:
        if not _STRING.fullmatch(token):
            return self.pieces(end)
        self.at.pos = end
        return literals.string(token, start, end)

    def formatted(self, node: ast.JoinedStr) -> ir.Expr:
        return self.pieces(self.end(node))

    def pieces(self, end: int) -> ir.Expr:
        """Strings side by side, and f-strings, whose insides Python tells only since 3.12: libcst reads them."""
        from jobcheck.code.pieces import lowered

        return lowered(self.at, end)

    def attribute(self, node: ast.Attribute) -> ir.Expr:
        start = self.at.pos
        value = self.expr(node.value)
        self.at.token(".")
        self.at.token(node.attr)
        return ir.Attribute(start, self.at.pos, value, node.attr)

    def call(self, node: ast.Call) -> ir.Expr:
        start = self.at.pos
        func = self.expr(node.func)
        self.at.token("(")
        args = self.arguments(node.args, node.keywords)
        self.at.token(")")
        return ir.Call(start, self.at.pos, func, args)

    def arguments(self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[ir.Arg]:
        nodes: list[Any] = [*args, *keywords]
        if args and keywords:
            nodes.sort(key=lambda n: (n.lineno, n.col_offset))
        found = []
        for node in nodes:
            found.append(self.argument(node))
            self.at.take(",")
        return found

    def argument(self, node: Any) -> ir.Arg:
        start = self.at.sync()
        keyword, star, value = None, "", node
        if isinstance(node, ast.keyword):
            keyword, value = node.arg, node.value
            star = "**" if keyword is None else ""
            if keyword is None:
                self.at.token("**")
            else:
                self.at.token(keyword)
                self.at.token("=")
        elif isinstance(node, ast.Starred):
            star, value = "*", node.value
            self.at.token("*")
        lowered = self.expr(value)
        return ir.Arg(start, self.at.pos, lowered, keyword, star)  # type: ignore[arg-type]

    def subscript(self, node: ast.Subscript) -> ir.Expr:
        start = self.at.pos
        value = self.expr(node.value)
        self.at.token("[")
        index = self.index(node.slice)
        self.at.token("]")
        return ir.Subscript(start, self.at.pos, value, index)

    def index(self, node: ast.expr) -> ir.Expr:
        if isinstance(node, ast.Slice):
            return self.slice(node)
        if not isinstance(node, ast.Tuple):
            return self.expr(node)
        before = self.at.pos
        if self.text.startswith("(", self.at.sync()):
            try:
                lowered = self.expr(node)
                self.at.sync()
                if self.text.startswith("]", self.at.pos) and isinstance(lowered, ir.TupleExpr) and lowered.parenthesized:
                    return lowered
            except MismatchError:
                pass
            self.at.pos = before
        start = self.at.sync()
        elements = []
        for element in node.elts:
            elements.append(self.slice(element) if isinstance(element, ast.Slice) else self.expr(element))
            self.at.take(",")
        return ir.TupleExpr(start, self.at.pos, elements, False)

    def slice(self, node: ast.Slice) -> ir.Expr:
        start = self.at.sync()
        low = self.maybe(node.lower)
        self.at.token(":")
        high = self.maybe(node.upper)
        step = None
        if self.at.take(":"):
            step = self.maybe(node.step)
        return ir.SliceExpr(start, self.at.pos, low, high, step)

    def starred(self, node: ast.Starred) -> ir.Expr:
        start = self.at.token("*")
        value = self.expr(node.value)
        return ir.Starred(start, self.at.pos, value)

    def lambda_(self, node: ast.Lambda) -> ir.Expr:
        start = self.at.token("lambda")
        params = self.parameters(node.args)
        self.at.token(":")
        body = self.expr(node.body)
        return ir.Lambda(start, self.at.pos, params, body)

    def parameters(self, node: ast.arguments) -> ir.Parameters:
        positional = [*node.posonlyargs, *node.args]
        bare: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
        given = dict(zip(map(id, positional), [*bare, *node.defaults], strict=True))
        posonly = [self.param(a, given[id(a)]) for a in node.posonlyargs]
        if posonly:
            self.at.token("/")
            self.at.take(",")
        args = [self.param(a, given[id(a)]) for a in node.args]
        vararg = kwarg = None
        if node.vararg is not None:
            self.at.token("*")
            vararg = self.param(node.vararg, None)
        elif node.kwonlyargs:
            self.at.token("*")
            self.at.take(",")
        kwonly = [self.param(a, d) for a, d in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        if node.kwarg is not None:
            self.at.token("**")
            kwarg = self.param(node.kwarg, None)
        return ir.Parameters(posonly, args, vararg, kwonly, kwarg)

    def param(self, node: ast.arg, value: ast.expr | None) -> ir.Param:
        start = self.at.token(node.arg)
        annotation = default = None
        if node.annotation is not None:
            self.at.token(":")
            annotation = self.expr(node.annotation)
        if value is not None:
            self.at.token("=")
            default = self.expr(value)
        end = self.at.pos
        self.at.take(",")
        return ir.Param(start, end, node.arg, annotation, default)

    def elements(self, nodes: Sequence[ast.expr]) -> list[ir.Expr]:
        found = []
        for node in nodes:
            found.append(self.expr(node))
            self.at.take(",")
        return found

    def tuple_(self, node: ast.Tuple) -> ir.Expr:
        start, end = self.at.pos, self.end(node)
        if self.text.startswith("(", start):
            try:
                self.at.token("(")
                elements = self.elements(node.elts)
                self.at.token(")")
                if self.at.pos == end:
                    return ir.TupleExpr(start, end, elements, True)
            except MismatchError:
                pass
            self.at.pos = start
        elements = self.elements(node.elts)
        return ir.TupleExpr(start, self.at.pos, elements, False)

    def list_(self, node: ast.List) -> ir.Expr:
        start = self.at.token("[")
        elements = self.elements(node.elts)
        self.at.token("]")
        return ir.ListExpr(start, self.at.pos, elements)

    def set_(self, node: ast.Set) -> ir.Expr:
        start = self.at.token("{")
        elements = self.elements(node.elts)
        self.at.token("}")
        return ir.SetExpr(start, self.at.pos, elements)

    def dict_(self, node: ast.Dict) -> ir.Expr:
        start = self.at.token("{")
        items = []
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            first = self.at.sync()
            key = None
            if key_node is None:
                self.at.token("**")
            else:
                key = self.expr(key_node)
                self.at.token(":")
            value = self.expr(value_node)
            items.append(ir.DictItem(first, self.at.pos, value, key))
            self.at.take(",")
        self.at.token("}")
        return ir.DictExpr(start, self.at.pos, items)

    def generator(self, node: ast.GeneratorExp) -> ir.Expr:
        """Its own parentheses belong to it, those of the call that it is alone in do not."""
        own = self.at.pos == self.start(node)
        start = self.at.token("(") if own else self.at.pos
        element = self.expr(node.elt)
        clauses = self.clauses(node.generators)
        if own:
            self.at.token(")")
        return ir.Comprehension(start, self.at.pos, "generator", element, clauses)

    def list_comp(self, node: ast.ListComp) -> ir.Expr:
        start = self.at.token("[")
        element = self.expr(node.elt)
        clauses = self.clauses(node.generators)
        self.at.token("]")
        return ir.Comprehension(start, self.at.pos, "list", element, clauses)

    def set_comp(self, node: ast.SetComp) -> ir.Expr:
        start = self.at.token("{")
        element = self.expr(node.elt)
        clauses = self.clauses(node.generators)
        self.at.token("}")
        return ir.Comprehension(start, self.at.pos, "set", element, clauses)

    def dict_comp(self, node: ast.DictComp) -> ir.Expr:
        start = self.at.token("{")
        key = self.expr(node.key)
        self.at.token(":")
        value = self.expr(node.value)
        clauses = self.clauses(node.generators)
        self.at.token("}")
        return ir.Comprehension(start, self.at.pos, "dict", value, clauses, key)

    def clauses(self, nodes: Sequence[ast.comprehension]) -> list[ir.Clause]:
        found = []
        for node in nodes:
            start = self.at.sync()
            if node.is_async:
                self.at.token("async")
            self.at.token("for")
            target = self.expr(node.target)
            self.at.token("in")
            source = self.expr(node.iter)
            conditions = []
            for condition in node.ifs:
                self.at.token("if")
                conditions.append(self.expr(condition))
            found.append(ir.Clause(start, self.at.pos, target, source, conditions, bool(node.is_async)))
        return found

    def binary(self, node: ast.BinOp) -> ir.Expr:
        start = self.at.pos
        left = self.expr(node.left)
        op = _BINARY[type(node.op)]
        self.at.token(op)
        right = self.expr(node.right)
        return ir.BinOp(start, self.at.pos, op, left, right)

    def boolean(self, node: ast.BoolOp) -> ir.Expr:
        start = self.at.pos
        op: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
        left = self.expr(node.values[0])
        for value in node.values[1:]:
            self.at.token(op)
            right = self.expr(value)
            left = ir.BoolOp(start, self.at.pos, op, left, right)
        return left

    def unary(self, node: ast.UnaryOp) -> ir.Expr:
        op = _UNARY[type(node.op)]
        start = self.at.token(op)
        operand = self.expr(node.operand)
        return ir.UnaryOp(start, self.at.pos, op, operand)

    def comparison(self, node: ast.Compare) -> ir.Expr:
        start = self.at.pos
        left = self.expr(node.left)
        ops, comparators = [], []
        for op_node, comparator in zip(node.ops, node.comparators, strict=True):
            op = _COMPARE[type(op_node)]
            for token in op.split(" "):
                self.at.token(token)
            ops.append(op)
            comparators.append(self.expr(comparator))
        return ir.Compare(start, self.at.pos, left, ops, comparators)

    def conditional(self, node: ast.IfExp) -> ir.Expr:
        start = self.at.pos
        body = self.expr(node.body)
        self.at.token("if")
        test = self.expr(node.test)
        self.at.token("else")
        orelse = self.expr(node.orelse)
        return ir.IfExp(start, self.at.pos, test, body, orelse)

    def named(self, node: ast.NamedExpr) -> ir.Expr:
        start = self.at.pos
        target = self.expr(node.target)
        self.at.token(":=")
        value = self.expr(node.value)
        return ir.NamedExpr(start, self.at.pos, target, value)

    def await_(self, node: ast.Await) -> ir.Expr:
        start = self.at.token("await")
        value = self.expr(node.value)
        return ir.Await(start, self.at.pos, value)

    def yield_(self, node: ast.Yield | ast.YieldFrom) -> ir.Expr:
        start = self.at.token("yield")
        is_from = isinstance(node, ast.YieldFrom)
        if is_from:
            self.at.token("from")
        value = self.maybe(node.value)
        return ir.Yield(start, self.at.pos, value, is_from)


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
_EXPRESSIONS: dict[type, Callable[[_Walk, Any], ir.Expr]] = {
    ast.Name: _Walk.name, ast.Constant: _Walk.constant, ast.JoinedStr: _Walk.formatted, ast.Attribute: _Walk.attribute,
    ast.Call: _Walk.call, ast.Subscript: _Walk.subscript, ast.Starred: _Walk.starred, ast.Lambda: _Walk.lambda_,
    ast.Tuple: _Walk.tuple_, ast.List: _Walk.list_, ast.Set: _Walk.set_, ast.Dict: _Walk.dict_,
    ast.GeneratorExp: _Walk.generator, ast.ListComp: _Walk.list_comp, ast.SetComp: _Walk.set_comp,
    ast.DictComp: _Walk.dict_comp, ast.BinOp: _Walk.binary, ast.BoolOp: _Walk.boolean, ast.UnaryOp: _Walk.unary,
    ast.Compare: _Walk.comparison, ast.IfExp: _Walk.conditional, ast.NamedExpr: _Walk.named, ast.Await: _Walk.await_,
    ast.Yield: _Walk.yield_, ast.YieldFrom: _Walk.yield_,
}  # fmt: skip
