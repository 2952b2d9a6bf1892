"""What a function does outside of the process, through the functions of the project that it calls.

An `Effect` is one thing that it does: a mail, a request, a row. A `Failure` is one place at which it may fail for a
reason that can be named. Both are told from the asked function's point of view: `site` is its own call, `path` the calls
below it that lead to the place. What cannot be seen has no effect and does not fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve import effect_answers, effect_calls, effect_keys, effect_records, effect_sessions, guards
from jobcheck.solve.escape import escapes
from jobcheck.solve.exceptions import lineage, of_value
from jobcheck.solve.kinds import ClassObject, ClassRef, Function, FunctionRef, Instance, LocalFunction, Origin
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Around, Exit, Flow, Site
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many functions below the asked one are looked through, and how many one question reads in all.
DEEPEST = 4
MOST_FUNCTIONS = 80


@dataclass(eq=False, slots=True)
class Effect:
    """One thing that a function does.

    kind     mail, http (a request that writes), read (one that reads), payment, message, insert, increment, file
             (appending), job (enqueues another one)
    doubles  doing it twice does it twice, as far as the call itself and what stands around it say
    guard    what keeps it from being done twice, in words; "" when nothing is seen
    site     the call in the asked function, `origin` the place where it is done, `path` the calls between the two
    model    the class of the rows, for inserts and increments
    what     how the code spells it (`send_mail`, `requests.post`)
    pending  it is done when a session is committed, which is not seen here; where it is, `site` is the commit
    keyed    the parameter whose value guards it, where that is None unless a caller gives one (`idempotency_key=None`);
             `keyless` is the call that gives none
    marked   where what guards it is set, in which unit: only what fails before that does it again. (Of
             money, and of what a key is left out for; mail is sent at least once in any case.)
    """

    kind: str
    doubles: bool
    site: Site
    origin: Origin
    what: str
    path: tuple[Origin, ...] = ()
    model: ClassRef | None = None
    guard: str = ""
    pending: bool = False
    keyed: str | None = None
    keyless: Origin | None = None
    marked: tuple[Unit, int] | None = None

    @property
    def slow(self) -> bool:
        """Whether another machine has to answer before it is done."""
        return self.kind in ("mail", "http", "read", "payment", "message")


@dataclass(eq=False, slots=True)
class Failure:
    """One place at which a function may fail.

    kind     network, database, gone (a row that is not there), queue (the broker), raise (a `raise` of the project)
    errors   what is raised, as far as it is known: names of the classes that it is of, or packages that raise their own
    node     the call or `raise` in the asked function, `around` what is open there, `site` the call
    """

    kind: str
    errors: frozenset[str]
    node: ir.Node
    around: Around | None
    origin: Origin
    what: str
    site: Site | None = None
    path: tuple[Origin, ...] = ()


@dataclass(eq=False, slots=True)
class Summary:
    """What a function does and where it may fail, in the order of its source. `writes` are attributes that it sets."""

    effects: tuple[Effect, ...] = ()
    failures: tuple[Failure, ...] = ()
    writes: frozenset[str] = frozenset()


_NOTHING = Summary()
_ASKS = "its answer is what it is for"


@dataclass(eq=False, slots=True)
class _Building:
    effects: list[Effect] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    writes: set[str] = field(default_factory=set)


class Effects:
    """Answers are remembered; `solver.effects` is the one of a run.

    `enqueued` says which jobs' functions a call enqueues (None: it is no enqueue); the engine knows.
    """

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self.enqueued: Callable[[Site], tuple[FunctionRef, ...] | None] = lambda site: None
        self._known: dict[FunctionRef, tuple[int, Summary]] = {}
        self._busy: set[FunctionRef] = set()
        self._left = 0

    def of(self, ref: FunctionRef) -> Summary:
        """What a function of the project does."""
        self._left = MOST_FUNCTIONS
        return self._of(ref, DEEPEST)

    def of_flow(self, flow: Flow) -> Summary:
        """What the code of a flow does."""
        self._left = MOST_FUNCTIONS
        return self._summary(flow, None, DEEPEST)

    def _of(self, ref: FunctionRef, depth: int) -> Summary:
        known = self._known.get(ref)
        if known is not None and known[0] >= depth:
            return known[1]
        if depth < 0 or ref in self._busy or self._left <= 0:
            return known[1] if known is not None else _NOTHING
        self._left -= 1
        self._busy.add(ref)
        try:
            unit = self._solver.function_unit(ref)
            readable = unit is not None and not unit.refused and unit.function is not None
            summary = self._summary(self._solver.flow(unit), None, depth) if unit is not None and readable else _NOTHING
        finally:
            self._busy.discard(ref)
        self._known[ref] = (depth, summary)
        return summary

    # --- one function ------------------------------------------------------------------------------------------

    def _summary(self, flow: Flow, inside: ir.Node | None, depth: int) -> Summary:
        """The summary of a flow, or of the nested function `inside` it."""
        made = _Building()
        sites = [site for site in flow.sites if _home(site.around) is inside]
        made.writes.update(_attributes_written(flow))
        for site in sites:
            self._site(site, made, depth)
        for raised in flow.raises if inside is None else flow.nested[id(inside)].raises:
            self._raised(flow.unit, raised, made)
        made.effects = list(effect_sessions.settled(self._solver, flow, sites, made.effects))
        once = {(id(e.site.call), e.origin, e.kind, e.doubles, e.keyless): e for e in reversed(made.effects)}
        made.effects = [self._guarded(flow, effect, made) for effect in reversed(once.values())]
        made.failures.sort(key=lambda failure: failure.node.start)
        return Summary(tuple(made.effects), tuple(made.failures), frozenset(made.writes))

    def _guarded(self, flow: Flow, effect: Effect, made: _Building) -> Effect:
        effect = self._meant(flow, effect)
        if not effect.doubles and effect.keyed is None:
            return effect
        writes = frozenset(made.writes)
        guard = guards.around(self._solver, flow, effect.site, writes, effect.model)
        if not guard:
            return effect
        late = _set_after(flow, effect.site) if effect.kind == "payment" or effect.keyless is not None else {}
        if late and not guards.around(self._solver, flow, effect.site, writes, effect.model, late=frozenset(late)):
            return effect if effect.marked is not None else replace(effect, marked=(flow.unit, min(late.values())))
        return replace(effect, doubles=False, guard=guard, keyed=None)

    def _meant(self, flow: Flow, effect: Effect) -> Effect:
        """A request by what it is made for."""
        if effect.kind != "http" or not (effect.doubles or effect.guard == _ASKS):
            return effect
        direct = effect.origin == flow.unit.origin(effect.site.call)
        if effect_answers.pays_by_name(flow.unit.qualname) or (direct and effect_answers.pays(flow, effect.site)):
            return replace(effect, kind="payment", doubles=True, guard="")
        if direct and effect_answers.answer_used(flow, effect.site):
            return replace(effect, doubles=False, guard=_ASKS)
        return effect

    def _site(self, site: Site, made: _Building, depth: int) -> None:
        enqueued = self.enqueued(site)
        if enqueued is not None:
            self._enqueue(site, enqueued, made, depth)
            return
        operation = self._solver.records.operation(site)
        if operation is not None:
            made.writes.update(operation.fields or () if operation.writes else ())
            effect = effect_records.effect(self._solver, operation)
            if effect is not None:
                made.effects.append(effect)
            if operation.writes or operation.act in ("commit", "flush"):
                self._fails(made, site, "database", effect_records.ERRORS[operation.orm], _spelling(site))
            elif effect_records.needs_row(operation):
                self._fails(made, site, "gone", effect_records.GONE, _spelling(site))
        for callee in self._callees(site):
            self._helper(site, callee, made, depth)
        if operation is None:
            self._outside(site, made)

    def _outside(self, site: Site, made: _Building) -> None:
        """A call that leads out of the project."""
        found = effect_calls.effect(self._solver, site)
        if found is not None:
            made.effects.append(found)
        errors = effect_calls.network(self._solver, site)
        if errors:
            self._fails(made, site, "network", errors, _spelling(site))

    def _enqueue(self, site: Site, enqueued: tuple[FunctionRef, ...], made: _Building, depth: int) -> None:
        """Another job doubles what it does."""
        origin, what = site.unit.origin(site.call), _spelling(site)
        below = [effect for ref in enqueued for effect in self._of(ref, min(depth, 2) - 1).effects]
        made.effects.append(Effect("job", any(e.doubles for e in below), site, origin, what))
        self._fails(made, site, "queue", frozenset({"kombu", "redis", "OSError", "ConnectionError"}), what)

    def _fails(self, made: _Building, site: Site, kind: str, errors: frozenset[str], what: str) -> None:
        if escapes(self._solver, site.around, errors):
            made.failures.append(Failure(kind, errors, site.call, site.around, site.unit.origin(site.call), what, site))

    def _raised(self, unit: Unit, raised: Exit, made: _Building) -> None:
        """A `raise` of an error that is not one being handled."""
        if raised.node is None or any(a.role == "handler" for a in chain(raised.around)):
            return
        classes = of_value(self._solver.value(raised.node, raised.env), raised.node).classes
        value = self._solver.value(raised.node, raised.env)
        classes += tuple(k.cls for k in value.kinds() if isinstance(k, Instance))
        names: frozenset[str] = frozenset().union(*(lineage(self._solver, c) for c in classes)) if classes else frozenset()
        if names and escapes(self._solver, raised.around, names):
            what = f"raise {classes[0].name}"
            made.failures.append(Failure("raise", names, raised.stmt, raised.around, unit.origin(raised.stmt), what))

    # --- the functions that it calls ---------------------------------------------------------------------------

    def below(self, site: Site) -> Iterator[tuple[Flow, Summary]]:
        """The functions of the project that a call calls: their flows, and what they do."""
        for callee in self._callees(site):
            unit = self._solver.function_unit(callee.ref) if isinstance(callee, Function) else None
            if isinstance(callee, Function) and unit is not None and not unit.refused and unit.function is not None:
                known = self._known.get(callee.ref)
                yield self._solver.flow(unit), known[1] if known is not None else self.of(callee.ref)

    def _callees(self, site: Site) -> Iterator[Function | LocalFunction]:
        """The functions of the project that a call may call, when it surely is one of a few."""
        kinds = self._solver.value(site.call.func, site.env).kinds()
        for kind in kinds if len(kinds) <= 2 else ():
            if isinstance(kind, (Function, LocalFunction)):
                yield kind
            elif isinstance(kind, ClassObject):
                yield from self._constructor(kind.cls)

    def _constructor(self, cls: ClassRef) -> Iterator[Function]:
        for info, decl in self._solver.classes.lookup(cls, "__init__"):
            yield Function(FunctionRef(info.filename, getattr(decl, "qualname", ""), decl.start))
            return

    def _helper(self, site: Site, callee: Function | LocalFunction, made: _Building, depth: int) -> None:
        if isinstance(callee, Function):
            below = self._of(callee.ref, depth - 1)
        else:
            found = self._solver.nested_node(callee)
            flow = found[1].unit.flow if found is not None else None
            if found is None or flow is None or id(found[0]) not in flow.nested or depth <= 0:
                return
            below = self._summary(flow, found[0], depth - 1)
        made.writes.update(below.writes)
        lifted = (_lifted(effect, site) for effect in below.effects)
        made.effects.extend(effect_keys.given(self._solver, effect, site, callee) for effect in lifted)
        for failure in below.failures:
            if escapes(self._solver, site.around, failure.errors):
                path = (*_step(failure), *failure.path)
                made.failures.append(replace(failure, node=site.call, around=site.around, site=site, path=path))


def effects_of(solver: Solver, what: FunctionRef | Unit) -> tuple[Effect, ...]:
    """What a function does outside of the process, in the order of its source."""
    if isinstance(what, FunctionRef):
        return solver.effects.of(what).effects
    return solver.effects.of_flow(solver.flow(what)).effects if not what.refused else ()


def may_fail(solver: Solver, site: Site) -> tuple[Failure, ...]:
    """Why a call may fail: the reasons that are known, and that nothing around it catches."""
    flow = site.unit.flow
    return tuple(f for f in solver.effects.of_flow(flow).failures if f.site is site) if flow is not None else ()


def _lifted(effect: Effect, site: Site) -> Effect:
    """An effect of a helper, as one of the call of the helper."""
    below = effect.site.unit.origin(effect.site.call)
    path = (below, *effect.path) if below != effect.origin else effect.path
    return replace(effect, site=site, path=path)


def _step(failure: Failure) -> tuple[Origin, ...]:
    below = failure.site.unit.origin(failure.site.call) if failure.site is not None else failure.origin
    return (below,) if below != failure.origin else ()


def _home(around: Around | None) -> ir.Node | None:
    """The nested function that a place stands in."""
    return next((a.node for a in chain(around) if a.role in ("def", "lambda")), None)


def _attributes_written(flow: Flow) -> Iterator[str]:
    """The attributes that a function sets; what a new object is given says nothing of what was done."""
    name = flow.unit.qualname.rpartition(".")[2]
    for write in flow.writes if name not in ("__init__", "__new__", "__enter__") else ():
        if isinstance(write.target, ir.Attribute):
            yield write.target.attr


def _set_after(flow: Flow, site: Site) -> dict[str, int]:
    """The attributes that are set only after a call, and where: a run that is broken off between the two has not set them."""
    end = site.call.end
    written = [(w.target.attr, w.stmt.start) for w in flow.writes if isinstance(w.target, ir.Attribute)]
    before = {name for name, start in written if start < end}
    return {name: start for name, start in reversed(written) if start >= end and name not in before}


def _spelling(site: Site) -> str:
    """How the code spells a call, its receiver shortened to the last name."""
    func = site.call.func
    if not isinstance(func, ir.Attribute):
        return func.id if isinstance(func, ir.Name) else "a call"
    owner = func.value
    name = owner.attr if isinstance(owner, ir.Attribute) else owner.id if isinstance(owner, ir.Name) else ""
    return f"{name}.{func.attr}" if name else func.attr
