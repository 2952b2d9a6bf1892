"""What a request is for: to have something done, or for its answer; and whether it is about money."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import children, walk
from jobcheck.solve import effect_tables as tables
from jobcheck.solve.defs import ExprDef
from jobcheck.solve.sites import Flow, Site

_PAYING = re.compile(tables.PAYING, re.IGNORECASE)
# `payout_created` is called when something has been done.
_EVENT = re.compile(r"(?:ed|paid|sent|done)$", re.IGNORECASE)
_PAYING_URL = re.compile(tables.PAYING_URL, re.IGNORECASE)
_LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "capture_message"})
# What is looked at to see whether a request was taken.
_OUTCOME = frozenset({
    "raise_for_status", "status_code", "status", "ok", "reason", "is_success", "is_error", "is_client_error", "is_server_error",
    "reason_phrase", "close", "aclose", "release", "code", "getcode",
})  # fmt: skip
# As a statement they only empty the connection.
_DRAINS = frozenset({"read", "aread"})


def answer_used(flow: Flow, site: Site) -> bool:
    """Whether more is done with the answer of a request than to see whether it was taken."""
    stmt = site.stmt
    if isinstance(stmt, ir.ExprStmt):
        return not _only_outcome(stmt.value, site.call)
    if isinstance(stmt, ir.With):
        return _entered_used(stmt, site.call)
    if not isinstance(stmt, ir.Assign) or _plain(stmt.value) is not site.call or len(stmt.targets) != 1:
        return True
    target = stmt.targets[0]
    if not isinstance(target, ir.Name):
        return True
    function = flow.unit.function
    body = function.body if function is not None else flow.unit.body
    return any(_reads(statement, target.id, stmt) for statement in body)


def _entered_used(stmt: ir.With, call: ir.Call) -> bool:
    """`with urlopen(...) as answer`, `async with session.post(...) as answer`."""
    item = next((item for item in stmt.items if _plain(item.context) is call), None)
    if item is None:
        return True
    if item.target is None:
        return False
    name = item.target.id if isinstance(item.target, ir.Name) else ""
    return not name or any(_reads(part, name, None) for part in stmt.body)


def pays(flow: Flow, site: Site) -> bool:
    """Whether a request moves money, by the name of the function that makes it or by its address."""
    if pays_by_name(flow.unit.qualname):
        return True
    roots = [arg.value for arg in site.call.args]
    roots.extend(_meaning(site))
    texts = (n.value for root in roots for n in walk(root) if isinstance(n, ir.Constant) and n.kind == "str")
    return any(isinstance(text, str) and _PAYING_URL.search(text) for text in texts)


def _meaning(site: Site) -> Iterator[ir.Expr]:
    """What the name stands for that a call is given first: its address, or a request that was built before."""
    first = site.call.args[0].value if site.call.args else None
    definition = site.env.lookup(first.id)[0] if isinstance(first, ir.Name) else None
    if isinstance(definition, ExprDef):
        yield definition.node


def pays_by_name(qualname: str) -> bool:
    """Whether a function is called `charge`, `refund_order`, `capture_payment`."""
    name = qualname.rpartition(".")[2]
    return _PAYING.match(name) is not None and _EVENT.search(name) is None


def _plain(node: ir.Expr) -> ir.Expr:
    return node.value if isinstance(node, ir.Await) else node


def _only_outcome(node: ir.Expr, call: ir.Call) -> bool:
    """`requests.post(...)`, `requests.post(...).raise_for_status()` as a statement."""
    node = _plain(node)
    if node is call:
        return True
    func = node.func if isinstance(node, ir.Call) else None
    return isinstance(func, ir.Attribute) and func.attr in _OUTCOME | _DRAINS and _plain(func.value) is call


def _reads(root: ir.Node, name: str, made: ir.Stmt | None) -> bool:
    """Whether a name is read below a node, log lines, errors and looks at the outcome aside."""
    stack: list[ir.Node] = [root]
    while stack:
        node = stack.pop()
        if node is made or isinstance(node, ir.Raise) or _is_log(node) or _drains(node, name):
            continue
        if isinstance(node, ir.Name) and node.id == name:
            return True
        stack.extend(_below(node, name))
    return False


def _below(node: ir.Node, name: str) -> Iterator[ir.Node]:
    if isinstance(node, ir.Attribute) and node.attr in _OUTCOME and isinstance(node.value, ir.Name) and node.value.id == name:
        return
    yield from children(node)


def _drains(node: ir.Node, name: str) -> bool:
    """`answer.read()`, its result left alone."""
    call = _plain(node.value) if isinstance(node, ir.ExprStmt) else None
    func = call.func if isinstance(call, ir.Call) else None
    if not isinstance(func, ir.Attribute) or func.attr not in _DRAINS:
        return False
    return isinstance(func.value, ir.Name) and func.value.id == name


def _is_log(node: ir.Node) -> bool:
    if not isinstance(node, ir.Call):
        return False
    func = node.func
    return (func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else "") in _LOGGING
