"""A unit: one island lowered to IR, with where it lies and what owns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.kinds import ClassRef, Origin

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

    @property
    def function(self) -> ir.FunctionDef | None:
        """The function that the unit is, if it is one."""
        first = self.body[0] if self.body else None
        return first if isinstance(first, ir.FunctionDef) and self.qualname else None

    def origin(self, node: ir.Node) -> Origin:
        """Where a node of this unit stands in the file."""
        return Origin(self.filename, self.offset + node.start, self.offset + node.end)
