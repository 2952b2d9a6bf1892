"""Which parameters of a function an expression in it hands on: followed through names, never evaluated."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.frameworks.hinges import Hinges
from jobcheck.solve.defs import (
    AugDef,
    ChangeDef,
    Def,
    EnterDef,
    Env,
    ExprDef,
    IterDef,
    NarrowDef,
    ParamDef,
    PhiDef,
    UnpackDef,
    dotted,
)  # fmt: skip

# How many expressions and definitions one question looks at.
_MOST = 60
# Calls that give one of several jobs, or the same again: which one, or what it stands on, is what is handed on.
_PICKING = frozenset({"getattr", "cast", "partial"})
_KEEPING = frozenset({"get", "set", "s", "si", "signature", "subtask", "clone", "_get_current_object"})
_COPYING = frozenset({"dict", "list", "tuple", "copy", "deepcopy"})
_Part = tuple["ir.Node | Def", Env]


def parameters(hinges: Hinges, env: Env) -> list[ParamDef]:
    """The parameters that are a job, or that arguments are taken from: of the function, or of one nested in it."""
    return [*_follow(hinges.jobs, env, lists=False), *_follow(hinges.lists, env, lists=True)]


def _follow(nodes: list[ir.Expr], env: Env, *, lists: bool) -> list[ParamDef]:
    found: list[ParamDef] = []
    seen: set[int] = set()
    stack: list[_Part] = [(node, env) for node in reversed(nodes)]
    while stack and len(seen) < _MOST:
        part, where = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, ParamDef):
            found.append(part)
        elif isinstance(part, ir.Node):
            stack.extend(reversed(_inside_list(part, where) if lists else _inside(part, where)))
        else:
            stack.extend(reversed(_behind(part, where)))
    return found


def _named(node: ir.Name | ir.Attribute, env: Env) -> Def | None:
    return env.lookup(dotted(node))[0] if dotted(node) else None


def _inside(node: ir.Node, env: Env) -> list[_Part]:
    """The parts of an expression of which it is one."""
    match node:
        case ir.Name() | ir.Attribute():
            definition = _named(node, env)
            if definition is not None:
                return [(definition, env)]
            return [(node.value, env)] if isinstance(node, ir.Attribute) else []
        case ir.Subscript():
            return [(node.value, env), (node.index, env)]
        case ir.IfExp():
            return [(node.body, env), (node.orelse, env)]
        case ir.BoolOp():
            return [(node.left, env), (node.right, env)]
        case ir.NamedExpr():
            return [(node.value, env)]
        case ir.Call():
            return [(part, env) for part in _picked(node)]
        case _:
            return []


def _picked(node: ir.Call) -> list[ir.Expr]:
    func, given = node.func, [a.value for a in node.args if not a.star]
    name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    if name in _PICKING:
        return given
    if isinstance(func, ir.Attribute) and name in _KEEPING:
        return [func.value, *(given[:1] if name == "get" else [])]
    return given if len(node.args) == 1 else []


def _inside_list(node: ir.Node, env: Env) -> list[_Part]:
    """The lists and dicts of which one is a copy, or that are unpacked into it."""
    match node:
        case ir.Name():
            definition = _named(node, env)
            return [(definition, env)] if definition is not None else []
        case ir.TupleExpr() | ir.ListExpr():
            return [(part.value, env) for part in node.elements if isinstance(part, ir.Starred)]
        case ir.DictExpr():
            return [(item.value, env) for item in node.items if item.key is None]
        case ir.BinOp() | ir.BoolOp():
            return [(node.left, env), (node.right, env)]
        case ir.IfExp():
            return [(node.body, env), (node.orelse, env)]
        case ir.Call() if _called(node) in _COPYING:
            return [(a.value, env) for a in node.args if a.keyword is None]
        case ir.Call(func=ir.Attribute(attr="copy", value=value)):
            return [(value, env)]
        case _:
            return []


def _called(node: ir.Call) -> str:
    func = node.func
    return func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""


def _behind(definition: Def, env: Env) -> list[_Part]:
    match definition:
        case ExprDef(node=node, env=home) | IterDef(node=node, env=home) | EnterDef(node=node, env=home):
            return [(node, home)]
        case NarrowDef(before=before) | AugDef(before=before) | ChangeDef(before=before) | UnpackDef(source=before):
            return [(before, env)]
        case PhiDef(parts=parts):
            return [(part, env) for part in parts]
        case _:
            return []


def named_forms(name: ir.Name, env: Env) -> list[str]:
    """The attributes that a local name may stand for: `delay` after `send = job.delay if later else job`."""
    found: list[str] = []
    definition = env.lookup(name.id)[0]
    stack: list[ir.Expr | Def] = [definition] if definition is not None else []
    for _ in range(_MOST):
        if not stack:
            break
        part = stack.pop()
        match part:
            case ExprDef(node=node):
                stack.append(node)
            case PhiDef(parts=parts):
                stack.extend(p for p in parts if isinstance(p, (ExprDef, NarrowDef)))
            case NarrowDef(before=before):
                stack.append(before)
            case ir.Attribute(attr=attr):
                found.append(attr)
            case ir.IfExp(body=body, orelse=orelse):
                stack.extend((orelse, body))
            case _:
                pass
    return found
