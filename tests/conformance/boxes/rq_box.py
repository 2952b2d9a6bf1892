"""RQ, which is django-rq too."""

import redis
import rq
from rq.job import Job
from rq.serializers import JSONSerializer

from boxes.base import Box, job, redis_port


def make(serializer, enqueues):
    by_name = {"json": JSONSerializer, None: None}  # RQ 1 takes no names
    return RqBox(redis.Redis(port=redis_port()), by_name[serializer])


class RqBox(Box):
    def __init__(self, connection, serializer):
        self.connection = connection
        self.serializer = serializer
        self.queue = rq.Queue("jobs", connection=connection, serializer=serializer)

    def enqueue(self, key, value):
        return self.queue.enqueue(job, value, job_id=key).id

    def received(self, token):
        return Job.fetch(token, connection=self.connection, serializer=self.serializer).args[0]
