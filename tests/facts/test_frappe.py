"""What Frappe does at run time with the defects in tests/fixtures/frappe, run by its own background_jobs.py.

Frappe is on no package index. With a checkout of it, RQ before 2, fakeredis and tenacity:

    FRAPPE=path/to/frappe python -m pytest tests/facts/test_frappe.py

What stands in for the rest of Frappe is in standins/frappe_stand_in.py, which says what is real.
"""

from __future__ import annotations

import datetime
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

if "FRAPPE" not in os.environ:
    pytest.skip("there is no checkout of Frappe (FRAPPE=...)", allow_module_level=True)
fakeredis = pytest.importorskip("fakeredis")
pytest.importorskip("tenacity")
sys.path.insert(0, str(Path(__file__).parent / "standins"))
import frappe_stand_in  # noqa: E402

CONNECTION = fakeredis.FakeStrictRedis()
frappe, jobs = frappe_stand_in.load(Path(os.environ["FRAPPE"]), CONNECTION)
DID: list[Any] = []
LIBRARY = types.ModuleType("library")
sys.modules["library"] = LIBRARY


def remind(loan: Any, channel: str = "mail", copies: Any = None) -> None:
    DID.append((loan, channel, copies))


def charge(loan: Any, timeout: Any) -> None: ...


def announce(event: Any, message: Any) -> None: ...


def later(method: Any, job_id: Any = None) -> None: ...


async def fetch_covers(books: Any) -> None:
    DID.append("fetched")


def fail(error: str) -> None:
    DID.append(error)
    raise {"later": frappe.RetryBackgroundJobError, "deadlock": frappe.db.InternalError}.get(error, ValueError)(error)


def swallow() -> None:
    try:
        fail("later")
    except Exception:
        DID.append("swallowed")


for _function in (remind, charge, announce, later, fetch_covers, fail, swallow):
    _function.__module__ = "library"
    setattr(LIBRARY, _function.__name__, _function)


@pytest.fixture(autouse=True)
def _clean() -> None:
    DID.clear()
    CONNECTION.flushall()
    frappe.__dict__["db"] = frappe_stand_in.Database()


def waiting() -> list[Any]:
    return [job for name in ("default", "short", "long") for job in jobs.get_queue(name).jobs]


def work() -> Any:
    """The only message, performed as RQ's worker calls it."""
    [job] = waiting()
    return job.func(**job.kwargs)


Sends = Callable[[], Any]


@pytest.mark.parametrize(
    "send",
    [
        lambda: jobs.enqueue("library.remind", loans=1),
        lambda: jobs.enqueue(remind),
        lambda: jobs.enqueue(remind, job_timeout=3, loan=1),
        lambda: jobs.enqueue(charge, loan=1, timeout=30),
        lambda: jobs.enqueue(announce, event="loan", message="x"),
        lambda: jobs.enqueue(later, job_id="x"),
    ],
    ids=["unknown", "missing", "an unknown option", "timeout is swallowed", "event is swallowed", "method is missing"],
)
def test_arguments_that_do_not_fit_fail_in_the_worker(send: Sends) -> None:
    send()
    with pytest.raises(TypeError):
        work()
    assert DID == []
    assert frappe.db.asked == ["rollback", "commit"]  # the second one is of the log


def test_method_is_a_name_of_enqueue_itself() -> None:
    with pytest.raises(TypeError, match="multiple values"):
        jobs.enqueue("library.later", method="x")


def test_a_ninth_argument_by_position_raises_type_error() -> None:
    with pytest.raises(TypeError):
        jobs.enqueue(remind, "long", 60, None, True, "Remind", False, True, "L-1")


def test_what_fits_arrives_as_pickle_carries_it() -> None:
    jobs.enqueue("library.remind", "long", 60, loan=1, copies={1, 2})
    work()
    assert [(1, "mail", {1, 2})] == DID
    assert frappe.db.asked == ["commit"]


@pytest.mark.parametrize("path", ["library.nobody", "no_such_library.remind"])
def test_a_path_that_leads_nowhere_fails_in_the_worker(path: str) -> None:
    jobs.enqueue(path, loan=1)
    with pytest.raises((AttributeError, KeyError)):
        work()


def test_deduplicate_wants_a_job_id() -> None:
    with pytest.raises(frappe_stand_in.ValidationError):
        jobs.enqueue(remind, loan=1, deduplicate=True)


@pytest.mark.parametrize(
    "send",
    [
        lambda: jobs.enqueue(remind, loan=(part for part in "ab")),
        lambda: jobs.enqueue(remind, loan=lambda: 1),
        lambda: jobs.enqueue(remind, loan=1, copies=open(__file__)),  # noqa: SIM115
        lambda: jobs.enqueue(lambda: remind(1)),
        lambda: jobs.enqueue(remind, loan=1, timeout=datetime.timedelta(seconds=3)),
        lambda: jobs.enqueue(remind("L-1")),
    ],
    ids=["generator", "lambda", "open file", "a lambda as job", "timeout", "a called job"],
)
def test_what_is_refused(send: Sends) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT012  (pickle's, RQ's, TypeError)
        send()
        work()


@pytest.mark.filterwarnings("ignore:coroutine")
def test_an_async_function_is_never_awaited() -> None:
    jobs.enqueue(fetch_covers, books=1)
    work()
    assert DID == []


def test_now_performs_on_the_spot_with_what_the_function_takes() -> None:
    jobs.enqueue(remind, now=True, loan=1, whatever=2)
    assert DID == [(1, "mail", None)]
    assert waiting() == []


def test_only_enqueue_after_commit_waits_for_the_commit() -> None:
    jobs.enqueue(remind, loan=1)
    assert len(waiting()) == 1
    CONNECTION.flushall()
    jobs.enqueue(remind, loan=1, enqueue_after_commit=True)
    assert waiting() == []
    frappe.db.commit()
    assert len(waiting()) == 1


@pytest.mark.parametrize(("error", "runs"), [("later", 6), ("deadlock", 6), ("broken", 1)])
def test_what_is_performed_again_after_a_rollback(error: str, runs: int) -> None:
    jobs.enqueue(fail, error=error)
    with pytest.raises(Exception, match=error):
        work()
    assert [error] * runs == DID
    assert frappe.db.asked.count("rollback") == runs


def test_an_error_that_is_caught_retries_nothing() -> None:
    jobs.enqueue(swallow)
    work()
    assert DID == ["later", "swallowed"]
