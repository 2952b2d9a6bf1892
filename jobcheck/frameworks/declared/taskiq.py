"""TaskIQ. Source: taskiq 0.13.0, installed and run (facts/FRAMEWORKS.md 6; tests/facts/test_taskiq.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared import scheduled
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import INJECTED, Declares, Form, Makes, Meaning, Spec
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Enqueue, Job, Option, Registry
from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_PLUGINS = (
    "redis aio_pika nats aio_kafka aio_sqs sqs pg postgres postgresql psqlpy sqlalchemy mongodb ydb faststream fastapi "
    "pipelines deduplication aiogram zmq dependencies redis_streams sqlite aws"
).split()
_TASK = Declares("task", leads=("task_name",))
_REGISTER = Declares("register_task", bare=False)
_CHAINED = ("result_backend", "id_generator", "middlewares", "serializer", "formatter", "event_handlers")
_KIQ = Form("kiq", awaited=True)
_ENQUEUES = {
    "kiq": _KIQ,
    "schedule_by_time": Form("schedule_by_time", lead=("source", "time"), awaited=True),
    "schedule_by_cron": Form("schedule_by_cron", lead=("source", "cron"), awaited=True),
    "schedule_by_interval": Form("schedule_by_interval", lead=("source", "interval"), awaited=True),
}
_KICKERS = ("taskiq.AsyncKicker", "taskiq.kicker.AsyncKicker")
# A container whose decorator fills the parameters that are annotated `FromDishka[...]`.
_DISHKA = ("dishka", "dishka.integrations.taskiq", "dishka.integrations.base")
# What makes a run follow on an error, for jobs with `retry_on_error=True`.
_RETRYING = ("SimpleRetryMiddleware", "SmartRetryMiddleware")
_LABELLED = re.compile(rb"\bdefault_retry_label\s*=\s*True\b")
# Annotations by which the worker does not restore anything.
_SAYS_NOTHING = frozenset({b"Any", b"typing.Any", b"object", b"dict", b"list", b"Dict", b"List"})
# One that brings keys back which are no strings: which of them come back nobody has measured.
_KEYED = re.compile(rb"\b(?:\w*[dD]ict|\w*Mapping|Counter)\s*\[\s*(?!str\b)")
SPEC = Spec(
    name="taskiq",
    display="TaskIQ",
    modules=frozenset({"taskiq", *(f"taskiq_{name}" for name in _PLUGINS)}),
    seeds=frozenset({"taskiq", ".kiq", "kicker", "broker.task", "register_task", "schedule_by_"}),
    marks=(rb"\.\s*(?:kiq|kicker|schedule_by_(?:time|cron|interval))\s*\(",),
    functions={
        "taskiq.TaskiqDepends": Makes(INJECTED),
        "taskiq_dependencies.Depends": Makes(INJECTED),
        "taskiq_dependencies.dependency.Depends": Makes(INJECTED),
        "taskiq.abc.broker.AsyncBroker": Makes("broker"),
        **{name: Makes("kicker", configures=True, job_at=0, job_names=("task_name",)) for name in _KICKERS},
        **{f"{module}.FromDishka": Makes(INJECTED) for module in _DISHKA},
    },
    objects={
        "taskiq.async_shared_broker": "broker",
        "taskiq.brokers.shared_broker.async_shared_broker": "broker",
        **{f"{module}.FromDishka": INJECTED for module in _DISHKA},
    },
    attributes={
        "broker": {"task": _TASK, "register_task": _REGISTER, **{f"with_{name}": Makes("broker") for name in _CHAINED}},
        "job": {**_ENQUEUES, "kicker": Makes("kicker")},
        "kicker": {
            **_ENQUEUES,
            **{f"with_{name}": Makes("kicker") for name in ("task_id", "schedule_id", "broker")},
            "with_labels": Makes("kicker", configures=True),
        },
    },
    makers=rb"\b(?:task|register_task)\b",
    retried_by="retry_on_error",
    wire="taskiq-json",
    mismatch="the job fails in the worker with TypeError",
    verb=".kiq",
)


class Taskiq(DeclaredFramework):
    """TaskIQ: a job belongs to a broker; what arrives is parsed again by the job's annotations."""

    def __init__(self) -> None:
        super().__init__(SPEC)

    def meaning(self, qualname: str) -> Meaning | None:
        """Brokers come in many packages, all named alike."""
        top, _, rest = qualname.partition(".")
        if top in self.modules and rest.rpartition(".")[2].endswith("Broker"):
            return Makes("broker")
        return super().meaning(qualname)

    def retried(self, solver: Solver) -> Literal["never", "asked", "always"]:
        """A label alone does nothing; with a middleware that says so, jobs need none."""
        files = [f for name in _RETRYING for f in solver.callers.mentions.files(name) if not solver.is_test(f)]
        if any(_LABELLED.search(solver.raw(filename) or b"") for filename in files):
            return "always"
        return "asked" if files else "never"

    def job_name(self, solver: Solver, ref: FunctionRef, decl: FunctionDecl, options: dict[str, Option]) -> str:
        """`module:function`, unless it is given one."""
        return arguments.text(options.get("task_name")) or f"{solver.project.module_name(ref.filename)}:{decl.name}"

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, what the labels `schedule=[{...}]` send."""
        for job in self.jobs.values():
            label, site = job.options.get("schedule"), scheduled.decorator_site(solver, job)
            if label is not None and site is not None and isinstance(label.node, ir.ListExpr):
                registry.enqueues.extend(e for item in label.node.elements for e in _entry(solver, job, site, item))
        super().finish(solver, registry)

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """Any serializer gets JSON values; an annotation makes of them again what they were."""
        forced = solver.forced_wire(self.name)
        if forced:
            return (forced,), Confidence.HIGH
        text = solver.raw(job.filename) or b""
        spans = [param.annotation for param in job.decl.params if param.annotation] if job.decl else []
        said = [text[start:end].strip() for start, end in spans]
        if any(_KEYED.search(annotation) for annotation in said):
            return (), Confidence.LOW
        parsed = any(annotation not in _SAYS_NOTHING for annotation in said)
        return ("taskiq-json", "taskiq-json-annotated") if parsed else ("taskiq-json",), Confidence.HIGH


def _entry(solver: Solver, job: Job, site: Site, item: ir.Expr) -> Iterator[Enqueue]:
    """What one entry of a label `schedule` sends: `{"cron": "0 8 * * *", "args": [1]}`."""
    if not isinstance(item, ir.DictExpr):
        return
    said = {i.key.value: i for i in item.items if isinstance(i.key, ir.Constant) and isinstance(i.key.value, str)}
    if len(said) != len(item.items):
        return
    args, kwargs = (said[name].value if name in said else None for name in ("args", "kwargs"))
    made = scheduled.enqueue(solver, job, site, "schedule", item, args, kwargs)
    scheduled.refused(made.malformed, "the scheduler does not start")
    made.options = {
        name: Option(name, solver.value(i.value, site.env), site.unit.origin(i), i.value)
        for name, i in said.items() if name not in ("args", "kwargs")
    }  # fmt: skip
    yield made
