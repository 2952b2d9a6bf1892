"""Django Tasks: run at once, in the database, on RQ; with the backport where Django has none."""

import importlib
from importlib.util import find_spec

from boxes.base import Box, InlineBox, job, redis_port
from boxes.settings import configure

# The database and RQ were parts of the backport once: the class of the backend, and the app.
OWN = {"db": ("django_tasks_db.DatabaseBackend", "django_tasks_db"), "rq": ("django_tasks_rq.RQBackend", "django_rq")}
PARTS = {
    "db": ("django_tasks.backends.database.DatabaseBackend", "django_tasks.backends.database"),
    "rq": ("django_tasks.backends.rq.RQBackend", "django_rq"),
}


def make(how, enqueues):
    library = "django.tasks" if how != "rq" and find_spec("django.tasks") else "django_tasks"
    more = {"RQ_QUEUES": {"default": {"HOST": "127.0.0.1", "PORT": redis_port(), "DB": 0}}} if how == "rq" else {}
    if how == "immediate":
        backend, apps = f"{library}.backends.immediate.ImmediateBackend", ()
    else:
        backend, *apps = (OWN if find_spec(f"django_tasks_{how}") else PARTS)[how]
    configure(*apps, migrates=enqueues, TASKS={"default": {"BACKEND": backend}}, **more)
    import boxes.base

    boxes.base.job = found = importlib.import_module(library).task(job)  # the backends ask for it by its path
    return InlineBox(raising(found)) if how == "immediate" else {"db": DatabaseBox, "rq": RqBox}[how](found)


def raising(found):
    def run(value):
        result = found.enqueue(value)
        if result.status == "FAILED":
            told = result.errors[0] if hasattr(result, "errors") else result
            raise RuntimeError(told.traceback.strip().split("\n")[-1])

    return run


class DatabaseBox(Box):
    def __init__(self, found):
        self.found = found

    def enqueue(self, key, value):
        return str(self.found.enqueue(value).id)

    def received(self, token):
        package = "django_tasks_db" if find_spec("django_tasks_db") else PARTS["db"][1]
        return importlib.import_module(package + ".models").DBTaskResult.objects.get(id=token).task_result.args[0]


class RqBox(DatabaseBox):
    def received(self, token):
        import django_rq

        module = "django_tasks_rq.backend" if find_spec("django_tasks_rq") else "django_tasks.backends.rq"
        return importlib.import_module(module).Job.fetch(token, connection=django_rq.get_connection()).args[0]
