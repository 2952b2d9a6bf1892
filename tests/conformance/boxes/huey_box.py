"""Huey, on SQLite."""

import huey
from huey.serializer import SignedSerializer

from boxes.base import Box, InlineBox, folder, job


def make(how, enqueues):
    if how == "immediate":
        return InlineBox(huey.MemoryHuey("jobs", immediate=True).task(name="job")(job))
    serializer = SignedSerializer(secret="s") if how == "signed" else None
    store = huey.SqliteHuey("jobs", filename=str(folder() / "huey.db"), serializer=serializer, results=False)
    return HueyBox(store, store.task(name="job")(job))


class HueyBox(Box):
    def __init__(self, store, task):
        self.store = store
        self.task = task

    def enqueue(self, key, value):
        self.task(value)
        return self.store.pending_count() - 1

    def received(self, token):
        return self.store.deserialize_task(self.store.storage.enqueued_items()[token]).args[0]
