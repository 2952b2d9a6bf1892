"""Names that a project reads itself: an option of that name may be its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.solve.kinds import ClassRef

# Bases from outside whose options are known.
_KNOWN_BASES = frozenset({"celery_once.QueueOnce", "celery_singleton.Singleton"})


def in_job(job: Job, name: str, context: Context) -> bool:
    """Whether the body of a job mentions a name, as a variable or as a string key. True when it cannot be seen."""
    unit = context.solver.function_unit(job.function) if job.function else None
    if unit is None or unit.function is None:
        return True
    nodes = (node for stmt in unit.function.body for node in walk(stmt))
    return any(
        (isinstance(node, ir.Name) and node.id == name) or (isinstance(node, ir.Constant) and node.value == name)
        for node in nodes
    )


def by_bases(job: Job, name: str, context: Context) -> bool:
    """Whether a base class of the job may read an attribute or option of that name."""
    if job.base is None or job.cls is not None:
        return "base" in job.options and job.base is None
    if job.base.filename is None:
        return job.base.qualname not in _KNOWN_BASES and not job.base.qualname.startswith("celery.")
    info = context.solver.classes.info(job.base)
    if info is None or not info.complete:
        return True
    return any(_in_class(above, name, context) for above in info.ancestors)


def _in_class(cls: ClassRef, name: str, context: Context) -> bool:
    info = context.solver.classes.info(cls)
    if info is None:
        return False
    data = context.solver.raw(info.filename) or b""
    return re.search(rb"\b" + re.escape(name.encode()) + rb"\b", data[info.decl.start : info.decl.end]) is not None


def anywhere(name: str, context: Context) -> bool:
    """Whether the project reads an attribute of that name: `task.name`, `getattr(task, "name")`."""
    text = re.escape(name.encode())
    pattern = re.compile(rb"\.\s*" + text + rb"\b|\bgetattr\([^()]*[\"']" + text + rb"[\"']")
    return context.once(("read anywhere", name), lambda: any(pattern.search(data) for data in _holding(name, context)))


def as_label(name: str, framework: str, context: Context) -> bool:
    """Whether code of the project that knows the framework reads such a key: `labels["name"]`, `labels.get("name")`."""
    key = re.compile(rb"(?:\[|\.\s*(?:get|pop)\s*\()\s*[\"']" + re.escape(name.encode()) + rb"[\"']")
    knows = re.compile(rb"\b" + framework.encode() + rb"\b")
    asked = ("label anywhere", name, framework)
    return context.once(asked, lambda: any(key.search(data) and knows.search(data) for data in _holding(name, context)))


def _holding(name: str, context: Context) -> Iterator[bytes]:
    """The texts that have a name in them: few do, and a pattern that begins with a dot is slow to deny."""
    word = name.encode()
    texts = (context.solver.raw(filename) or b"" for filename in context.solver.project.filenames)
    return (text for text in texts if word in text)
