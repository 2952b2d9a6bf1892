"""Whether a call may run inside an open transaction: a property of the ways that lead to it.

A `Path` is one such way: the function that the call stands in, its caller, and so on up to what opens the transaction.
Nothing is said of what cannot be seen: a call without a path may run in a transaction all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.kinds import FunctionRef, LocalFunction
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Around, Site
from jobcheck.solve.transactions.asked import questions
from jobcheck.solve.transactions.blocks import Blocks
from jobcheck.solve.transactions.entries import Entries
from jobcheck.solve.transactions.openings import Opening
from jobcheck.solve.transactions.signals import Sends
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many callers up a transaction is sought, how many callers of one function are looked at, and paths kept.
DEEPEST = 3
MOST_CALLERS = 10
MOST_PATHS = 12


@dataclass(eq=False, slots=True)
class Frame:
    """One function on the way. `site` is the call in it that leads on to the asked one (at the innermost: is it).

    `extent` is the part of the function in which the transaction is open, None for all of it. `bound`: the call is made
    on an object, so that the first parameter of what it calls is that.
    """

    site: Site
    extent: ir.Node | None = None
    bound: bool = False

    def covers(self, node: ir.Node) -> bool:
        """Whether a node of the function stands where the transaction is open."""
        return self.extent is None or (self.extent.start <= node.start and node.end <= self.extent.end)


@dataclass(eq=False, slots=True)
class Path:
    """A way to a call on which a transaction is open: frames from the innermost out, the last one opens it."""

    frames: tuple[Frame, ...]
    opening: Opening


@dataclass(eq=False, slots=True)
class State:
    """The paths that were found; none: no transaction is seen."""

    paths: tuple[Path, ...] = ()

    @property
    def surest(self) -> Path | None:
        """The path with the best evidence, the shortest of equals."""
        return max(self.paths, key=lambda p: (p.opening.level, -len(p.frames)), default=None)


class Transactions:
    """Answers are remembered. `solver.transactions` is the one of a run."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self.blocks = Blocks(solver)
        self.entries = Entries(solver, self.blocks)
        self._sends = Sends(solver)
        self._known: dict[int, tuple[Site, State]] = {}

    def at(self, site: Site) -> State:
        """The transactions that may be open when a call runs."""
        found = self._known.get(id(site))
        if found is None:
            paths = [] if "migrations/" in site.unit.filename else list(self._paths(site, 0, frozenset()))
            found = self._known[id(site)] = (site, State(tuple(paths[:MOST_PATHS])))
        return found[1]

    def along(self, sites: tuple[Site, ...]) -> State:
        """The same for calls that lead one to the next, the outermost first: what hands a job on may open one itself."""
        frames: list[Frame] = []
        for site in reversed(sites[1:]):
            own = self._own(site)
            if own is not None:
                return State((Path((*frames, own[0]), own[1]),))
            frames.append(Frame(site))
        return State(tuple(replace(path, frames=(*frames, *path.frames)) for path in self.at(sites[0]).paths))

    def reached(self, path: Path) -> Path | None:
        """The same way, from a save that may lead along it: a receiver, or a model's own `save`, may go on for some rows only.
        None when each save that is seen in a transaction ends on the way."""
        opening, site = path.opening, path.frames[-1].site
        function = site.unit.function
        if opening.save is None or opening.how not in ("signal", "save") or function is None or not function.params.args:
            return path
        asked = questions(self._solver, site, opening.saved or function.params.args[0].name)
        saves = self.entries.saves
        if saves.may_pass(opening, opening.model, asked):
            return path
        other = saves.of(opening.model, asked)
        if other is None:
            return None
        kept = replace(other, how=opening.how, saved=opening.saved, act=opening.act, model=opening.model, whole=opening.whole)
        return Path(path.frames, kept)

    def _own(self, site: Site) -> tuple[Frame, Opening] | None:
        """What the function that a call stands in opens around it."""
        for around in chain(site.around):
            opening = self.blocks.of_with(around) if around.role not in ("def", "lambda") else None
            if opening is not None and (opening.family == "django" or not self.blocks.committed(site, around.node)):
                return Frame(site, around.node), opening
        function = site.unit.function
        opening = self.blocks.of_function(site.unit) if function is not None and not site.deferred else None
        return (Frame(site), opening) if opening is not None and opening.family == "django" else None

    def _paths(self, site: Site, depth: int, seen: frozenset[FunctionRef]) -> Iterator[Path]:
        for around in chain(site.around):
            if around.role in ("def", "lambda"):
                yield from self._of_nested(site, around, depth, seen)
                return
            opening = self.blocks.of_with(around)
            if opening is not None and (opening.family == "django" or not self.blocks.committed(site, around.node)):
                yield Path((Frame(site, around.node),), opening)
                return
        yield from self._of_function(site, depth, seen)

    def _of_nested(self, site: Site, around: Around, depth: int, seen: frozenset[FunctionRef]) -> Iterator[Path]:
        """A call in a nested function runs when that is called, as far as this is seen."""
        node = around.node
        opening = self.blocks.of_decorators(node, around.env) if isinstance(node, ir.FunctionDef) else None
        if opening is not None:
            yield Path((Frame(site, node),), opening)
            return
        flow = site.unit.flow
        for other in flow.sites if flow is not None and depth < DEEPEST else ():
            outside = other.call.end < node.start or other.call.start > node.end
            if outside and self._calls(other, node):
                for path in self._paths(other, depth + 1, seen):
                    yield replace(path, frames=(Frame(site, node), *path.frames))

    def _calls(self, site: Site, node: ir.Node) -> bool:
        if not isinstance(node, ir.FunctionDef) or not isinstance(site.call.func, ir.Name) or site.call.func.id != node.name:
            return False
        kinds = self._solver.value(site.call.func, site.env).kinds()
        nested = [self._solver.nested_node(k) for k in kinds if isinstance(k, LocalFunction)]
        return any(found is not None and found[0] is node for found in nested)

    def _of_function(self, site: Site, depth: int, seen: frozenset[FunctionRef]) -> Iterator[Path]:
        unit = site.unit
        function = unit.function
        if function is None:
            return
        opening = self.blocks.of_function(unit)
        if opening is not None and opening.family != "django" and self.blocks.committed(site, function):
            return
        opening = opening or self.blocks.of_session(site)
        if opening is not None:
            yield Path((Frame(site),), opening)
            return
        for opening in self.entries.of(unit):
            if self._is_open(opening, site, function):
                yield Path((Frame(site),), opening)
        ref = FunctionRef(unit.filename, unit.qualname, unit.offset)
        if depth >= DEEPEST or ref in seen:
            return
        for call in self._solver.callers.of(ref).calls[:MOST_CALLERS]:
            for path in self._paths(call.site, depth + 1, seen | {ref}):
                if not self._is_open(path.opening, site, function):
                    continue
                outer = replace(path.frames[0], bound=call.callee.bound is not None)
                yield Path((Frame(site), outer, *path.frames[1:]), path.opening)
        for sent in self._sends.to(unit):
            for path in self._paths(sent, depth + 1, seen | {ref}):
                yield Path((Frame(site), *path.frames), path.opening)

    def _is_open(self, opening: Opening, site: Site, function: ir.FunctionDef) -> bool:
        """Whether a function on the way leaves the transaction open: Frappe's can be committed by anyone."""
        return opening.family != "frappe" or not self.blocks.committed(site, function)
