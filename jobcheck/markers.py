"""Idempotency markers: for which jobs somebody vouches that running twice does no harm, how, and for what reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence, FindingBuilder, Place, Severity
from jobcheck.frameworks.arguments import literal, truth
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl, DecoratorDecl
from jobcheck.registry import Job, Marker, Option
from jobcheck.rules.catalogue import catalogue
from jobcheck.solve.kinds import Origin
from jobcheck.suppressions import Marker as Comment
from jobcheck.suppressions import markers

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_RUNTIME = frozenset({"jobcheck.runtime.idempotent", "jobcheck.runtime.idempotency.idempotent"})


class Markers:
    """Reads the markers of one project's jobs. `decorators` and `options` are those that the configuration names."""

    def __init__(self, solver: Solver, decorators: Iterable[str] = (), options: Iterable[str] = ()) -> None:
        self._solver = solver
        self._decorators = tuple(decorators)
        self._options = tuple(options)
        self._comments: dict[str, tuple[Comment, ...]] = {}
        self.faults: list[FindingBuilder] = []

    def read(self, jobs: Iterable[Job]) -> None:
        """Give each job its marker; what is wrong with one goes to `faults`."""
        for job in jobs:
            job.marker = next(self._found(job), None)

    def _found(self, job: Job) -> Iterator[Marker]:
        yield from self._by_comment(job)
        yield from self._by_decorator(job)
        yield from self._by_option(job)

    # --- comments ----------------------------------------------------------------------------------------------

    def _by_comment(self, job: Job) -> Iterator[Marker]:
        for origin in self._headers(job):
            place = self._place(origin)
            for comment in self._comments_of(origin.filename):
                if comment.reason and comment.first_row <= place.row <= comment.last_row:
                    yield Marker("comment", comment.reason, origin)

    def _headers(self, job: Job) -> Iterator[Origin]:
        """The names that a comment may stand by: the job's, and that of the method which does a job class's work."""
        yield job.origin
        if job.decl is not None and job.function is not None:
            yield Origin(job.function.filename, job.decl.name_start, job.decl.name_end)

    def _comments_of(self, filename: str) -> tuple[Comment, ...]:
        if filename not in self._comments:
            data = self._solver.raw(filename) or b""
            self._comments[filename] = markers(data) if b"idempotent" in data else ()
        return self._comments[filename]

    # --- decorators --------------------------------------------------------------------------------------------

    def _by_decorator(self, job: Job) -> Iterator[Marker]:
        for filename, decorator in self._decorators_of(job):
            name = self._full_name(filename, decorator)
            own = name in _RUNTIME
            if not own and not any(name == known or name.endswith(f".{known}") for known in self._decorators):
                continue
            reason = (self._solver.reason_of(filename, decorator) if decorator.is_call else None) or ""
            origin = Origin(filename, decorator.start, decorator.end)
            if own and not reason.strip() and self._lacks_reason(filename, decorator):
                self._fault(origin)
                continue
            yield Marker("decorator", reason, origin)

    def _decorators_of(self, job: Job) -> Iterator[tuple[str, DecoratorDecl]]:
        """Those of the function, then those of the job class and the classes above it: their word holds for it too."""
        if job.decl is not None and job.function is not None:
            yield from ((job.function.filename, decorator) for decorator in job.decl.decorators)
        info = self._solver.classes.info(job.cls) if job.cls is not None else None
        for ancestor in info.ancestors if info else ():
            above = self._solver.classes.info(ancestor)
            if above is not None:
                yield from ((above.filename, decorator) for decorator in above.decl.decorators)

    def _full_name(self, filename: str, decorator: DecoratorDecl) -> str:
        """With its module, also for the project's own; as written where it leads nowhere."""
        if not decorator.dotted:
            return ""
        found = self._solver.project.resolve_dotted(filename, decorator.dotted)
        if isinstance(found, modules.Declared):
            module = self._solver.project.module_name(found.filename)
            return f"{module}.{decorator.dotted.rpartition('.')[2]}" if module else decorator.dotted
        return self._solver.decorator_name(filename, decorator)

    def _lacks_reason(self, filename: str, decorator: DecoratorDecl) -> bool:
        """Whether there surely is none: not given, or empty text."""
        if not decorator.is_call:
            return True
        unit = self._solver.unit(filename, decorator.start, decorator.end)
        stmt = unit.body[0] if len(unit.body) == 1 else None
        if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
            return False
        call = stmt.value
        if not call.args:
            return True
        said = literal(self._solver.value(call.args[0].value, self._solver.flow(unit).entered[id(stmt)]))
        return isinstance(said, str) and not said.strip()

    def _fault(self, origin: Origin) -> None:
        rule = catalogue()["JOB003"]
        message = '`@idempotent` needs a reason: write `@idempotent("why it may run twice")`'
        builder = FindingBuilder(rule.code, rule.name, Severity.WARNING, Confidence.HIGH, message, self._place(origin))
        builder.what_happens = "The module cannot be imported: idempotent raises TypeError. The job does not count as marked."
        builder.how_to_fix = "Give the reason."
        self.faults.append(builder)

    # --- options -----------------------------------------------------------------------------------------------

    def _by_option(self, job: Job) -> Iterator[Marker]:
        for name in self._options:
            option = job.options.get(name) or self._attribute(job, name)
            if option is not None and truth(option) is not False:
                said = literal(option.value)
                yield Marker("option", said if isinstance(said, str) else "", option.origin)

    def _attribute(self, job: Job, name: str) -> Option | None:
        """The option as an attribute of the job class, or of the class that the job has for a base."""
        cls = job.cls or job.base
        if cls is None:
            return None
        for filename, decl, owner in self._solver.member(cls, name):
            if isinstance(decl, AssignDecl):
                value = self._solver.declared(filename, decl, owner)
                return Option(name, value, Origin(filename, decl.start, decl.end))
        return None

    def _place(self, origin: Origin) -> Place:
        return self._solver.project.source(origin.filename).place(origin.start, origin.end)
