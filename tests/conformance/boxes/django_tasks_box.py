"""Django Tasks: run at once, in the database, on RQ."""

from boxes.base import Box, InlineBox, job, redis_port
from boxes.settings import configure

BACKENDS = {
    "immediate": ("django.tasks.backends.immediate.ImmediateBackend", ()),
    "db": ("django_tasks_db.DatabaseBackend", ("django_tasks_db",)),
    "rq": ("django_tasks_rq.RQBackend", ("django_rq",)),
}


def make(how, enqueues):
    backend, apps = BACKENDS[how]
    more = {"RQ_QUEUES": {"default": {"HOST": "127.0.0.1", "PORT": redis_port(), "DB": 0}}} if how == "rq" else {}
    configure(*apps, migrates=enqueues, TASKS={"default": {"BACKEND": backend}}, **more)
    if how == "rq":
        from django_tasks import task
    else:
        from django.tasks import task
    import boxes.base

    boxes.base.job = found = task(job)  # the backends ask for it by its path
    return InlineBox(raising(found)) if how == "immediate" else {"db": DatabaseBox, "rq": RqBox}[how](found)


def raising(found):
    def run(value):
        result = found.enqueue(value)
        if result.errors:
            raise RuntimeError(result.errors[0].traceback.strip().split("\n")[-1])

    return run


class DatabaseBox(Box):
    def __init__(self, found):
        self.found = found

    def enqueue(self, key, value):
        return str(self.found.enqueue(value).id)

    def received(self, token):
        from django_tasks_db.models import DBTaskResult

        return DBTaskResult.objects.get(id=token).task_result.args[0]


class RqBox(DatabaseBox):
    def received(self, token):
        import django_rq
        from django_tasks_rq.backend import Job

        return Job.fetch(token, connection=django_rq.get_connection()).args[0]
