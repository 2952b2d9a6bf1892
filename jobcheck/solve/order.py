"""Which of two places in one function may be reached before the other, and which surely is."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.sites import Around


def chain(around: Around | None) -> Iterator[Around]:
    """What is open at a place, from the innermost out."""
    while around is not None:
        yield around
        around = around.outer


def exclusive(first: Around | None, second: Around | None) -> bool:
    """Whether two places stand in branches of one `if`, `match` or `try` of which only one runs."""
    others = {id(a.node): a for a in chain(second)}
    for around in chain(first):
        other = others.get(id(around.node))
        if other is None or around.role not in ("branch", "handler"):
            continue
        if around.role == "branch" and other.role == "branch" and isinstance(around.node, ir.If) and around.truth != other.truth:
            return True
        if around.role == other.role and isinstance(around.part, (ir.Handler, ir.Case)) and around.part is not other.part:
            return True
    return False


def may_precede(first: ir.Node, around: Around | None, second: ir.Node, other: Around | None) -> bool:
    """Whether `first` may have run when `second` runs: both of one flow, each with what is open around it."""
    if exclusive(around, other) or _left(around, other):
        return False
    return first.end <= second.start or shared_loop(around, other) is not None


def _left(first: Around | None, second: Around | None) -> bool:
    """Whether the function is left, by a `return` at the end of a branch, before it gets from one place to the other."""
    if any(a.role in ("handler", "final") for a in chain(second)):
        return False  # an error, or the return itself, may lead there
    around = {(id(a.node), a.truth) for a in chain(second)}
    return any(a.role == "branch" and (id(a.node), a.truth) not in around and _returns(a) for a in chain(first))


def _returns(branch: Around) -> bool:
    """Whether who enters a branch of an `if` or `match` goes no further than its end."""
    if isinstance(branch.part, ir.Case):
        body = branch.part.body
    elif isinstance(branch.node, ir.If):
        body = branch.node.body if branch.truth else branch.node.orelse
    else:
        return False
    if not body or not isinstance(body[-1], ir.Return):
        return False
    return not any(isinstance(node, ir.Simple) and node.kind != "pass" for stmt in body for node in walk(stmt))


def surely_precedes(first: ir.Node, around: Around | None, second: ir.Node, other: Around | None) -> bool:
    """Whether `first` has run whenever `second` runs: it comes before, under nothing conditional that `second` is not under."""
    if first.end > second.start:
        return False
    shared = {(id(a.node), a.role, a.truth, id(a.part)) for a in chain(other)}
    return all(
        (id(a.node), a.role, a.truth, id(a.part)) in shared or a.role in ("with", "final") or _try_body(a) for a in chain(around)
    )


def _try_body(around: Around) -> bool:
    """A try whose handlers all leave: what follows it has seen the body run to its end."""
    if around.role != "try" or not isinstance(around.node, ir.Try):
        return False
    leaves = (ir.Raise, ir.Return)
    return all(h.body and isinstance(h.body[-1], leaves) for h in around.node.handlers)


def shared_loop(first: Around | None, second: Around | None) -> Around | None:
    """The innermost loop around both places."""
    others = {id(a.node) for a in chain(second) if a.role == "loop"}
    return next((a for a in chain(first) if a.role == "loop" and id(a.node) in others), None)


def leaves_before(around: Around | None, node: ir.Node) -> bool:
    """Whether a branch around a place ends in a return or raise, so that `node`, further down, is not reached from it."""
    leaves = (ir.Return, ir.Raise)
    for found in chain(around):
        if found.role in ("def", "lambda"):
            return False
        if found.node.start <= node.start and node.end <= found.node.end and found.role != "handler":
            continue
        if isinstance(found.node, ir.If) and found.role == "branch":
            body = found.node.body if found.truth else found.node.orelse
        elif isinstance(found.part, (ir.Handler, ir.Case)):
            body = found.part.body
        else:
            continue
        if body and isinstance(body[-1], leaves) and not (body[0].start <= node.start and node.end <= body[-1].end):
            return True
    return False
