"""What may fail after an effect has been done, so that another run does it again: for the rules about repetition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.defs import Def, Env, ExprDef, NarrowDef, PhiDef, UnpackDef, dotted
from jobcheck.solve.effects import Effect, Failure, Summary
from jobcheck.solve.order import chain, exclusive, shared_loop
from jobcheck.solve.sites import Around, Flow
from jobcheck.solve.transactions.blocks import Blocks

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Effects that a database takes back when the transaction around them fails.
_TAKEN_BACK = frozenset({"insert", "increment"})
_DEEPEST = 5


class Following:
    """Whether a failure stands where an effect has been done already; one for each run."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._blocks = Blocks(solver)
        self._inside: dict[tuple[object, ...], bool] = {}

    def after(self, flow: Flow, effect: Effect, failure: Failure, depth: int = 0) -> bool:
        """Whether a run of the function with this flow may have done the effect when it fails so."""
        if effect.kind in _TAKEN_BACK and self._one_transaction(flow, effect.site.around, failure.around):
            return False
        call = effect.site.call
        if _marked(flow, effect, failure):
            return False
        if call is failure.node:
            return self._within(effect, failure, depth)
        if exclusive(effect.site.around, failure.around) or in_handler(effect.site.around) or _consequence(effect, failure):
            return False
        loop = shared_loop(effect.site.around, failure.around)
        repeats = loop is not None and isinstance(loop.node, ir.For) and self._many(loop, loop.node)
        if call.end > failure.node.start and not repeats:
            return False
        return reaches(effect, failure.around, failure.node) and not self.own_outcome(flow, effect, failure)

    def _within(self, effect: Effect, failure: Failure, depth: int) -> bool:
        """Both are in the functions that one call calls."""
        key = ("within", id(effect.site.call), effect.kind, effect.origin, failure.origin)
        if key not in self._inside:
            self._inside[key] = False  # a function that calls itself
            self._inside[key] = depth < _DEEPEST and any(
                self.after(flow, inner, fault, depth + 1)
                for flow, summary in self._solver.effects.below(effect.site)
                for inner, fault in _again(summary, effect, failure)
            )
        return self._inside[key]

    def _many(self, around: Around, loop: ir.For | ir.Comprehension) -> bool:
        """Whether a loop goes through things: it does not count attempts, nor has it one thing alone (`for x in ["stable"]`)."""
        over = loop.iter if isinstance(loop, ir.For) else loop.clauses[0].iter
        if isinstance(over, ir.Name):
            grown = {f"{over.id}.{verb}" for verb in ("append", "extend", "insert")}
            flow = around.env.unit.flow
            grows = flow is None or any(dotted(site.call.func) in grown for site in flow.sites)
            over = over if grows else self._solver.sources.of(over, around.env).node
        if isinstance(over, (ir.ListExpr, ir.TupleExpr)) and len(over.elements) == 1:
            return isinstance(over.elements[0], ir.Starred)
        return not (isinstance(over, ir.Call) and isinstance(over.func, ir.Name) and over.func.id == "range")

    def looped(self, effect: Effect, failure: Failure, depth: int = 0) -> bool:
        """Whether an effect is done for one item after the other, and fails itself."""
        if effect.site.call is not failure.node or effect.marked is not None or depth >= _DEEPEST:
            return False
        loop = effect.site.enclosing("loop", "def", "lambda", "comprehension")
        own = effect.origin == failure.origin
        if own and loop is not None and isinstance(loop.node, (ir.For, ir.Comprehension)) and self._many(loop, loop.node):
            return not isinstance(loop.node, ir.For) or _goes_on(effect, loop)
        key = ("looped", id(effect.site.call), effect.kind, effect.origin, failure.origin)
        if key not in self._inside:
            self._inside[key] = False
            self._inside[key] = any(
                self.looped(inner, fault, depth + 1)
                for _, summary in self._solver.effects.below(effect.site)
                for inner, fault in _again(summary, effect, failure)
            )
        return self._inside[key]

    def _one_transaction(self, flow: Flow, first: Around | None, second: Around | None) -> bool:
        """Whether one transaction is open at both places."""
        others = {id(a.part) for a in chain(second) if a.role == "with"}
        shared = (a for a in chain(first) if a.role == "with" and id(a.part) in others)
        return self._blocks.of_function(flow.unit) is not None or any(self._blocks.of_with(a) is not None for a in shared)

    # --- is it the effect's own failure? -----------------------------------------------------------------------

    def own_outcome(self, flow: Flow, effect: Effect, failure: Failure) -> bool:
        """Whether a failure is about what the effect gave back: a look at its answer, or a `raise` that depends on it."""
        made = effect.site.call
        for test, env in _tests_around(failure.around, effect):
            if _mentions(test, env, made) or _tells(test, env, effect):
                return True
        if failure.site is not None:
            func = failure.site.call.func
            if _mentions(func, failure.site.env, made):
                return True
            return failure.kind == "raise" and any(_mentions(a.value, failure.site.env, made) for a in failure.site.call.args)
        return False


def _marked(flow: Flow, effect: Effect, failure: Failure) -> bool:
    """Whether it has been noted that the effect is done when the failure comes, so that the next run sees it."""
    if effect.marked is None or failure.node is effect.site.call:
        return False
    unit, start = effect.marked
    return unit is not flow.unit or failure.node.start >= start


def _consequence(effect: Effect, failure: Failure) -> bool:
    """Whether a failure stands in the handler of a `try` whose body the effect is in: it has failed itself, most likely."""
    tried = {id(a.node) for a in chain(effect.site.around) if a.role == "try"}
    return any(a.role == "handler" and id(a.node) in tried for a in chain(failure.around))


def _again(summary: Summary, effect: Effect, failure: Failure) -> Iterator[tuple[Effect, Failure]]:
    """The same two, as a function below tells them."""
    for inner in summary.effects:
        if inner.origin == effect.origin and inner.kind == effect.kind:
            yield from ((inner, fault) for fault in summary.failures if fault.origin == failure.origin)


def in_handler(around: Around | None) -> bool:
    """Whether a place is reached only when something has failed."""
    return any(a.role == "handler" for a in chain(around))


def _goes_on(effect: Effect, loop: Around) -> bool:
    """Whether the loop reaches its next item after the effect."""
    assert isinstance(loop.node, ir.For)
    return reaches(effect, loop.outer, loop.node)


def reaches(effect: Effect, around: Around | None, node: ir.Node) -> bool:
    """Whether what follows the effect in its own blocks lets the run come to `node`."""
    outside = {id(a.node) for a in chain(around)}
    call = effect.site.call
    for part in chain(effect.site.around):
        if id(part.node) in outside:
            return True
        if part.role in ("def", "lambda"):
            return False
        body = _body_of(part.node, call) if not isinstance(part.node, (ir.Lambda, ir.Comprehension)) else []
        stops = (ir.Return, ir.Raise)
        if any(isinstance(s, stops) or (isinstance(s, ir.Simple) and s.kind == "break") for s in body if s.end > call.start):
            return False
    return True


def _body_of(node: ir.Node, call: ir.Node) -> list[ir.Stmt]:
    """The list of statements, directly in a compound one, that a call stands in."""
    groups: list[list[ir.Stmt]] = []
    for name in ("body", "orelse", "final"):
        group = getattr(node, name, None)
        if isinstance(group, list):
            groups.append(group)
    return next((g for g in groups if any(s.start <= call.start and call.end <= s.end for s in g)), [])


def _tests_around(around: Around | None, effect: Effect) -> Iterator[tuple[ir.Expr, Env]]:
    """The tests on the way to a place that are not around the effect too."""
    shared = {id(a.node) for a in chain(effect.site.around)}
    for part in chain(around):
        if part.role == "branch" and isinstance(part.node, ir.If) and id(part.node) not in shared:
            yield part.node.test, part.env


def _mentions(node: ir.Expr, env: Env, made: ir.Call) -> bool:
    """Whether an expression is made of what a call gave back."""
    for part in walk(node, into_functions=False):
        if part is made:
            return True
        if isinstance(part, ir.Name):
            definition, _ = env.lookup(part.id)
            if definition is not None and _comes_from(definition, made, 0):
                return True
    return False


def _tells(test: ir.Expr, env: Env, effect: Effect) -> bool:
    """Whether a test asks a name that the `try` around the effect sets when it fails: `sent = False` in its handler."""
    handlers = [h for a in chain(effect.site.around) if a.role == "try" and isinstance(a.node, ir.Try) for h in a.node.handlers]
    names = [part for part in walk(test, into_functions=False) if isinstance(part, ir.Name)] if handlers else []
    found = (env.lookup(name.id)[0] for name in names)
    return any(_set_within(definition, handlers, effect, 0) for definition in found if definition is not None)


def _set_within(definition: Def, handlers: list[ir.Handler], effect: Effect, depth: int) -> bool:
    match definition:
        case ExprDef(node=node, env=env):
            return env.unit is effect.site.env.unit and any(h.start <= node.start and node.end <= h.end for h in handlers)
        case NarrowDef(before=before) if depth < _DEEPEST:
            return _set_within(before, handlers, effect, depth + 1)
        case PhiDef(parts=parts) if depth < _DEEPEST:
            return any(_set_within(part, handlers, effect, depth + 1) for part in parts[:_DEEPEST])
        case _:
            return False


def _comes_from(definition: Def, made: ir.Call, depth: int) -> bool:
    if depth > 4:
        return False
    match definition:
        case ExprDef(node=node, env=env):
            own = any(part is made for part in walk(node, into_functions=False))
            return own or (depth < 3 and _through(node, env, made, depth))
        case UnpackDef(source=source):
            return _comes_from(source, made, depth + 1)
        case NarrowDef(before=before):
            return _comes_from(before, made, depth + 1)
        case PhiDef(parts=parts):
            return any(_comes_from(part, made, depth + 2) for part in parts[:4])
        case _:
            return False


def _through(node: ir.Expr, env: Env, made: ir.Call, depth: int) -> bool:
    names = [part for part in walk(node, into_functions=False) if isinstance(part, ir.Name)]
    found = (env.lookup(name.id)[0] for name in names)
    return any(d is not None and _comes_from(d, made, depth + 2) for d in found)
