"""Uniqueness over several fields of a Django model: `unique_together` and `UniqueConstraint`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import ClassDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import ClassRef

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


class Unique:
    """Answers are remembered; one for each run."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._together: dict[ClassRef, list[frozenset[str]]] = {}

    def together(self, cls: ClassRef, name: str) -> frozenset[str]:
        """The fields together with which one is unique."""
        groups = [group for group in self._groups_of(cls) if name in group]
        return groups[0] - {name} if groups else frozenset()

    def _groups_of(self, cls: ClassRef) -> list[frozenset[str]]:
        if cls not in self._together:
            self._together[cls] = []
            for filename, decl, _ in self._solver.member(cls, "Meta"):
                if isinstance(decl, ClassDecl):
                    self._together[cls] = list(self._groups(filename, decl))
                    break
        return self._together[cls]

    def _groups(self, filename: str, meta: ClassDecl) -> Iterator[frozenset[str]]:
        for decl in meta.assigns:
            if decl.value is None or not {"unique_together", "constraints"} & set(decl.names):
                continue
            unit = self._solver.unit(filename, *decl.value)
            stmt = unit.body[0] if unit.body else None
            if isinstance(stmt, ir.ExprStmt):
                yield from _name_groups(stmt.value)


def _name_groups(node: ir.Expr) -> Iterator[frozenset[str]]:
    """The groups of names in `[("a", "b")]`, `("a", "b")` and `[UniqueConstraint(fields=["a", "b"], ...)]`."""
    if isinstance(node, ir.Call):
        name = node.func.attr if isinstance(node.func, ir.Attribute) else getattr(node.func, "id", "")
        fields = argument(node, 99, "fields")
        # A conditional constraint does not hold for every row.
        if name == "UniqueConstraint" and fields is not None and argument(node, 99, "condition") is None:
            yield from _name_groups(fields)
    elif isinstance(node, (ir.TupleExpr, ir.ListExpr, ir.SetExpr)):
        names = [e.value for e in node.elements if isinstance(e, ir.Constant) and isinstance(e.value, str)]
        if names and len(names) == len(node.elements):
            yield frozenset(names)
            return
        for element in node.elements:
            yield from _name_groups(element)
