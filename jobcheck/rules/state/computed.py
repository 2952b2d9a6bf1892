"""Assignments whose new value is computed in Python from the old one."""

from __future__ import annotations

import re

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import External
from jobcheck.solve.operators import plain_name
from jobcheck.solve.sites import Write
from jobcheck.solve.solver import Solver

_MIGRATION = re.compile(r"(?:^|/)(?:migrations|alembic|versions)/")
_COMPUTING = frozenset({"+", "-", "*", "/", "//"})


def computed(solver: Solver, write: Write) -> str | None:
    """The field that is counted up or down in Python: `row.count += 1`, `row.count = row.count + 1`."""
    target = write.target
    if not isinstance(target, ir.Attribute) or write.value is None or by_database(solver, write.value, write.env):
        return None
    value = write.value
    if write.op:
        return target.attr if write.op in _COMPUTING and not _is_no_count(solver, value, write.env) else None
    if isinstance(value, ir.BinOp) and value.op in _COMPUTING and _reads(solver, value, target, write.env):
        return None if any(_is_no_count(solver, side, write.env) for side in (value.left, value.right)) else target.attr
    return None


def _is_no_count(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """A moment that is moved by a span is no counter, as two runs that move it mean it to be moved once; nor is a text that
    something is put to."""
    if isinstance(node, ir.FString):
        return True
    only = solver.value(node, env).only
    return only is not None and plain_name(only) in ("timedelta", "str")


def is_read(solver: Solver, field: str) -> bool:
    """Whether anything of the project's Python may read a counter: more than its column and the statements that count it."""
    name = re.escape(field.encode())
    counting = re.compile(
        rb"^[ \t]*" + name + rb"\s*(?::[^=\n]+)?=\s*[\w.]*(?:Field|[Cc]olumn)\(.*"
        rb"|\b([\w.]+)\." + name + rb"\s*=\s*\1\." + name + rb"\s*[-+]\s*\d+[ \t]*(?:#.*)?$"
        rb"|\." + name + rb"\s*[-+]=\s*\d+[ \t]*(?:#.*)?$"
        rb"|#.*",
        re.MULTILINE,
    )
    word = re.compile(rb"\b" + name + rb"\b")
    files = (f for f in solver.callers.mentions.files(field) if not solver.is_test(f) and not _MIGRATION.search(f))
    return any(word.search(counting.sub(b"", solver.raw(f) or b"")) for f in files)


def _reads(solver: Solver, value: ir.BinOp, target: ir.Attribute, env: Env) -> bool:
    """Whether one side is the field itself."""
    owner = solver.sources.of(target.value, env)
    sides = [s for s in (value.left, value.right) if isinstance(s, ir.Attribute) and s.attr == target.attr]
    return any(solver.sources.same(solver.sources.of(side.value, env), owner) for side in sides)


def by_database(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """Whether the database computes a value: an expression of its library stands in it."""
    for part in walk(node):
        if isinstance(part, ir.Call) and isinstance(part.func, (ir.Name, ir.Attribute)):
            only = solver.value(part.func, env).only
            if isinstance(only, External) and only.qualname.startswith(("django.db.models", "sqlalchemy")):
                return True
    return False
