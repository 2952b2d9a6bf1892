"""django-q2 (and its parent, django-q). Source: django-q2 1.11.1, installed and run (facts/FRAMEWORKS.md 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.frameworks.declared import calls, importable
from jobcheck.frameworks.declared.carried import Bound
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Form, Makes, Spec
from jobcheck.frameworks.settings_text import said
from jobcheck.registry import Enqueue, Job, Message
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

OPTIONS = frozenset(
    "hook group save sync cached ack_failure iter_count iter_cached chain broker cluster timeout q_options task_name".split()
)
SCHEDULED = frozenset("hook cluster name schedule_type minutes repeats next_run cron intended_date_kwarg".split())
_ASYNC = Form("async_task", job_at=0, job_names=("func",), swallowed=OPTIONS)
_OBJECT = Form("AsyncTask", job_at=0, job_names=("func",), swallowed=OPTIONS)
_SCHEDULE = Form("schedule", job_at=0, job_names=("func",), swallowed=SCHEDULED)
SPEC = Spec(
    name="django-q2",
    display="django-q2",
    modules=frozenset({"django_q"}),
    seeds=frozenset({"django_q", "async_task", "AsyncTask"}),
    marks=(rb"\b(?:async_task|AsyncTask|schedule)\s*\(", rb"\.\s*append\s*\("),
    functions={
        **{f"{module}.async_task": _ASYNC for module in ("django_q.tasks", "django_q")},
        **{f"{module}.AsyncTask": _OBJECT for module in ("django_q.tasks", "django_q")},
        **{f"{module}.schedule": _SCHEDULE for module in ("django_q.tasks", "django_q")},
        **{f"{module}.Chain": Makes("chain") for module in ("django_q.tasks", "django_q")},
    },
    attributes={"chain": {"append": Form("append", job_at=0, job_names=("func",), swallowed=OPTIONS, sent=False)}},
    wire="django-q2",
    mismatch="the job fails in the worker with TypeError",
    named_by_string=True,
    awaits=False,
    verb="async_task",
)
_IN_TABLE = re.compile(r"""["']orm["']\s*:""")
_ELSEWHERE = re.compile(r"""["'](?:redis|django_redis|sqs|iron_mq|mongo|broker_class)["']\s*:""")


class DjangoQ(DeclaredFramework):
    """django-q2: any function that can be imported is a job, by itself or by its dotted name."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self._outside: bool | None = None

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        for made in super()._enqueues(solver, site, bound, certain):
            if made.form == _OBJECT.name:
                made.sent = site.usage == "receiver"  # `AsyncTask(f, 1).run()`
            node = calls.told_apart(bound.form, site.call).job
            if certain and node is not None:
                made.unimportable = importable.why_not(solver, site, node, made.jobs)
            yield made

    def message(self, solver: Solver, enqueue: Enqueue, job: Job) -> Message:
        """A schedule keeps the text of its arguments."""
        made = super().message(solver, enqueue, job)
        if enqueue.form == _SCHEDULE.name and solver.forced_wire(self.name) is None:
            made.wires = ("django-q2-schedule",)
        return made

    def transactional(self, solver: Solver, enqueue: Enqueue) -> bool:
        """A schedule is a row; a message is one with the ORM broker. Where the settings are not seen nothing is claimed."""
        if enqueue.form == _SCHEDULE.name:
            return True
        if self._outside is None:
            texts = [text for text, _ in said(solver, "Q_CLUSTER")]
            self._outside = any(_ELSEWHERE.search(t) for t in texts) and not any(_IN_TABLE.search(t) for t in texts)
        return not self._outside
