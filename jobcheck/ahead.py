"""Asking ahead: while one process collects jobs and enqueues, others ask for what that is going to need.

What they find out is lost with them; what they read of files on the way is shared (see `sharing`), and is the same whoever
reads it.
"""

from __future__ import annotations

import bisect
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from jobcheck.marks import Marks
from jobcheck.project.reached import imported
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.kinds import FunctionRef

if TYPE_CHECKING:
    from jobcheck.registry import Job
    from jobcheck.solve.solver import Solver

# Below this many bytes of files that may hold job code, a process costs more than it saves (measured on two cores).
WORTH_IT = 400_000
# Tried with one; of more than a few each has little to do before the run itself has collected everything.
MOST_READERS = 4
_MAKERS = frozenset({"task", "shared_task", "job"})


def any_between(offsets: list[int], start: int, end: int) -> bool:
    """Whether one of the offsets, which are in order, lies in a span."""
    place = bisect.bisect_left(offsets, start)
    return place < len(offsets) and offsets[place] < end


def ask(
    solver: Solver, marks: Marks, jobs: Callable[[str], Sequence[Job]], filenames: Sequence[str], number: int, processes: int
) -> None:
    """Read what a run asks for in these files, which may hold job code: their job code, the files that they import, and what
    their jobs call.

    `jobs` gives the jobs of a file. The files are taken from the last, as the run itself begins with the first; of several
    `processes` that do so at the same time, each takes its part.
    """
    project = solver.project
    filenames = filenames[number::processes]
    for filename in reversed(filenames):
        project.shape(filename)
    for filename in reversed(filenames):
        offsets = marks.offsets(project.source(filename).data, project.shape(filename))
        for decl, _ in solver.functions_of(filename):
            made = any(d.dotted.rpartition(".")[2] in _MAKERS for d in decl.decorators)
            if made or any_between(offsets, decl.start, decl.end):
                solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
    for filename in filenames:
        for other in imported(project, filename):
            if not solver.is_test(other):
                with contextlib.suppress(UnreadableSource):  # the run says so where it belongs
                    project.shape(other)
    for filename in filenames:
        for job in jobs(filename):
            if job.function is not None:
                solver.reach.of(job.function)
