"""What reading an open file gives: text or bytes, by the mode that it was opened in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import EnterDef, Env
from jobcheck.solve.kinds import UNKNOWN, Literal, Plain, Value, plain

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

READS = frozenset({"read", "readline"})
# How each kind of file is opened where nothing is said of the mode, and where it is said by position.
_DEFAULTS = {"file": ("r", 1), "tempfile": ("w+b", 0)}


def content(solver: Solver, kind: str, node: ir.Call, env: Env) -> Value:
    """The kind of what a call of `read` gives; unknown where the mode is not seen."""
    if not isinstance(node.func, ir.Attribute):
        return UNKNOWN
    source = solver.sources.of(node.func.value, env)
    made, where = source.node, source.env
    if isinstance(source.definition, EnterDef):
        made, where = source.definition.node, source.definition.env
    if not isinstance(made, ir.Call) or any(a.star for a in made.args):
        return UNKNOWN
    default, index = _DEFAULTS[kind]
    if isinstance(made.func, ir.Attribute) and solver.value(made.func.value, where).only == Plain("path"):
        index = 0  # `path.open("rb")`
    plainly = [a.value for a in made.args if a.keyword is None]
    given = next((a.value for a in made.args if a.keyword == "mode"), plainly[index] if len(plainly) > index else None)
    only = solver.value(given, where).only if given is not None else Literal(default)
    if not isinstance(only, Literal) or not isinstance(only.value, str):
        return UNKNOWN
    return plain("bytes" if "b" in only.value else "str")
