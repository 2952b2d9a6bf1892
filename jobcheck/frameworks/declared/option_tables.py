"""Options of the frameworks in this folder, in the terms of `frameworks.options`. Sources as in each framework's file."""

from __future__ import annotations

from jobcheck.frameworks.declared import arq, django_q, django_tasks, huey, procrastinate, rq, saq
from jobcheck.frameworks.options import MOMENTS, NUMBERS, SPAN, TEXT, Needs, Options, Place

_SECONDS_OF = {
    "countdown": "enqueue_in(timedelta(...), ...)", "delay": "enqueue_in(timedelta(...), ...)",
    "eta": "enqueue_at(datetime, ...)", "timeout": "job_timeout", "time_limit": "job_timeout", "expires": "ttl",
    "task_id": "job_id", "max_retries": "retry=Retry(max=...)", "retries": "retry=Retry(max=...)",
}  # fmt: skip
_RQ_ENQUEUE = Place(
    taken=rq.SWALLOWED | {"timeout"},  # enqueue_call's name for job_timeout
    documented=rq.SWALLOWED - {"args", "kwargs", "pipeline"},
    elsewhere=_SECONDS_OF,
    happens="RQ hands it to the job as an argument",
    needs={"retry": Needs("a `Retry`", NUMBERS | TEXT | SPAN, "the call raises AttributeError")},
)
_RQ_DECLARED = frozenset(
    "queue connection timeout result_ttl ttl queue_class depends_on at_front meta description failure_ttl retry "
    "on_success on_failure on_stopped webhooks".split()
)
_RQ = Options(
    enqueue=_RQ_ENQUEUE,
    declaration=Place(
        taken=_RQ_DECLARED, documented=_RQ_DECLARED, elsewhere={"job_timeout": "timeout", "queue_name": "queue"},
        happens="the module does not import: job() raises TypeError", refused=True,
    ),
    telling=frozenset({"job_timeout", "result_ttl", "failure_ttl", "at_front", "depends_on"}),
    instead="queue.enqueue({job}, ..., {name}=...)",
)  # fmt: skip

_DRAMATIQ_OPTIONS = frozenset(
    "max_age max_backoff max_retries min_backoff notify_shutdown on_failure on_retry_exhausted on_success pipe_ignore "
    "pipe_target retry_when throws time_limit store_results result_ttl".split()
)
_DRAMATIQ = Options(
    enqueue=Place(
        taken=_DRAMATIQ_OPTIONS | {"args", "kwargs", "delay"},
        documented=_DRAMATIQ_OPTIONS | {"args", "kwargs", "delay"},
        elsewhere={
            "countdown": "delay, in milliseconds", "eta": "delay, in milliseconds", "wait": "delay, in milliseconds",
            "retries": "max_retries", "expires": "max_age, in milliseconds", "timeout": "time_limit, in milliseconds",
        },
        happens="Dramatiq keeps it in the message, where nothing reads it",
        needs={"delay": Needs("a number of milliseconds or a timedelta", MOMENTS | TEXT, "the call raises TypeError")},
    ),
    declaration=Place(
        taken=_DRAMATIQ_OPTIONS | {"fn", "actor_class", "actor_name", "queue_name", "priority", "broker"},
        documented=_DRAMATIQ_OPTIONS | {"actor_name", "queue_name", "priority", "broker"},
        elsewhere={"queue": "queue_name", "name": "actor_name", "retries": "max_retries", "timeout": "time_limit"},
        happens="the module does not import: actor() raises ValueError",
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
    ),
    declaration=Place(
        taken=_HUEY_DECLARED, documented=_HUEY_DECLARED,
        elsewhere={"max_retries": "retries", "countdown": "retry_delay", "bind": "context"},
        happens="Huey keeps it as a setting of the task class, which nothing reads",
    ),
    telling=frozenset({"retry_delay", "retry_backoff"}),
)  # fmt: skip

_ARQ = Options(
    enqueue=Place(
        taken=arq.OWN, documented=arq.OWN,
        elsewhere={"job_id": "_job_id", "defer_by": "_defer_by", "defer_until": "_defer_until", "queue_name": "_queue_name",
                   "expires": "_expires", "countdown": "_defer_by", "delay": "_defer_by", "eta": "_defer_until"},
        happens="arq hands it to the job as an argument",
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
        },
    ),
    declaration=Place(
        taken=_PROCRASTINATE_DECLARED, documented=_PROCRASTINATE_DECLARED,
        elsewhere={"bind": "pass_context", "retries": "retry", "max_retries": "retry", "queue_name": "queue"},
        happens="the module does not import: task() raises TypeError", refused=True,
    ),
    telling=frozenset({"queueing_lock", "schedule_in", "schedule_at"}),
    instead="{job}.configure({name}=...).defer(...)",
)  # fmt: skip

_SAQ_TAKES = frozenset(
    "kwargs queue key timeout heartbeat retries ttl retry_delay retry_backoff scheduled priority group_key meta".split()
)
_SAQ = Options(
    enqueue=Place(
        taken=saq.FIELDS | {"poll_interval"}, documented=_SAQ_TAKES,
        elsewhere={"delay": "scheduled=time.time() + seconds", "countdown": "scheduled=time.time() + seconds",
                   "eta": "scheduled, in seconds since 1970", "job_id": "key", "max_retries": "retries"},
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
        needs={"run_after": Needs("an aware datetime", SPAN | NUMBERS | TEXT, "the call raises AttributeError")},
    ),
    declaration=Place(
        taken=_DJANGO_DECLARED | {"function"}, documented=_DJANGO_DECLARED,
        elsewhere={"queue": "queue_name", "bind": "takes_context", "run_after": "using(run_after=...)"},
        happens="the module does not import: task() raises TypeError",
    ),
    telling=frozenset({"run_after", "queue_name"}),
    instead="{job}.using({name}=...).enqueue(...)",
)  # fmt: skip

_DJANGO_Q = Options(
    enqueue=Place(
        taken=django_q.OPTIONS | django_q.SCHEDULED, documented=django_q.OPTIONS - {"q_options"}, elsewhere={},
        happens="django-q2 hands it to the job as an argument",
    ),
    declaration=Place(frozenset(), frozenset(), {}, ""),
    telling=frozenset(),
    instead="async_task({job}, ..., {name}=...)",
)

TABLES = {
    "django-q2": _DJANGO_Q,
    "django-tasks": _DJANGO_TASKS,
    "procrastinate": _PROCRASTINATE, "rq": _RQ, "dramatiq": _DRAMATIQ, "huey": _HUEY, "arq": _ARQ, "saq": _SAQ,
}  # fmt: skip
