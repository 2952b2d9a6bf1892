"""What is claimed of Procrastinate's queue, seen on a real PostgreSQL: transactions, locks, what a table refuses."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

procrastinate = pytest.importorskip("procrastinate")
psycopg = pytest.importorskip("psycopg")
sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from stores import postgres_program, postgres_server  # noqa: E402

pytestmark = pytest.mark.skipif(postgres_program() is None, reason="there is no PostgreSQL here")


@pytest.fixture(scope="module")
def where() -> Iterator[str]:
    with postgres_server() as port:
        yield f"host=127.0.0.1 port={port} user=postgres dbname=postgres"


@pytest.fixture
def app(where: str) -> Iterator[Any]:
    made = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=where))
    with made.open():
        made.connector.execute_query("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
        made.schema_manager.apply_schema()
        yield made


@pytest.fixture
def resize(app: Any) -> Any:
    @app.task(name="resize")
    def resize(photo_id: int) -> int:
        return photo_id

    return resize


def states(app: Any) -> list[str]:
    return [row["status"] for row in app.connector.execute_query_all("SELECT status FROM procrastinate_jobs ORDER BY id")]


def worked(where: str, app: Any) -> None:
    worker = app.with_connector(procrastinate.PsycopgConnector(conninfo=where))
    worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def test_its_own_pool_does_not_wait_for_a_transaction(where: str, app: Any, resize: Any) -> None:
    with psycopg.connect(where) as connection:
        connection.execute("CREATE TABLE photos (id int)")
        connection.execute("INSERT INTO photos VALUES (1)")
        resize.defer(photo_id=1)
        connection.rollback()
    assert states(app) == ["todo"]


def test_a_connection_that_is_handed_over_takes_the_job_along(where: str, app: Any, resize: Any) -> None:
    with psycopg.connect(where) as connection:
        resize.configure(connection=connection).defer(photo_id=1)
        connection.rollback()
        assert states(app) == []
        resize.configure(connection=connection).defer(photo_id=1)
        connection.commit()
    assert states(app) == ["todo"]


def test_a_queueing_lock_refuses_a_second_job_that_waits(app: Any, resize: Any) -> None:
    locked = resize.configure(queueing_lock="photo-1")
    locked.defer(photo_id=1)
    with pytest.raises(procrastinate.exceptions.AlreadyEnqueued):
        locked.defer(photo_id=1)
    app.connector.execute_query("UPDATE procrastinate_jobs SET status = 'doing'")
    locked.defer(photo_id=1)
    assert states(app) == ["doing", "todo"]


def test_what_a_queueing_lock_refuses_ends_the_transaction(where: str, app: Any, resize: Any) -> None:
    resize.configure(queueing_lock="photo-1").defer(photo_id=1)
    with psycopg.connect(where) as connection:
        with pytest.raises(procrastinate.exceptions.AlreadyEnqueued):
            resize.configure(queueing_lock="photo-1", connection=connection).defer(photo_id=1)
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()


def test_a_lock_lets_both_wait(app: Any, resize: Any) -> None:
    locked = resize.configure(lock="photo-1")
    locked.defer(photo_id=1)
    locked.defer(photo_id=1)
    assert states(app) == ["todo", "todo"]


@pytest.mark.parametrize("value", [math.nan, math.inf, "a\0b", "\ud800"])
def test_what_the_table_refuses(resize: Any, value: object) -> None:
    with pytest.raises((procrastinate.exceptions.ConnectorException, UnicodeEncodeError)):
        resize.defer(photo_id=value)


def test_a_priority_is_a_number(app: Any, resize: Any) -> None:
    with pytest.raises(procrastinate.exceptions.ConnectorException):
        resize.configure(priority="high").defer(photo_id=1)


@pytest.mark.parametrize("value", [{1}, b"a", object()])
def test_what_json_refuses(resize: Any, value: object) -> None:
    with pytest.raises(TypeError):
        resize.defer(photo_id=value)


def test_an_error_is_the_end_without_a_strategy(where: str, app: Any) -> None:
    runs = []

    @app.task(name="fails")
    def fails() -> None:
        runs.append(1)
        raise ValueError

    @app.task(name="fails_again", retry=2)
    def fails_again() -> None:
        runs.append(2)
        raise ValueError

    fails.defer()
    fails_again.defer()
    worked(where, app)
    assert runs.count(1) == 1
    assert runs.count(2) == 3
    assert states(app) == ["failed", "failed"]


def test_what_a_job_returns_is_not_kept(where: str, app: Any) -> None:
    @app.task(name="gives")
    def gives() -> set[int]:
        return {1}

    gives.defer()
    worked(where, app)
    assert states(app) == ["succeeded"]


def test_nobody_gives_back_the_job_of_a_lost_worker(where: str, app: Any, resize: Any) -> None:
    resize.defer(photo_id=1)
    app.connector.execute_query("UPDATE procrastinate_jobs SET status = 'doing'")
    worked(where, app)
    assert states(app) == ["doing"]


DJANGO = """
import asyncio, django
from django.conf import settings
settings.configure(
    USE_TZ=True, SECRET_KEY="s", INSTALLED_APPS=["procrastinate.contrib.django"],
    DATABASES={{"default": {{
        "ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": "127.0.0.1", "PORT": {port},
    }}}},
)
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

@app.task(name="resize")
def resize(photo_id): ...

async def main():
    try:
        resize.defer(photo_id=1)
    except SynchronousOnlyOperation:
        return await resize.defer_async(photo_id=1)

assert asyncio.run(main())
assert ProcrastinateJob.objects.count() == 1
try:
    with transaction.atomic():
        resize.defer(photo_id=2)
        assert ProcrastinateJob.objects.count() == 2
        raise RuntimeError
except RuntimeError:
    assert ProcrastinateJob.objects.count() == 1
"""


def test_on_djangos_connection(where: str, app: Any, tmp_path: Path) -> None:
    pytest.importorskip("django")
    app.connector.execute_query("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
    script = tmp_path / "shop.py"
    script.write_text(DJANGO.format(port=re.findall(r"port=(\d+)", where)[0]))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
