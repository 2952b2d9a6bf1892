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
from django_q.models import OrmQ, Schedule, Task
from django_q.tasks import AsyncTask, Chain, async_task, schedule
from shop_jobs import digest

def queued():
    return OrmQ.objects.order_by("-id").first().task

def scheduled():
    # Let the scheduler come by, and say what it put on the queue.
    from django_q.scheduler import scheduler
    OrmQ.objects.all().delete()
    Schedule.objects.update(next_run="2001-01-01T00:00Z")
    scheduler()
    return [row.task for row in OrmQ.objects.order_by("id")]

def worked():
    # Let a worker and a monitor do what is due: as `qcluster` does, but in this process.
    import queue
    from multiprocessing import Value
    from django_q import monitor, worker
    from django_q.brokers import get_broker
    from django_q.signing import SignedPackage
    broker, todo, done = get_broker(), queue.Queue(), queue.Queue()
    for ack_id, package in broker.dequeue() or ():
        task = SignedPackage.loads(package)
        task["ack_id"] = ack_id
        todo.put(task)
    todo.put("STOP")
    worker.worker(todo, done, Value("f", -1))
    done.put("STOP")
    monitor.monitor(done, broker)

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
    seen(
        tmp_path,
        """
        async_task(digest, 1, group="g", timeout=3, hook="a.b", retry=3, priority=1, countdown=5, name="n", day=2)
        assert queued()["args"] == (1,)
        assert queued()["kwargs"] == {"retry": 3, "priority": 1, "countdown": 5, "name": "n", "day": 2}
        AsyncTask(digest, 1, save=True, day=2).run()
        assert queued()["kwargs"] == {"day": 2}
    """,
    )


def test_nothing_looks_at_signature_or_name(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert raised(async_task, "shop_jobs.nobody", 1, 2, 3) == ""
        assert raised(schedule, "shop_jobs.nobody", 1) == ""
    """,
    )


def test_a_lambda_cannot_be_enqueued(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert raised(async_task, lambda: 3)
        assert raised(async_task, digest, lambda: 3)
        assert raised(async_task, digest, datetime.date(2031, 5, 1)) == ""
    """,
    )


def test_a_schedule_keeps_text(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        import ast
        made = schedule("shop_jobs.digest", datetime.date(2031, 5, 1), 3, day={"a": 1})
        made.refresh_from_db()
        assert raised(ast.literal_eval, made.args) == "ValueError"
        assert made.kwargs == "{'day': {'a': 1}}"
    """,
    )


def test_a_message_is_a_row_of_the_transaction(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        try:
            with transaction.atomic():
                async_task(digest, 1)
                assert OrmQ.objects.count() == 1
                raise RuntimeError
        except RuntimeError:
            pass
        assert OrmQ.objects.count() == 0
    """,
    )


def test_an_async_function_is_not_awaited(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        from django_q import worker
        import inspect
        assert "await" not in inspect.getsource(worker) and "iscoroutine" not in inspect.getsource(worker)
    """,
    )


def test_a_failed_job_stays_on_the_queue_of_the_database(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        async_task("shop_jobs.nobody", 1)
        for run in (1, 2, 3):
            worked()
            assert Task.objects.get().attempt_count == run
            assert OrmQ.objects.count() == 1 and OrmQ.objects.get().lock > OrmQ.objects.get().task["started"]
            OrmQ.objects.update(lock="2001-01-01T00:00Z")  # as if `retry` seconds had passed
        async_task("shop_jobs.nobody", 1, ack_failure=True)
        OrmQ.objects.exclude(pk=OrmQ.objects.last().pk).delete()
        worked()
        assert OrmQ.objects.count() == 0
        async_task(digest, 1)
        worked()
        assert OrmQ.objects.count() == 0
    """,
    )


def test_a_job_that_runs_is_handed_out_again_after_retry_seconds(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        from django_q.brokers import get_broker
        async_task(digest, 1)
        assert len(get_broker().dequeue()) == 1
        assert not get_broker().dequeue()
        row = OrmQ.objects.get()
        assert 110 < (row.lock - row.task["started"]).total_seconds() < 130
        OrmQ.objects.update(lock="2001-01-01T00:00Z")
        assert len(get_broker().dequeue()) == 1
    """,
    )


def test_redis_forgets_what_it_has_handed_out() -> None:
    from importlib.util import find_spec

    broker = Path(find_spec("django_q").origin).parent / "brokers" / "redis_broker.py"  # type: ignore[union-attr,arg-type]
    text = broker.read_text(encoding="utf-8")
    assert "blpop" in text
    assert "def acknowledge" not in text


def test_what_a_schedule_keeps_for_itself_and_what_goes_through(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        schedule("shop_jobs.digest", 1, name="daily", day=2, group="g", timeout=3, save=False, task_name="t", hook="a.b")
        (fired,) = scheduled()
        assert fired["args"] == (1,)
        assert fired["kwargs"] == {"day": 2, "group": "g"}
        assert fired["timeout"] == 3 and fired["save"] is False and fired["name"] == "t"
        schedule("shop_jobs.digest", intended_date_kwarg="day")
        assert list(scheduled()[-1]["kwargs"]) == ["day"]
    """,
    )


def test_a_function_is_kept_as_text_by_a_schedule(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        made = schedule(digest, 1)
        made.refresh_from_db()
        assert made.func.startswith("<function digest")
        scheduled()
        worked()
        assert Task.objects.get().success is False
    """,
    )


def test_one_row_that_cannot_be_read_stops_all_schedules(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        schedule("shop_jobs.digest", 1)
        assert len(scheduled()) == 1
        schedule("shop_jobs.digest", 1, schedule_type=Schedule.DAILY)
        Schedule.objects.create(func="shop_jobs.digest", args="daily", schedule_type=Schedule.DAILY)
        assert scheduled() == []
        Schedule.objects.all().delete()
        schedule("shop_jobs.digest", datetime.date(2031, 5, 1), schedule_type=Schedule.DAILY)
        schedule("shop_jobs.digest", 1, schedule_type=Schedule.DAILY)
        assert scheduled() == []
    """,
    )


def test_the_text_of_a_row(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        Schedule.objects.create(func="shop_jobs.digest", args="1, 'a'", kwargs="day=2, name='b'")
        Schedule.objects.create(func="shop_jobs.digest", args="3", kwargs="{'day': 4}")
        Schedule.objects.create(func="shop_jobs.digest", kwargs="day=today")
        Schedule.objects.create(func="shop_jobs.digest", args=(5, 6), kwargs={"day": 7})
        fired = scheduled()
        assert [f["args"] for f in fired] == [(1, "a"), (3,), (), (5, 6)]
        assert [f["kwargs"] for f in fired] == [{"day": 2, "name": "b"}, {"day": 4}, {}, {"day": 7}]
    """,
    )


def test_minutes_alone_run_once(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        made = schedule("shop_jobs.digest", cron="0 3 * * *")
        assert made.schedule_type == Schedule.ONCE
        made.delete()
        made = schedule("shop_jobs.digest", minutes=5)
        assert made.schedule_type == Schedule.ONCE
        assert len(scheduled()) == 1
        assert not Schedule.objects.exists()
    """,
    )


def test_two_schedules_of_one_name_are_refused(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        schedule("shop_jobs.digest", name="daily")
        assert raised(schedule, "shop_jobs.digest", name="daily") == "IntegrityError"
        schedule("shop_jobs.digest")
        schedule("shop_jobs.digest")
        assert Schedule.objects.count() == 3
    """,
    )


def test_lists_and_chains(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        from django_q.tasks import async_chain, async_iter
        async_iter(digest, [1, (2, 3), [4, 5]])
        assert [row.task["args"] for row in OrmQ.objects.order_by("id")] == [(1,), (2, 3), ([4, 5],)]
        OrmQ.objects.all().delete()
        async_chain([(digest, (1,), {"day": 2}), (digest, (3,)), digest])
        assert [row.task["args"] for row in OrmQ.objects.all()] == [(1,)]
        assert queued()["kwargs"] == {"day": 2}
        worked()
        assert queued()["args"] == (3,)
        worked()
        assert queued()["args"] == ()
    """,
    )


def test_a_coroutine_is_the_result_of_an_async_function(tmp_path: Path) -> None:
    (tmp_path / "shop_async.py").write_text("async def index(order_id):\n    raise ValueError(order_id)\n")
    seen(
        tmp_path,
        """
        async_task("shop_async.index", 1, save=True)
        import warnings
        warnings.simplefilter("ignore")
        import queue
        from multiprocessing import Value
        from django_q import worker
        todo, done = queue.Queue(), queue.Queue()
        todo.put(queued())
        todo.put("STOP")
        worker.worker(todo, done, Value("f", -1))
        ended = done.get()
        assert ended["success"] is True and type(ended["result"]).__name__ == "coroutine"
    """,
    )


def test_a_naive_moment_is_that_of_the_settings(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        import warnings
        warnings.simplefilter("ignore")
        from django.utils import timezone
        made = schedule("shop_jobs.digest", next_run=datetime.datetime(2031, 5, 1, 8))
        made.refresh_from_db()
        assert made.next_run == timezone.make_aware(datetime.datetime(2031, 5, 1, 8))
    """,
    )


def test_a_coroutine_cannot_enqueue_into_the_database(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        import asyncio
        async def main():
            return {raised(async_task, digest, 1), raised(schedule, "shop_jobs.digest")}
        assert asyncio.run(main()) == {"SynchronousOnlyOperation"}
    """,
    )


def test_a_hook_is_given_the_result_and_nobody_hears_of_its_failure(tmp_path: Path) -> None:
    (tmp_path / "shop_hooks.py").write_text(
        "seen = []\ndef done(task):\n    seen.append(task.success)\ndef told(task, whom):\n    seen.append(whom)\n"
    )
    seen(
        tmp_path,
        """
        import shop_hooks
        async_task(digest, 1, hook="shop_hooks.done")
        worked()
        assert shop_hooks.seen == [True]
        async_task(digest, 1, hook="shop_hooks.told")
        async_task(digest, 1, hook="shop_hooks.gone")
        async_task(digest, 1, hook=shop_hooks.done)
        for _ in range(3):
            worked()
        assert shop_hooks.seen == [True, True]
        assert OrmQ.objects.count() == 0
    """,
    )
