"""A solver over a few files in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from jobcheck.code import ir
from jobcheck.code.islands import cut
from jobcheck.code.lower import lower
from jobcheck.files import FileSet
from jobcheck.frameworks import all_frameworks
from jobcheck.project.modules import Project
from jobcheck.solve.describe import describe
from jobcheck.solve.kinds import FunctionRef, Value
from jobcheck.solve.solver import Solver

Ask = Callable[..., Value]


def solver_of(files: dict[str, str]) -> Solver:
    """A solver whose project is these files."""
    data = {name: dedent(text).encode() for name, text in files.items()}
    project = Project(Path("/nowhere"), FileSet(Path("/nowhere"), sorted(data), [], []), read=lambda name: data[name])

    def lowered(filename: str, start: int, end: int) -> ir.Lowered:
        island = cut(project.source(filename).data, start, end)
        return lower(island.data, island.indent)

    return Solver(project, all_frameworks(), lowered)


def text(value: Value, solver: Solver) -> str:
    """A value as one line: alternatives in order, `...` when there may be others."""
    parts = [describe(kind, solver.classes) for kind in value.kinds()]
    return " | ".join(parts + ["..."] * value.open) or "nothing"


@pytest.fixture
def returned() -> Callable[..., str]:
    """What the function `f` of main.py returns, as text."""

    def ask(source: str, others: dict[str, str] | None = None) -> str:
        solver = solver_of({"main.py": source} | (others or {}))
        decl = next(d for d, _ in solver.functions_of("main.py") if d.name == "f")
        return text(solver.returned(FunctionRef("main.py", decl.qualname, decl.start)), solver)

    return ask
