"""The context of an Odoo recordset, of which queue_job keeps five keys: what a job reads of it, and never finds.

Source: queue_job 16.0 to 18.0, `_job_prepare_context_before_enqueue_keys`; earlier ones keep nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Argument, Enqueue, Forgotten
from jobcheck.solve.defs import Env, ExprDef, IterDef
from jobcheck.solve.kinds import FunctionRef, Literal, Origin
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# `company_id` is read when the job is made.
_KEPT = frozenset({"tz", "lang", "allowed_company_ids", "force_company", "active_test", "company_id"})
# Addons and hooks by which more of it is kept.
_KEEPS = ("_job_prepare_context_before_enqueue", "_job_prepare_context_before_enqueue_keys", "queue_job_context")
_OWN_FOLDER = "queue_job/"
# What makes something that is enqueued when a method is called on it.
MAKERS = frozenset({"with_delay", "delayable"})
_HOLDS = frozenset({"context", "_context"})
_LONGEST_TRAIL = 12
_MOST_READINGS = 3


@dataclass(frozen=True, slots=True)
class _Reading:
    """Where a function reads a key; `path` are the calls that lead to it."""

    origin: Origin
    path: tuple[Origin, ...]


def given(solver: Solver, records: ir.Expr, env: Env) -> Iterator[Argument]:
    """What is put into the context of the records that a job is enqueued for: each key, with its place."""
    node: ir.Expr = records
    for _ in range(_LONGEST_TRAIL):
        match node:
            case ir.Call(func=ir.Attribute(value=owner, attr=attr)):
                if attr == "with_context":
                    yield from _keys(solver, node, env)
                node = owner
            case ir.Subscript(value=owner) | ir.Attribute(value=owner):
                node = owner
            case ir.Name(id=name):
                definition = env.lookup(name)[0]
                if not isinstance(definition, (ExprDef, IterDef)):
                    return
                node, env = definition.node, definition.env
            case _:
                return


def _keys(solver: Solver, call: ir.Call, env: Env) -> Iterator[Argument]:
    """The keys of `with_context(a=1)` and `with_context({"a": 1})`."""
    for arg in call.args:
        if arg.keyword is not None:
            yield Argument(solver.value(arg.value, env), env.unit.origin(arg), arg.keyword, "", call)
            continue
        where = env.unit.origin(arg)
        for item in _items(arg.value, env):
            only = solver.value(item.key, env).only if item.key is not None else None
            if isinstance(only, Literal) and isinstance(only.value, str):
                yield Argument(solver.value(item.value, env), where, only.value, "", call)


def _items(node: ir.Expr, env: Env) -> list[ir.DictItem]:
    if isinstance(node, ir.Name):
        definition = env.lookup(node.id)[0]
        node = definition.node if isinstance(definition, ExprDef) else node
    return node.items if isinstance(node, ir.DictExpr) else []


class Contexts:
    """Answers for one project; whether it keeps more of the context is asked once."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._keeps_more: bool | None = None

    def forgotten(self, enqueue: Enqueue, put: list[Argument], named: list[FunctionRef], sure: bool) -> Iterator[Forgotten]:
        """The keys among `put` that the job reads. `named` are the functions that it may be."""
        lost = [argument for argument in put if argument.name not in _KEPT]
        if not lost or self._more():
            return
        for argument in lost:
            readings = [found for ref in named for found in [self._read(ref, argument, deep=sure)] if found is not None]
            if readings:
                reads = tuple(found.origin for found in readings[:_MOST_READINGS])
                call, node = enqueue.site.call, argument.node
                direct = node is not None and call.start <= node.start < call.end
                yield Forgotten(enqueue, argument, named[0].name, reads, readings[0].path, sure, direct)

    def _more(self) -> bool:
        if self._keeps_more is None:
            files = (name for word in _KEEPS for name in self._solver.callers.mentions.files(word))
            self._keeps_more = any(_OWN_FOLDER not in name for name in files)
        return self._keeps_more

    def _read(self, ref: FunctionRef, argument: Argument, deep: bool) -> _Reading | None:
        """Where a function, or one that it calls, reads a key that nothing on the way puts there again."""
        assert argument.name is not None
        visits = self._solver.reach.of(ref)
        for visit in visits if deep else visits[:1]:
            if _puts(visit.unit, argument):
                return None
            origin = _reads(visit.unit, argument.name)
            if origin is not None:
                return _Reading(origin, tuple(site.unit.origin(site.call) for site in visit.calls))
        return None


def _puts(unit: Unit, argument: Argument) -> bool:
    """Whether a function sets the key itself, for what it does and not for what it enqueues."""
    nodes = list(walk(unit.body))
    delayed = {id(call) for node in nodes if isinstance(node, ir.Call) for call in _below(node)}
    for node in nodes:
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr == "with_context":
            named = any(arg.keyword == argument.name or _mentions(arg.value, argument.name) for arg in node.args)
            if named and id(node) not in delayed and node is not argument.node:
                return True
    return False


def _below(call: ir.Call) -> Iterator[ir.Call]:
    """The calls on whose value `with_delay` is called."""
    node: ir.Expr = call.func.value if isinstance(call.func, ir.Attribute) and call.func.attr in MAKERS else call.func
    while isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
        yield node
        node = node.func.value


def _mentions(node: ir.Node, text: str | None) -> bool:
    return any(isinstance(part, ir.Constant) and part.value == text for part in walk(node))


def _reads(unit: Unit, key: str) -> Origin | None:
    """Where a function asks its context for a key: by `get`, by index, with `in`."""
    nodes = list(walk(unit.body))
    names = {
        target.id
        for node in nodes
        if isinstance(node, ir.Assign) and _is_context(node.value, frozenset())
        for target in node.targets
        if isinstance(target, ir.Name)
    }
    for node in nodes:
        match node:
            case ir.Call(func=ir.Attribute(value=owner, attr="get"), args=[first, *_]):
                asked, where = first.value, owner
            case ir.Subscript(value=where, index=asked):
                pass
            case ir.Compare(left=asked, ops=["in" | "not in"], comparators=[where]):
                pass
            case _:
                continue
        if isinstance(asked, ir.Constant) and asked.value == key and _is_context(where, frozenset(names)):
            return unit.origin(node)
    return None


def _is_context(node: ir.Node | None, names: frozenset[str]) -> bool:
    """`self.env.context`, `self._context`, and names for them."""
    return (isinstance(node, ir.Attribute) and node.attr in _HOLDS) or (isinstance(node, ir.Name) and node.id in names)
