"""The 26 configurations: which environment has the framework, which box sends through it, and the store it needs.

And what else is measured: older versions of some, and the claims of tests/facts that need these environments.
"""

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
    "taskiq-json": Configuration("main", "taskiq_box", ("json", False), "redis"),
    "taskiq-json-annotated": Configuration("main", "taskiq_box", ("json", True), "redis"),
    "taskiq-pickle": Configuration("main", "taskiq_box", ("pickle", False), "redis"),
    "procrastinate-json": Configuration("main", "procrastinate_box", (), "postgres"),
    "django-tasks-immediate": Configuration("main", "django_tasks_box", ("immediate",)),
    "django-tasks-db-sqlite": Configuration("main", "django_tasks_box", ("db",)),
    "django-tasks-db-postgres": Configuration("main", "django_tasks_box", ("db",), "postgres"),
    "django-tasks-rq": Configuration("main", "django_tasks_box", ("rq",), "redis"),
    "django-q2": Configuration("main", "django_q2_box", ("queue",)),
    "django-q2-schedule": Configuration("main", "django_q2_box", ("schedule",)),
    "saq-json": Configuration("arq", "saq_box", (), "redis"),
    "apscheduler-pickle": Configuration("main", "apscheduler_box"),
    "odoo-queue-json": Configuration("main", "queue_job_box"),
}

FACTS = {
    "test_procrastinate.py": "main",
    "test_procrastinate_store.py": "main",
    "test_django_tasks.py": "main",
    "test_django_tasks_backends.py": "main",
    "test_django_q.py": "main",
    "test_taskiq.py": "main",
    "test_dramatiq.py": "main",
    "test_queue_job.py": "main",
    "test_arq.py": "arq",
    "test_saq.py": "arq",
}
"""Files of tests/facts about frameworks that the `test` extra does not have, and the environment that has them."""


@dataclass(frozen=True)
class Older:
    """An older version, measured in an environment of its own (environments/older/NAME.txt): the package whose version
    decides, the configurations, and the Pythons that it runs under.
    """

    library: str
    wires: tuple
    last_python: tuple = (3, 13)
    first_python: tuple = (3, 8)


CELERY = ("celery-json", "celery-pickle", "celery-yaml", "celery-msgpack")
RQ = ("rq-pickle", "rq-json")
TASKS = ("django-tasks-immediate", "django-tasks-db-sqlite", "django-tasks-db-postgres", "django-tasks-rq")
OLDER = {
    "celery-4": Older("kombu", CELERY, (3, 9)),
    "celery-5.0": Older("kombu", CELERY, (3, 9)),
    "celery-5.2": Older("kombu", CELERY, (3, 11)),
    "celery-5.3": Older("kombu", CELERY, (3, 12)),
    "rq-1": Older("rq", RQ, (3, 12)),
    "rq-2": Older("rq", RQ),
    "django-tasks-0.8": Older("django-tasks", TASKS),
    "django-tasks-0.9": Older("django-tasks", TASKS, first_python=(3, 13)),
}
