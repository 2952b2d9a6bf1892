"""What a rule is, and what it may ask: one rule, one module, one `check(subject, context)`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from jobcheck.findings import Confidence, FindingBuilder, Place, Severity
from jobcheck.registry import Enqueue, Job, Message, Registry
from jobcheck.rules.catalogue import catalogue
from jobcheck.solve.describe import describe
from jobcheck.solve.kinds import FunctionRef, Kind, Origin
from jobcheck.solve.uses import Uses, uses_of

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver
    from jobcheck.wire.tables import Wire

T = TypeVar("T")
DISPLAY = {
    "celery": "Celery", "reference": "jobcheck.runtime", "rq": "RQ", "dramatiq": "Dramatiq", "huey": "Huey", "arq": "arq",
    "taskiq": "TaskIQ", "saq": "SAQ", "apscheduler": "APScheduler", "procrastinate": "Procrastinate",
    "django-tasks": "Django Tasks", "django-q2": "django-q2", "odoo-queue-job": "Odoo queue_job", "frappe": "Frappe",
}  # fmt: skip


class Rule:
    """One rule. Its documentation is its module's docstring; code, name and summary are the catalogue's.

    `subject` is what the engine hands to `check`, one at a time: Message, Enqueue, Job, Schedule, Retry, Wait,
    Unsent, Callback, MissingJob (see jobcheck.registry), a tuple of these, or Registry for the whole. `yields_to` names
    the rules whose finding at the same place makes this one's redundant: one defect is one finding. Rules with the larger
    `slow` are asked earlier: a rank, by how long they take on a large project; what needs the same answers stands together.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    subject: ClassVar[type | tuple[type, ...]]
    yields_to: ClassVar[tuple[str, ...]] = ()
    slow: ClassVar[int] = 0

    @property
    def name(self) -> str:
        return catalogue()[self.code].name

    @property
    def summary(self) -> str:
        return catalogue()[self.code].summary

    @property
    def default(self) -> bool:
        return catalogue()[self.code].default

    @property
    def doc(self) -> str:
        """The rule's page: markdown under fixed headings."""
        return inspect.cleandoc(sys.modules[type(self).__module__].__doc__ or "")

    def check(self, subject: Any, context: Context) -> Iterator[FindingBuilder]:
        """The findings about one subject."""
        raise NotImplementedError


class Context:
    """What rules may ask about the project."""

    def __init__(self, solver: Solver, registry: Registry) -> None:
        self.solver = solver
        self.registry = registry
        self._uses: dict[tuple[FunctionRef, str], Uses] = {}
        self._kept: dict[object, Any] = {}

    def place(self, origin: Origin) -> Place:
        """The region of a file that an origin stands for."""
        return self.solver.project.source(origin.filename).place(origin.start, origin.end)

    def text(self, origin: Origin, longest: int = 60) -> str:
        """The source at an origin, on one line and cut to `longest` characters."""
        text = " ".join(self.solver.project.source(origin.filename).text(origin.start, origin.end).split())
        return text if len(text) <= longest else text[: longest - 3] + "..."

    def uses(self, job: Job, parameter: str) -> Uses:
        """What the job does with one of its parameters; nothing where its function is not known."""
        if job.function is None:
            return Uses()
        key = (job.function, parameter)
        if key not in self._uses:
            self._uses[key] = uses_of(self.solver, *key)
        return self._uses[key]

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made the first time that a rule asks for the key."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def describe(self, kind: Kind) -> str:
        """How a message names a kind."""
        return describe(kind, self.solver.classes)

    def wire(self, name: str) -> Wire:
        """A wire in the version that the project uses."""
        return self.solver.wire(name)

    def display(self, framework: str) -> str:
        """How messages name a framework."""
        return DISPLAY.get(framework, framework)

    def finding(
        self,
        rule: Rule,
        origin: Origin,
        message: str,
        *,
        confidence: Confidence = Confidence.HIGH,
        severity: Severity | None = None,
        job: Job | None = None,
        framework: str | None = None,
        what_happens: str = "",
        how_to_fix: str = "",
        subject: str = "",
    ) -> FindingBuilder:
        """A finding at an origin; the job's own place is added as a related one."""
        builder = FindingBuilder(
            code=rule.code,
            name=rule.name,
            severity=rule.severity if severity is None else severity,
            confidence=confidence,
            message=message,
            place=self.place(origin),
            what_happens=what_happens,
            how_to_fix=how_to_fix,
            framework=framework or (job.framework if job else None),
            job=job.name if job else None,
            subject=subject,
        )
        if job is not None and job.origin != origin:
            builder.relate(self.place(job.origin), f"the job `{job.label}` is declared here")
        return builder

    def relate_enqueue(self, builder: FindingBuilder, enqueue: Enqueue) -> None:
        """Show the enqueue too where the finding stands on a later line of it: that is where a reader looks first."""
        place = self.place(enqueue.unit.origin(enqueue.site.call.func))
        if builder.place is not None and (place.filename, place.row) != (builder.place.filename, builder.place.row):
            builder.relate(place, "it is handed on here" if enqueue.through else "it is enqueued here")

    def relate_way(self, builder: FindingBuilder, subject: object) -> None:
        """Show the functions through which the project hands an enqueue on, from the call to the framework's own form."""
        enqueue = subject.enqueue if isinstance(subject, Message) else subject
        sites = enqueue.through if isinstance(enqueue, Enqueue) else ()
        for site in sites:
            text = "it is enqueued here" if site is sites[-1] else "it is handed on here"
            builder.relate(self.place(site.unit.origin(site.call.func)), text)


__all__ = ["Confidence", "Context", "Enqueue", "FindingBuilder", "Message", "Rule", "Severity"]
