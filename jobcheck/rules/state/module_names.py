"""Module-level names that functions read, change in place or bind anew: each process has its own copy of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl
from jobcheck.rules.base import Context
from jobcheck.solve.kinds import FunctionRef, Mapping, Origin, Sequence
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

CHANGES = frozenset({
    "append", "add", "update", "extend", "insert", "appendleft", "setdefault", "pop", "popitem", "popleft", "remove", "discard",
    "clear", "subtract", "difference_update", "intersection_update",
})  # fmt: skip
_FIXED = frozenset({"tuple", "frozenset"})


@dataclass(frozen=True, slots=True)
class Mention:
    """One use of the module-level name that is declared at `declared`. `changes`: in place, or bound anew."""

    name: str
    declared: Origin
    origin: Origin
    changes: bool


def mentions(context: Context, unit: Unit) -> tuple[Mention, ...]:
    """What a function does with module-level names that may change."""
    key = ("module names", unit.filename, unit.offset)
    found: tuple[Mention, ...] = context.once(key, lambda: tuple(_mentions(context, unit)))
    return found


def _mentions(context: Context, unit: Unit) -> Iterator[Mention]:
    function = unit.function
    if function is None or unit.refused:
        return
    nodes, local = unit.nodes, unit.own_names
    changing = _changing(nodes)
    for node in nodes:  # `isinstance` is six times slower than this for a class of msgspec's that it is not
        if type(node) is ir.Name and node.id not in local:
            declared = _declared(context, unit.filename, node.id)
            if declared is not None:
                yield Mention(node.id, declared, unit.origin(node), id(node) in changing)
        elif type(node) is ir.Attribute and type(node.value) is ir.Name and node.value.id not in local:
            declared = _in_module(context, unit.filename, node)
            if declared is not None:
                yield Mention(node.attr, declared, unit.origin(node), id(node) in changing)


def _changing(nodes: tuple[ir.Node, ...]) -> set[int]:
    """The expressions whose value is changed, or that are bound."""
    found: set[int] = set()
    for node in nodes:
        if type(node) is ir.Assign or type(node) is ir.Delete:
            found.update(id(_base(target)) for target in node.targets)
        elif type(node) is ir.AugAssign or type(node) is ir.AnnAssign:
            found.add(id(_base(node.target)))
        elif type(node) is ir.Call and type(node.func) is ir.Attribute and node.func.attr in CHANGES:
            found.add(id(_base(node.func.value)))
    return found


def _base(target: ir.Expr) -> ir.Expr:
    while isinstance(target, ir.Subscript):
        target = target.value
    return target


def _in_module(context: Context, filename: str, node: ir.Attribute) -> Origin | None:
    """`state.progress` of `from shop import state`."""
    assert isinstance(node.value, ir.Name)
    module = context.solver.project.resolve(filename, node.value.id)
    if not isinstance(module, modules.Module) or module.filename is None:
        return None
    return _declared(context, module.filename, node.attr)


def _declared(context: Context, filename: str, name: str) -> Origin | None:
    """Where a name is declared, if its value can change while the program runs."""
    key = ("module name", filename, name)
    found: Origin | None = context.once(key, lambda: _declaration(context, filename, name))
    return found


def _declaration(context: Context, filename: str, name: str) -> Origin | None:
    resolution = context.solver.project.resolve(filename, name)
    if not isinstance(resolution, modules.Declared):
        return None
    decl = resolution.decls[0]
    if not isinstance(decl, AssignDecl) or len(decl.names) != 1:
        return None
    data = context.solver.raw(resolution.filename) or b""
    pattern = rb"(?m)^\s+global\s[^\n]*\b" + re.escape(decl.names[0].encode()) + rb"\b"
    rebound = b"global" in data and re.search(pattern, data) is not None
    if not rebound and not _is_container(context, resolution.filename, decl):
        return None
    return Origin(resolution.filename, decl.start, decl.end)


def _is_container(context: Context, filename: str, decl: AssignDecl) -> bool:
    kinds = context.solver.declared(filename, decl).kinds()
    return bool(kinds) and all(isinstance(k, (Mapping, Sequence)) and k.name not in _FIXED for k in kinds)


def hands_out(unit: Unit, mention: Mention) -> bool:
    """Whether a function gives back what it has put into a name: a cache, which each process fills for itself."""
    returned = [e.node for e in unit.flow.returns if e.node is not None] if unit.flow is not None else []
    return any(_names(node, mention.name) for top in returned for node in walk(top))


def _names(node: ir.Node, name: str) -> bool:
    return (isinstance(node, ir.Name) and node.id == name) or (isinstance(node, ir.Attribute) and node.attr == name)


def registers(context: Context, unit: Unit) -> bool:
    """Whether a function is called when modules are imported: as a decorator, or at the top of one."""
    name = unit.qualname.rpartition(".")[2]
    for filename in context.solver.callers.mentions.files(name):
        if re.search(rb"@\s*(?:\w+\.)*" + re.escape(name.encode()) + rb"\b", context.solver.raw(filename) or b""):
            return True
    ref = FunctionRef(unit.filename, unit.qualname, unit.offset)
    return any(not call.site.unit.qualname for call in context.solver.callers.of(ref).calls)
