"""What is put off until a transaction has been committed: by a callback, a form of the framework's, a function that
is only ever called from such callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.registry import Callback, Deferred, Enqueue
from jobcheck.solve.flow import Around, Site
from jobcheck.solve.kinds import Alt, External, Function, FunctionRef, LocalFunction, Origin, Partial, Value
from jobcheck.solve.order import chain

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

COMMITS = frozenset({"on_commit", "after_commit"})
_DECORATORS = {"django.db.transaction.on_commit": "on_commit"}
# How many functions up a call may be put off.
_DEEPEST = 3


def _callables(value: Value) -> Iterator[Alt]:
    """What is called when a callback is: itself, and what a partial is made of."""
    for alt in value.alts:
        yield alt
        if isinstance(alt.kind, Partial):
            yield from _callables(alt.kind.function)


class Postponed:
    """Answers for the callbacks of one project."""

    def __init__(self, solver: Solver, callbacks: Iterable[Callback], called: Iterable[Callback] = ()) -> None:
        self._solver = solver
        self._closures: dict[int, Deferred] = {}
        self._origins: dict[Origin, Deferred] = {}
        self._functions: dict[FunctionRef, Deferred] = {}
        self._known: dict[FunctionRef, Deferred | None] = {}
        for callback in callbacks:
            if callback.what in COMMITS:
                site = callback.site
                self._note(callback, Deferred(callback.what, site.unit.origin(site.call)))
        for callback in called:
            found = self.site(callback.site)
            if found is not None:
                self._note(callback, found)

    def _note(self, callback: Callback, deferred: Deferred) -> None:
        self._origins[callback.origin] = deferred
        for alt in _callables(callback.value):
            if isinstance(alt.kind, LocalFunction):
                found = self._solver.nested_node(alt.kind)
                if found is not None:
                    self._closures[id(found[0])] = deferred
            elif isinstance(alt.kind, Function):
                self._functions[alt.kind.ref] = deferred
            elif alt.origin is not None:
                self._origins[alt.origin] = deferred

    def enqueue(self, enqueue: Enqueue) -> Deferred | None:
        """What an enqueue waits for."""
        if enqueue.form.endswith("_on_commit"):
            return Deferred("delay_on_commit", enqueue.origin)
        sites = (enqueue.site, *enqueue.through)
        return next((found for found in map(self.site, sites) if found is not None), None)

    def is_callback(self, enqueue: Enqueue) -> bool:
        """Whether an enqueue is what was handed over: `on_commit(partial(job.delay, 1))`."""
        return enqueue.origin in self._origins

    def site(self, site: Site, depth: int = 0) -> Deferred | None:
        """What a call waits for: it stands in a callback, is one, or is in a function that only callbacks lead to."""
        origin = site.unit.origin(site.call)
        found = self._origins.get(origin) or self._enclosing(site)
        if found is not None or depth >= _DEEPEST or not site.unit.qualname or site.deferred or not self._origins:
            return found
        return self._function(FunctionRef(site.unit.filename, site.unit.qualname, site.unit.offset), depth)

    def _enclosing(self, site: Site) -> Deferred | None:
        for around in chain(site.around):
            if around.role in ("lambda", "def"):
                found = self._closures.get(id(around.node)) or self._decorated(around)
                if found is not None and not self._called(site, around):
                    return found
        return None

    def _decorated(self, around: Around) -> Deferred | None:
        """`@transaction.on_commit` above a nested function."""
        for decorator in around.node.decorators if isinstance(around.node, ir.FunctionDef) else ():
            only = self._solver.value(decorator.value, around.env).only
            if isinstance(only, External) and only.qualname in _DECORATORS:
                return Deferred(_DECORATORS[only.qualname], around.env.unit.origin(decorator.value))
        return None

    def _called(self, site: Site, around: Around) -> bool:
        """Whether the function around a place calls the callback itself, too."""
        if not isinstance(around.node, ir.FunctionDef) or site.unit.flow is None:
            return False
        name = around.node.name
        return any(isinstance(s.call.func, ir.Name) and s.call.func.id == name for s in site.unit.flow.sites)

    def _function(self, ref: FunctionRef, depth: int) -> Deferred | None:
        if ref not in self._known:
            self._known[ref] = None  # asked again while it is being answered
            self._known[ref] = self._only(ref, depth)
        return self._known[ref]

    def _only(self, ref: FunctionRef, depth: int) -> Deferred | None:
        """What every way to a function waits for."""
        ways = list(self._ways(ref, depth))
        return ways[0] if ways and None not in ways else None

    def _ways(self, ref: FunctionRef, depth: int) -> Iterator[Deferred | None]:
        if ref in self._functions:
            yield self._functions[ref]
        for call in self._solver.callers.of(ref).calls:
            yield self.site(call.site, depth + 1)
