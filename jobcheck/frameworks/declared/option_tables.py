"""Options of the frameworks in this folder, in the terms of `frameworks.options`. Sources as in each framework's file."""

from __future__ import annotations

from jobcheck.frameworks.declared import (
    apscheduler_options,
    arq,
    django_q,
    django_tasks,
    frappe,
    huey,
    odoo_queue,
    procrastinate,
    rq,
    saq,
)
from jobcheck.frameworks.options import MOMENTS, NUMBERS, SPAN, TEXT, Lacks, Needs, Options, Place

_SECONDS_OF = {
    "countdown": "enqueue_in(timedelta(...), ...)", "delay": "enqueue_in(timedelta(...), ...)",
    "eta": "enqueue_at(datetime, ...)", "timeout": "job_timeout", "time_limit": "job_timeout", "expires": "ttl",
    "task_id": "job_id", "max_retries": "retry=Retry(max=...)", "retries": "retry=Retry(max=...)",
}  # fmt: skip
_RQ_RETRY = Needs("a `Retry`", NUMBERS | TEXT | SPAN, "the call raises AttributeError")
_RQ_ENQUEUE = Place(
    taken=rq.SWALLOWED | {"timeout"},  # enqueue_call's name for job_timeout
    documented=rq.SWALLOWED - {"args", "kwargs", "pipeline"},
    elsewhere=_SECONDS_OF,
    happens="RQ hands it to the job as an argument",
    needs={
        "retry": _RQ_RETRY,
        "time_delta": Needs("a timedelta", NUMBERS | TEXT | MOMENTS, "the call raises TypeError"),
        "datetime": Needs("a datetime", NUMBERS | TEXT | SPAN, "the call raises AttributeError"),
    },
)
_RQ_DECLARED = frozenset(
    "queue connection timeout result_ttl ttl queue_class depends_on at_front meta description failure_ttl retry "
    "on_success on_failure on_stopped webhooks".split()
)
_RQ = Options(
    enqueue=_RQ_ENQUEUE,
    declaration=Place(
        taken=_RQ_DECLARED, documented=_RQ_DECLARED, elsewhere={"job_timeout": "timeout", "queue_name": "queue"},
        happens="the module does not import: job() raises TypeError", needs={"retry": _RQ_RETRY}, refused=True,
    ),
    telling=frozenset({"job_timeout", "result_ttl", "failure_ttl", "at_front", "depends_on"}),
    instead="queue.enqueue({job}, ..., {name}=...)",
    together={"unique": ("job_id", "the call raises ValueError")},
)  # fmt: skip

_DRAMATIQ_OPTIONS = frozenset(
    "max_age max_backoff max_retries min_backoff notify_shutdown on_failure on_retry_exhausted on_success pipe_ignore "
    "pipe_target retry_when throws time_limit store_results result_ttl".split()
)


def _milliseconds(what: str, least: int, spans: bool = True) -> Needs:
    """A time that is given in milliseconds: nobody means one below `least` of them."""
    refuses = MOMENTS | TEXT | (SPAN if spans else frozenset())
    return Needs(what, refuses, "it raises TypeError", least, "and Dramatiq counts milliseconds")


_LIMITS = {
    **{name: _milliseconds("a number of milliseconds", 1000) for name in ("time_limit", "max_age", "max_backoff", "result_ttl")},
    "min_backoff": _milliseconds("a number of milliseconds", 100),
}  # fmt: skip
_DRAMATIQ = Options(
    enqueue=Place(
        taken=_DRAMATIQ_OPTIONS | {"args", "kwargs", "delay"},
        documented=_DRAMATIQ_OPTIONS | {"args", "kwargs", "delay"},
        elsewhere={
            "countdown": "delay, in milliseconds", "eta": "delay, in milliseconds", "wait": "delay, in milliseconds",
            "retries": "max_retries", "expires": "max_age, in milliseconds", "timeout": "time_limit, in milliseconds",
        },
        happens="Dramatiq keeps it in the message, where nothing reads it",
        needs={**_LIMITS, "delay": _milliseconds("a number of milliseconds or a timedelta", 100, spans=False)},
    ),
    declaration=Place(
        taken=_DRAMATIQ_OPTIONS | {"fn", "actor_class", "actor_name", "queue_name", "priority", "broker"},
        documented=_DRAMATIQ_OPTIONS | {"actor_name", "queue_name", "priority", "broker"},
        elsewhere={"queue": "queue_name", "name": "actor_name", "retries": "max_retries", "timeout": "time_limit"},
        happens="the module does not import: actor() raises ValueError",
        needs=_LIMITS,
        refused=True,
    ),
    telling=frozenset({"max_retries", "time_limit", "max_age"}),
    instead="{job}.send_with_options(args=(...), {name}=...)",
)  # fmt: skip

_HUEY_DECLARED = frozenset("retries retry_delay retry_backoff priority context name expires timeout".split())
_HUEY = Options(
    enqueue=Place(
        taken=huey.SWALLOWED, documented=huey.SWALLOWED,
        elsewhere={"countdown": "delay", "wait": "delay", "run_at": "eta"},
        happens="Huey hands it to the job as an argument",
        needs={"eta": Needs("a datetime", SPAN | NUMBERS | TEXT, "the call raises ValueError")},
        lacks=(Lacks("schedule", ("eta", "delay"), "the call raises ValueError"),),
    ),
    declaration=Place(
        taken=_HUEY_DECLARED | {"queue"}, documented=_HUEY_DECLARED,  # `queue` is django-huey's
        elsewhere={
            "max_retries": "retries", "countdown": "retry_delay", "bind": "context", "run_every": "it as the first argument",
            "schedule": "it as the first argument",
        },
        happens="Huey keeps it as a setting of the task class, which nothing reads",
        instead=dict.fromkeys(("run_every", "schedule"), "the module does not import: periodic_task() raises TypeError"),
    ),
    telling=frozenset({"retry_delay", "retry_backoff"}),
)  # fmt: skip

_ARQ = Options(
    enqueue=Place(
        taken=arq.OWN, documented=arq.OWN,
        elsewhere={"job_id": "_job_id", "defer_by": "_defer_by", "defer_until": "_defer_until", "queue_name": "_queue_name",
                   "expires": "_expires", "countdown": "_defer_by", "delay": "_defer_by", "eta": "_defer_until"},
        happens="arq hands it to the job as an argument",
        needs={
            "_defer_until": Needs("a datetime", SPAN | NUMBERS | TEXT, "the call raises AttributeError"),
            "_defer_by": Needs("a number of seconds or a timedelta", MOMENTS | TEXT, "the call raises TypeError"),
        },
    ),
    declaration=Place(frozenset(), frozenset(), {}, ""),
    telling=frozenset(arq.OWN),
)  # fmt: skip

_PROCRASTINATE_DECLARED = frozenset("name aliases retry pass_context queue priority lock queueing_lock task_middleware".split())
_PROCRASTINATE_SPAN = 'schedule_in={"seconds": ...}'
_PROCRASTINATE = Options(
    enqueue=Place(
        taken=procrastinate.OPTIONS | procrastinate.NAMED_OPTIONS, documented=procrastinate.OPTIONS,
        elsewhere={
            "countdown": _PROCRASTINATE_SPAN, "delay": _PROCRASTINATE_SPAN, "eta": "schedule_at", "run_at": "schedule_at",
            "scheduled_at": "schedule_at", "kwargs": "task_kwargs", "queue_name": "queue", "retry": "it in the declaration",
            "retries": "retry in the declaration", "max_retries": "retry in the declaration",
        },
        happens="Procrastinate drops it silently",
        needs={
            "schedule_in": Needs('a dict like {"minutes": 5}', SPAN | NUMBERS | TEXT | MOMENTS, "the call raises TypeError"),
            "schedule_at": Needs("an aware datetime", SPAN | NUMBERS | TEXT, "the call raises AttributeError"),
            "priority": Needs("a whole number", TEXT | SPAN, "the database refuses it"),
        },
    ),
    declaration=Place(
        taken=_PROCRASTINATE_DECLARED, documented=_PROCRASTINATE_DECLARED,
        elsewhere={"bind": "pass_context", "retries": "retry", "max_retries": "retry", "queue_name": "queue"},
        happens="the module does not import: task() raises TypeError", refused=True,
    ),
    telling=frozenset({"queueing_lock", "schedule_in", "schedule_at"}),
    parameters=frozenset({"retry", "queueing_lock", "pass_context"}),
    instead="{job}.configure({name}=...).defer(...)",
)  # fmt: skip

_SAQ_TAKES = frozenset(
    "kwargs queue key timeout heartbeat retries ttl retry_delay retry_backoff scheduled priority group_key meta".split()
)
_SAQ = Options(
    enqueue=Place(
        taken=saq.FIELDS | {"poll_interval"},
        documented=_SAQ_TAKES,
        elsewhere={
            "delay": "scheduled=time.time() + seconds",
            "countdown": "scheduled=time.time() + seconds",
            "eta": "scheduled, in seconds since 1970",
            "job_id": "key",
            "max_retries": "retries",
        },
        happens="SAQ hands it to the job as an argument",
        needs={
            "scheduled": Needs("seconds since 1970", MOMENTS | SPAN | TEXT, "the call raises TypeError"),
            "timeout": Needs("a number of seconds", SPAN, "the message cannot be written"),
        },
    ),
    declaration=Place(frozenset(), frozenset(), {}, ""),
    telling=frozenset({"retry_backoff", "retry_delay"}),
)

_DJANGO_DECLARED = frozenset("priority queue_name backend takes_context".split())
_DJANGO_TASKS = Options(
    enqueue=Place(
        taken=django_tasks.OPTIONS, documented=django_tasks.OPTIONS,
        elsewhere={"countdown": "run_after", "delay": "run_after", "eta": "run_after", "queue": "queue_name"},
        happens="the call raises TypeError", refused=True,
        needs={
            "run_after": Needs("an aware datetime", SPAN | NUMBERS | TEXT, "the call raises AttributeError"),
            "priority": Needs("a whole number from -100 to 100", TEXT | SPAN, "the call raises TypeError"),
        },
    ),
    declaration=Place(
        taken=_DJANGO_DECLARED | {"function"}, documented=_DJANGO_DECLARED,
        elsewhere={"queue": "queue_name", "bind": "takes_context", "run_after": "using(run_after=...)"},
        happens="the module does not import: task() raises TypeError",
        needs={"priority": Needs("a whole number from -100 to 100", TEXT | SPAN, "the module does not import")},
    ),
    telling=frozenset({"run_after", "queue_name"}),
    parameters=frozenset({"queue_name", "takes_context", "run_after"}),
    instead="{job}.using({name}=...).enqueue(...)",
)  # fmt: skip

_DJANGO_Q = Options(
    enqueue=Place(
        taken=django_q.OPTIONS | django_q.SCHEDULED,
        documented=django_q.OPTIONS - {"q_options"},
        elsewhere={},
        happens="django-q2 hands it to the job as an argument",
    ),
    declaration=Place(frozenset(), frozenset(), {}, ""),
    telling=frozenset(),
    instead="async_task({job}, ..., {name}=...)",
    together={"minutes": ("schedule_type", "it runs once"), "cron": ("schedule_type", "it runs once")},
)

_ODOO_ETA = "eta, in seconds or as a timedelta"
_ODOO_OPTIONS = frozenset(odoo_queue.PROPERTIES)
_ODOO = Options(
    enqueue=Place(
        taken=_ODOO_OPTIONS, documented=_ODOO_OPTIONS,
        elsewhere={
            "countdown": _ODOO_ETA, "delay": _ODOO_ETA, "retries": "max_retries", "retry": "max_retries", "queue": "channel",
            "name": "description", "job_id": "identity_key", "identity": "identity_key",
        },
        happens="the call raises TypeError", refused=True,
        needs={
            "eta": Needs("seconds, a timedelta or a naive datetime in UTC", frozenset({"float", "decimal", "datetime_aware"}),
                         "the call raises, and nothing is enqueued"),
            "identity_key": Needs("a str, or a function of the job", NUMBERS - {"bool"} | MOMENTS | SPAN | {"uuid"},
                                  "the call raises TypeError"),
            "max_retries": Needs("a number", SPAN | {"text"}, "the call raises, and nothing is enqueued"),
        },
    ),
    declaration=Place(frozenset(), frozenset(), {}, ""),
    telling=frozenset({"eta", "max_retries", "identity_key"}),
    instead="records.with_delay({name}=...).{job}(...)",
)  # fmt: skip

_FRAPPE = Options(
    enqueue=Place(
        taken=frappe.OPTIONS | {"method"},
        documented=frappe.OPTIONS - {"async"},
        elsewhere={},
        happens="Frappe hands it to the job as an argument",
        needs={"timeout": Needs("a number of seconds", SPAN, "the call raises TypeError")},
    ),
    declaration=Place(frozenset(), frozenset(), {}, ""),
    telling=frozenset(),
    instead="frappe.enqueue({job}, ..., {name}=...)",
    together={"deduplicate": ("job_id", "the call raises ValidationError")},
)

_TASKIQ_LABELS = frozenset("retry_on_error max_retries timeout delay ack_type queue_name priority types_of_exceptions".split())
_TASKIQ_ELSEWHERE = {
    "countdown": "delay", "retries": "max_retries", "max_attempts": "max_retries", "retry": "retry_on_error",
    "time_limit": "timeout", "autoretry_for": "types_of_exceptions", "retry_delay": "delay",
}  # fmt: skip
# Parameters of `schedule_by_...`, entries of the label `schedule`, parameters of AsyncKicker.
_TASKIQ_OWN = frozenset("source time cron cron_offset interval schedule_id labels task_name broker return_type".split())
_TASKIQ = Options(
    enqueue=Place(
        taken=_TASKIQ_LABELS | _TASKIQ_OWN,
        documented=_TASKIQ_LABELS,
        elsewhere={**_TASKIQ_ELSEWHERE, "crontab": "cron", "every": "interval", "seconds": "interval", "eta": "time"},
        happens="TaskIQ keeps it as a label, which nothing reads", labels=True,
        needs={
            "delay": Needs("a number of seconds", SPAN | MOMENTS, "every retry fails with ValueError"),
            "timeout": Needs("a number of seconds", SPAN, "the job fails in the worker"),
        },
    ),
    declaration=Place(
        taken=_TASKIQ_LABELS | {"task_name", "schedule"}, documented=_TASKIQ_LABELS | {"task_name", "schedule"},
        elsewhere={
            **_TASKIQ_ELSEWHERE, "cron": 'schedule=[{"cron": ...}]', "crontab": 'schedule=[{"cron": ...}]',
            "interval": 'schedule=[{"interval": ...}]',
            "labels": "each label as a keyword of its own",
        },
        happens="TaskIQ keeps it as a label, which nothing reads", labels=True,
        needs={"schedule": Needs("a list of dicts", TEXT, "the scheduler does not start")},
    ),
    telling=frozenset({"retry_on_error", "max_retries"}),
    instead="{job}.kicker().with_labels({name}=...).kiq(...)",
)  # fmt: skip

TABLES = {
    "apscheduler": apscheduler_options.APSCHEDULER,
    "taskiq": _TASKIQ,
    "frappe": _FRAPPE, "odoo-queue-job": _ODOO,
    "django-q2": _DJANGO_Q,
    "django-tasks": _DJANGO_TASKS,
    "procrastinate": _PROCRASTINATE, "rq": _RQ, "dramatiq": _DRAMATIQ, "huey": _HUEY, "arq": _ARQ, "saq": _SAQ,
}  # fmt: skip
