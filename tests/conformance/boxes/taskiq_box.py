"""TaskIQ on Redis; the job's parameter is annotated with the value's own type, or not."""

from concurrent.futures import ThreadPoolExecutor

import kinds
import redis
from taskiq.receiver import Receiver
from taskiq_redis import ListQueueBroker

from boxes.base import RECEIVED, Box, event_loop, redis_port


def make(serializer, annotated, enqueues):
    broker = ListQueueBroker(f"redis://127.0.0.1:{redis_port()}/0")
    if serializer == "pickle":
        from taskiq.serializers import PickleSerializer

        broker = broker.with_serializer(PickleSerializer())
    return TaskiqBox(broker, annotated)


def job_for(key, annotated):
    """A job of its own, since its annotation is the value's type."""

    def perform(value):
        RECEIVED.append(value)

    kind = annotation(key) if annotated else None
    if kind is not None:
        perform.__annotations__ = {"value": kind}
    perform.__name__ = perform.__qualname__ = "job_" + key
    return perform


def annotation(key):
    try:
        kind = type(kinds.VALUES[key]())
    except Exception:
        return None
    return None if kind is type(None) else kind


class TaskiqBox(Box):
    def __init__(self, broker, annotated):
        self.loop = event_loop()
        self.broker = broker
        self.store = redis.Redis(port=redis_port())
        self.receiver = Receiver(broker, executor=ThreadPoolExecutor(1), validate_params=True)
        self.tasks = {key: broker.task(task_name=key)(job_for(key, annotated)) for key in kinds.VALUES}

    def enqueue(self, key, value):
        self.loop.run_until_complete(self.tasks[key].kiq(value))
        return self.store.llen("taskiq")

    def received(self, token):
        raw = self.store.lindex("taskiq", -token)
        self.broker.formatter.loads(raw)  # raises what the receiver would log
        RECEIVED.clear()
        self.loop.run_until_complete(self.receiver.callback(raw))
        if not RECEIVED:
            raise RuntimeError("job did not run")
        return RECEIVED[0]
