"""Where code that a job runs reads what only a request sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.rules.base import Context
from jobcheck.rules.state import ambients, variables
from jobcheck.rules.state.ambients import Ambient
from jobcheck.rules.state.web import serves
from jobcheck.solve.defs import dotted
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import External, FunctionRef, Origin
from jobcheck.solve.reach import Visit
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

_FUNCTIONS_OF_FUNCTIONS = 3


@dataclass(eq=False, slots=True)
class Reading:
    """One place where it is read, by the code of `visit`. `set_at` is where a request sets it, if that is the project's."""

    name: str
    ambient: Ambient
    origin: Origin
    visit: Visit
    set_at: Origin | None = None

    @property
    def depth(self) -> int:
        return len(self.visit.calls)


class Readings:
    """Finds them; what is known of a function or a name is remembered."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.solver = context.solver
        self._set: dict[tuple[str, ...], bool] = {}
        self._direct: dict[FunctionRef, list[tuple[ir.Expr, Site | None, str, Ambient, Origin | None]]] = {}

    def of(self, visits: list[Visit]) -> Iterator[Reading]:
        """The readings of a job that nothing tests and nobody sets."""
        handing = self._handing_on(visits)
        for visit in visits:
            for node, site, name, ambient, set_at in self._found(visit, handing):
                if _returned(visit, node) or self._asked(visit, node, site):
                    continue
                yield Reading(name, ambient, visit.unit.origin(node), visit, set_at)

    def _found(
        self, visit: Visit, handing: dict[FunctionRef, tuple[str, Ambient, Origin | None]]
    ) -> Iterator[tuple[ir.Expr, Site | None, str, Ambient, Origin | None]]:
        yield from self._in(visit)
        for site in visit.flow.sites if handing else ():
            for callee in self.solver.reach.called(site):
                if callee in handing:
                    yield (site.call, site, *handing[callee])

    def _handing_on(self, visits: list[Visit]) -> dict[FunctionRef, tuple[str, Ambient, Origin | None]]:
        """Functions that return it: their callers read it."""
        handing: dict[FunctionRef, tuple[str, Ambient, Origin | None]] = {}
        for _ in range(_FUNCTIONS_OF_FUNCTIONS):
            before = len(handing)
            for visit in visits:
                if visit.ref not in handing:
                    for node, site, name, ambient, set_at in self._found(visit, handing):
                        if _returned(visit, node) and not self._asked(visit, node, site):
                            handing[visit.ref] = (name, ambient, set_at)
            if len(handing) == before:
                break
        return handing

    def _in(self, visit: Visit) -> list[tuple[ir.Expr, Site | None, str, Ambient, Origin | None]]:
        if visit.ref not in self._direct:
            self._direct[visit.ref] = [found for found in self._read(visit) if not self._is_set(found[3])]
        return self._direct[visit.ref]

    def _read(self, visit: Visit) -> Iterator[tuple[ir.Expr, Site | None, str, Ambient, Origin | None]]:
        for site in visit.flow.sites:
            name = _last(site.call.func)
            if name in ambients.WORDS or isinstance(site.call.func, ir.Name):
                only = self.solver.value(site.call.func, site.env).only
                if isinstance(only, External) and only.qualname in ambients.CALLS:
                    yield site.call, site, only.qualname, ambients.CALLS[only.qualname], None
        for node in self._objects(visit):
            qualname, ambient = node[1]
            yield node[0], None, qualname, ambient, None
        for read in variables.reads(self.context, visit):
            found = variables.only_requests(self.context, read)
            if found is not None:
                yield read.node, read.site, read.name, found[0], found[1]

    def _objects(self, visit: Visit) -> Iterator[tuple[ir.Expr, tuple[str, Ambient]]]:
        """`request.args`, `g.user`: an attribute of an object that stands for it."""
        function = visit.unit.function
        if function is None:
            return
        local = visit.unit.own_names
        registered = self._registered(visit.unit)
        for node in visit.unit.nodes:
            if any(start <= node.start and node.end <= end for start, end in registered):
                continue
            if type(node) is ir.Attribute and type(node.value) is ir.Name and node.value.id not in local:
                only = self.solver.module_attribute(visit.unit.filename, node.value.id).only
                if isinstance(only, External) and only.qualname in ambients.OBJECTS:
                    yield node, (only.qualname, ambients.OBJECTS[only.qualname])

    def _registered(self, unit: Unit) -> list[tuple[int, int]]:
        """The functions inside of one that a decorator hands to somebody else, and that nothing here names again."""
        found = [n for n in unit.nodes if isinstance(n, ir.FunctionDef) and n.decorators]
        named = {n.id for n in unit.nodes if isinstance(n, ir.Name)} if found else set()
        return [(n.start, n.end) for n in found if n.name not in named]

    # --- who has an answer -------------------------------------------------------------------------------------

    def may_be_set(self, reading: Reading, framework: str) -> bool:
        """Whether a framework, or an app that is not the project's, may set it around each run."""
        ambient = reading.ambient
        if framework in ambient.kept_by:
            return True
        return any(of == framework and not self._is_made(name) for of, name in ambient.made_with)

    def _is_made(self, name: str) -> bool:
        if (name,) not in self._set:
            units = self.solver.callers.units_mentioning(name)
            self._set[name,] = units is None or any(_last(node) == name for unit in units for node in unit.nodes)
        return self._set[name,]

    def _is_set(self, ambient: Ambient) -> bool:
        """Whether anything but a middleware or a view mentions a name that sets it."""
        if ambient.setters not in self._set:
            self._set[ambient.setters] = any(self._sets(name) for name in ambient.setters)
        return self._set[ambient.setters]

    def _sets(self, name: str) -> bool:
        units = self.solver.callers.units_mentioning(name)
        if units is None:
            return True
        # An import says nothing yet, and a command of Django's runs in a process of its own.
        return any(not _imports(u.body) and not _is_command(u) and not serves(self.context, u) for u in units)

    def _asked(self, visit: Visit, node: ir.Expr, site: Site | None) -> bool:
        """Whether the function tests what it gets, or asks first whether it is there."""
        function = visit.unit.function
        if function is None:
            return True
        if any(_last(s.call.func) in ambients.ASKS for s in visit.flow.sites if s is not site):
            return True
        names = _assigned_to(site)
        return any(_tests(part, node, names) for part in visit.unit.nodes)


def _is_command(unit: Unit) -> bool:
    return "management/commands/" in unit.filename


def _returned(visit: Visit, node: ir.Expr) -> bool:
    return any(e.node is node for e in visit.flow.returns)


def _imports(body: Iterable[ir.Stmt]) -> bool:
    return all(isinstance(stmt, (ir.Import, ir.ImportFrom)) for stmt in body)


def _assigned_to(site: Site | None) -> frozenset[str]:
    stmt = site.stmt if site is not None and site.usage == "assigned" else None
    if not isinstance(stmt, ir.Assign):
        return frozenset()
    return frozenset(dotted(t) for t in stmt.targets) - {""}


def _tests(part: ir.Node, node: ir.Expr, names: frozenset[str]) -> bool:
    """Whether a part of the function is a test of the reading, or of a name that holds it."""
    tests: list[ir.Expr] = []
    match part:
        case ir.If() | ir.While() | ir.IfExp() | ir.Assert():
            tests = [part.test]
        case ir.BoolOp():
            tests = [part.left]
        case ir.Try():
            return any(part.start <= node.start and node.end <= s.end for s in part.body if s.start <= node.start)
        case _:
            return False
    same = dotted(node.func) if isinstance(node, ir.Call) else dotted(node)
    return any(
        inner is node or (isinstance(inner, (ir.Name, ir.Attribute)) and dotted(inner) in names | {same or "?"})
        for test in tests
        for inner in walk(test)
    )


def _last(func: ir.Node) -> str:
    return func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
