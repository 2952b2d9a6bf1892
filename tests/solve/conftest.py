"""A solver over a few files in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from jobcheck.code import ir
from jobcheck.code.islands import cut
from jobcheck.code.lower import lower
from jobcheck.engine import RECURSION_LIMIT
from jobcheck.files import FileSet
from jobcheck.frameworks import all_frameworks
from jobcheck.project.modules import Project
from jobcheck.solve.describe import describe
from jobcheck.solve.kinds import FunctionRef, Value
from jobcheck.solve.solver import Solver

Ask = Callable[..., Value]


@pytest.fixture(autouse=True)
def deep() -> Iterator[None]:
    """Room on the stack, as the engine makes it for a run."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(RECURSION_LIMIT)
    yield
    sys.setrecursionlimit(before)


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


@pytest.fixture
def solved() -> Callable[[dict[str, str]], Solver]:
    """A solver over files in memory, see `solver_of`."""
    return solver_of


@dataclass(frozen=True)
class Shop:
    """A Django project: its files, and what files beside them import and declare."""

    files: dict[str, str]
    head: str
    forms: str


@pytest.fixture(scope="session")
def shop() -> Shop:
    """The project under django_shop/."""
    root = Path(__file__).parent / "django_shop"
    files = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.py")}
    return Shop(files, (root / "head.txt").read_text(), (root / "forms.txt").read_text())
