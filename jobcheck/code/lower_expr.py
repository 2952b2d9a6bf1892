"""Lowering of expressions: each libcst expression, with the scanner at its first token, becomes an IR expression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import libcst as cst

from jobcheck.code import ir, literals
from jobcheck.code.scanner import MismatchError, Scanner

if TYPE_CHECKING:
    from libcst import StarredDictComp, TemplatedString

    Formatted = cst.FormattedString | TemplatedString

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
_NAMED_CONSTANTS = {"None": None, "True": True, "False": False}


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


def maybe(at: Scanner, node: cst.BaseExpression | None) -> ir.Expr | None:
    """Lower an expression that may be missing."""
    return None if node is None else expr(at, node)


# --- names and literals ----------------------------------------------------------------------------------------


def _name(at: Scanner, node: cst.Name) -> ir.Expr:
    text = node.value
    start = at.token(text)
    if text in _NAMED_CONSTANTS:
        value = _NAMED_CONSTANTS[text]
        return ir.Constant(start, at.pos, "none" if value is None else "bool", value)
    return ir.Name(start, at.pos, literals.identifier(text))


def _integer(at: Scanner, node: cst.Integer) -> ir.Expr:
    start = at.token(node.value)
    return ir.Constant(start, at.pos, "int", literals.integer(node.value))


def _float(at: Scanner, node: cst.Float) -> ir.Expr:
    start = at.token(node.value)
    return ir.Constant(start, at.pos, "float", literals.floating(node.value))


def _imaginary(at: Scanner, node: cst.Imaginary) -> ir.Expr:
    start = at.token(node.value)
    return ir.Constant(start, at.pos, "complex")


def _ellipsis(at: Scanner, _node: cst.Ellipsis) -> ir.Expr:
    start = at.token("...")
    return ir.Constant(start, at.pos, "ellipsis")


def _string(at: Scanner, node: cst.SimpleString) -> ir.Expr:
    start = at.token(node.value)
    return literals.string(node.value, start, at.pos)


def _formatted(at: Scanner, node: Formatted) -> ir.Expr:
    start = at.pos
    values: list[ir.Expr] = []
    _replacements(at, node, values)
    return ir.FString(start, at.pos, values, isinstance(node, _TEMPLATE))


def _replacements(at: Scanner, node: Formatted, values: list[ir.Expr]) -> None:
    """Collect the expressions of one f-string or template string."""
    at.token(node.start)
    _parts(at, node.parts, values)
    at.token(node.end)


def _parts(at: Scanner, parts: Sequence[Any], values: list[ir.Expr]) -> None:
    for part in parts:
        if type(part) in _FORMAT_TEXT:
            at.token(part.value)
            continue
        at.token("{")
        values.append(expr(at, part.expression))
        if part.equal is not None:
            at.token("=")
        if part.conversion is not None:
            at.token("!")
            at.token(part.conversion)
        if part.format_spec is not None:
            at.token(":")
            _parts(at, part.format_spec, values)
        at.token("}")


def _concatenated(at: Scanner, node: cst.ConcatenatedString) -> ir.Expr:
    start = at.pos
    values: list[ir.Expr] = []
    texts: list[str | bytes] = []
    formatted = template = False
    rest: cst.BaseExpression | None = node
    while rest is not None:
        piece: Any = rest
        rest = None
        if isinstance(piece, cst.ConcatenatedString):
            piece, rest = piece.left, piece.right
        if isinstance(piece, cst.SimpleString):
            at.token(piece.value)
            texts.append(literals.text_of(piece.value))
        else:
            at.sync()
            formatted = True
            template = template or isinstance(piece, _TEMPLATE)
            _replacements(at, piece, values)
    if formatted:
        return ir.FString(start, at.pos, values, template)
    if isinstance(texts[0], bytes):
        return literals.constant(b"".join(t for t in texts if isinstance(t, bytes)), start, at.pos)
    return literals.constant("".join(t for t in texts if isinstance(t, str)), start, at.pos)


# --- access and calls ------------------------------------------------------------------------------------------


def _attribute(at: Scanner, node: cst.Attribute) -> ir.Expr:
    start = at.pos
    value = expr(at, node.value)
    at.token(".")
    at.token(node.attr.value)
    return ir.Attribute(start, at.pos, value, literals.identifier(node.attr.value))


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


def starred(at: Scanner, node: cst.StarredElement) -> ir.Expr:
    """Lower `*value`."""
    start = at.token("*")
    value = expr(at, node.value)
    return ir.Starred(start, at.pos, value)


# --- displays --------------------------------------------------------------------------------------------------


def _elements(at: Scanner, nodes: Sequence[Any]) -> list[ir.Expr]:
    elements = []
    for node in nodes:
        elements.append(expr(at, node.value if type(node) is cst.Element else node))
        at.take(",")
    return elements


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


def _list(at: Scanner, node: cst.List) -> ir.Expr:
    start = at.token("[")
    elements = _elements(at, node.elements)
    at.token("]")
    return ir.ListExpr(start, at.pos, elements)


def _set(at: Scanner, node: cst.Set) -> ir.Expr:
    start = at.token("{")
    elements = _elements(at, node.elements)
    at.token("}")
    return ir.SetExpr(start, at.pos, elements)


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


# --- comprehensions --------------------------------------------------------------------------------------------


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


def _list_comp(at: Scanner, node: cst.ListComp) -> ir.Expr:
    start = at.token("[")
    element = expr(at, node.elt)
    clauses = _clauses(at, node.for_in)
    at.token("]")
    return ir.Comprehension(start, at.pos, "list", element, clauses)


def _set_comp(at: Scanner, node: cst.SetComp) -> ir.Expr:
    start = at.token("{")
    element = expr(at, node.elt)
    clauses = _clauses(at, node.for_in)
    at.token("}")
    return ir.Comprehension(start, at.pos, "set", element, clauses)


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


# --- operators -------------------------------------------------------------------------------------------------


def _binary(at: Scanner, node: cst.BinaryOperation) -> ir.Expr:
    start = at.pos
    left = expr(at, node.left)
    op = _BINARY[type(node.operator)]
    at.token(op)
    right = expr(at, node.right)
    return ir.BinOp(start, at.pos, op, left, right)


def _boolean(at: Scanner, node: cst.BooleanOperation) -> ir.Expr:
    start = at.pos
    left = expr(at, node.left)
    op: Literal["and", "or"] = "and" if type(node.operator) is cst.And else "or"
    at.token(op)
    right = expr(at, node.right)
    return ir.BoolOp(start, at.pos, op, left, right)


def _unary(at: Scanner, node: cst.UnaryOperation) -> ir.Expr:
    op = _UNARY[type(node.operator)]
    start = at.token(op)
    operand = expr(at, node.expression)
    return ir.UnaryOp(start, at.pos, op, operand)


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


def _conditional(at: Scanner, node: cst.IfExp) -> ir.Expr:
    start = at.pos
    body = expr(at, node.body)
    at.token("if")
    test = expr(at, node.test)
    at.token("else")
    orelse = expr(at, node.orelse)
    return ir.IfExp(start, at.pos, test, body, orelse)


def _named(at: Scanner, node: cst.NamedExpr) -> ir.Expr:
    start = at.pos
    target = expr(at, node.target)
    at.token(":=")
    value = expr(at, node.value)
    return ir.NamedExpr(start, at.pos, target, value)


# --- functions -------------------------------------------------------------------------------------------------


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


def _await(at: Scanner, node: cst.Await) -> ir.Expr:
    start = at.token("await")
    value = expr(at, node.expression)
    return ir.Await(start, at.pos, value)


def _yield(at: Scanner, node: cst.Yield) -> ir.Expr:
    start = at.token("yield")
    value: Any = node.value
    is_from = isinstance(value, cst.From)
    if is_from:
        at.token("from")
        value = value.item
    lowered = maybe(at, value)
    return ir.Yield(start, at.pos, lowered, is_from)


def _opaque(at: Scanner, node: cst.BaseExpression) -> ir.Expr:
    """An expression of a syntax newer than this module: its text is known, its meaning is not."""
    bare = node.with_changes(lpar=(), rpar=())
    code = cst.Module([]).code_for_node(bare)
    if not code:
        raise MismatchError
    start = at.token(code)
    return ir.Opaque(start, at.pos)


_HANDLERS: dict[type[Any], Callable[[Scanner, Any], ir.Expr]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.SimpleString: _string,
    cst.FormattedString: _formatted,
    cst.ConcatenatedString: _concatenated,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.Ellipsis: _ellipsis,
    cst.Subscript: _subscript,
    cst.StarredElement: starred,
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _set,
    cst.Dict: _dict,
    cst.GeneratorExp: _generator,
    cst.ListComp: _list_comp,
    cst.SetComp: _set_comp,
    cst.DictComp: _dict_comp,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Await: _await,
    cst.Yield: _yield,
}
_OWN_PARENS = frozenset({cst.Tuple, cst.GeneratorExp})
_TEMPLATE: tuple[type[Any], ...] = ()
_FORMAT_TEXT: set[type[Any]] = {cst.FormattedStringText}

# Syntax that not every supported libcst knows.
if hasattr(cst, "TemplatedString"):
    _HANDLERS[cst.TemplatedString] = _formatted
    _TEMPLATE = (cst.TemplatedString,)
    _FORMAT_TEXT.add(cst.TemplatedStringText)
if hasattr(cst, "StarredDictComp"):
    _HANDLERS[cst.StarredDictComp] = _dict_comp
