"""What JOB501 and JOB507 rest on, run on Django and SQLite: a worker's connection, and when Django calls what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings

if not settings.configured:
    settings.configure(
        DATABASES={name: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"} for name in ("default", "other")},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField", INSTALLED_APPS=[], USE_TZ=True,
    )  # fmt: skip
    django.setup()

from django.db import connections, models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save


class Tag(models.Model):
    class Meta:
        app_label = "facts"


class Order(models.Model):
    status = models.CharField(max_length=20)
    tags = models.ManyToManyField(Tag)

    class Meta:
        app_label = "facts"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    """A file, so that another thread's connection is another process's in all that matters."""
    before = {name: connections.databases[name]["NAME"] for name in ("default", "other") if name in connections.databases}
    assert set(before) == {"default", "other"}, "another test has set up Django for itself in this process"
    for name in before:
        connections[name].close()
        connections.databases[name]["NAME"] = connections[name].settings_dict["NAME"] = str(tmp_path / f"{name}.sqlite3")
    with connections["default"].schema_editor() as editor:
        editor.create_model(Tag)
        editor.create_model(Order)
    yield
    for name, file in before.items():
        connections[name].close()
        connections.databases[name]["NAME"] = connections[name].settings_dict["NAME"] = file


def _in_a_worker(question: Callable[[], Any]) -> Any:
    """What a worker sees: another thread has connections of its own."""
    seen: list[Any] = []

    def work() -> None:
        seen.append(question())
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return seen[0]


def _status(pk: int) -> str | None:
    order = Order.objects.filter(pk=pk).first()
    return order.status if order is not None else None


@pytest.mark.usefixtures("database")
def test_a_worker_sees_no_row_before_the_commit() -> None:
    with transaction.atomic():
        order = Order.objects.create(status="new")
        assert _in_a_worker(lambda: _status(order.pk)) is None
    assert _in_a_worker(lambda: _status(order.pk)) == "new"


@pytest.mark.usefixtures("database")
def test_a_worker_reads_the_old_row_before_the_commit() -> None:
    order = Order.objects.create(status="new")
    with transaction.atomic():
        order.status = "paid"
        order.save()
        assert _in_a_worker(lambda: _status(order.pk)) == "new"
    assert _in_a_worker(lambda: _status(order.pk)) == "paid"


@pytest.mark.usefixtures("database")
def test_a_callback_runs_when_the_row_is_there() -> None:
    seen = []
    with transaction.atomic():
        order = Order.objects.create(status="new")
        transaction.on_commit(lambda: seen.append(_in_a_worker(lambda: _status(order.pk))))
        assert seen == []
    assert seen == ["new"]


def _open_in(signal: Any, sender: type, act: Callable[[], object]) -> bool:
    """Whether a transaction is open in a receiver of a signal."""
    seen: list[bool] = []

    def receiver(**kwargs: object) -> None:
        seen.append(connections["default"].in_atomic_block)

    signal.connect(receiver, sender=sender)
    try:
        act()
    finally:
        signal.disconnect(receiver, sender=sender)
    return seen[0]


@pytest.mark.usefixtures("database")
def test_receivers_of_a_delete_and_of_a_relation_always_run_in_a_transaction() -> None:
    order, tag = Order.objects.create(status="new"), Tag.objects.create()
    assert _open_in(m2m_changed, Order.tags.through, lambda: order.tags.add(tag))
    assert _open_in(post_delete, Order, Order.objects.create(status="other").delete)


@pytest.mark.usefixtures("database")
def test_receivers_of_a_save_run_in_the_transaction_of_the_save() -> None:
    order = Order.objects.create(status="new")
    assert not _open_in(post_save, Order, order.save)
    assert _open_in(post_save, Order, lambda: Order.objects.get_or_create(status="other"))
    assert _open_in(post_save, Order, lambda: Order.objects.update_or_create(pk=order.pk, defaults={"status": "x"}))
    assert _open_in(post_save, Order, transaction.atomic(order.save))


@pytest.mark.usefixtures("database")
def test_callbacks_of_a_block_that_is_rolled_back_are_dropped() -> None:
    ran: list[str] = []

    def raises(what: str) -> None:
        with transaction.atomic():
            transaction.on_commit(lambda: ran.append(what))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        raises("raised")
    with transaction.atomic():
        transaction.on_commit(lambda: ran.append("set_rollback"))
        transaction.set_rollback(True)
    with transaction.atomic(), pytest.raises(ZeroDivisionError):
        raises("savepoint")
    assert ran == []


@pytest.mark.usefixtures("database")
def test_a_callback_of_another_database_runs_at_once() -> None:
    ran: list[str] = []
    with transaction.atomic(using="other"):
        transaction.on_commit(lambda: ran.append("default"))
        assert ran == ["default"]


def test_the_id_of_a_row_that_is_not_saved_is_none() -> None:
    assert Order(status="new").pk is None


def test_the_admin_saves_in_a_transaction() -> None:
    import inspect

    from django.contrib.admin.options import ModelAdmin

    for view in (ModelAdmin.changeform_view, ModelAdmin.delete_view):
        assert "transaction.atomic(" in inspect.getsource(view)
    assert "atomic" not in inspect.getsource(ModelAdmin.response_action)
