"""Retries that a job counts itself, up to more than its framework allows: what was to be done at the end never is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.findings import Confidence, Severity
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.rules.delivery import performers
from jobcheck.rules.delivery.misuse import Misuse
from jobcheck.solve.defs import dotted, statements
from jobcheck.solve.flow import Flow
from jobcheck.solve.kinds import Literal, Value
from jobcheck.solve.units import Unit

# The counter's highest value unless the job says another one: arq counts runs (`max_tries`), Celery what came after the
# first (`max_retries`).
_LIMITS = {"arq": ("max_tries", 5), "celery": ("max_retries", 3)}
_ARQ_SETTING = re.compile(rb"^[ \t]+max_tries[ \t]*(?::[^=\n]+)?=[ \t]*([^\n#]+)", re.MULTILINE)


def of_job(job: Job, context: Context) -> Iterator[Misuse]:
    """Comparisons of the counter, in the job's own function, with a number that it never gets to."""
    limit = _limit(job, context) if job.framework in _LIMITS and job.function is not None else None
    unit = context.solver.function_unit(job.function) if limit is not None and job.function is not None else None
    if limit is None or unit is None or unit.refused or unit.function is None or not _retries(job, unit, context):
        return
    option, most = limit
    for node in _comparisons(unit):
        number = _number(node, context.solver.flow(unit), context)
        if number is not None and _beyond(node.ops[0], number, most):
            yield Misuse(
                "counted",
                unit.origin(node),
                f"`{job.label}` counts its runs to {number}: {context.display(job.framework)} ends it before, {option} is {most}",
                "What is left for the last run is never done, and there are fewer runs than the job counts on.",
                f"Give the job `{option}=` as well, or compare with a number that it gets to",
                Confidence.MEDIUM,
                Severity.WARNING,
            )


def _beyond(op: str, number: int, most: int) -> bool:
    """Whether the outcome is the same for each value up to `most`."""
    return number > most if op in (">=", "==", "<") else number >= most if op in (">", "<=") else False


def _limit(job: Job, context: Context) -> tuple[str, int] | None:
    """The option that limits the runs and its value; None when it is not known, or there is none."""
    name, default = _LIMITS[job.framework]
    option = job.options.get(name)
    if option is not None:
        said = _integer(option.value)
        return (name, said) if said is not None else None
    if job.framework == "arq":
        return _of_worker(name, default, context)
    given = any(retry.arguments.get(name) is not None for retry in performers.retries_of(context, job))
    if given or job.unknown_options or "retry_kwargs" in job.options or job.base is not None or "base" in job.options:
        return None
    return name, default


def _of_worker(name: str, default: int, context: Context) -> tuple[str, int] | None:
    """arq: the number that all settings of workers agree upon."""
    said = set()
    for filename in context.solver.callers.mentions.files(name):
        for match in _ARQ_SETTING.finditer(context.solver.raw(filename) or b""):
            text = match[1].strip().rstrip(b",")
            if text not in (b"None", name.encode()):
                said.add(text)
    if not said:
        return name, default
    only = said.pop()
    return (name, int(only)) if not said and only.isdigit() else None


def _integer(value: Value) -> int | None:
    return value.only.value if isinstance(value.only, Literal) and type(value.only.value) is int else None


def _retries(job: Job, unit: Unit, context: Context) -> bool:
    """Whether the job itself asks for another run."""
    if job.framework == "celery":
        return any(True for _ in performers.retries_of(context, job))
    raised = (node for node in walk(unit.body) if isinstance(node, ir.Raise) and node.exc is not None)
    names = (node.exc.func if isinstance(node.exc, ir.Call) else node.exc for node in raised)
    return any((dotted(name) or "").rpartition(".")[2] == "Retry" for name in names if name is not None)


def _comparisons(unit: Unit) -> Iterator[ir.Compare]:
    """`ctx["job_try"] > 9`, `self.request.retries >= 9`: what is compared with a number on its right."""
    for node in walk(unit.body):
        if isinstance(node, ir.Compare) and len(node.ops) == 1 and _is_counter(node.left):
            yield node


def _is_counter(node: ir.Expr) -> bool:
    if isinstance(node, ir.Subscript):
        return isinstance(node.index, ir.Constant) and node.index.value == "job_try"
    return dotted(node).endswith(".request.retries")


def _number(node: ir.Compare, flow: Flow, context: Context) -> int | None:
    """The number that the counter is compared with."""
    body = flow.unit.function.body if flow.unit.function is not None else []
    around = [s for s in statements(body) if s.start <= node.start and node.end <= s.end and id(s) in flow.entered]
    inmost = max(around, key=lambda stmt: stmt.start, default=None)
    return _integer(context.solver.value(node.comparators[0], flow.entered[id(inmost)])) if inmost is not None else None
