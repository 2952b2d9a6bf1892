"""Which expressions of a function are one of its parameters, or an item of it.

Only what surely is: what was converted, rebound or narrowed by a type test on the way is not followed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import ChangeDef, Def, Env, ExprDef, IterDef, NarrowDef, ParamDef, PhiDef, UnpackDef
from jobcheck.solve.kinds import EnumMember, External, Kind, Literal
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_SAME = frozenset({"copy.copy", "copy.deepcopy", "typing.cast", "typing_extensions.cast"})
ITEM_METHODS = frozenset({"get", "pop", "__getitem__"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step into a value. `what`: key (the item under a known key or index), item (some item), each-key, each-value,
    each (what iterating gives: a dict's key, a list's item), pair (a (key, value) of `.items()`)."""

    what: str
    key: Kind | None = None


Path = tuple[Step, ...]
# Methods that give the same thing, or what iterating over it gives.
_VIEWS: dict[str, Path] = {
    "copy": (), "items": (Step("pair"),), "keys": (Step("each-key"),), "values": (Step("each-value"),),
}  # fmt: skip
_WALKS = frozenset({"enumerate", "reversed", "sorted", "list", "tuple", "iter"})


@dataclass(frozen=True, slots=True)
class Trace:
    """An expression that is the parameter, or an item of it at `path`. `changed`: it was changed in place before."""

    path: Path = ()
    changed: bool = False


class Tracer:
    """Follows one parameter of one function."""

    def __init__(self, solver: Solver, param: ir.Param) -> None:
        self.solver = solver
        self.param = param
        self._known: dict[int, Trace | None] = {}

    def trace(self, node: ir.Expr, env: Env) -> Trace | None:
        """The part of the parameter that an expression surely is."""
        match node:
            case ir.Name():
                definition, local = env.lookup(node.id)
                return self.trace_def(definition) if definition is not None and local else None
            case ir.Subscript():
                return self.item(self.trace(node.value, env), node.index, env)
            case ir.Call():
                return self.trace_call(node, env)
            case ir.NamedExpr():
                return self.trace(node.value, env)
            case ir.BoolOp(op="or"):
                return self.trace(node.left, env) if _is_default(node.right) else None
            case ir.IfExp():
                return self.trace(node.body, env) if _is_default(node.orelse) else None
            case _:
                return None

    def item(self, owner: Trace | None, index: ir.Expr, env: Env) -> Trace | None:
        if owner is None or isinstance(index, ir.SliceExpr):
            return None
        key = self.solver.value(index, env).only
        step = Step("key", key) if isinstance(key, (Literal, EnumMember)) else Step("item")
        return replace(owner, path=(*owner.path, step))

    def trace_call(self, node: ir.Call, env: Env) -> Trace | None:
        func = node.func
        first = node.args[0] if node.args and not node.args[0].star and node.args[0].keyword is None else None
        if isinstance(func, ir.Attribute):
            owner = self.trace(func.value, env)
            if owner is not None:
                if func.attr in ITEM_METHODS and first is not None:
                    return self.item(owner, first.value, env)
                more = _VIEWS.get(func.attr)
                return replace(owner, path=(*owner.path, *more)) if more is not None and not node.args else None
        callee = self.solver.value(func, env).only
        if isinstance(callee, External) and callee.qualname in _SAME and node.args:
            return self.trace(node.args[-1 if callee.qualname.endswith("cast") else 0].value, env)
        return None

    def trace_def(self, definition: Def) -> Trace | None:
        key = id(definition)
        if key not in self._known:
            self._known[key] = None  # a loop's head that meets itself adds nothing
            self._known[key] = self._trace_def(definition)
        return self._known[key]

    def _trace_def(self, definition: Def) -> Trace | None:
        match definition:
            case ParamDef():
                return Trace() if definition.param is self.param else None
            case ExprDef():
                return self.trace(definition.node, definition.env)
            case NarrowDef():
                return self.trace_def(definition.before) if definition.how != "isinstance" else None
            case ChangeDef():
                before = self.trace_def(definition.before)
                return replace(before, changed=True) if before is not None else None
            case PhiDef():
                return self.trace_parts(definition)
            case IterDef():
                return self.trace_iteration(definition)
            case UnpackDef():
                return self.trace_unpacked(definition)
            case _:
                return None

    def trace_parts(self, definition: PhiDef) -> Trace | None:
        """Where paths meet: the parameter on each, or an empty default instead of it."""
        found: Trace | None = None
        for part in definition.parts:
            if isinstance(part, ExprDef) and _is_default(part.node):
                continue
            trace = self.trace_def(part)
            if trace is None:
                if _meets(part, definition):
                    continue
                return None
            if found is not None and found.path != trace.path:
                return None
            found = trace if found is None else replace(found, changed=found.changed or trace.changed)
        return found

    def trace_iteration(self, definition: IterDef) -> Trace | None:
        node, env = definition.node, definition.env
        if isinstance(node, ir.Call) and called_name(node) in _WALKS and node.args:
            inner = self.trace(node.args[0].value, env)
            if inner is None:
                return None
            stepped = self.each(inner)
            numbered = called_name(node) == "enumerate"
            return replace(stepped, path=(*stepped.path, Step("numbered"))) if numbered else stepped
        found = self.trace(node, env)
        return self.each(found) if found is not None else None

    def each(self, found: Trace) -> Trace:
        """What iterating over a traced thing gives."""
        if found.path and found.path[-1].what in ("pair", "each-key", "each-value"):
            return found
        return replace(found, path=(*found.path, Step("each")))

    def trace_unpacked(self, definition: UnpackDef) -> Trace | None:
        source = self.trace_def(definition.source)
        if source is None or definition.index is None:
            return None
        last = source.path[-1].what if source.path else ""
        if last == "pair":
            which = "each-key" if definition.index == 0 else "each-value"
            return replace(source, path=(*source.path[:-1], Step(which)))
        if last == "numbered":
            return replace(source, path=source.path[:-1]) if definition.index == 1 else None
        return replace(source, path=(*source.path, Step("key", Literal(definition.index))))


def _is_default(node: ir.Expr) -> bool:
    """What stands for "nothing given": None, an empty display, `dict()`."""
    match node:
        case ir.Constant():
            return node.kind == "none"
        case ir.DictExpr():
            return not node.items
        case ir.ListExpr() | ir.TupleExpr():
            return not node.elements
        case ir.Call(func=ir.Name(id=name), args=[]):
            return name in ("dict", "list", "tuple")
        case _:
            return False


def _meets(part: Def, phi: PhiDef) -> bool:
    """Whether a part of a loop's head is only the head itself again, perhaps narrowed or changed in place."""
    while isinstance(part, (NarrowDef, ChangeDef)):
        part = part.before
    return part is phi


def called_name(node: ir.Expr) -> str:
    """The plain name that a call calls."""
    return node.func.id if isinstance(node, ir.Call) and isinstance(node.func, ir.Name) else ""
