"""JOB501 on small projects made of parts: loud exactly where a transaction is open, the row is written in it and the
message leaves before the commit; whatever the files are called, and however many processes look at them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcheck import ahead
from jobcheck.config import settings_from
from jobcheck.engine import check
from jobcheck.engine_types import RunOptions
from jobcheck.filters import shown

_MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    status = models.CharField(max_length=20)\n"
_JOBS = """from celery import shared_task

from models import Order


@shared_task
def bill(order_id):
    return Order.objects.get(pk=order_id).status
"""
_HELPERS = """from models import Order


def made():
    return Order.objects.create(status="new")


def made_with_note(note):
    order = Order.objects.create(status="new")
    return note, order


def found_or_made(pk):
    order = Order.objects.filter(pk=pk).first()
    if order is None:
        order = Order(status="new")
        order.save()
    return order


def key_of_a_new_one():
    order = made()
    return order.pk
"""
# How a row is written, and what its key is then called; rows that are not written are right everywhere.
_WRITES = {
    "create": (["order = Order.objects.create(status='new')"], "order.pk"),
    "save": (["order = Order(status='new')", "order.save()"], "str(order.id)"),
    "fetched": (["order = Order.objects.get(pk=pk)", "order.status = 'paid'", "order.save()"], "pk"),
    "update": (["Order.objects.filter(pk=pk).update(status='paid')"], "pk"),
    "helper": (["order = helpers.made()"], "order.pk"),
    "tuple": (["note, order = helpers.made_with_note(pk)"], "order.pk"),
    "either": (["order = helpers.found_or_made(pk)"], "order.pk"),
    "key": (["key = helpers.key_of_a_new_one()"], "key"),
    "nothing": (["order = Order.objects.get(pk=pk)"], "order.pk"),
}
_ENQUEUES = {
    "now": "bill.delay({key})",
    "options": "bill.apply_async(args=({key},), queue='slow')",
    "callback": "transaction.on_commit(lambda: bill.delay({key}))",
    "partial": "transaction.on_commit(partial(bill.delay, {key}))",
    "form": "bill.delay_on_commit({key})",
}
_NOW = frozenset({"now", "options"})
_OPENINGS = ("with", "decorator", "caller", "none", "ended")
_HEAD = """from functools import partial

from django.db import transaction

import helpers
from jobs import bill
from models import Order
"""


@dataclass(frozen=True)
class _Part:
    """One function: what it writes, how it enqueues, what is open around it."""

    write: str
    enqueue: str
    opening: str

    @property
    def loud(self) -> bool:
        return self.write != "nothing" and self.enqueue in _NOW and self.opening not in ("none", "ended")

    def source(self, number: int) -> str:
        lines, key = _WRITES[self.write]
        sent = _ENQUEUES[self.enqueue].format(key=key) + ("  # loud" if self.loud else "")
        name = f"function_{number}"
        match self.opening:
            case "with":
                body = ["with transaction.atomic():", *(f"    {line}" for line in (*lines, sent))]
            case "ended":
                body = ["with transaction.atomic():", *(f"    {line}" for line in lines), sent]
            case _:
                body = [*lines, sent]
        above = "@transaction.atomic\n" if self.opening == "decorator" else ""
        text = f"\n\n{above}def {name}(pk):\n" + "".join(f"    {line}\n" for line in body)
        if self.opening == "caller":
            text += f"\n\ndef calls_{number}(pk):\n    with transaction.atomic():\n        {name}(pk)\n"
        return text


_PARTS = st.builds(_Part, st.sampled_from(sorted(_WRITES)), st.sampled_from(sorted(_ENQUEUES)), st.sampled_from(_OPENINGS))


def _found(files: dict[str, str], jobs: int = 1) -> set[str]:
    """The lines at which JOB501 is said, as text."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for filename, text in files.items():
            (root / filename).write_text(text)
        own = settings_from([])
        report = check(RunOptions(root=root, settings=own, jobs=jobs))
        findings = [f for f in shown(report, own).findings if f.code == "JOB501"]
        return {f"{f.place.filename}:{f.place.row}" for f in findings}


def _files(parts: list[_Part], name: str = "services") -> dict[str, str]:
    text = _HEAD + "".join(part.source(number) for number, part in enumerate(parts))
    return {"models.py": _MODELS, "jobs.py": _JOBS, "helpers.py": _HELPERS, f"{name}.py": text}


def _loud(files: dict[str, str]) -> set[str]:
    rows = [(name, number, line) for name, text in files.items() for number, line in enumerate(text.splitlines(), 1)]
    return {f"{name}:{number}" for name, number, line in rows if line.endswith("# loud")}


def test_every_part() -> None:
    """Each write with each enqueue, in and out of a transaction."""
    parts = [_Part(*found) for found in product(sorted(_WRITES), sorted(_ENQUEUES), _OPENINGS)]
    files = _files(parts)
    assert _found(files) == _loud(files)


@settings(max_examples=12, deadline=None)
@given(st.lists(_PARTS, min_size=1, max_size=5), st.lists(_PARTS, min_size=1, max_size=5), st.sampled_from(["aaa", "zzz"]))
def test_files_by_any_name(first: list[_Part], second: list[_Part], name: str) -> None:
    files = _files(first) | _files(second, name)
    assert _found(files) == _loud(files)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.lists(_PARTS, min_size=1, max_size=3), min_size=3, max_size=3))
def test_any_number_of_processes(parts: list[list[_Part]]) -> None:
    files = {k: v for number, some in enumerate(parts) for k, v in _files(some, f"services_{number}").items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "WORTH_IT", 0)
        patch.setattr("threading.active_count", lambda: 1)  # those of the tests' own runner do no harm here
        assert _found(files, jobs=2) == _found(files) == _loud(files)
