"""Procrastinate, on PostgreSQL."""

import procrastinate

from boxes.base import Box, job, postgres_port

READ = "select args from procrastinate_jobs where id = %(id)s"


def make(enqueues):
    place = f"host=127.0.0.1 port={postgres_port()} user=postgres dbname=postgres"
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=place))
    app.open()
    if enqueues:
        app.schema_manager.apply_schema()
    return ProcrastinateBox(app, app.task(name="job", queue="jobs")(job))


class ProcrastinateBox(Box):
    def __init__(self, app, task):
        self.connector = app.connector.get_sync_connector()
        self.task = task

    def enqueue(self, key, value):
        return self.task.defer(value=value)

    def received(self, token):
        return self.connector.execute_query_all(READ, id=token)[0]["args"]["value"]
