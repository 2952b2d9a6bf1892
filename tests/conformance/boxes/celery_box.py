"""Celery: sent by apply_async, decoded by kombu's message as a worker does."""

import os

import celery
from kombu.serialization import prepare_accept_content

from boxes.base import Box, folder, job, redis_port


def broker():
    """Redis; without one, files in a folder."""
    if "CONFORMANCE_REDIS" in os.environ:
        return {"broker_url": f"redis://127.0.0.1:{redis_port()}/0"}
    queue = folder() / "celery"
    queue.mkdir(exist_ok=True)
    options = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), str(queue))
    return {"broker_url": "filesystem://", "broker_transport_options": options}


def make(serializer, enqueues):
    app = celery.Celery("conformance", set_as_current=True)
    app.conf.update(
        task_serializer=serializer, accept_content=[serializer], task_ignore_result=True, task_default_queue="jobs", **broker()
    )
    return CeleryBox(app, app.task(name="job")(job))


class CeleryBox(Box):
    def __init__(self, app, task):
        self.app = app
        self.task = task
        self.messages = None

    def enqueue(self, key, value):
        return self.task.apply_async(args=(value,), task_id=key).id

    def received(self, token):
        if self.messages is None:
            self.messages = {message.headers["id"]: message for message in self.waiting()}
        return self.messages[token].decode()[0][0]

    def waiting(self):
        with self.app.connection_for_read() as connection:
            while (message := connection.default_channel.basic_get("jobs", no_ack=True)) is not None:
                message.accept = prepare_accept_content(self.app.conf.accept_content)
                yield message
