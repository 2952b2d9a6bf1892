"""The 26 configurations: which environment has the framework, which box sends through it, and the store it needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Configuration:
    """`environment` is a file of environments/, `box` a module of boxes/ and `how` its arguments; `store`: redis,
    postgres, or None where a file of its own or memory is the store.
    """

    environment: str
    box: str
    how: tuple = ()
    store: "str | None" = None


CONFIGURATIONS = {
    "celery-json": Configuration("main", "celery_box", ("json",), "redis"),
    "celery-pickle": Configuration("main", "celery_box", ("pickle",), "redis"),
    "celery-yaml": Configuration("main", "celery_box", ("yaml",), "redis"),
    "celery-msgpack": Configuration("main", "celery_box", ("msgpack",), "redis"),
    "rq-pickle": Configuration("main", "rq_box", (None,), "redis"),
    "rq-json": Configuration("main", "rq_box", ("json",), "redis"),
    "dramatiq-json": Configuration("main", "dramatiq_box", ("JSONEncoder",), "redis"),
    "dramatiq-pickle": Configuration("main", "dramatiq_box", ("PickleEncoder",), "redis"),
    "huey-pickle": Configuration("main", "huey_box", ("pickle",)),
    "huey-signed": Configuration("main", "huey_box", ("signed",)),
    "huey-immediate": Configuration("main", "huey_box", ("immediate",)),
    "arq-pickle": Configuration("arq", "arq_box", ("pickle",), "redis"),
    "arq-msgpack": Configuration("arq", "arq_box", ("msgpack",), "redis"),
    "taskiq-json": Configuration("taskiq", "taskiq_box", ("json", False), "redis"),
    "taskiq-json-annotated": Configuration("taskiq", "taskiq_box", ("json", True), "redis"),
    "taskiq-pickle": Configuration("taskiq", "taskiq_box", ("pickle", False), "redis"),
    "procrastinate-json": Configuration("main", "procrastinate_box", (), "postgres"),
    "django-tasks-immediate": Configuration("main", "django_tasks_box", ("immediate",)),
    "django-tasks-db-sqlite": Configuration("main", "django_tasks_box", ("db",)),
    "django-tasks-db-postgres": Configuration("main", "django_tasks_box", ("db",), "postgres"),
    "django-tasks-rq": Configuration("main", "django_tasks_box", ("rq",), "redis"),
    "django-q2": Configuration("main", "django_q2_box", ("queue",)),
    "django-q2-schedule": Configuration("main", "django_q2_box", ("schedule",)),
    "saq-json": Configuration("arq", "saq_box", (), "redis"),
    "apscheduler-pickle": Configuration("main", "apscheduler_box"),
    "odoo-queue-json": Configuration("odoo", "queue_job_box"),
}
