"""arq; msgpack as its documentation shows it."""

from arq.connections import RedisSettings, create_pool
from arq.constants import job_key_prefix
from arq.jobs import deserialize_job_raw

from boxes.base import Box, event_loop, redis_port


def codec(how):
    if how == "pickle":
        return None, None
    import msgpack

    return msgpack.packb, lambda data: msgpack.unpackb(data, raw=False)


def make(how, enqueues):
    return ArqBox(*codec(how))


class ArqBox(Box):
    def __init__(self, serializer, deserializer):
        self.loop = event_loop()
        self.deserializer = deserializer
        pool = create_pool(RedisSettings(port=redis_port()), job_serializer=serializer, job_deserializer=deserializer)
        self.pool = self.loop.run_until_complete(pool)

    def enqueue(self, key, value):
        return self.loop.run_until_complete(self.pool.enqueue_job("job", value, _job_id=key)).job_id

    def received(self, token):
        raw = self.loop.run_until_complete(self.pool.get(job_key_prefix + token))
        return deserialize_job_raw(raw, deserializer=self.deserializer)[1][0]
