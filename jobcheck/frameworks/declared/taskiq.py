"""TaskIQ. Source: taskiq 0.13.0, installed and run (facts/FRAMEWORKS.md 6; tests/facts/test_taskiq.py)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from jobcheck.findings import Confidence
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import INJECTED, Declares, Form, Makes, Meaning, Spec
from jobcheck.registry import Job

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
    },
    objects={"taskiq.async_shared_broker": "broker", "taskiq.brokers.shared_broker.async_shared_broker": "broker"},
    attributes={
        "broker": {"task": _TASK, "register_task": _REGISTER, **{f"with_{name}": Makes("broker") for name in _CHAINED}},
        "job": {**_ENQUEUES, "kicker": Makes("kicker")},
        "kicker": {**_ENQUEUES, **{f"with_{name}": Makes("kicker") for name in ("labels", "task_id", "schedule_id", "broker")}},
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
