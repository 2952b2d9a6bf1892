"""`ATOMIC_REQUESTS` in the project's settings: every view runs in a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import Literal
from jobcheck.solve.transactions.openings import CERTAIN, LIKELY, Opening
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_NAME = "ATOMIC_REQUESTS"


def atomic_requests(solver: Solver) -> Opening | None:
    """The setting, when some settings file turns it on; less sure when another one, or the environment, may turn it off."""
    said = [found for name in solver.callers.mentions.files(_NAME) for found in _said(solver, name)]
    on = [unit.origin(node) for unit, node, value in said if value is not False]
    if not on:
        return None
    certain = all(value is True for _, _, value in said)
    return Opening("setting", on[0], "ATOMIC_REQUESTS runs every view in a transaction", CERTAIN if certain else LIKELY)


def _said(solver: Solver, filename: str) -> Iterator[tuple[Unit, ir.Expr, bool | None]]:
    """What a file says of the setting: the place, and the value; None for one that the environment gives, on by default."""
    for unit in _units(solver, filename):
        for stmt in unit.body:
            env = solver.flow(unit).entered.get(id(stmt))
            for node in _values(stmt) if env is not None else ():
                value = _truth(solver, node, env) if env is not None else "unknown"
                if value != "unknown":
                    yield unit, node, {"on": True, "off": False}.get(value)


def _units(solver: Solver, filename: str) -> Iterator[Unit]:
    """The top-level statements that mention the setting, functions aside."""
    try:
        shape = solver.project.shape(filename)
    except UnreadableSource:
        return
    data = solver.raw(filename) or b""
    spans = [(a.start, a.end) for a in shape.assigns] + [(s.start, s.end) for s in shape.statements]
    for start, end in sorted(set(spans)):
        if _NAME.encode() in data[start:end]:
            unit = solver.unit(filename, start, end)
            if not unit.refused:
                yield unit


def _values(stmt: ir.Stmt) -> Iterator[ir.Expr]:
    for node in walk(stmt):
        match node:
            case ir.DictItem(key=ir.Constant(value=key), value=value) if key == _NAME:
                yield value
            case ir.Arg(keyword=key, value=value) if key == _NAME:
                yield value
            case ir.Assign(targets=[ir.Subscript(index=ir.Constant(value=key))], value=value) if key == _NAME:
                yield value
            case _:
                pass


def _truth(solver: Solver, node: ir.Expr, env: Env) -> str:
    """on, off, default (on unless the environment says otherwise), or unknown."""
    only = solver.value(node, env).only
    if isinstance(only, Literal):
        return "on" if only.value else "off"
    if isinstance(node, ir.Call):
        given = [a.value for a in node.args if a.keyword == "default"] or [g for g in (argument(node, 1),) if g is not None]
        if given and isinstance(given[0], ir.Constant) and given[0].value is True:
            return "default"
    return "unknown"
