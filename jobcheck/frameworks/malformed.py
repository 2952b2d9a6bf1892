"""Values that cannot be an argument list or keyword arguments, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.registry import Malformed
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    ClassObject,
    EnumMember,
    FrameworkValue,
    Function,
    Instance,
    Kind,
    Literal,
    LocalFunction,
    Mapping,
    ModuleKind,
    Plain,
    Sequence,
    Value,
)  # fmt: skip
from jobcheck.solve.operators import plain_name

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_ITERABLES = frozenset({
    "range", "iterator", "generator", "map", "zip", "enumerate", "dict_keys", "dict_values", "dict_items", "queryset",
    "bytearray", "memoryview",
})  # fmt: skip
_ONE_THING = re.compile(r"(?:.*_)?(?:pk|id|uuid|guid|slug|email|username)")
_MANY_THINGS = re.compile(r"(?:.*_)?(?:\w*args|params|parameters|arguments|tuple|list|signature|payload)|\w+s")


def wrong_args(solver: Solver, node: ir.Expr, env: Env, value: Value) -> Malformed | None:
    """What is wrong with `args=node`; None when nothing is, or nothing is known."""
    what = args_fault(value, solver)
    if what:
        return Malformed(what, "args", env.unit.origin(node), value)
    if not (value.unknown or (value.open and args_fault(replace(value, open=False), solver))):
        return None  # what is partly known has to be wrong as far as it is known
    name = node.attr if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""
    single = _in_parentheses(solver, node, env) and not _MANY_THINGS.fullmatch(name)
    if not name or not (single or _ONE_THING.fullmatch(name)):
        return None
    return Malformed("scalar", "args", env.unit.origin(node), value, certain=False)


def args_fault(value: Value, solver: Solver | None = None) -> str | None:
    """Why a value cannot be an argument list; None when it can, or is not known."""
    return _each(value, lambda kind: _wrong_args(solver, kind))


def wrong_kwargs(node: ir.Expr, env: Env, value: Value) -> Malformed | None:
    """What is wrong with `kwargs=node`; None when nothing is, or nothing is known."""
    what = _each(value, _wrong_kwargs)
    return Malformed(what, "kwargs", env.unit.origin(node), value) if what else None


def _each(value: Value, wrong: Callable[[Kind], str | None]) -> str | None:
    """The fault of every alternative; None when one of them may do."""
    # Celery and its kin take anything that is false for "none given".
    kinds = [k for k in value.kinds() if plain_name(k) != "none" and not (isinstance(k, Literal) and not k.value)]
    if value.open or not kinds:
        return None
    faults = [wrong(kind) for kind in kinds]
    return faults[0] if all(faults) else None


def _wrong_args(solver: Solver | None, kind: Kind) -> str | None:
    name = plain_name(kind)
    if name in ("str", "bytes", "safe_str", "lazy_str"):
        return "string"
    if isinstance(kind, Mapping) or name == "querydict":
        return "mapping"
    if isinstance(kind, Sequence):
        return None if kind.name in ("list", "tuple") else "not-a-sequence"
    if name in _ITERABLES:
        return "not-a-sequence"
    if isinstance(kind, Instance):
        return "not-iterable" if solver is not None and solver.classes.record(kind.cls) else None
    if isinstance(kind, (Function, LocalFunction, ClassObject, EnumMember, ModuleKind, FrameworkValue)):
        return "not-iterable"
    return "not-iterable" if isinstance(kind, (Plain, Literal)) else None


def _wrong_kwargs(kind: Kind) -> str | None:
    name = plain_name(kind)
    if name in ("str", "bytes"):
        return "json"
    if isinstance(kind, Sequence) or name in ("int", "bool", "float", "uuid", "decimal", "generator", *_ITERABLES):
        return "kwargs-not-dict"
    return None


def _in_parentheses(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """`args=(x)`, `apply_async((x))`: round brackets of its own, which make no tuple."""
    data = solver.raw(env.unit.filename) or b""
    origin = env.unit.origin(node)
    before, after = data[: origin.start].rstrip(), data[origin.end :].lstrip()
    return after.startswith(b")") and re.search(rb"[=(,]\s*\($", before) is not None
