"""django-q2, on the ORM broker: a job enqueued, and one in a schedule, which keeps its arguments as text."""

import datetime as dt
import sys

from boxes.base import Box
from boxes.settings import configure

LATER = dt.timedelta(days=9)


def make(how, enqueues):
    cluster = {"name": "conformance", "orm": "default", "timeout": 30, "retry": 60}
    configure("django_q", migrates=enqueues, Q_CLUSTER=cluster)
    return {"queue": QueueBox, "schedule": ScheduleBox}[how]()


def payload(message):
    from django_q.signing import SignedPackage

    return SignedPackage.loads(message.payload)["args"][0]


class QueueBox(Box):
    def enqueue(self, key, value):
        from django_q.models import OrmQ
        from django_q.tasks import async_task

        async_task("boxes.base.job", value, task_name=key)
        return OrmQ.objects.latest("pk").pk

    def received(self, token):
        from django_q.models import OrmQ

        return payload(OrmQ.objects.get(pk=token))


class ScheduleBox(Box):
    def enqueue(self, key, value):
        from django.utils import timezone
        from django_q.tasks import schedule

        return schedule("boxes.base.job", value, name=key, next_run=timezone.now() + LATER).pk

    def received(self, token):
        """Let the scheduler enqueue the one that is due; what it logs is raised."""
        from django.utils import timezone
        from django_q import scheduler
        from django_q.brokers import get_broker
        from django_q.models import OrmQ, Schedule

        OrmQ.objects.all().delete()
        due = Schedule.objects.filter(pk=token)
        due.update(next_run=timezone.now() - dt.timedelta(seconds=5))
        caught = []
        kept, scheduler.logger.exception = scheduler.logger.exception, lambda *_, **__: caught.append(sys.exc_info()[1])
        try:
            scheduler.scheduler(broker=get_broker())
        finally:
            scheduler.logger.exception = kept
            due.delete()
        if caught:
            raise caught[0]
        return payload(OrmQ.objects.get())
