"""SAQ, on Redis."""

from saq import Queue

from boxes.base import Box, event_loop, redis_port


def make(enqueues):
    return SaqBox()


class SaqBox(Box):
    def __init__(self):
        self.loop = event_loop()
        self.queue = Queue.from_url(f"redis://127.0.0.1:{redis_port()}/0", name="jobs")

    def enqueue(self, key, value):
        return self.loop.run_until_complete(self.queue.enqueue("job", value=value, key=key)).key

    def received(self, token):
        return self.loop.run_until_complete(self.queue.job(token)).kwargs["value"]
