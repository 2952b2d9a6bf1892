"""Jobs under a decorator of the project's own: is one written for `bind=True` that its decorator was not asked for?"""

from __future__ import annotations

from jobcheck.project.modules import Declared
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Job
from jobcheck.rules.base import Context

# Narrower than what a job may call itself: here nothing else speaks for it.
_NAMES = frozenset({"self", "_self", "task", "_task"})

_Place = tuple[str, int, int]


def lacks_bind(job: Job, context: Context) -> str | None:
    """The first parameter of a job that is written for `bind=True`, as others under its decorator are who ask for it."""
    first = _first(job)
    if first is None or not job.unknown_options or "bind" in job.options or context.solver.is_test(job.filename):
        return None
    place = _decorator(job, context)
    asked = context.once("asked-to-bind", lambda: _asked(context))
    if place is None or place not in asked or _binds_unasked(place, context):
        return None
    return first


def _first(job: Job) -> str | None:
    """What a function of a module calls its first parameter, where that is a name for the job itself."""
    if job.framework != "celery" or job.cls is not None or job.decl is None or job.decl.class_name:
        return None
    name = next((p.name for p in job.decl.params if p.kind in ("posonly", "arg")), "")
    return name if name in _NAMES else None


def _asked(context: Context) -> frozenset[_Place]:
    """The decorators that some job asks for `bind=True`, and is bound."""
    asking = [j for j in context.registry.jobs if j.bound and "bind" in j.options and j.unknown_options and _first(j)]
    return frozenset(place for place in (_decorator(j, context) for j in asking) if place is not None)


def _decorator(job: Job, context: Context) -> _Place | None:
    """The function of the project that made a job."""
    decorators = job.decl.decorators if job.decl is not None else ()
    written = next((d for d in decorators if job.decorated is not None and d.start == job.decorated.start), None)
    found = context.solver.project.resolve_dotted(job.filename, written.dotted) if written and written.dotted else None
    if not isinstance(found, Declared) or len(found.decls) != 1 or not isinstance(found.decls[0], FunctionDecl):
        return None
    return found.filename, found.decls[0].start, found.decls[0].end


def _binds_unasked(place: _Place, context: Context) -> bool:
    """Whether a decorator says something of `bind` itself: it may be its default there."""
    filename, start, end = place
    return b"bind" in (context.solver.raw(filename) or b"")[start:end]
