"""What is claimed of Django Tasks, seen on the real backport django-tasks (its immediate and dummy backends)."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django_tasks")

SETUP = """
import datetime, inspect, asyncio, uuid
import django
from django.conf import settings
settings.configure(USE_TZ=True, INSTALLED_APPS=["django_tasks"], DATABASES={}, TASKS={
    "default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"},
    "immediate": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
})
django.setup()
from django_tasks import task
from django_tasks import default_task_backend as queue

@task
def send(order_id, copy_to=None):
    return {1, 2} if copy_to == "set" else order_id

@task(takes_context=True)
def remind(context, order_id):
    return order_id

def raised(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return ""
"""


def seen(tmp_path: Path, code: str) -> None:
    """Run it in a Django of its own: settings can be configured once in a process."""
    script = tmp_path / "shop_tasks.py"
    script.write_text(SETUP + inspect.cleandoc(code) + "\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_task_is_not_callable_and_has_call(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert raised(send, 1) == "TypeError"
        assert send.call(1) == 1
        assert asyncio.run(send.acall(1)) == 1
    """,
    )


def test_nothing_looks_at_the_signature_before_the_run(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert send.enqueue().status == "READY"
        assert send.enqueue(1, copy=3).status == "READY"
        assert send.enqueue(1, queue_name="low").kwargs == {"queue_name": "low"}
        assert send.using(backend="immediate").enqueue().status == "FAILED"
        assert remind.using(backend="immediate").enqueue(7).return_value == 7
        assert remind.using(backend="immediate").enqueue(None, 7).status == "FAILED"
    """,
    )


def test_values_are_refused_at_the_enqueue(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        for value in ({1}, uuid.uuid4(), datetime.date(2031, 5, 1), object()):
            assert raised(send.enqueue, value) == "TypeError", value
        assert send.enqueue((1, 2)).args == [[1, 2]]
        assert send.enqueue(b"a").args == ["a"]
    """,
    )


def test_a_result_that_cannot_be_stored_fails_the_job(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert send.using(backend="immediate").enqueue(1, "set").status == "FAILED"
        assert send.using(backend="immediate").enqueue(1).status == "SUCCESSFUL"
    """,
    )


def test_options_of_using(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert raised(send.using, countdown=60) == "TypeError"
        assert raised(send.using, run_after=datetime.timedelta(hours=1)) == "AttributeError"
        assert raised(send.using, run_after=datetime.datetime(2031, 5, 1)).startswith("InvalidTask")
        send.using(run_after=datetime.datetime(2031, 5, 1, tzinfo=datetime.timezone.utc)).enqueue(1)
    """,
    )


def test_options_of_the_declaration(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert raised(task(queue="mail"), send.func) == "TypeError"
        assert raised(task(run_after=None), send.func) == "TypeError"
    """,
    )


def test_what_is_not_awaited_is_not_enqueued(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        made = send.aenqueue(1)
        assert inspect.iscoroutine(made) and not queue.results
        asyncio.run(made)
        assert len(queue.results) == 1
    """,
    )


def test_the_context_has_its_name(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        def first(order_id): ...
        def none(): ...
        def later(order_id, context): ...
        for function in (first, none, later):
            assert raised(task(takes_context=True), function).startswith("InvalidTask"), function
    """,
    )


def test_only_functions_of_a_module_can_be_jobs(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        def outer():
            def inner(): ...
            return inner
        assert raised(task, outer()).startswith("InvalidTask")
        assert raised(task, "send").startswith("InvalidTask")
    """,
    )


def test_a_priority_is_a_number_of_a_range(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert raised(send.using, priority=101).startswith("InvalidTask")
        assert raised(send.using, priority="high") in ("TypeError", "ValueError")
        send.using(priority=-100)
    """,
    )


def test_a_queue_has_to_be_among_those_of_the_backend(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert raised(send.using, queue_name="mail").startswith("InvalidTask")
    """,
    )


def test_the_immediate_backend_swallows_what_is_raised(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        @task(backend="immediate")
        def fails():
            raise ValueError
        assert fails.enqueue().status == "FAILED"
        moment = datetime.datetime(2031, 5, 1, tzinfo=datetime.timezone.utc)
        assert raised(send.using, backend="immediate", run_after=moment).startswith("InvalidTask")
    """,
    )


def test_memory_keeps_keys_that_a_database_would_not(tmp_path: Path) -> None:
    seen(
        tmp_path,
        """
        assert send.enqueue({1: "a"}).args == [{1: "a"}]
    """,
    )
