"""What boxes share."""

import asyncio
import os
from pathlib import Path

RECEIVED = []


class Box:
    inline = False  # the job has run when `enqueue` returns

    def enqueue(self, key, value):
        """Enqueue a job with the value as its argument; the token finds it again in another process."""
        raise NotImplementedError

    def received(self, token):
        """What the job is handed, read with the framework's own means."""
        raise NotImplementedError


class InlineBox(Box):
    inline = True

    def __init__(self, run):
        self.run = run

    def enqueue(self, key, value):
        RECEIVED.clear()
        self.run(value)

    def received(self, token):
        return RECEIVED[0]


def job(value=None):
    """The job of most frameworks."""
    RECEIVED.append(value)


def folder():
    return Path(os.environ["CONFORMANCE_FOLDER"])


def redis_port():
    return int(os.environ["CONFORMANCE_REDIS"])


def postgres_port():
    return int(os.environ["CONFORMANCE_POSTGRES"])


def event_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop
