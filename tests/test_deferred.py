"""Enqueues that wait for a transaction to be committed, and those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobcheck.config import Settings
from jobcheck.engine import RunOptions, _Run

_JOBS = """
from celery import shared_task

@shared_task
def bill(order_id):
    pass
"""
_HEAD = "from functools import partial\nfrom django.db import transaction, connection\nfrom jobs import bill\n"


def _deferred(root: Path, **files: str) -> list[str | None]:
    for name, text in {"jobs": _JOBS, **files}.items():
        (root / f"{name}.py").write_text(text)
    run = _Run(RunOptions(root=root, settings=Settings(), jobs=1))
    run._collect()
    return [e.deferred.how if e.deferred else None for e in run.registry.enqueues]


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("transaction.on_commit(lambda: bill.delay(pk))", "on_commit"),
        ("connection.on_commit(lambda: bill.delay(pk))", "on_commit"),
        ("transaction.on_commit(partial(bill.delay, pk))", "on_commit"),
        ("transaction.on_commit(func=partial(bill.delay, pk), using='other')", "on_commit"),
        ("later = partial(bill.delay, pk)\n    transaction.on_commit(later)", "on_commit"),
        ("def later():\n        bill.delay(pk)\n    transaction.on_commit(later)", "on_commit"),
        ("@transaction.on_commit\n    def later():\n        bill.delay(pk)", "on_commit"),
        ("transaction.on_commit(bill.delay)", "on_commit"),
        ("bill.delay_on_commit(pk)", "delay_on_commit"),
        ("bill.apply_async_on_commit(args=(pk,))", "delay_on_commit"),
        ("request.tm.get().addAfterCommitHook(lambda ok: bill.delay(pk))", "after_commit"),
        ("bill.delay(pk)", None),
        ("transaction.atomic(lambda: bill.delay(pk))", None),
        ("def later():\n        bill.delay(pk)\n    later()", None),
        ("def later():\n        bill.delay(pk)\n    transaction.on_commit(later)\n    later()", None),
        ("transaction.on_commit(lambda: bill)\n    bill.delay(pk)", None),
    ],
)
def test_what_is_deferred(tmp_path: Path, body: str, how: str | None) -> None:
    assert _deferred(tmp_path, app=f"{_HEAD}\ndef view(request, pk):\n    {body}\n") == [how]


def test_session_events_of_sqlalchemy(tmp_path: Path) -> None:
    source = "from sqlalchemy import event\nfrom jobs import bill\n\ndef view(session, pk):\n"
    body = "    event.listen(session, 'after_{}', lambda s: bill.delay(pk))\n"
    assert _deferred(tmp_path, a=source + body.format("commit"), b=source + body.format("flush")) == ["after_commit", None]


def test_a_function_that_only_callbacks_lead_to(tmp_path: Path) -> None:
    helper = "from jobs import bill\n\ndef send(pk):\n    bill.delay(pk)\n"
    caller = "from django.db import transaction\nfrom helper import send\n\ndef view(pk):\n    {}\n"
    deferred = caller.format("transaction.on_commit(lambda: send(pk))")
    both = deferred + "    send(pk)\n"
    assert _deferred(tmp_path, helper=helper, view=deferred) == ["on_commit"]
    assert _deferred(tmp_path, helper=helper, view=both) == [None]


def test_a_method_handed_over_by_name(tmp_path: Path) -> None:
    source = (
        "from django.db import transaction\nfrom jobs import bill\n\nclass Order:\n    def save(self):\n"
        "        transaction.on_commit(self.announce)\n\n    def announce(self):\n        bill.delay(self.pk)\n"
    )
    assert _deferred(tmp_path, models=source) == ["on_commit"]


@pytest.mark.parametrize(
    "helper",
    [
        "def later(fn, *args):\n    transaction.on_commit(lambda: fn(*args))\n",
        "def later(fn, *args):\n    transaction.on_commit(partial(fn, *args))\n",
        "def later(fn, *args):\n    def run():\n        fn(*args)\n    transaction.on_commit(run)\n",
        "def later(fn, *args):\n    if connection.in_atomic_block:\n        transaction.on_commit(lambda: fn(*args))\n",
        "def later(fn, *args):\n    _later(fn, *args)\n\ndef _later(fn, *args):\n    transaction.on_commit(lambda: fn(*args))\n",
    ],
)
@pytest.mark.parametrize(
    "call",
    ["later(bill.delay, pk)", "later(lambda: bill.delay(pk))", "later(partial(bill.delay, pk))", "later(send)"],
)
def test_helpers_around_the_hook(tmp_path: Path, helper: str, call: str) -> None:
    view = "\ndef view(pk):\n    def send():\n        bill.delay(pk)\n    " + call + "\n"
    found = _deferred(tmp_path, helper=_HEAD + helper, view=_HEAD + "from helper import later\n" + view)
    calls = 1 if call == "later(send)" else 2  # the nested function is there in each view
    assert found.count("on_commit") == 1
    assert len(found) == calls
