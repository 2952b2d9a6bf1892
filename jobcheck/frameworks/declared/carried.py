"""What a framework's objects carry along: what is said already of a message that is on its way."""

from __future__ import annotations

from jobcheck.frameworks.declared.spec import Declares, Form
from jobcheck.frameworks.passing import Passing
from jobcheck.registry import Argument, Job, Option
from jobcheck.solve.kinds import FunctionRef, Origin
from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Configured:
    """Jobs with what is already said of their message: `job.configure(queue="low")`, `app.configure_task("name")`."""

    jobs: tuple[Job, ...] = ()
    name: str | None = None
    named: Origin | None = None
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    open_options: bool = False
    open_kwargs: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A form on its way to be called: on a job, on a configured one, or on a queue (both None)."""

    form: Form
    job: Job | None = None
    configured: Configured | None = None


@dataclass(frozen=True, slots=True)
class Decorator:
    """A decorator with the options that it was called with.

    For one of the project's own: `passing` is what it does to arguments, `own` the function that hands the options on.
    """

    declares: Declares
    options: tuple[tuple[str, Option], ...] = ()
    called: bool = False
    open: bool = False
    passing: Passing | None = None
    own: FunctionRef | None = None
