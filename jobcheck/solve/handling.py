"""Which functions surely run while somebody waits for an answer: views, handlers of routes, and what only these call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.solve.kinds import ClassRef, FunctionRef, Plain
from jobcheck.solve.orm.django import DjangoModels
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many callers up a view is sought, and how many calls of one function are looked at.
DEEPEST = 3
MOST_CALLS = 12
_ROUTE = re.compile(rb"\(\s*(?:path\s*=\s*)?[rf]?['\"]/?")
_PATH = re.compile(rb"\(\s*(?:path\s*=\s*)?[rf]?['\"](?:/|['\"])")
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "websocket", "api_route"})
_SORTS = frozenset({"view", "serializer", "admin", "form"})
_REQUESTS = re.compile(rb"request\s*:\s*[\"']?[\w.]*Request\b")
# Classes of other web frameworks whose methods answer requests, by the last part of their names.
_RESOURCES = ("Resource", "RequestHandler", "BaseMutation", "HTTPEndpoint")


class Handling:
    """Answers are remembered; one for each run."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._known: dict[tuple[str, int], bool] = {}

    def of(self, unit: Unit, depth: int = 0) -> bool:
        """Whether a function runs in requests only, as far as that can be known."""
        key = (unit.filename, unit.offset)
        if key not in self._known:
            self._known[key] = False  # a function that calls itself
            answer = self._answers(unit) or self._called(unit, depth)
            if depth:
                del self._known[key]  # asked nearer to the bound
                return answer
            self._known[key] = answer
        return self._known[key]

    def _called(self, unit: Unit, depth: int) -> bool:
        """Whether all the calls of a function are known and stand in such code."""
        if depth >= DEEPEST or unit.function is None:
            return False
        found = self._solver.callers.of(FunctionRef(unit.filename, unit.qualname, unit.offset))
        if not found.complete or not 0 < len(found.calls) <= MOST_CALLS:
            return False
        units = {(c.site.unit.filename, c.site.unit.offset): c.site.unit for c in found.calls}
        return all(self.of(caller, depth + 1) for caller in units.values())

    # --- what answers a request --------------------------------------------------------------------------------

    def _answers(self, unit: Unit) -> bool:
        found = self._solver.function_at(unit.filename, unit.offset)
        if found is None:
            return False
        decl, cls = found
        if any(self._is_route(unit.filename, decorator) for decorator in decl.decorators):
            return True
        return self._in_view(cls) if cls is not None else self._is_view(unit, decl)

    def _is_route(self, filename: str, decorator: DecoratorDecl) -> bool:
        """`@app.route("/x")`, `@router.post("/x")`, `@view_config(...)`."""
        name = decorator.dotted.rpartition(".")[2]
        if name in ("view_config", "api_view"):
            return True
        data = self._solver.raw(filename) or b""
        pattern = _ROUTE if name == "route" else _PATH if name in _VERBS and "." in decorator.dotted else None
        return pattern is not None and pattern.search(data, decorator.start, decorator.end) is not None

    def _in_view(self, cls: ClassRef) -> bool:
        mapper = self._django()
        if mapper is not None and mapper.parts(self._solver).sorts.of(cls) in _SORTS:
            return True
        info = self._solver.classes.info(cls)
        return info is not None and any(name.endswith(_RESOURCES) for name in info.externals)

    def _is_view(self, unit: Unit, decl: FunctionDecl) -> bool:
        """Django's and Pyramid's functions, by their first parameter."""
        if not decl.params or decl.params[0].name != "request":
            return False
        data = self._solver.raw(unit.filename) or b""
        if decl.params[0].annotation is not None:
            return _REQUESTS.search(data, decl.start, decl.end) is not None
        mapper = self._django()
        views = mapper.parts(self._solver).views if mapper is not None else None
        value = views.parameter(unit.filename, decl, None, 0, "request") if views is not None else None
        return value is not None and Plain("request") in value.kinds()

    def _django(self) -> DjangoModels | None:
        return next((f for f in self._solver.frameworks if isinstance(f, DjangoModels)), None)
