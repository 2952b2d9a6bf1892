"""JSON encoders of the project's own: which values they take that JSON does not.

`def default(obj): if isinstance(obj, UUID): return str(obj); raise TypeError` says so itself. One that is written in any
other way may take everything, and nothing is said about what is given to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project import modules
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import dotted, statements
from jobcheck.solve.kinds import ClassRef, FunctionRef, Instance

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_DATETIMES = ("dt_naive", "dt_utc", "dt_zoneinfo")
# What an encoder's test for a type lets through, by the rows of the wires' tables.
_ROWS: dict[str, tuple[str, ...]] = {
    "uuid.UUID": ("uuid",), "datetime.datetime": _DATETIMES, "datetime.date": ("date", *_DATETIMES),
    "datetime.time": ("time",), "datetime.timedelta": ("timedelta",), "decimal.Decimal": ("decimal",),
    "set": ("set",), "frozenset": ("frozenset",), "bytes": ("bytes_utf8", "bytes_bin"),
    "pathlib.Path": ("path",), "pathlib.PurePath": ("path",), "enum.Enum": (),
}  # fmt: skip
# The rows that may be told of; records only where the encoder tests for no class that is not known.
_TOLD = frozenset(row for rows in _ROWS.values() for row in rows)
_RECORDS = frozenset({"dj_model", "sqlalchemy", "dj_queryset"})


def set_by_call(solver: Solver, verb: str) -> ClassRef | None:
    """The class of the encoder that the project's modules set with `verb(Encoder())`; None where that is not one."""
    found = []
    for filename in solver.callers.mentions.files(verb):
        for unit, stmt in () if solver.is_test(filename) else solver.top_statements(filename):
            for node in walk(stmt):
                if isinstance(node, ir.Call) and dotted(node.func).rpartition(".")[2] == verb and node.args:
                    found.append(solver.value(node.args[0].value, solver.flow(unit).entered[id(stmt)]).only)
    only = found[0] if len(found) == 1 else None
    return only.cls if isinstance(only, Instance) else None


def wire_of(solver: Solver, name: str, encoder: ClassRef, base: str) -> bool:
    """Make the wire `name` known, which is that of `base` with this encoder; False when it is not understood."""
    fallback = _fallback(solver, encoder)
    types = _types(*fallback) if fallback is not None else None
    if fallback is None or types is None:
        return False
    accepted = [_resolved(solver, fallback[1], t) for t in types]
    told = _TOLD if None in accepted else _TOLD | _RECORDS
    told = told - {row for known in accepted for row in _ROWS.get(known or "", ())}
    plain = solver.wire(base)
    cells = {row: outcome for row, outcome in plain.cells.items() if row in told and outcome.kind == "enqueue-error"}
    solver.own_wires[name] = replace(plain, name=name, cells=cells)
    return True


def _fallback(solver: Solver, encoder: ClassRef) -> tuple[ir.FunctionDef, str] | None:
    """The function that the encoder's `encode` gives `json.dumps` for what JSON does not have, and its file."""
    for filename, decl, _ in solver.member(encoder, "encode"):
        unit = solver.function_unit(FunctionRef(filename, decl.qualname, decl.start)) if isinstance(decl, FunctionDecl) else None
        function = unit.function if unit is not None else None
        if function is None:
            return None
        dumps = [n for n in walk(function.body) if isinstance(n, ir.Call) and _resolved(solver, filename, n.func) == "json.dumps"]
        given = argument(dumps[0], 99, "default") if len(dumps) == 1 else None
        name = dotted(given) if given is not None else ""
        own = [s for s in statements(function.body) if isinstance(s, ir.FunctionDef) and s.name == name]
        return (own[0], filename) if len(own) == 1 else _of_module(solver, filename, name)
    return None


def _of_module(solver: Solver, filename: str, name: str) -> tuple[ir.FunctionDef, str] | None:
    """A function that a module's name stands for."""
    found = solver.project.resolve_dotted(filename, name) if name else None
    decl = found.decls[0] if isinstance(found, modules.Declared) and len(found.decls) == 1 else None
    if not isinstance(found, modules.Declared) or not isinstance(decl, FunctionDecl):
        return None
    unit = solver.function_unit(FunctionRef(found.filename, decl.qualname, decl.start))
    return (unit.function, found.filename) if unit is not None and unit.function is not None else None


def _resolved(solver: Solver, filename: str, node: ir.Expr) -> str | None:
    """The full name of something from outside of the project."""
    found = solver.project.resolve_dotted(filename, dotted(node)) if dotted(node) else None
    if isinstance(found, modules.External):
        return found.qualname.removeprefix("builtins.")
    return dotted(node) if isinstance(found, modules.Missing) else None


def _types(function: ir.FunctionDef, filename: str) -> list[ir.Expr] | None:
    """The types that a fallback lets through, when it refuses all others."""
    if not function.params.args:
        return None
    name = function.params.args[-1].name
    found: list[ir.Expr] = []
    return found if _refuses(function.body, name, found) else None


def _refuses(body: list[ir.Stmt], name: str, found: list[ir.Expr]) -> bool:
    """Whether statements return for tested types only, and end in an error; the types are added to `found`."""
    for stmt in body:
        match stmt:
            case ir.If(test=test):
                types = list(_tested(test, name))
                if not types or not stmt.body or not isinstance(stmt.body[-1], (ir.Return, ir.Raise)):
                    return False
                found.extend(types)
                if stmt.orelse:
                    return _refuses(stmt.orelse, name, found)
            case ir.Raise():
                return True
            case ir.Return(value=ir.Call(func=ir.Attribute(attr="default"))):
                return True
            case ir.ExprStmt(value=ir.Constant()):
                pass
            case _:
                return False
    return False


def _tested(test: ir.Expr, name: str) -> Iterator[ir.Expr]:
    """`isinstance(obj, T)`, `isinstance(obj, (T, U))`."""
    match test:
        case ir.Call(func=ir.Name(id="isinstance"), args=[ir.Arg(value=ir.Name(id=tested)), ir.Arg(value=types)]):
            known = types.elements if isinstance(types, ir.TupleExpr) else [types]
            yield from known if tested == name else ()
        case ir.BoolOp(op="or"):
            left, right = list(_tested(test.left, name)), list(_tested(test.right, name))
            yield from left + right if left and right else ()
        case _:
            return
