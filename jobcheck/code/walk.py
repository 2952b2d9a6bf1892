"""Walks over the IR, for rules: all nodes in source order, without recursion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobcheck.code import ir

_PARTS: dict[type[ir.Node], tuple[str, ...]] = {
    ir.FString: ("values",),
    ir.Attribute: ("value",),
    ir.Subscript: ("value", "index"),
    ir.SliceExpr: ("lower", "upper", "step"),
    ir.Arg: ("value",),
    ir.Call: ("func", "args"),
    ir.Starred: ("value",),
    ir.TupleExpr: ("elements",),
    ir.ListExpr: ("elements",),
    ir.SetExpr: ("elements",),
    ir.DictItem: ("key", "value"),
    ir.DictExpr: ("items",),
    ir.Clause: ("target", "iter", "conditions"),
    ir.Comprehension: ("key", "element", "clauses"),
    ir.BinOp: ("left", "right"),
    ir.BoolOp: ("left", "right"),
    ir.UnaryOp: ("operand",),
    ir.Compare: ("left", "comparators"),
    ir.IfExp: ("body", "test", "orelse"),
    ir.Lambda: ("params", "body"),
    ir.NamedExpr: ("target", "value"),
    ir.Await: ("value",),
    ir.Yield: ("value",),
    ir.Param: ("annotation", "default"),
    ir.Decorator: ("value",),
    ir.FunctionDef: ("decorators", "params", "returns", "body"),
    ir.ClassDef: ("decorators", "args", "body"),
    ir.ExprStmt: ("value",),
    ir.Assign: ("targets", "value"),
    ir.AnnAssign: ("target", "annotation", "value"),
    ir.AugAssign: ("target", "value"),
    ir.Return: ("value",),
    ir.Raise: ("exc", "cause"),
    ir.Delete: ("targets",),
    ir.Assert: ("test", "message"),
    ir.Import: ("names",),
    ir.ImportFrom: ("names",),
    ir.If: ("test", "body", "orelse"),
    ir.While: ("test", "body", "orelse"),
    ir.For: ("target", "iter", "body", "orelse"),
    ir.Handler: ("type", "body"),
    ir.Try: ("body", "handlers", "orelse", "final"),
    ir.WithItem: ("context", "target"),
    ir.With: ("items", "body"),
    ir.Case: ("mentions", "guard", "body"),
    ir.Match: ("subject", "cases"),
}
_OUTSIDE: dict[type[ir.Node], tuple[str, ...]] = {
    ir.FunctionDef: ("decorators", "params", "returns"),
    ir.Lambda: ("params",),
}
"""The parts of a function that run where it stands, not when it is called."""


def children(node: ir.Node) -> list[ir.Node]:
    """The nodes directly below `node`, in source order; a function's parameters are among them."""
    return _below(node, _PARTS.get(type(node), ()))


def walk(root: ir.Node | Iterable[ir.Node], *, into_functions: bool = True) -> Iterator[ir.Node]:
    """Yield `root` (or each of several) and all nodes below, each before what is below it, in source order.

    Without `into_functions` the bodies of functions and lambdas *below* the root are left out: what remains is what
    runs when the root's body runs. Their decorators, defaults and annotations do run there, and so do class bodies.
    """
    stack: list[ir.Node] = []
    for top in [root] if isinstance(root, ir.Node) else root:
        yield top
        stack.extend(reversed(children(top)))
        while stack:
            node = stack.pop()
            yield node
            kind = type(node)
            parts = _PARTS.get(kind)
            if parts is None:
                continue
            if not into_functions and kind in _OUTSIDE:
                parts = _OUTSIDE[kind]
            below = _below(node, parts)
            below.reverse()
            stack.extend(below)


def _below(node: ir.Node, parts: tuple[str, ...]) -> list[ir.Node]:
    found: list[ir.Node] = []
    for part in parts:
        value = getattr(node, part)
        if value is None:
            continue
        if type(value) is list:
            found.extend(value)
        elif type(value) is ir.Parameters:
            found.extend(_parameters(value))
        else:
            found.append(value)
    return found


def _parameters(params: ir.Parameters) -> Iterator[ir.Param]:
    yield from params.posonly
    yield from params.args
    if params.vararg is not None:
        yield params.vararg
    yield from params.kwonly
    if params.kwarg is not None:
        yield params.kwarg
