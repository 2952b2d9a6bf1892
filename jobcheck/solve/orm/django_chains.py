"""Where Django's querysets and records come from and where they are evaluated: chains of calls, names, loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobcheck.code import ir
from jobcheck.solve.defs import Def, Env, ExprDef, NarrowDef
from jobcheck.solve.sites import Site

_LONGEST_CHAIN = 30


def chain(node: ir.Expr, env: Env) -> Iterator[ir.Call]:
    """The calls of a chain of methods, outermost first, through names that stand for one."""
    for _ in range(_LONGEST_CHAIN):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
            yield node
            node = node.func.value
            continue
        definition = _definition(node, env)
        if not isinstance(definition, ExprDef):
            return
        node, env = definition.node, definition.env


def _definition(node: ir.Expr, env: Env) -> Def | None:
    """The one definition of a name, narrowing aside."""
    found = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
    while isinstance(found, NarrowDef):
        found = found.before
    return found


def made_by(node: ir.Expr, env: Env) -> ir.Call | None:
    """The call that made what an expression is."""
    if isinstance(node, ir.Call):
        return node
    definition = _definition(node, env)
    made = definition.node if isinstance(definition, ExprDef) else None
    return made if isinstance(made, ir.Call) else None


def call_env(node: ir.Expr, env: Env) -> Env:
    """The environment of the call that made what an expression is."""
    definition = _definition(node, env)
    return definition.env if isinstance(definition, ExprDef) else env


def evaluations(nodes: Iterable[ir.Node]) -> Iterator[ir.Expr]:
    """What a function, of these nodes, iterates over, takes an item of, or tests for being empty."""
    for node in nodes:
        match node:
            case ir.For() | ir.Clause():
                yield _unsliced(node.iter)
            case ir.Starred():
                yield _unsliced(node.value)
            case ir.Subscript() if not isinstance(node.index, ir.SliceExpr):
                yield node.value
            case ir.If() | ir.While() | ir.IfExp():
                yield node.test.operand if isinstance(node.test, ir.UnaryOp) else node.test
            case ir.Compare(ops=["in" | "not in"]):
                yield node.comparators[0]
            case _:
                pass


def _unsliced(node: ir.Expr) -> ir.Expr:
    return node.value if isinstance(node, ir.Subscript) and isinstance(node.index, ir.SliceExpr) else node


def is_assigned_to(site: Site, names: frozenset[str]) -> bool:
    """Whether a call is what is assigned to one of the names."""
    stmt = site.stmt
    if not isinstance(stmt, ir.Assign) or stmt.value is not site.call:
        return False
    return any(isinstance(t, ir.Name) and t.id in names for t in stmt.targets)


def self_name(site: Site) -> ir.Expr:
    """The first parameter of the method that a call stands in, as an expression."""
    function = site.unit.function
    params = [*function.params.posonly, *function.params.args] if function else []
    return ir.Name(site.call.start, site.call.start, params[0].name if params else "self")
