"""APScheduler 3 with a job store in SQLite; the Redis and MongoDB stores pickle in the same way."""

import datetime as dt

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from boxes.base import Box, folder, job

FAR = dt.datetime(2099, 1, 1, tzinfo=dt.timezone.utc)


def make(enqueues):
    store = SQLAlchemyJobStore(url=f"sqlite:///{folder() / 'apscheduler.sqlite3'}")
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone="UTC")
    scheduler.start(paused=True)
    return ApschedulerBox(scheduler)


class ApschedulerBox(Box):
    def __init__(self, scheduler):
        self.scheduler = scheduler

    def enqueue(self, key, value):
        return self.scheduler.add_job(job, "date", run_date=FAR, args=[value], id=key).id

    def received(self, token):
        return self.scheduler.get_job(token).args[0]
