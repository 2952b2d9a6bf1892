"""
## What it finds
A job that is named by a string which no job of the project has: in a beat schedule, in `send_task("...")`, in
`signature("...")`. The name leads to a module of the project that does not exist, to a module that has no such
function, or to a function that is registered under another name; or it is that of a job but for a letter.

## Why it matters
Nothing looks at the name before the message is sent. Celery's worker logs `Received unregistered task of type ...`,
drops the message, and the nightly job has not run since the day somebody moved it.

## Example
```python
"purge": {"task": "shop.tasks.purge_carts", "schedule": 3600}   # now in shop.carts.tasks
```

## Use instead
```python
"purge": {"task": "shop.carts.tasks.purge_carts", "schedule": 3600}
```

## How to fix
Write the name under which the job is registered: the module in which it is defined and the function's name, or its
own `name=`. A job that a package's `__init__` imports keeps the name of the module that defines it.

## Options
None.

## Known limits
Names of jobs of installed applications are not judged, nor those that another project may have registered, unless they
are nearly those of a job here or, for arq, all that the project's workers list is seen. Nothing is said in a project that
has jobs whose `name=` is computed, or an app that overrides `gen_task_name`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.project.modules import Declared, Missing, Module, Package, candidates
from jobcheck.project.resolver import Query
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Enqueue, Job
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.kinds import Literal

# The options that give a job its name; and how many letters of a name one slip of the fingers may get wrong.
_NAMES = ("name", "actor_name", "task_name")
_WORDS = re.compile(r"[-_ ]+")
_SLIP = 2
_OUTCOME = {
    "celery": "the worker discards the message as that of an unregistered task",
    "apscheduler": "the call raises LookupError or ValueError",
}  # fmt: skip


class UnknownJob(Rule):
    """JOB601."""

    code = "JOB601"
    severity = Severity.ERROR
    subject = Enqueue

    def check(self, enqueue: Enqueue, context: Context) -> Iterator[FindingBuilder]:
        name = enqueue.job_name
        if name is None or enqueue.jobs or enqueue.in_test or _computed_names(enqueue, context):
            return
        found = _lead_nowhere(name, enqueue, context) or _misspelt(name, enqueue, context) or _unlisted(name, enqueue, context)
        if found is None:
            return
        why, confidence, job = found
        outcome = _OUTCOME.get(enqueue.framework, "no worker knows it")
        builder = context.finding(
            self, enqueue.named or enqueue.origin, f"no job is registered as `{name}` ({why}): {outcome}",
            confidence=confidence, framework=enqueue.framework, subject=name,
            how_to_fix=f"Write `{job.name}`." if job is not None else "Write the name under which the job is registered.",
        )  # fmt: skip
        if job is not None:
            builder.relate(context.place(job.origin), f"this job is registered as `{job.name}`")
        yield builder


Found = tuple[str, Confidence, "Job | None"]


def _computed_names(enqueue: Enqueue, context: Context) -> bool:
    """Whether some job of the framework has a name that only running the project tells."""
    jobs = [j for j in context.registry.jobs if j.framework == enqueue.framework]
    named = (j.options["name"].value.only for j in jobs if "name" in j.options)
    if any(not (isinstance(only, Literal) and isinstance(only.value, str)) for only in named):
        return True
    return bool(context.solver.callers.mentions.files("gen_task_name"))


def _lead_nowhere(name: str, enqueue: Enqueue, context: Context) -> Found | None:
    """Follow the name as a path of modules; None where it leads out of the project or to what is not understood."""
    dotted, _, function = name.rpartition(".")
    if ":" in name:  # `module:function`, `module:Class.method`
        dotted, function = name.partition(":")[0], name.partition(":")[2].partition(".")[0]
    if not dotted:
        return None
    project, importer = context.solver.project, enqueue.unit.filename
    found = project.find_module(dotted, importer)
    if isinstance(found, str):
        return _absent(found, dotted, function, enqueue, context)
    if found is not None or not _ours(dotted, importer, context):
        return None
    job = _namesake(function, enqueue, context)
    return f"the project has no module `{dotted}`", Confidence.HIGH if job else Confidence.MEDIUM, job


def _ours(dotted: str, importer: str, context: Context) -> bool:
    """Whether a module that is not there would have to be the project's: the package around it is."""
    project = context.solver.project
    parent, _, last = dotted.rpartition(".")
    while parent:
        package = project.find_module(parent, importer)
        if isinstance(package, str) and package.endswith("__init__.py"):
            return not project.may_exist(package.rpartition("/")[0], last)
        if isinstance(package, Package):
            return parent.count(".") >= 1
        if package is not None:
            return True
        parent, _, last = parent.rpartition(".")
    return False


def _absent(filename: str, dotted: str, function: str, enqueue: Enqueue, context: Context) -> Found | None:
    resolution = Query(context.solver.project).attribute(Module(filename, dotted), function)
    singles = candidates(resolution)
    if all(isinstance(s, Missing) for s in singles):
        return f"`{dotted}` has no `{function}`", Confidence.HIGH, _namesake(function, enqueue, context)
    single = singles[0]
    if len(singles) == 1 and isinstance(single, Module):
        return _of_module(single, enqueue, context)
    if len(singles) > 1 or not isinstance(single, Declared):
        return None
    places = {(single.filename, d.start) for d in single.decls if isinstance(d, FunctionDecl)}
    jobs = [j for j in context.registry.jobs if j.function and (j.function.filename, j.function.start) in places]
    if len(jobs) != 1 or jobs[0].framework != enqueue.framework:
        return None
    if "name" not in jobs[0].options and single.filename == filename:
        return None  # the same job, under another name of its module
    return f"the job is registered as `{jobs[0].name}`", Confidence.HIGH, jobs[0]


def _of_module(module: Module, enqueue: Enqueue, context: Context) -> Found | None:
    """A name that is a module's: of the one job that stands there, which has another name."""
    jobs = [j for j in context.registry.jobs if j.filename == module.filename and j.framework == enqueue.framework]
    if len(jobs) != 1 or "name" not in jobs[0].options:
        return None
    return f"that is a module, whose job is registered as `{jobs[0].name}`", Confidence.HIGH, jobs[0]


def _misspelt(name: str, enqueue: Enqueue, context: Context) -> Found | None:
    """A name that is nearly that of one job; where it has dots, of a job that was given its name."""
    if len(name) < 6:
        return None
    jobs = {j.name: j for j in context.registry.jobs if j.framework == enqueue.framework}
    if "." in name:
        near = [n for n, job in jobs.items() if _slip(name, n) and any(option in job.options for option in _NAMES)]
    else:
        near = [n for n in difflib.get_close_matches(name, jobs, n=2, cutoff=0.9) if _same_words(name, n)]
    return (f"the nearest is `{near[0]}`", Confidence.MEDIUM, jobs[near[0]]) if len(near) == 1 else None


def _same_words(name: str, other: str) -> bool:
    """Whether two names have as many words, each of which may be the other one misspelt: `get-pdf` is not `create-pdf`."""
    pairs = list(zip(_WORDS.split(name), _WORDS.split(other), strict=False))
    as_many = len(_WORDS.split(name)) == len(_WORDS.split(other))
    return as_many and all(a == b or difflib.SequenceMatcher(None, a, b).ratio() >= 0.6 for a, b in pairs)


def _unlisted(name: str, enqueue: Enqueue, context: Context) -> Found | None:
    """A plain name, where all that the project's workers list is seen, and the queue is theirs."""
    framework = next((f for f in context.solver.frameworks if f.name == enqueue.framework), None)
    elsewhere = "." in name or "_queue_name" in enqueue.options or enqueue.open_options
    if framework is None or elsewhere or not framework.knows_all_names():
        return None
    return "no worker of the project lists it", Confidence.MEDIUM, None


def _slip(name: str, other: str) -> bool:
    """Whether two names differ in one place by letters that a slip of the fingers explains: `referenecs`, `refrences`."""
    start = _shared(name, other)
    rests = (name[start:], other[start:])
    end = _shared(rests[0][::-1], rests[1][::-1])
    parts = [rest[: len(rest) - end] for rest in rests]
    # `sync.v1` and `sync.v2` are two names, and no slip.
    return 0 < max(map(len, parts)) <= _SLIP and all(not part or part.isalpha() or part in "._" for part in parts)


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with together."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _namesake(function: str, enqueue: Enqueue, context: Context) -> Job | None:
    """The only job whose function has the name."""
    jobs = [j for j in context.registry.jobs if j.framework == enqueue.framework and j.function and j.function.name == function]
    return jobs[0] if len(jobs) == 1 else None
