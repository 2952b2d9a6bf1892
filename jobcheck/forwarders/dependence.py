"""Which parameters of a function an expression in it depends on: followed through names, never evaluated."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.code.walk import children
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
_MOST = 120


def parameters(nodes: list[ir.Expr], env: Env) -> list[ParamDef]:
    """The parameters that expressions take their values from: those of the function, and of functions nested in it."""
    found: list[ParamDef] = []
    seen: set[int] = set()
    stack: list[tuple[ir.Node | Def, Env]] = [(node, env) for node in reversed(nodes)]
    while stack and len(seen) < _MOST:
        part, where = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, ParamDef):
            found.append(part)
        elif isinstance(part, (ir.Name, ir.Attribute)):
            definition = where.lookup(dotted(part))[0] if dotted(part) else None
            if definition is not None:
                stack.append((definition, where))
            elif isinstance(part, ir.Attribute):
                stack.append((part.value, where))
        elif isinstance(part, ir.Node):
            stack.extend((child, where) for child in reversed(_inside(part)))
        else:
            stack.extend(reversed(_behind(part, where)))
    return found


def _inside(node: ir.Node) -> list[ir.Node]:
    """The parts of an expression that its value is made of."""
    if isinstance(node, (ir.Lambda, ir.Compare, ir.FString)):
        return []
    if isinstance(node, ir.IfExp):
        return [node.body, node.orelse]
    return list(children(node))


def _behind(definition: Def, env: Env) -> list[tuple[ir.Node | Def, Env]]:
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
