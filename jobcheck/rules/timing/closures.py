"""What a function handed over for later reads from around it, and what becomes of those names until it runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Callback
from jobcheck.rules.base import Context
from jobcheck.solve.defs import all_params, assigned_names, statements, sub_statements, target_names
from jobcheck.solve.flow import Around
from jobcheck.solve.kinds import LocalFunction

Closure = ir.Lambda | ir.FunctionDef


def closure_of(callback: Callback, context: Context) -> Closure | None:
    """The lambda or nested function that is handed over, when it belongs to the very function that hands it over."""
    only = callback.value.only
    found = context.solver.nested_node(only) if isinstance(only, LocalFunction) else None
    # All environments of one function share the names that are local to it.
    if found is None or found[1].locals is not callback.site.env.locals:
        return None
    return found[0]


def free_names(closure: Closure) -> dict[str, ir.Name]:
    """The names that a closure looks up outside of it when it runs, each with its first use."""
    body: list[ir.Node] = [closure.body] if isinstance(closure, ir.Lambda) else list(closure.body)
    own = {p.name for p in all_params(closure.params)}
    if isinstance(closure, ir.FunctionDef):
        own |= assigned_names(closure.body)
    found: dict[str, ir.Name] = {}
    for node in walk(body):
        if isinstance(node, (ir.Lambda, ir.FunctionDef)):
            own |= {p.name for p in all_params(node.params)}
        elif isinstance(node, ir.Clause):
            own |= set(target_names(node.target))
        elif isinstance(node, ir.Name):
            found.setdefault(node.id, node)
    return {name: node for name, node in found.items() if name not in own}


def loops_around(around: Around | None) -> Iterator[ir.For | ir.While | ir.Comprehension]:
    """The loops of the same function around a place, innermost first."""
    while around is not None and around.role not in ("def", "lambda"):
        if isinstance(around.node, (ir.For, ir.While, ir.Comprehension)):
            yield around.node
        around = around.outer


def targets_of(loop: ir.For | ir.While | ir.Comprehension) -> set[str]:
    """The variables of a loop."""
    if isinstance(loop, ir.Comprehension):
        return {name for clause in loop.clauses for name in target_names(clause.target)}
    return set(target_names(loop.target)) if isinstance(loop, ir.For) else set()


def assigned_in(loop: ir.For | ir.While | ir.Comprehension) -> set[str]:
    """Other names that each turn of a loop binds anew, to something that may differ."""
    names: set[str] = set()
    if isinstance(loop, ir.Comprehension):
        return names
    for stmt in statements(loop.body):
        if isinstance(stmt, ir.Assign) and not isinstance(stmt.value, ir.Constant):
            names.update(name for target in stmt.targets for name in target_names(target))
        elif isinstance(stmt, (ir.For, ir.AugAssign)):
            names.update(target_names(stmt.target))
        elif isinstance(stmt, ir.With):
            names.update(name for item in stmt.items if item.target for name in target_names(item.target))
    return names


def rebindings(function: ir.FunctionDef, name: str, after: ir.Stmt) -> Iterator[ir.Stmt]:
    """Later statements of a function that give a name another value or delete it, and that `after` can reach."""
    path = _path(function.body, after)
    for stmt in statements(function.body):
        if stmt.start >= after.end and _rebinds(stmt, name) and _reaches(path, stmt) and not _fills(function, name, stmt):
            yield stmt


def _fills(function: ir.FunctionDef, name: str, stmt: ir.Stmt) -> bool:
    """Whether a statement gives a name a value only where it has none: `if x is None: x = ...`."""
    for (block, index), (inner, _) in itertools.pairwise(_path(function.body, stmt)):
        outer = block[index]
        if isinstance(outer, ir.If) and inner is outer.body and _lacks(outer.test, name):
            return True
    return False


def _lacks(test: ir.Expr, name: str) -> bool:
    match test:
        case ir.UnaryOp(op="not", operand=ir.Name(id=said)):
            return said == name
        case ir.Compare(left=ir.Name(id=said), ops=["is" | "=="], comparators=[ir.Constant(kind="none")]):
            return said == name
        case _:
            return False


def _rebinds(stmt: ir.Stmt, name: str) -> bool:
    targets: list[ir.Expr] = []
    value: ir.Expr | None = None
    match stmt:
        case ir.Assign():
            targets, value = stmt.targets, stmt.value
        case ir.For():
            targets, value = [stmt.target], stmt.iter
        case ir.AugAssign():
            targets = [stmt.target]
        case ir.Delete():
            targets = stmt.targets
        case _:
            return False
    # `x = fresh(x)` and `for x in more(x)` mostly mean the same thing anew.
    if value is not None and any(isinstance(n, ir.Name) and n.id == name for n in walk(value)):
        return False
    return any(found == name for target in targets for found in target_names(target))


def leaves(loop: ir.For | ir.While | ir.Comprehension, stmt: ir.Stmt) -> bool:
    """Whether the turn of the loop in which `stmt` runs is surely the last one."""
    if isinstance(loop, ir.Comprehension):
        return False
    if isinstance(stmt, (ir.Return, ir.Raise)):
        return True
    within_other = False
    for block, index in _path(loop.body, stmt):
        for later in block[index + 1 :]:
            if isinstance(later, (ir.Return, ir.Raise)):
                return True
            if isinstance(later, ir.Simple) and later.kind == "break" and not within_other:
                return True
        # A `break` further in ends only the loop that it stands in.
        within_other = within_other or isinstance(block[index], (ir.For, ir.While))
    return False


_Step = tuple[list[ir.Stmt], int]


def _path(body: list[ir.Stmt], stmt: ir.Stmt) -> list[_Step]:
    """The blocks that lead to a statement, outermost first, each with the place in it; empty when it is not there."""
    for index, part in enumerate(body):
        if part is stmt:
            return [(body, index)]
        if part.start <= stmt.start and stmt.end <= part.end:
            for block in blocks(part):
                found = _path(block, stmt)
                if found:
                    return [(body, index), *found]
    return []


def blocks(stmt: ir.Stmt) -> list[list[ir.Stmt]]:
    """The bodies of a compound statement."""
    match stmt:
        case ir.If() | ir.While() | ir.For():
            return [stmt.body, stmt.orelse]
        case ir.With():
            return [stmt.body]
        case ir.Try():
            return [stmt.body, *(h.body for h in stmt.handlers), stmt.orelse, stmt.final]
        case ir.Match():
            return [case.body for case in stmt.cases]
        case _:
            return []


def _reaches(path: list[_Step], stmt: ir.Stmt) -> bool:
    """Whether control may come from the end of a path to a statement further down."""
    for block, index in reversed(path):
        for later in block[index + 1 :]:
            if later is stmt or any(part is stmt for part in statements(list(sub_statements(later)))):
                return True
            if isinstance(later, (ir.Return, ir.Raise)):
                return False
    return False
