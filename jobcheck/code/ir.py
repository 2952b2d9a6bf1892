"""The IR: what `lower` makes of an island, and all that the solver and the rules see of a program.

Every node carries `start` and `end`: byte offsets into the *island's own bytes* (so the IR is a pure function of
those bytes); an `Island` knows where it lies in its file. Expressions and statements are msgspec structs with a
tag, so a whole island travels as MessagePack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Union

import msgspec

if TYPE_CHECKING:
    Value = Union[bool, int, float, str, bytes, None]
else:  # msgspec takes no union of str and bytes, but MessagePack keeps them apart
    Value = Any


class Node(msgspec.Struct, tag=True, tag_field="node", omit_defaults=True, eq=False, gc=False):
    """A piece of source: `island_bytes[start:end]` is its text."""

    start: int
    end: int


# --- expressions -----------------------------------------------------------------------------------------------


class Name(Node):
    id: str


class Constant(Node):
    """A literal. `kind` says which Python type; `value` holds it as far as MessagePack can.

    int beyond 64 bits, complex and Ellipsis keep `value` None; adjacent string literals are joined; a str or bytes
    longer than `lower.LONGEST_LITERAL` keeps its first part only and sets `cut`.
    """

    kind: Literal["none", "bool", "int", "float", "complex", "str", "bytes", "ellipsis"]
    value: Value = None
    cut: bool = False


class FString(Node):
    """An f-string (or a template string when `template`): the expressions in it, in order, without the text."""

    values: list[Expr]
    template: bool = False


class Attribute(Node):
    value: Expr
    attr: str


class Subscript(Node):
    """`value[index]`; several indexes make `index` a TupleExpr."""

    value: Expr
    index: Expr


class SliceExpr(Node):
    lower: Expr | None = None
    upper: Expr | None = None
    step: Expr | None = None


class Arg(Node):
    """One argument of a call: positional, `keyword=`, `*` or `**`. The span covers keyword and stars too."""

    value: Expr
    keyword: str | None = None
    star: Literal["", "*", "**"] = ""


class Call(Node):
    func: Expr
    args: list[Arg]


class Starred(Node):
    value: Expr


class TupleExpr(Node):
    """`parenthesized` is False for a bare `a, b`."""

    elements: list[Expr]
    parenthesized: bool = True


class ListExpr(Node):
    elements: list[Expr]


class SetExpr(Node):
    elements: list[Expr]


class DictItem(Node):
    """`key: value`, or `**value` when `key` is None."""

    value: Expr
    key: Expr | None = None


class DictExpr(Node):
    items: list[DictItem]


class Clause(Node):
    """One `for target in iter if ...` of a comprehension."""

    target: Expr
    iter: Expr
    conditions: list[Expr] = []
    is_async: bool = False


class Comprehension(Node):
    """`element` is the value of a dict comprehension, whose key is `key`."""

    kind: Literal["list", "set", "dict", "generator"]
    element: Expr
    clauses: list[Clause]
    key: Expr | None = None


class BinOp(Node):
    """`op` as written: `+ - * / // % ** @ << >> & | ^`."""

    op: str
    left: Expr
    right: Expr


class BoolOp(Node):
    """`left and right` (chains nest)."""

    op: Literal["and", "or"]
    left: Expr
    right: Expr


class UnaryOp(Node):
    op: Literal["not", "-", "+", "~"]
    operand: Expr


class Compare(Node):
    """`left ops[0] comparators[0] ops[1] ...`; ops as written (`==`, `is not`, `not in`)."""

    left: Expr
    ops: list[str]
    comparators: list[Expr]


class IfExp(Node):
    test: Expr
    body: Expr
    orelse: Expr


class Lambda(Node):
    params: Parameters
    body: Expr


class NamedExpr(Node):
    target: Expr
    value: Expr


class Await(Node):
    value: Expr


class Yield(Node):
    """`is_from` for `yield from`."""

    value: Expr | None = None
    is_from: bool = False


class Opaque(Node):
    """An expression that `lower` does not model; its value is unknown."""


Expr = Union[
    Name, Constant, FString, Attribute, Subscript, SliceExpr, Call, Starred, TupleExpr, ListExpr, SetExpr, DictExpr,
    Comprehension, BinOp, BoolOp, UnaryOp, Compare, IfExp, Lambda, NamedExpr, Await, Yield, Opaque,
]  # fmt: skip


# --- functions and classes -------------------------------------------------------------------------------------


class Param(Node):
    """The span covers name, annotation and default, without stars."""

    name: str
    annotation: Expr | None = None
    default: Expr | None = None


class Parameters(msgspec.Struct, omit_defaults=True, eq=False, gc=False):
    posonly: list[Param] = []
    args: list[Param] = []
    vararg: Param | None = None
    kwonly: list[Param] = []
    kwarg: Param | None = None


class Decorator(Node):
    """The span starts at the `@`."""

    value: Expr


class FunctionDef(Node):
    """The span starts at the first decorator, if any; `name_start` is where the name stands."""

    name: str
    name_start: int
    params: Parameters
    body: list[Stmt]
    decorators: list[Decorator] = []
    returns: Expr | None = None
    is_async: bool = False


class ClassDef(Node):
    """`args` holds bases and class keywords."""

    name: str
    name_start: int
    args: list[Arg]
    body: list[Stmt]
    decorators: list[Decorator] = []


# --- statements ------------------------------------------------------------------------------------------------


class ExprStmt(Node):
    value: Expr


class Assign(Node):
    """`targets[0] = targets[1] = value`."""

    targets: list[Expr]
    value: Expr


class AnnAssign(Node):
    target: Expr
    annotation: Expr
    value: Expr | None = None


class AugAssign(Node):
    """`target op= value`, `op` without the equals sign."""

    target: Expr
    op: str
    value: Expr


class Return(Node):
    value: Expr | None = None


class Raise(Node):
    exc: Expr | None = None
    cause: Expr | None = None


class Delete(Node):
    targets: list[Expr]


class Assert(Node):
    test: Expr
    message: Expr | None = None


class Alias(Node):
    """`name as asname`; `name` is dotted in an `import` statement."""

    name: str
    asname: str | None = None


class Import(Node):
    names: list[Alias]


class ImportFrom(Node):
    """`from ..module import names`; `star` for `import *` (then `names` is empty)."""

    module: str
    level: int
    names: list[Alias]
    star: bool = False


class ScopeDecl(Node):
    kind: Literal["global", "nonlocal"]
    names: list[str]


class Simple(Node):
    """`pass`, `break`, `continue`."""

    kind: Literal["pass", "break", "continue"]


class If(Node):
    """An `elif` is an If alone in `orelse`."""

    test: Expr
    body: list[Stmt]
    orelse: list[Stmt] = []


class While(Node):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt] = []


class For(Node):
    target: Expr
    iter: Expr
    body: list[Stmt]
    orelse: list[Stmt] = []
    is_async: bool = False


class Handler(Node):
    """`except type as name:`; `type` None for a bare one."""

    body: list[Stmt]
    type: Expr | None = None
    name: str | None = None


class Try(Node):
    """`star` for `except*`."""

    body: list[Stmt]
    handlers: list[Handler] = []
    orelse: list[Stmt] = []
    final: list[Stmt] = []
    star: bool = False


class WithItem(Node):
    context: Expr
    target: Expr | None = None


class With(Node):
    items: list[WithItem]
    body: list[Stmt]
    is_async: bool = False


class Case(Node):
    """One `case`: the pattern as the names it binds and the expressions (classes, values) it mentions."""

    body: list[Stmt]
    binds: list[str] = []
    mentions: list[Expr] = []
    guard: Expr | None = None
    irrefutable: bool = False


class Match(Node):
    subject: Expr
    cases: list[Case]


class OpaqueStmt(Node):
    """A statement that `lower` does not model (a type alias)."""


Stmt = Union[
    ExprStmt, Assign, AnnAssign, AugAssign, Return, Raise, Delete, Assert, Import, ImportFrom, ScopeDecl, Simple, If,
    While, For, Try, With, Match, FunctionDef, ClassDef, OpaqueStmt,
]  # fmt: skip


class Comment(msgspec.Struct, eq=False, gc=False):
    """A comment with its `#`; `own_line` when only whitespace stands before it."""

    start: int
    end: int
    text: str
    own_line: bool


class Lowered(msgspec.Struct, eq=False):
    """An island's IR. `refused` says why there is none (too deep, does not parse, does not give back its bytes)."""

    body: list[Stmt]
    refused: str | None = None
