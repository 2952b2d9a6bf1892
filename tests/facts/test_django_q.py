"""What is claimed of django-q2, seen on the real one with its ORM broker on SQLite."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django_q")

SETUP = """
import datetime, sys
import django
from django.conf import settings
settings.configure(
    USE_TZ=True, SECRET_KEY="s", INSTALLED_APPS=["django.contrib.contenttypes", "django_q"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    Q_CLUSTER={"name": "shop", "orm": "default", "timeout": 60, "retry": 120},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import transaction
from django_q.models import OrmQ, Schedule
from django_q.tasks import AsyncTask, Chain, async_task, schedule
from shop_jobs import digest

def queued():
    return OrmQ.objects.order_by("-id").first().task

def raised(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return ""
"""


def seen(tmp_path: Path, code: str) -> None:
    """Run it in a Django of its own: settings can be configured once in a process."""
    (tmp_path / "shop_jobs.py").write_text("def digest(*names, **options):\n    return names, options\n")
    script = tmp_path / "run_shop.py"
    script.write_text(SETUP + inspect.cleandoc(code) + "\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_keeps_its_options_and_hands_on_the_rest(tmp_path: Path) -> None:
    seen(tmp_path, """
        async_task(digest, 1, group="g", timeout=3, hook="a.b", retry=3, priority=1, countdown=5, name="n", day=2)
        assert queued()["args"] == (1,)
        assert queued()["kwargs"] == {"retry": 3, "priority": 1, "countdown": 5, "name": "n", "day": 2}
        AsyncTask(digest, 1, save=True, day=2).run()
        assert queued()["kwargs"] == {"day": 2}
    """)


def test_nothing_looks_at_signature_or_name(tmp_path: Path) -> None:
    seen(tmp_path, """
        assert raised(async_task, "shop_jobs.nobody", 1, 2, 3) == ""
        assert raised(schedule, "shop_jobs.nobody", 1) == ""
    """)


def test_a_lambda_cannot_be_enqueued(tmp_path: Path) -> None:
    seen(tmp_path, """
        assert raised(async_task, lambda: 3)
        assert raised(async_task, digest, lambda: 3)
        assert raised(async_task, digest, datetime.date(2031, 5, 1)) == ""
    """)


def test_a_schedule_keeps_text(tmp_path: Path) -> None:
    seen(tmp_path, """
        import ast
        made = schedule("shop_jobs.digest", datetime.date(2031, 5, 1), 3, day={"a": 1})
        made.refresh_from_db()
        assert raised(ast.literal_eval, made.args) == "ValueError"
        assert made.kwargs == "{'day': {'a': 1}}"
    """)


def test_a_message_is_a_row_of_the_transaction(tmp_path: Path) -> None:
    seen(tmp_path, """
        try:
            with transaction.atomic():
                async_task(digest, 1)
                assert OrmQ.objects.count() == 1
                raise RuntimeError
        except RuntimeError:
            pass
        assert OrmQ.objects.count() == 0
    """)


def test_an_async_function_is_not_awaited(tmp_path: Path) -> None:
    seen(tmp_path, """
        from django_q import worker
        import inspect
        assert "await" not in inspect.getsource(worker) and "iscoroutine" not in inspect.getsource(worker)
    """)
