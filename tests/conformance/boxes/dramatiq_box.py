"""Dramatiq, on Redis."""

import dramatiq
import dramatiq.encoder
from dramatiq.brokers.redis import RedisBroker

from boxes.base import Box, job, redis_port


def make(encoder, enqueues):
    dramatiq.set_encoder(getattr(dramatiq.encoder, encoder)())
    broker = RedisBroker(port=redis_port(), namespace="conformance")
    dramatiq.set_broker(broker)
    return DramatiqBox(broker, dramatiq.actor(actor_name="job", queue_name="jobs")(job))


class DramatiqBox(Box):
    def __init__(self, broker, actor):
        self.broker = broker
        self.actor = actor

    def enqueue(self, key, value):
        return self.actor.send(value).options["redis_message_id"]

    def received(self, token):
        return dramatiq.Message.decode(self.broker.client.hget("conformance:jobs.msgs", token)).args[0]
