"""What the flow pass records: calls and where they stand, exits, the flow of a function."""

from __future__ import annotations

from dataclasses import field

from jobcheck.code import ir
from jobcheck.solve.defs import Env
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

Part = ir.Handler | ir.WithItem | ir.Case


@dataclass(eq=False, slots=True)
class Around:
    """One thing that is open around a site; `outer` is the next one out.

    `role`: try (its body), handler, final, loop, with, lambda, def, comprehension, branch (if/elif/else/case).
    `node` is the statement or expression, `env` what reached it, `part` the handler, the with-item or the case.
    """

    role: str
    node: ir.Stmt | ir.Expr
    env: Env
    outer: Around | None
    part: Part | None = None
    truth: bool = True


@dataclass(eq=False, slots=True)
class Site:
    """A call and where it stands.

    `usage`: what happens to its value: dropped (an expression statement), awaited, returned, raised, assigned,
    yielded, argument, receiver (an attribute of it is taken), operand, other. `stmt` is the statement it stands in.
    """

    call: ir.Call
    env: Env
    around: Around | None
    usage: str
    stmt: ir.Stmt
    unit: Unit

    def enclosing(self, *roles: str) -> Around | None:
        """The innermost thing of one of the roles around the site."""
        around = self.around
        while around is not None and around.role not in roles:
            around = around.outer
        return around

    @property
    def deferred(self) -> bool:
        """Whether the call stands in a lambda or nested function: it runs when that is called."""
        return self.enclosing("lambda", "def") is not None


@dataclass(eq=False, slots=True)
class Exit:
    """A return, yield or raise: its expression (None for a bare one) and the environment there.

    `each`: it is `yield from`, which gives each item of the expression.
    """

    node: ir.Expr | None
    env: Env
    stmt: ir.Stmt
    around: Around | None
    each: bool = False


@dataclass(eq=False, slots=True)
class Flow:
    """What the pass found in one function or top-level statement.

    `writes` are its assignments to attributes and items (`order.status = x`, `cache[key] = x`, `n.count += 1`); deleted
    ones have no value. `pipes` are its `|` expressions, `bare` its expression statements that are an attribute alone
    (`job.delay`).
    `entered` maps id(statement) to the environment before it (a nested function's statements included), `scopes`
    id(lambda, comprehension, nested def) to the environment inside it.
    """

    unit: Unit
    sites: list[Site] = field(default_factory=list)
    returns: list[Exit] = field(default_factory=list)
    yields: list[Exit] = field(default_factory=list)
    raises: list[Exit] = field(default_factory=list)
    entered: dict[int, Env] = field(default_factory=dict)
    scopes: dict[int, Env] = field(default_factory=dict)
    nested: dict[int, Flow] = field(default_factory=dict)
    pipes: list[Pipe] = field(default_factory=list)
    bare: list[Exit] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    falls_through: bool = True


@dataclass(eq=False, slots=True)
class Write:
    """An assignment to an attribute or an item: `target = value`, or `target op= value`; `value` None: unpacked, or deleted.

    `env` is what reaches the statement.
    """

    target: ir.Attribute | ir.Subscript
    value: ir.Expr | None
    env: Env
    around: Around | None
    stmt: ir.Stmt
    op: str = ""


@dataclass(eq=False, slots=True)
class Pipe:
    """`left | right`, which composes signatures where the operands are such."""

    node: ir.BinOp
    env: Env
    around: Around | None
    usage: str
