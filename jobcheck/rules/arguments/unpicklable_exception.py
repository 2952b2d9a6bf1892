"""
## What it finds
An exception of the project's own that leaves a job and that pickle cannot rebuild: its `__init__` takes other arguments
than it hands to `super().__init__`.

## Why it matters
pickle rebuilds an exception by calling its class with `exception.args`, which is what `super().__init__` was given. With
`super().__init__(message)` under an `__init__(self, url, response)` that call fails. Celery tries it for every job that
fails, whatever the serializer, and puts something else in the exception's place: the nearest base class that can be
rebuilt, else an `UnpickleableExceptionWrapper`. So `throws` no longer matches and an expected error is logged as an
unexpected one; `task_failure`, `on_failure` and error links get the stand-in without the attributes they read; an
`except` of the class around `result.get()` never runs. In the job itself, in `autoretry_for` too, the exception is still
what it was, so tests see nothing. The reference API keeps an error's name and text and never pickles it.

## Example
```python
class GatewayError(Exception):
    def __init__(self, status, body):
        super().__init__(f"gateway said {status}")
        self.status = status
        self.body = body
```

## Use instead
```python
class GatewayError(Exception):
    def __init__(self, status, body):
        super().__init__(status, body)
        self.status = status
        self.body = body

    def __str__(self):
        return f"gateway said {self.status}"
```

## How to fix
Hand every parameter that has no default to `super().__init__`, in order, and make the text in `__str__`; or write a
`__reduce__`, which a class with keyword-only parameters needs.

## Options
None.

## Known limits
The confidence is low (hidden) where nothing is seen that looks at a failure of the job: `throws`, an `on_failure`,
`on_retry` or receiver of `task_failure` that reads the error, an error callback, or somebody who keeps the result. An
exception is followed through two calls of functions of the project. One that a job takes itself is left alone, and so
are classes with a base, a decorator or a `__new__` that is not plain to see, and those that derive from OSError. That
the exception holds something that cannot be pickled, such as a response, is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Registry
from jobcheck.rules.arguments import onlookers, raising, rebuilding
from jobcheck.rules.arguments.raising import Raised
from jobcheck.rules.arguments.rebuilding import Refusal
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.solve.kinds import Origin

# The frameworks that pickle what a job raises.
_PICKLES = frozenset({"celery"})


class UnpicklableException(Rule):
    """JOB110."""

    code = "JOB110"
    severity = Severity.WARNING
    subject = Registry
    slow = 5

    def check(self, registry: Registry, context: Context) -> Iterator[FindingBuilder]:
        found: dict[Origin, list[tuple[Raised, Refusal]]] = {}
        for job in registry.jobs:
            if job.framework not in _PICKLES or context.solver.is_test(job.filename):
                continue
            for raised in raising.of_job(job, context):
                refusal = rebuilding.refusal(context.solver, raised.cls, raised.call)
                if refusal is not None:
                    found.setdefault(refusal.at, []).append((raised, refusal))
        for cases in found.values():
            yield self.finding(cases, context)

    def finding(self, cases: list[tuple[Raised, Refusal]], context: Context) -> FindingBuilder:
        """One finding for a class that declares an `__init__`, with the first place that raises it or a kind of it."""
        # an error that is only named leaves the job when all retries have failed: an id that is kept is too little then
        seen = {id(r.job) for r, _ in cases if onlookers.is_looked_at(r.job, context, by_id=not r.named)}
        cases = [(r, w) for r, w in cases if id(r.job) in seen] or cases
        raised, refusal = next(((r, w) for r, w in cases if not r.named), cases[0])
        job, name = raised.job, raised.cls.name
        text = f"`{name}`, which `{job.label}` raises, cannot be unpickled: {_why(name, refusal)}"
        builder = context.finding(self, refusal.at, text, job=job, subject=name)
        builder.confidence = Confidence.LOW if not seen else Confidence.MEDIUM if raised.named else Confidence.HIGH
        builder.what_happens = (
            f"{context.display(job.framework)} puts a base class or UnpickleableExceptionWrapper in its place: `throws`, "
            "failure handlers and `except` around `.get()` do not know it."
        )
        builder.how_to_fix = _FIX_KEYWORDS if refusal.keywords else _FIX
        builder.relate(context.place(refusal.init), "its `__init__` is here")
        builder.relate(context.place(raised.origin), f"{raised.named} names it" if raised.named else "it is raised here")
        return builder


_FIX = "Hand the required parameters to `super().__init__` in order and make the text in `__str__`, or write `__reduce__`."
_FIX_KEYWORDS = "Write a `__reduce__`: pickle passes no keyword arguments."


def _why(name: str, refusal: Refusal) -> str:
    if refusal.keywords:
        return f"pickle calls `{name}(*args)`, and `{'`, `'.join(refusal.keywords)}` must be given by keyword"
    count = refusal.counts[0]
    given = f"{count} argument{'' if count == 1 else 's'}" if count else "no arguments"
    if len(refusal.needs) > count:
        return f"pickle calls it with {given}, and `__init__` needs `{'`, `'.join(refusal.needs)}`"
    return f"pickle calls it with {given}, more than its `__init__` takes"
