"""RQ, django-rq, Flask-RQ. Source: rq 3.0.0, django-rq 4.2.0, rq-scheduler 0.14.0, installed and run.

Flask-RQ 1.0.0 and Flask-RQ2 18.3 were read: they hand on to RQ.

See facts/FRAMEWORKS.md 2 and tests/facts/test_rq.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared import calls, importable
from jobcheck.frameworks.declared.carried import Bound
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Spec
from jobcheck.registry import Enqueue, Job
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import UNKNOWN, External, FrameworkValue, Kind, Value, known
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

SWALLOWED = frozenset(
    "job_timeout description result_ttl ttl failure_ttl depends_on job_id at_front meta retry repeat on_success "
    "on_failure on_stopped rate_limit webhooks pipeline unique args kwargs".split()
)
_CALL_OPTIONS = (SWALLOWED | {"timeout"}) - {"args", "kwargs", "job_timeout"}
_SCHEDULED = frozenset(
    "timeout job_id job_ttl job_result_ttl job_description depends_on meta queue_name on_success on_failure at_front".split()
)

_SURPLUS = "the call raises AssertionError"
_DROPS = "RQ drops it silently"


def _enqueue(name: str, job: str, *lead: str) -> Form:
    """`enqueue(f, *args, **kwargs)`, or `enqueue(f, args=, kwargs=)`: then nothing else of the call is the job's."""
    return Form(name, "either", len(lead), (job,), lead, SWALLOWED, surplus=_SURPLUS, drops=_DROPS)


ENQUEUE = _enqueue("enqueue", "f")
_DATA = Form("prepare_data", "lists", 0, ("func",), swallowed=_CALL_OPTIONS, lists_at=(0, 1), sent=False)
_QUEUE = {
    "enqueue": ENQUEUE,
    "enqueue_call": Form("enqueue_call", "lists", 0, ("func",), swallowed=_CALL_OPTIONS, lists_at=(0, 1)),
    "enqueue_at": _enqueue("enqueue_at", "f", "datetime"),
    "enqueue_in": _enqueue("enqueue_in", "func", "time_delta"),
    "prepare_data": _DATA,
}
_SCHEDULER = {
    "enqueue_at": Form("enqueue_at", "call", 1, ("func",), ("scheduled_time",), _SCHEDULED),
    "enqueue_in": Form("enqueue_in", "call", 1, ("func",), ("time_delta",), _SCHEDULED),
    "schedule": Form("schedule", "lists", 1, ("func",), ("scheduled_time",), lists_at=(0, 1)),
    "cron": Form("cron", "lists", 1, ("func",), ("cron_string",), lists_at=(0, 1)),
}
# `f.enqueue` is another name of `f.delay`.
_DELAYED = frozenset({"depends_on", "job_id", "at_front"})
_REGISTER = Form("register", "lists", 0, ("func",), lists_at=(1, 2), sent=False)
# `Job.create(f, args, kwargs)`, which somebody hands to `queue.enqueue_job`.
_CREATED = _CALL_OPTIONS | frozenset("connection status id origin serializer group_id".split())
_CREATE = Form("create", "lists", 0, ("func",), swallowed=_CREATED, lists_at=(0, 1), sent=False)
# Flask-RQ2 adds its own verbs to a job, Flask-RQ hands everything on to the queue's.
_FLASK2 = frozenset("queue timeout result_ttl ttl depends_on job_id at_front meta description".split())
_FLASK_JOBS = {
    "flask_rq2_job": {
        "queue": Form("queue", swallowed=_FLASK2),
        "schedule": Form("schedule", "call", None, (), ("time_or_delta",), _FLASK2 | {"repeat", "interval"}),
        "cron": Form("cron", "call", None, (), ("pattern", "name"), _FLASK2 | {"repeat"}),
    },
    "flask_rq_job": {
        "enqueue": Form("enqueue", "either", swallowed=SWALLOWED, surplus=_SURPLUS, drops=_DROPS),
        "enqueue_at": Form("enqueue_at", "either", None, (), ("when",), SWALLOWED, surplus=_SURPLUS, drops=_DROPS),
        "enqueue_in": Form("enqueue_in", "either", None, (), ("when",), SWALLOWED, surplus=_SURPLUS, drops=_DROPS),
    },
}
SPEC = Spec(
    name="rq",
    display="RQ",
    modules=frozenset({"rq", "django_rq", "flask_rq", "flask_rq2", "rq_scheduler"}),
    seeds=frozenset({"enqueue", "django_rq", "rq.decorators", "import rq", "from rq", ".delay", "get_queue"}),
    marks=(
        rb"\.\s*(?:enqueue(?:_call|_at|_in)?|delay|prepare_data)\b|\.\s*queue\s*\(|\bJob\s*\.\s*create\b|\.\s*(?:schedule|cron)\s*\(|\bdjango_rq\s*\.\s*enqueue\b|\benqueue\s*\(",
    ),
    functions={
        "rq.Queue": Makes("queue"),
        "rq.queue.Queue": Makes("queue"),
        "django_rq.get_queue": Makes("queue"),
        "django_rq.queues.get_queue": Makes("queue"),
        "rq_scheduler.Scheduler": Makes("scheduler"),
        "django_rq.get_scheduler": Makes("scheduler"),
        "django_rq.enqueue": ENQUEUE,
        "django_rq.queues.enqueue": ENQUEUE,
        "rq.Queue.prepare_data": _DATA,
        "rq.queue.Queue.prepare_data": _DATA,
        "rq.cron.register": _REGISTER,
        "rq.job.Job.create": _CREATE,
        "flask_rq.RQ": Makes("flask_rq"),
        "flask_rq2.RQ": Makes("flask_rq2"),
        "rq.decorators.job": Declares("job", leads=("queue",)),
        "django_rq.job": Declares("job", leads=("queue",)),
        "django_rq.decorators.job": Declares("job", leads=("queue",)),
    },
    attributes={
        "queue": _QUEUE,
        "scheduler": _SCHEDULER,
        "flask_rq": {"job": Declares("flask_rq_job"), "get_queue": Makes("queue")},
        "flask_rq2": {
            "job": Declares("flask_rq2_job", leads=("queue",)),
            "get_queue": Makes("queue"),
            "get_scheduler": Makes("scheduler"),
        },
        **_FLASK_JOBS,
        "job": {
            "delay": Form("delay", swallowed=_DELAYED),
            "enqueue": Form("enqueue", swallowed=_DELAYED),
        },
    },
    makers=rb"\bjob\s*\(",
    retried_by="retry",
    wire="rq-pickle",
    mismatch="the job fails in the worker with TypeError",
    shapes={
        "string": "each of its characters becomes an argument",
        "mapping": "its keys become the arguments",
        "not-a-sequence": "",
        "args": "the call raises TypeError",
        "kwargs": "the call raises AttributeError",
    },
    guessed=frozenset({"enqueue", "enqueue_call", "enqueue_at", "enqueue_in"}),
)


def _queue_name(solver: Solver, node: ir.Call, env: Env) -> str | None:
    """The name that a queue is made with; None where it is not known."""
    given = next((a for a in node.args if a.keyword == "name" or (a.keyword is None and a is node.args[0])), None)
    if given is None:
        return None if any(a.star for a in node.args) else "default"
    name = None if given.star else arguments.literal(solver.value(given.value, env))
    return name if isinstance(name, str) else None


class Rq(DeclaredFramework):
    """RQ: any function that can be imported is a job."""

    def __init__(self) -> None:
        super().__init__(SPEC)

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """See Framework; a job has the verbs of the extension that declares it."""
        mine = self._mine(owner)
        verbs = _FLASK_JOBS.get(self.declared_by(mine.data)) if mine is not None and isinstance(mine.data, Job) else None
        if verbs is None or mine is None or mine.role != "job" or not isinstance(mine.data, Job):
            return super().attribute(solver, owner, name)
        return self._meant(verbs[name], mine.data, None) if name in verbs else UNKNOWN

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework; a queue keeps its name."""
        made = super().call(solver, callee, node, env)
        mine = self._mine(made.only) if made is not None and made.only is not None else None
        if mine is None or mine.role != "queue" or not isinstance(callee, External):
            return made
        return known(FrameworkValue(self.name, mine.role, _queue_name(solver, node, env)), env.unit.origin(node))

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        for made in super()._enqueues(solver, site, bound, certain):
            node = calls.told_apart(bound.form, site.call).job
            if certain and node is not None:
                made.unimportable = importable.why_not(solver, site, node, made.jobs)
            yield made

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """pickle; nobody knows which queue has another serializer, where the project names one."""
        if solver.forced_wire(self.name) is None and solver.callers.mentions.files("JSONSerializer"):
            return ("rq-pickle", "rq-json"), Confidence.LOW
        wires, confidence = super().wires(solver, job)
        return wires, Confidence.HIGH if confidence is Confidence.MEDIUM else confidence
