"""Jobs that are not enqueued though the code looks like it: messages that nobody sends, verbs of another framework."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import missing
from jobcheck.frameworks.declared.spec import Makes, Meaning, Spec
from jobcheck.registry import Enqueue, Job, MissingJob, Unsent
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import FrameworkValue

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Verbs of one framework or another that no other has on its jobs, and no other library on what may be taken for one.
OTHERS = frozenset({"delay", "apply_async", "send_with_options", "kiq", "perform_later"})
# Options by which jobs get a class of the project's own, which may have more verbs.
_CLASSES = frozenset({"actor_class", "task_base", "base"})


def dropped(spec: Spec, site: Site, sent: bool, made: list[Enqueue]) -> Iterator[Unsent]:
    """A message that a call builds and nothing takes."""
    if spec.send and not sent and site.usage == "dropped" and made:
        enqueue = made[0]
        yield Unsent(spec.name, "message", enqueue.origin, enqueue.jobs, enqueue.in_test, send=spec.send)


def canvas(solver: Solver, spec: Spec, site: Site, meaning: Meaning | None) -> Iterator[Unsent]:
    """A pipeline or group of messages that nothing takes."""
    if isinstance(meaning, Makes) and meaning.unsent and site.usage == "dropped":
        in_test = solver.is_test(site.unit.filename)
        yield Unsent(spec.name, meaning.unsent, site.unit.origin(site.call), (), in_test, send=spec.send)


def other_verb(solver: Solver, spec: Spec, site: Site) -> Iterator[MissingJob]:
    """`job.delay(...)` of a job whose framework has no such verb: it was another framework's once."""
    func = site.call.func
    own = spec.attributes.get("job", {})
    if not isinstance(func, ir.Attribute) or func.attr not in OTHERS or func.attr in own or missing.is_asked(site):
        return
    only = solver.value(func.value, site.env).only
    job = only.data if isinstance(only, FrameworkValue) and (only.framework, only.role) == (spec.name, "job") else None
    if isinstance(job, Job) and not job.unknown_options and not job.options.keys() & _CLASSES:
        in_test = solver.is_test(site.unit.filename)
        yield MissingJob(spec.name, site, site.unit.origin(site.call), job.label, "other-verb", job.origin, in_test)
