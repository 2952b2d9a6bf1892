"""The full name of what a call calls, as far as it leads out of the project: `boto3.client(ses).send_email`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl
from jobcheck.solve.defs import ChangeDef, Def, EnterDef, Env, ExprDef, NarrowDef, PhiDef, dotted
from jobcheck.solve.kinds import ClassObject, External, FunctionRef, Instance, Kind, Literal, Method, Plain

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How far names and attributes are followed.
_DEEPEST = 8
# What the solver calls by a short name of its own.
_PLAIN = {"redis_client": "redis.Redis", "response": "requests.Response", "socket": "socket.socket"}
# Functions that hand back what they are given, in another manner of calling.
_WRAPPERS = frozenset({"asgiref.sync.async_to_sync", "asgiref.sync.sync_to_async", "asyncio.run", "functools.partial"})


def full_names(solver: Solver, call: ir.Call, env: Env) -> tuple[str, ...]:
    """The names of what a call may call, outside of the project; none where that is not known."""
    func = call.func
    if isinstance(func, ir.Call) and func.args and _is_wrapper(solver.value(func.func, env).only):
        func = func.args[0].value  # `async_to_sync(layer.group_send)(...)`
    return tuple(dict.fromkeys(_names(solver, func, env, 0)))


def _is_wrapper(kind: Kind | None) -> bool:
    return isinstance(kind, External) and kind.qualname in _WRAPPERS


def _names(solver: Solver, node: ir.Expr, env: Env, depth: int) -> list[str]:
    """The names of an expression: of a function, or of a thing with methods."""
    if depth > _DEEPEST:
        return []
    found = [name for kind in solver.value(node, env).kinds() for name in _of_kind(solver, kind)]
    if found:
        return found
    match node:
        case ir.Attribute():
            own = _of_self(solver, node, env, depth + 1)
            return own or [f"{name}.{node.attr}" for name in _names(solver, node.value, env, depth + 1)]
        case ir.Call():
            return [_called(solver, name, node, env) for name in _names(solver, node.func, env, depth + 1)]
        case ir.Await():
            return _names(solver, node.value, env, depth + 1)
        case ir.Name():
            return _of_name(solver, node, env, depth + 1)
        case _:
            return []


def _of_kind(solver: Solver, kind: Kind) -> list[str]:
    match kind:
        case External(qualname=qualname):
            return [qualname]
        case Instance(cls=cls) | ClassObject(cls=cls):
            info = solver.classes.info(cls)
            ancestors = info.ancestors if info else (cls,)
            return [a.qualname for a in ancestors if a.filename is None and "." in a.qualname]
        case Plain(name=name) if name in _PLAIN:
            return [_PLAIN[name]]
        case Method(owner=owner, name=name):
            return [f"{outer}.{name}" for k in owner.kinds() for outer in _of_kind(solver, k)]
        case _:
            return []


def _called(solver: Solver, name: str, node: ir.Call, env: Env) -> str:
    """What a call of a named thing gives; the first argument says which client it is."""
    last = name.rpartition(".")[2]
    if last in ("client", "resource") and node.args and name.partition(".")[0] in ("boto3", "aioboto3"):
        only = solver.value(node.args[0].value, env).only
        word = only.value if isinstance(only, Literal) and isinstance(only.value, str) else ""
        return f"boto3.{last}({word})"
    return f"{name}()"


def _of_name(solver: Solver, node: ir.Name, env: Env, depth: int) -> list[str]:
    """Through the assignment that gave a name its value, in the function or in the module."""
    definition, local = env.lookup(node.id)
    if definition is not None:
        return _of_def(solver, definition, depth)
    if local:
        return []
    found = solver.project.resolve(env.unit.filename, node.id)
    match found:
        case modules.Declared(filename=filename, decls=(AssignDecl(value=(start, end)),)):
            unit = solver.unit(filename, start, end)
            stmt = unit.body[0] if len(unit.body) == 1 else None
            if isinstance(stmt, ir.ExprStmt):
                return _names(solver, stmt.value, solver.flow(unit).entered[id(stmt)], depth + 1)
    return []


def _of_self(solver: Solver, node: ir.Attribute, env: Env, depth: int) -> list[str]:
    """Through what `__init__` gives an attribute: `self.client = boto3.client("s3")`."""
    only = solver.value(node.value, env).only
    for filename, decl, _ in solver.member(only.cls, "__init__") if isinstance(only, Instance) else ():
        unit = solver.function_unit(FunctionRef(filename, getattr(decl, "qualname", ""), getattr(decl, "start", -1)))
        if unit is None or unit.refused or unit.function is None or not unit.function.params.args:
            return []
        key = f"{unit.function.params.args[0].name}.{node.attr}"
        set_to = [(w.value, w.env) for w in solver.flow(unit).writes if w.value is not None and dotted(w.target) == key]
        return list(dict.fromkeys(name for value, where in set_to[:4] for name in _names(solver, value, where, depth)))
    return []


def _of_def(solver: Solver, definition: Def, depth: int) -> list[str]:
    if depth > _DEEPEST:
        return []
    match definition:
        case ExprDef() | EnterDef():
            return _names(solver, definition.node, definition.env, depth + 1)
        case NarrowDef() | ChangeDef():
            return _of_def(solver, definition.before, depth + 1)
        case PhiDef(parts=parts) if len(parts) <= 4:
            return [name for part in parts for name in _of_def(solver, part, depth + 2)]
        case _:
            return []
