"""What is claimed of the backends of Django Tasks, seen on real ones: a database (SQLite) and RQ (Redis)."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from stores import redis_program, redis_server

SETUP = """
import django
from django.conf import settings
settings.configure(
    USE_TZ=True, SECRET_KEY="s", INSTALLED_APPS=[{app!r}],
    RQ_QUEUES={{"default": {{"HOST": "127.0.0.1", "PORT": {port}, "DB": 0}}}},
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", TASKS={{"default": {{"BACKEND": {backend!r}}}}},
)
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import transaction
from shop_jobs import send, mail, figures

def raised(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return ""
"""
JOBS = """
from {module} import task
runs = []

@task
def send(order_id, copy_to=None):
    return order_id

@task
def mail(order_id):
    runs.append(order_id)
    raise ValueError(order_id)

@task
def figures(order_id):
    runs.append(order_id)
    return {{1, 2}}
"""


def seen(tmp_path: Path, code: str, backend: str, module: str, port: int = 0) -> None:
    app = {"django_tasks_db.DatabaseBackend": "django_tasks_db", "django_tasks_rq.RQBackend": "django_rq"}[backend]
    (tmp_path / "shop_jobs.py").write_text(JOBS.format(module=module))
    script = tmp_path / "run_shop.py"
    script.write_text(SETUP.format(app=app, port=port, backend=backend) + inspect.cleandoc(code) + "\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def needs(package: str) -> None:
    """Importing it would take settings."""
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


def module() -> str:
    """`django.tasks` where there is one."""
    return "django.tasks" if find_spec("django") and find_spec("django.tasks") else "django_tasks"


@pytest.fixture(scope="module")
def redis() -> Iterator[int]:
    if redis_program() is None:
        pytest.skip("there is no Redis here")
    with redis_server() as port:
        yield port


def test_a_row_of_the_transaction(tmp_path: Path) -> None:
    needs("django_tasks_db")
    seen(tmp_path, """
        from django_tasks_db.models import DBTaskResult
        def checkout():
            with transaction.atomic():
                send.enqueue(1)
                assert DBTaskResult.objects.count() == 1
                raise RuntimeError
        assert raised(checkout) == "RuntimeError"
        assert DBTaskResult.objects.count() == 0
    """, "django_tasks_db.DatabaseBackend", module())  # fmt: skip


def test_a_database_refuses_and_changes(tmp_path: Path) -> None:
    needs("django_tasks_db")
    seen(tmp_path, """
        from django_tasks_db.models import DBTaskResult
        import datetime
        assert raised(send.enqueue, {1}) == "TypeError"
        assert raised(send.enqueue, datetime.date(2031, 5, 1)) == "TypeError"
        made = send.enqueue((1, 2), {3: "a"})
        assert DBTaskResult.objects.get(id=made.id).task_result.args == [[1, 2], {"3": "a"}]
    """, "django_tasks_db.DatabaseBackend", module())  # fmt: skip


def test_a_failed_job_is_not_run_again(tmp_path: Path) -> None:
    needs("django_tasks_db")
    seen(tmp_path, """
        import shop_jobs
        from django_tasks_db.models import DBTaskResult
        made = [mail.enqueue(1), figures.enqueue(2), send.enqueue()]
        for _ in range(2):
            call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)
        assert shop_jobs.runs == [1, 2]
        assert {DBTaskResult.objects.get(id=one.id).status for one in made} == {"FAILED"}
    """, "django_tasks_db.DatabaseBackend", module())  # fmt: skip


def test_rq_does_not_wait_for_the_transaction(tmp_path: Path, redis: int) -> None:
    needs("django_tasks_rq")
    seen(tmp_path, """
        import django_rq
        queue = django_rq.get_queue("default")
        def checkout():
            with transaction.atomic():
                send.enqueue(1)
                raise RuntimeError
        assert raised(checkout) == "RuntimeError"
        assert len(queue) == 1
        queue.empty()
    """, "django_tasks_rq.RQBackend", "django_tasks", redis)  # fmt: skip


def test_rq_checks_json_and_sends_a_pickle(tmp_path: Path, redis: int) -> None:
    needs("django_tasks_rq")
    seen(tmp_path, """
        import django_rq
        queue = django_rq.get_queue("default")
        assert raised(send.enqueue, {1}) == "TypeError"
        send.enqueue((1, 2), b"a")
        assert queue.jobs[0].args == ((1, 2), b"a")
        queue.empty()
    """, "django_tasks_rq.RQBackend", "django_tasks", redis)  # fmt: skip


def test_a_coroutine_cannot_enqueue_into_a_database(tmp_path: Path) -> None:
    needs("django_tasks_db")
    seen(tmp_path, """
        import asyncio
        async def main():
            return raised(send.enqueue, 1)
        assert asyncio.run(main()) == "SynchronousOnlyOperation"
    """, "django_tasks_db.DatabaseBackend", module())  # fmt: skip


def test_a_coroutine_can_enqueue_into_redis(tmp_path: Path, redis: int) -> None:
    needs("django_tasks_rq")
    seen(tmp_path, """
        import asyncio, django_rq
        async def main():
            return raised(send.enqueue, 1)
        assert asyncio.run(main()) == ""
        django_rq.get_queue("default").empty()
    """, "django_tasks_rq.RQBackend", "django_tasks", redis)  # fmt: skip
