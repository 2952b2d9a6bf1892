"""Where a value was written: an expression followed back through names, narrowing and helpers to what made it.

Nothing is evaluated here but callees. In a bound flow (see `binding`) parameters are followed into the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from jobcheck.code import ir
from jobcheck.code.walk import children
from jobcheck.solve.binding import bound_flow
from jobcheck.solve.defs import (
    AugDef,
    ChangeDef,
    Def,
    EnterDef,
    Env,
    ExprDef,
    GivenDef,
    IterDef,
    NarrowDef,
    PhiDef,
    UnpackDef,
    dotted,
)  # fmt: skip
from jobcheck.solve.kinds import Function, LocalFunction
from jobcheck.solve.sites import Flow, Site
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many names and helpers one question follows, and how many expressions a value is made of at most.
LONGEST_TRAIL = 24
DEEPEST_HELPER = 3
MOST_PARTS = 400
# Functions with more bytes than this are not solved for one call alone.
LARGEST_HELPER = 8_000
_WRAPPINGS = (ir.Arg, ir.DictItem, ir.Clause, ir.Param)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An expression where it was written. `definition` is what its name is bound to, when it ends at a name.

    Two expressions that lead to the same source are the same object (equal `key`).
    """

    node: ir.Expr
    env: Env
    definition: Def | None = None

    @property
    def key(self) -> tuple[int, int]:
        if self.definition is not None:
            return (id(self.definition), 0)
        return (id(self.node), id(self.env))


class Sources:
    """Answers are remembered. `solver.sources` is the one of a run."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._bound: dict[tuple[int, int], tuple[ir.Call, Env, tuple[Flow, ...]]] = {}
        self._depth = 0

    # --- where it comes from -----------------------------------------------------------------------------------

    def of(self, node: ir.Expr, env: Env) -> Source:
        """Where the value of an expression was made, as far as that is one place."""
        source = Source(node, env)
        for _ in range(LONGEST_TRAIL):
            before = self._step(source)
            if before is None:
                return source
            source = before
        return source

    def same(self, first: Source, second: Source) -> bool:
        """Whether two sources surely are one value: one expression, or the same attribute of the same value."""
        if first.key == second.key:
            return True
        one, other = first.node, second.node
        if first.definition is not None or second.definition is not None:
            return False
        if not isinstance(one, ir.Attribute) or not isinstance(other, ir.Attribute) or one.attr != other.attr:
            return False
        return self.same(self.of(one.value, first.env), self.of(other.value, second.env))

    def _step(self, source: Source) -> Source | None:
        node, env = source.node, source.env
        if source.definition is not None:
            return None
        match node:
            case ir.Name() | ir.Attribute():
                definition = env.lookup(dotted(node))[0]
                return self._of_definition(definition, node, env) if definition is not None else None
            case ir.Await() | ir.NamedExpr():
                return Source(node.value, env)
            case ir.BoolOp(op="or"):
                return Source(node.left, env)
            case ir.Call():
                return self._handed_back(node, env)
            case _:
                return None

    def _of_definition(self, definition: Def, node: ir.Expr, env: Env) -> Source | None:
        """What a name stands for; the name itself, with its definition, where that is the end."""
        last = single(definition)
        if isinstance(last, ExprDef):
            return None if last.node is node else Source(last.node, last.env)
        if isinstance(last, GivenDef) and last.written is not None:
            return Source(last.written.node, last.written.env)
        return Source(node, env, last)

    def _handed_back(self, node: ir.Call, env: Env) -> Source | None:
        """What a helper of the project returns to this call, when it has one thing to return."""
        if self._depth >= DEEPEST_HELPER:
            return None
        flows = self.bound(node, env)
        if len(flows) != 1 or flows[0].yields:
            return None
        exits = [e for e in flows[0].returns if e.node is not None and not _is_none(e.node)]
        if len(exits) != 1 or exits[0].node is None:
            return None
        self._depth += 1
        try:
            return self.of(exits[0].node, exits[0].env)
        finally:
            self._depth -= 1

    def bound(self, node: ir.Call, env: Env) -> tuple[Flow, ...]:
        """The flows of the project's functions that a call means, as this call sees them; none where that is not known."""
        key = (id(node), id(env))
        found = self._bound.get(key)
        if found is None:
            self._bound[key] = (node, env, ())  # a function that calls itself
            found = self._bound[key] = (node, env, tuple(self._bind(node, env)))
        return found[2]

    def _bind(self, node: ir.Call, env: Env) -> Iterator[Flow]:
        value = self._solver.value(node.func, env)
        for kind in () if value.open else value.kinds():
            if isinstance(kind, (Function, LocalFunction)) and self._readable(kind):
                flow = bound_flow(self._solver, kind, node, env)
                if flow is not None:
                    yield flow

    def _readable(self, kind: Function | LocalFunction) -> bool:
        if isinstance(kind, LocalFunction):
            return True
        found = self._solver.function_decl(kind.ref)
        return found is not None and found[0].end - found[0].start <= LARGEST_HELPER

    # --- what it is made of ------------------------------------------------------------------------------------

    def parts(self, node: ir.Expr, env: Env) -> Iterator[tuple[ir.Expr, Env]]:
        """The expressions that a value is made of, each where it stands: through names, containers and helpers."""
        seen: set[tuple[int, int]] = set()
        stack: list[tuple[ir.Node, Env]] = [(node, env)]
        while stack and len(seen) < MOST_PARTS:
            part, where = stack.pop()
            if (id(part), id(where)) in seen:
                continue
            seen.add((id(part), id(where)))
            if isinstance(part, ir.Lambda):
                continue
            if not isinstance(part, _WRAPPINGS):
                yield cast("ir.Expr", part), where
            stack.extend(self._below(part, where))
            if isinstance(part, ir.Call):
                stack.extend(self._results(part, where))

    def _below(self, part: ir.Node, env: Env) -> Iterator[tuple[ir.Node, Env]]:
        """What an expression is made of directly. Of `row.name` that is not what `row` was made of."""
        if isinstance(part, (ir.Name, ir.Attribute)):
            definition = env.lookup(dotted(part))[0]
            yield from _made_of(definition) if definition is not None else ()
        if isinstance(part, ir.Attribute) and isinstance(part.value, ir.Name):
            return
        inner = env.unit.flow.scopes.get(id(part), env) if env.unit.flow is not None else env
        if isinstance(part, ir.Call) and isinstance(part.func, ir.Attribute):
            yield part.func.value, env  # `text.strip()` is made of the text
        yield from ((child, inner) for child in reversed(children(part)))

    def _results(self, node: ir.Call, env: Env) -> Iterator[tuple[ir.Node, Env]]:
        if self._depth < DEEPEST_HELPER:
            for flow in self.bound(node, env):
                yield from ((e.node, e.env) for e in flow.returns if e.node is not None)


def single(definition: Def) -> Def:
    """The one definition behind narrowing and alternatives that are nothing but None."""
    for _ in range(LONGEST_TRAIL):
        if isinstance(definition, NarrowDef):
            definition = definition.before
            continue
        if not isinstance(definition, PhiDef):
            return definition
        parts = {id(p): p for p in (_unnarrowed(p) for p in definition.parts) if p is not definition and not _nothing(p)}
        if len(parts) != 1:
            return definition
        definition = next(iter(parts.values()))
    return definition


def _unnarrowed(definition: Def) -> Def:
    while isinstance(definition, NarrowDef):
        definition = definition.before
    return definition


def _nothing(definition: Def) -> bool:
    return isinstance(definition, ExprDef) and _is_none(definition.node)


def _is_none(node: ir.Expr) -> bool:
    return isinstance(node, ir.Constant) and node.kind == "none"


def site_of(source: Source) -> Site | None:
    """The site of a call that a source is."""
    flow = source.env.unit.flow
    if flow is None or not isinstance(source.node, ir.Call):
        return None
    return next((s for s in flow.sites if s.call is source.node), None)


def _made_of(definition: Def) -> Iterator[tuple[ir.Node, Env]]:
    """The expressions that a definition takes its value from."""
    pending: list[Def] = [definition]
    seen: set[int] = set()
    while pending:
        found = pending.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        match found:
            case ExprDef(node=node, env=env) | IterDef(node=node, env=env) | EnterDef(node=node, env=env):
                yield node, env
            case AugDef(before=before, node=node, env=env):
                pending.append(before)
                yield node, env
            case ChangeDef(before=before, node=changed, env=env):
                pending.append(before)
                if changed is not None:
                    yield changed, env
            case NarrowDef(before=before):
                pending.append(before)
            case UnpackDef(source=source):
                pending.append(source)
            case PhiDef(parts=parts):
                pending.extend(parts)
            case GivenDef(written=ExprDef() as written):
                pending.append(written)
            case GivenDef(default=ir.Node() as default, env=Env() as env):
                yield default, env
            case _:
                pass
