"""Which functions Frappe calls when it has written a document: what the `doc_events` of an app's hooks.py say.

doc_events = {"Loan": {"after_insert": "library.loans.announce"}, ("Book", "Reader"): {"on_update": ["library.index"]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.resolver import Query
from jobcheck.solve.kinds import Function

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_HOOKS = "hooks.py"
_EVENTS = "doc_events"


class Handlers:
    """Answers for one project; its hooks are read once."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._known: dict[tuple[str, int], list[tuple[str, str]]] | None = None

    def of(self, filename: str, start: int) -> list[tuple[str, str]]:
        """The doctypes and events that a function, by its place, is called for."""
        if self._known is None:
            self._known = {}
            for name in self._solver.project.filenames:
                if name.rpartition("/")[2] == _HOOKS and _EVENTS.encode() in (self._solver.raw(name) or b""):
                    self._read(name, self._known)
        return self._known.get((filename, start), [])

    def _read(self, filename: str, known: dict[tuple[str, int], list[tuple[str, str]]]) -> None:
        for _, stmt in self._solver.top_statements(filename):
            named = isinstance(stmt, ir.Assign) and any(isinstance(t, ir.Name) and t.id == _EVENTS for t in stmt.targets)
            if not named or not isinstance(stmt, ir.Assign) or not isinstance(stmt.value, ir.DictExpr):
                continue
            for doctypes, events in _pairs(stmt.value):
                for event, paths in _pairs(events) if isinstance(events, ir.DictExpr) else ():
                    for place in (self._place(path, filename) for path in _texts(paths)):
                        if place is not None:
                            known.setdefault(place, []).extend((d, e) for d in _texts(doctypes) for e in _texts(event))

    def _place(self, path: str, filename: str) -> tuple[str, int] | None:
        dotted, _, last = path.rpartition(".")
        module = self._solver.project.find_module(dotted, filename) if dotted else None
        if not isinstance(module, str):
            return None
        resolution = Query(self._solver.project).attribute(modules.Module(module, dotted), last)
        only = self._solver.resolved(resolution, last).only
        return (only.ref.filename, only.ref.start) if isinstance(only, Function) else None


def _pairs(node: ir.DictExpr) -> Iterator[tuple[ir.Expr, ir.Expr]]:
    return ((item.key, item.value) for item in node.items if item.key is not None)


def _texts(node: ir.Expr) -> list[str]:
    """`"a"`, `["a", "b"]`, `("a", "b")`."""
    parts = node.elements if isinstance(node, (ir.ListExpr, ir.TupleExpr)) else [node]
    return [part.value for part in parts if isinstance(part, ir.Constant) and isinstance(part.value, str)]
