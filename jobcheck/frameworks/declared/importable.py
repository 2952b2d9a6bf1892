"""Whether a worker can import a function that is enqueued as it is, by its module and name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.registry import Around, Job
from jobcheck.solve.kinds import LocalFunction
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_RENAMES = re.compile(rb"__(?:qual)?name__\s*=[^=]|update_wrapper|\bglobals\(|^\s*global\s|setattr\(", re.MULTILINE)


def why_not(solver: Solver, site: Site, node: ir.Expr, jobs: tuple[Job, ...]) -> str:
    """Why the worker cannot import a function by its module and qualified name; "" where it may."""
    only = solver.value(node, site.env).only
    if isinstance(only, LocalFunction):
        function, env = solver.nested_node(only) or (None, None)
        if isinstance(function, ir.Lambda):
            return "lambda"
        own = env is not None and env.unit is site.unit and isinstance(function, ir.FunctionDef) and not function.decorators
        return "nested" if own and not _renamed(solver, site) else ""
    return "main" if any(job.filename == site.unit.filename for job in jobs) and _is_script(site.around) else ""


def _renamed(solver: Solver, site: Site) -> bool:
    """Whether something nearby may give a nested function another name, or a place in its module."""
    text = solver.raw(site.unit.filename) or b""
    return _RENAMES.search(text) is not None


def _is_script(around: Around | None) -> bool:
    """Whether code stands in `if __name__ == "__main__":`."""
    while around is not None:
        if around.role == "branch" and isinstance(around.node, ir.If) and isinstance(around.node.test, ir.Compare):
            test = around.node.test
            named = isinstance(test.left, ir.Name) and test.left.id == "__name__"
            return named and any(isinstance(c, ir.Constant) and c.value == "__main__" for c in test.comparators)
        around = around.outer
    return False
