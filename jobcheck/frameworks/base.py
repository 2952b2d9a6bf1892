"""What a framework's file provides: how it spells jobs, enqueues and options. The solver asks; rules never do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from jobcheck.code import ir
from jobcheck.frameworks.hinges import Hinges, of_call
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.defs import Env
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import ClassRef, Kind, Origin, Value

if TYPE_CHECKING:
    from jobcheck.registry import Job, Registry
    from jobcheck.solve.solver import Solver


class Framework(Protocol):
    """One framework.

    `modules` are the top-level packages whose import shows that a project uses it. `seeds` are identifiers of which a
    file must hold one to hold job code of this framework; `marks` are patterns of bytes that make the function around
    them an island; `makers` is one that a function of the project must match to return a decorator that makes jobs;
    `verbs` are those by which a call may enqueue, declare, wait...: calls named otherwise are never shown to `record`.
    `forwarded` are those of them that a function of the project may use on what it is handed (see `hinges`).
    """

    @property
    def name(self) -> str: ...
    @property
    def display(self) -> str: ...
    @property
    def modules(self) -> frozenset[str]: ...
    @property
    def seeds(self) -> frozenset[str]: ...
    @property
    def marks(self) -> tuple[bytes, ...]: ...
    @property
    def makers(self) -> bytes | None: ...
    @property
    def verbs(self) -> frozenset[str]: ...
    @property
    def forwarded(self) -> frozenset[str]: ...

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """The expressions of a call with one of the `forwarded` verbs on which it hangs what it enqueues."""

    def knows(self, qualname: str) -> bool:
        """Whether a decorator from outside the project, by full name, may be this framework's."""

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """`owner.name`, or None when that is not this framework's."""

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """The value of calling `callee`, or None when that is not this framework's."""

    def annotated_as(self, qualname: str) -> Value | None:
        """What an annotation with a class of this framework promises, by the class's full name; None for other classes."""

    def decorate(self, solver: Solver, decorator: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """What a function becomes under a decorator of this framework, or None when it is none."""

    def knows_all_names(self) -> bool:
        """Whether, once all is recorded, every name is known by which a worker of the project finds a job."""

    def class_job(self, solver: Solver, cls: ClassRef) -> Job | None:
        """The job that a class is, or None."""

    def makes_jobs(self, solver: Solver, value: Value) -> bool:
        """Whether what a function returns is a decorator or job of this framework: the function is a decorator then."""

    def guess(self, solver: Solver, filename: str, name: str) -> Value | None:
        """What a module-level name of unknown value must be by how its module uses it, or None."""

    def pipe(self, solver: Solver, left: Value, right: Value, origin: Origin) -> Value | None:
        """`left | right`, or None when neither is this framework's."""

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """What the framework passes for a parameter of a job (`self` of a bound one), or None."""

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """Add what a call does to the registry: enqueues, retries, waits, schedules, callbacks."""

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """Add what stands in a function apart from its calls."""

    def finish(self, solver: Solver, registry: Registry) -> None:
        """Called once all sites are recorded: messages, schedules of the configuration."""


class NoJobs:
    """A base for what takes part in solving but has no jobs: ORMs, callbacks. Each answer is "not mine"."""

    name = ""
    display = ""
    modules: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()
    marks: tuple[bytes, ...] = ()
    makers: bytes | None = None
    verbs: frozenset[str] = frozenset()
    forwarded: frozenset[str] = frozenset()

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """See Framework."""
        return of_call(call)

    def knows(self, qualname: str) -> bool:
        """See Framework."""
        return False

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework."""
        return None

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework."""
        return None

    def annotated_as(self, qualname: str) -> Value | None:
        """See Framework."""
        return None

    def knows_all_names(self) -> bool:
        """See Framework."""
        return False

    def decorate(self, solver: Solver, decorator: Kind, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """See Framework."""
        return None

    def class_job(self, solver: Solver, cls: ClassRef) -> Job | None:
        """See Framework."""
        return None

    def makes_jobs(self, solver: Solver, value: Value) -> bool:
        """See Framework."""
        return False

    def guess(self, solver: Solver, filename: str, name: str) -> Value | None:
        """See Framework."""
        return None

    def pipe(self, solver: Solver, left: Value, right: Value, origin: Origin) -> Value | None:
        """See Framework."""
        return None

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """See Framework."""
        return None

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework."""

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """See Framework."""

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework."""
