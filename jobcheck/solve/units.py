"""A unit: one island lowered to IR, with where it lies and what owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.defs import all_params, assigned_names
from jobcheck.solve.kinds import ClassRef, Origin
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.flow import Flow


@dataclass(eq=False, slots=True)
class Unit:
    """One function, or one top-level or class-level statement.

    `qualname` is dotted within the module (`Order.save`), empty for a statement; `cls` is the class that a method or
    class-level statement belongs to. `refused` says why there is no IR.
    """

    filename: str
    offset: int
    body: list[ir.Stmt]
    qualname: str = ""
    cls: ClassRef | None = None
    refused: str | None = None
    flow: Flow | None = None
    _nodes: tuple[ir.Node, ...] | None = None
    _own: frozenset[str] | None = None

    @property
    def function(self) -> ir.FunctionDef | None:
        """The function that the unit is, if it is one."""
        first = self.body[0] if self.body else None
        return first if isinstance(first, ir.FunctionDef) and self.qualname else None

    @property
    def nodes(self) -> tuple[ir.Node, ...]:
        """All nodes of the body (of the function, if the unit is one) in source order, those of nested functions too."""
        if self._nodes is None:
            function = self.function
            self._nodes = tuple(walk(self.body if function is None else function.body))
        return self._nodes

    @property
    def own_names(self) -> frozenset[str]:
        """The names that the function binds itself: its parameters, and what its body assigns."""
        if self._own is None:
            function = self.function
            params = () if function is None else all_params(function.params)
            self._own = assigned_names(self.body if function is None else function.body) | {p.name for p in params}
        return self._own

    def origin(self, node: ir.Node) -> Origin:
        """Where a node of this unit stands in the file."""
        return Origin(self.filename, self.offset + node.start, self.offset + node.end)
