"""The expressions of `lower_ast`, and where the nodes of Python's own trees stand in the text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, Literal

from jobcheck.code import ir, literals
from jobcheck.code.pieces import STRING, lowered
from jobcheck.code.scanner import MismatchError, Scanner

BINARY: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}  # fmt: skip
_UNARY: dict[type, Literal["not", "-", "+", "~"]] = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
_COMPARE: dict[type, str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip


_ENDLESS = 1_000_000


class NotHereError(Exception):
    """Python's parser cannot say what libcst can."""


class Expressions:
    """One pass over expressions in source order, with the scanner beside it. `room`: how deep they may nest, if that matters."""

    def __init__(self, text: str, prefix: str, room: int | None = None) -> None:
        self.at = Scanner(text)
        self.checked = room is None
        self.room = _ENDLESS if room is None else room
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
        self.enter(1 + parens)
        lowered = handler(self, node)
        self.room += 1 + parens
        for _ in range(parens):
            at.token(")")
        return lowered

    def enter(self, levels: int) -> None:
        """Go deeper; who gets out again gives the room back."""
        self.room -= levels
        if self.room < 0:
            raise NotHereError

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
        if not STRING.fullmatch(token):
            return self.pieces(end)
        self.at.pos = end
        return literals.string(token, start, end)

    def formatted(self, node: ast.JoinedStr) -> ir.Expr:
        return self.pieces(self.end(node))

    def pieces(self, end: int) -> ir.Expr:
        """Strings side by side, and f-strings."""
        start = self.at.pos
        found = lowered(self.at, end, self.field)
        if found is not None:
            return found
        if not self.checked:
            raise NotHereError
        from jobcheck.code import pieces_cst

        self.at.pos = start
        return pieces_cst.lowered(self.at, end)

    def field(self, text: str, tree: ast.expr) -> ir.Expr:
        """An expression of an f-string, which stands for itself in `text`."""
        inside = Expressions(text, "", None if self.checked else self.room)
        found = inside.expr(tree)
        inside.at.finish()
        return found

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
        op = BINARY[type(node.op)]
        self.at.token(op)
        right = self.expr(node.right)
        return ir.BinOp(start, self.at.pos, op, left, right)

    def boolean(self, node: ast.BoolOp) -> ir.Expr:
        start = self.at.pos
        op: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
        more = len(node.values) - 1
        self.enter(more)
        left = self.expr(node.values[0])
        for value in node.values[1:]:
            self.at.token(op)
            right = self.expr(value)
            left = ir.BoolOp(start, self.at.pos, op, left, right)
        self.room += more
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


_EXPRESSIONS: dict[type, Callable[[Expressions, Any], ir.Expr]] = {
    ast.Name: Expressions.name,
    ast.Constant: Expressions.constant,
    ast.JoinedStr: Expressions.formatted,
    ast.Attribute: Expressions.attribute,
    ast.Call: Expressions.call,
    ast.Subscript: Expressions.subscript,
    ast.Starred: Expressions.starred,
    ast.Lambda: Expressions.lambda_,
    ast.Tuple: Expressions.tuple_,
    ast.List: Expressions.list_,
    ast.Set: Expressions.set_,
    ast.Dict: Expressions.dict_,
    ast.GeneratorExp: Expressions.generator,
    ast.ListComp: Expressions.list_comp,
    ast.SetComp: Expressions.set_comp,
    ast.DictComp: Expressions.dict_comp,
    ast.BinOp: Expressions.binary,
    ast.BoolOp: Expressions.boolean,
    ast.UnaryOp: Expressions.unary,
    ast.Compare: Expressions.comparison,
    ast.IfExp: Expressions.conditional,
    ast.NamedExpr: Expressions.named,
    ast.Await: Expressions.await_,
    ast.Yield: Expressions.yield_,
    ast.YieldFrom: Expressions.yield_,
}
