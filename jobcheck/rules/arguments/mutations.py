"""Where a job changes one of its arguments in place: the very objects that a retry puts into the next message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.defs import ChangeDef, Def, Env, ExprDef, IterDef, NarrowDef, ParamDef, PhiDef
from jobcheck.solve.sites import Around, Flow
from jobcheck.solve.tracing import called_name
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_TAKES = frozenset({"pop", "popitem", "popleft", "remove"})
_GROWS = frozenset({"append", "extend", "insert", "appendleft"})
_PUTS = frozenset({"setdefault", "update", "add"})
_ITEM = frozenset({"get", "__getitem__"})
MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of an argument, or of something that it holds.

    what     takes (removes an item), grows (adds one more), puts (sets an item: twice is the same as once)
    node     the call or the target, `stmt` its statement, `around` what is open there
    put      what is put in, where that is one expression
    key      the key or item that is taken
    default  taken with a default (`pop(key, None)`) or without looking (`used` is False for one that is thrown away)
    """

    parameter: str
    what: str
    node: ir.Expr
    stmt: ir.Stmt
    env: Env
    around: Around | None
    owner: ir.Expr
    put: tuple[ir.Expr, ...] = ()
    key: ir.Expr | None = None
    default: bool = False
    used: bool = True


def of_flow(solver: Solver, flow: Flow, parameters: frozenset[str]) -> Iterator[Mutation]:
    """The changes that a function makes to its parameters, in the order of the source."""
    aliases = Aliases(solver, parameters)
    found = [*_calls(flow, aliases), *_writes(flow, aliases)]
    yield from sorted(found, key=lambda mutation: mutation.node.start)


def _calls(flow: Flow, aliases: Aliases) -> Iterator[Mutation]:
    for site in flow.sites:
        func = site.call.func
        if site.deferred or not isinstance(func, ir.Attribute):
            continue
        what = "takes" if func.attr in _TAKES else "grows" if func.attr in _GROWS else "puts" if func.attr in _PUTS else ""
        parameter = aliases.parameter(func.value, site.env) if what else None
        if parameter is None:
            continue
        args = site.call.args
        key = args[0].value if what == "takes" and args and not args[0].star else None
        put = tuple(a.value for a in args if not a.star) if what != "takes" else ()
        default = func.attr == "pop" and len(args) > 1
        yield Mutation(parameter, what, site.call, site.stmt, site.env, site.around, func.value, put, key, default,
                       site.usage != "dropped")  # fmt: skip


def _writes(flow: Flow, aliases: Aliases) -> Iterator[Mutation]:
    for write in flow.writes:
        target = write.target
        if not isinstance(target, ir.Subscript):
            continue
        parameter = aliases.parameter(target.value, write.env)
        if parameter is None:
            continue
        if isinstance(write.stmt, ir.Delete):
            yield Mutation(parameter, "takes", target, write.stmt, write.env, write.around, target.value, (), target.index)
        elif not write.op and write.value is not None:
            yield Mutation(parameter, "puts", target, write.stmt, write.env, write.around, target.value, (write.value,))


class Aliases:
    """Which expressions surely are a parameter itself, or an object that it holds: copies are neither."""

    def __init__(self, solver: Solver, parameters: frozenset[str]) -> None:
        self._solver = solver
        self._parameters = parameters

    def parameter(self, node: ir.Expr, env: Env, steps: int = 0) -> str | None:
        """The parameter's name; None for what is not one, or not surely."""
        if steps > MOST_STEPS:
            return None
        match node:
            case ir.Name():
                definition, local = env.lookup(node.id)
                return self._definition(definition, steps + 1) if definition is not None and local else None
            case ir.NamedExpr() | ir.BoolOp(op="or", left=ir.Name()):
                inner = node.value if isinstance(node, ir.NamedExpr) else node.left
                return self.parameter(inner, env, steps + 1)
            case ir.Subscript(value=owner, index=index) if not isinstance(index, ir.SliceExpr):
                return self._held(owner, env, steps)
            case ir.Call(func=ir.Attribute(attr=attr, value=owner)) if attr in _ITEM and node.args:
                return self._held(owner, env, steps)
            case _:
                return None

    def _held(self, owner: ir.Expr, env: Env, steps: int) -> str | None:
        """An item of a parameter. A job's own `*args` and `**kwargs` are made for the call; what they hold is not."""
        if isinstance(owner, ir.Name):
            definition = env.lookup(owner.id)[0]
            if isinstance(definition, ParamDef) and definition.role in ("vararg", "kwarg"):
                return definition.param.name
        return self.parameter(owner, env, steps + 1)

    def _definition(self, definition: Def, steps: int) -> str | None:
        match definition:
            case ParamDef(param=param, role=role):
                return param.name if param.name in self._parameters and role not in ("vararg", "kwarg") else None
            case ExprDef(node=node, env=env):
                return self.parameter(node, env, steps)
            case NarrowDef(before=before) | ChangeDef(before=before):
                return self._definition(before, steps + 1) if steps <= MOST_STEPS else None
            case PhiDef(parts=parts):
                return self._meeting(parts, definition, steps)
            case IterDef(node=node, env=env):
                return self._iterated(node, env, steps)
            case _:
                return None

    def _meeting(self, parts: list[Def], phi: PhiDef, steps: int) -> str | None:
        """Where paths meet it has to be the same parameter on each."""
        found: set[str | None] = set()
        for part in parts:
            behind = part
            while isinstance(behind, (NarrowDef, ChangeDef)):
                behind = behind.before
            if behind is not phi and steps <= MOST_STEPS:
                found.add(self._definition(behind, steps + 1))
        return found.pop() if len(found) == 1 else None

    def _iterated(self, node: ir.Expr, env: Env, steps: int) -> str | None:
        """`for item in parameter`, `for item in parameter.values()`: what it holds."""
        if isinstance(node, ir.Call):
            if isinstance(node.func, ir.Attribute) and node.func.attr == "values" and not node.args:
                return self._held(node.func.value, env, steps)
            if called_name(node) in ("list", "reversed", "sorted", "tuple", "iter") and node.args:
                return self._held(node.args[0].value, env, steps)
            return None
        return self._held(node, env, steps)
