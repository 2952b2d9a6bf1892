"""What runs when a function runs: the functions of the project that it calls, and those that they call."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.kinds import ClassObject, ClassRef, Function, FunctionRef, Instance
from jobcheck.solve.sites import Flow, Site
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many calls down, and how many functions, one question looks at.
DEEPEST_REACH = 4
MOST_FUNCTIONS = 60
# Methods of builtins that are called everywhere: what they are is not asked.
_COMMON = frozenset(
    "append extend items keys values get pop join format split strip lower upper startswith endswith replace encode decode "
    "info debug warning error exception isoformat strftime first filter exclude order_by all count exists".split()
)


@dataclass(eq=False, slots=True)
class Visit:
    """One function that runs. `call` is the site that calls it, in `caller`; both None for the first. `own` is the class of the
    object that a method is called on, where that is known."""

    ref: FunctionRef
    unit: Unit
    flow: Flow
    call: Site | None = None
    caller: Visit | None = None
    own: ClassRef | None = None

    @property
    def first(self) -> Site | None:
        """The call in the outermost function that leads here."""
        visit, site = self, self.call
        while visit.caller is not None:
            visit, site = visit.caller, visit.call
        return site

    @property
    def calls(self) -> list[Site]:
        """The calls that lead here, the outermost first."""
        found: list[Site] = []
        visit: Visit | None = self
        while visit is not None and visit.call is not None:
            found.insert(0, visit.call)
            visit = visit.caller
        return found


class _Callee(NamedTuple):
    """A function that is called, and the class of the object that it is called on."""

    ref: FunctionRef
    own: ClassRef | None = None


class Reach:
    """Answers are remembered. `solver.reach` is the one of a run. Jobs that are enqueued are not followed."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._visits: dict[FunctionRef, list[Visit]] = {}
        self._called: dict[int, tuple[Site, tuple[_Callee, ...]]] = {}

    def of(self, ref: FunctionRef) -> list[Visit]:
        """The function and what it calls, each once, the nearest first."""
        if ref not in self._visits:
            self._visits[ref] = self._walk(ref)
        return self._visits[ref]

    def _walk(self, ref: FunctionRef) -> list[Visit]:
        found: list[Visit] = []
        queue: deque[tuple[_Callee, Site | None, Visit | None, int]] = deque([(_Callee(ref), None, None, 0)])
        seen = {ref}
        while queue and len(found) < MOST_FUNCTIONS:
            (current, own), call, caller, depth = queue.popleft()
            unit = self._solver.function_unit(current)
            if unit is None or unit.refused or unit.function is None:
                continue
            visit = Visit(current, unit, self._solver.flow(unit), call, caller, own)
            found.append(visit)
            for site in visit.flow.sites if depth < DEEPEST_REACH else ():
                for callee in self._called_in(site, visit):
                    if callee.ref not in seen:
                        seen.add(callee.ref)
                        queue.append((callee, site, visit, depth + 1))
        return found

    def _called_in(self, site: Site, visit: Visit) -> Iterator[_Callee]:
        """The functions that a call may mean; of methods that are called on `self`, those of the object's own class."""
        mine = visit.own is not None and _on_self(site.call, visit.unit)
        for callee in self._callees(site):
            yield self._overridden(callee.ref, visit.own) if mine and visit.own is not None else callee

    def _overridden(self, ref: FunctionRef, own: ClassRef) -> _Callee:
        for info, decl in self._solver.classes.lookup(own, ref.name):
            if isinstance(decl, FunctionDecl):
                return _Callee(FunctionRef(info.filename, decl.qualname, decl.start), own)
            break
        return _Callee(ref, own)

    def called(self, site: Site) -> tuple[FunctionRef, ...]:
        """The functions of the project that a call may mean."""
        return tuple(dict.fromkeys(callee.ref for callee in self._callees(site)))

    def _callees(self, site: Site) -> tuple[_Callee, ...]:
        found = self._called.get(id(site))
        if found is None:
            found = self._called[id(site)] = (site, tuple(dict.fromkeys(self._found(site))))
        return found[1]

    def _found(self, site: Site) -> Iterator[_Callee]:
        func = site.call.func
        if isinstance(func, ir.Attribute) and func.attr in _COMMON:
            return
        for kind in self._solver.value(func, site.env).kinds():
            if isinstance(kind, Function):
                owner = kind.bound.only if kind.bound is not None else None
                yield _Callee(kind.ref, owner.cls if isinstance(owner, (Instance, ClassObject)) else None)
            elif isinstance(kind, ClassObject):
                yield from self._constructor(kind)

    def _constructor(self, kind: ClassObject) -> Iterator[_Callee]:
        for info, decl in self._solver.classes.lookup(kind.cls, "__init__"):
            if isinstance(decl, FunctionDecl):
                yield _Callee(FunctionRef(info.filename, decl.qualname, decl.start), kind.cls)
            return


def _on_self(call: ir.Call, unit: Unit) -> bool:
    """`self.method(...)`, `super().method(...)` aside."""
    function = unit.function
    first = next(iter([*function.params.posonly, *function.params.args]), None) if function is not None else None
    match call.func:
        case ir.Attribute(value=ir.Name(id=name)):
            return unit.cls is not None and first is not None and name == first.name
        case _:
            return False
