"""From an expression back to what it was made from, one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobcheck.code import ir
from jobcheck.rules.base import Context
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import External
from jobcheck.solve.sources import Source

Before = Callable[[Source, Context], "ir.Expr | None"]


def trail(node: ir.Expr, env: Env, context: Context, before: Before, longest: int) -> Iterator[Source]:
    """Where an expression was written, then where that was made from, as `before` says, for at most `longest` steps."""
    source = Source(node, env)
    for _ in range(longest):
        source = context.solver.sources.of(source.node, source.env)
        yield source
        earlier = before(source, context)
        if earlier is None:
            return
        source = Source(earlier, source.env)


def callee(node: ir.Expr, env: Env, context: Context) -> str:
    """The full name of what a call calls, outside of the project; empty for everything else."""
    only = context.solver.value(node.func, env).only if isinstance(node, ir.Call) else None
    return only.qualname if isinstance(only, External) else ""
