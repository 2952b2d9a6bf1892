"""What the rules about arguments claim, seen on the real Celery."""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

celery = pytest.importorskip("celery")
from celery import Celery, chain, signals  # noqa: E402
from celery.contrib.testing.worker import start_worker  # noqa: E402
from kombu.exceptions import EncodeError  # noqa: E402


class Color(enum.Enum):
    RED = "red"


class Slot(enum.IntEnum):
    FIRST = 1


class Word(str, enum.Enum):
    COLOR = "color"


@pytest.fixture
def arrived() -> Any:
    """What a job is given after the trip through json (an eager job makes it, too)."""
    app = Celery("facts", broker="memory://", set_as_current=False)
    app.conf.update(task_always_eager=True, task_eager_propagates=True)

    @app.task(shared=False)
    def job(value: Any) -> Any:
        return value

    return lambda value: job.delay(value).get()


def test_json_refuses_keys_that_are_members_or_tuples(arrived: Any) -> None:
    for key in (Color.RED, (1, 2)):
        with pytest.raises(EncodeError, match="keys must be str, int, float, bool or None"):
            arrived({key: 1})


def test_json_makes_text_of_other_keys(arrived: Any) -> None:
    assert arrived({1: "a", None: "b", True and "x": "c", Slot.FIRST: "d"}) == {"1": "d", "null": "b", "x": "c"}
    assert arrived({True: 1}) == {"true": 1}


def test_two_keys_of_one_text_lose_an_entry(arrived: Any) -> None:
    assert arrived({1: "a", "1": "b"}) == {"1": "b"}


def test_members_of_a_str_enum_are_found_under_their_value(arrived: Any) -> None:
    assert arrived({Word.COLOR: 1})[Word.COLOR] == 1


def test_what_arrives_is_no_longer_what_was_sent(arrived: Any) -> None:
    assert arrived(Slot.FIRST) is not Slot.FIRST
    assert not hasattr(arrived(Slot.FIRST), "name")
    assert arrived((1, 2)) == [1, 2]
    with pytest.raises(TypeError, match="unhashable"):
        hash(arrived((1, 2)))


class Results:
    """A worker that records how each job ended."""

    def __init__(self, backend: str | None) -> None:
        self.ended: dict[str, str] = {}
        self.app = Celery("facts", broker="memory://", backend=backend, set_as_current=False)
        self.done = threading.Event()

    def run(self, *jobs: Any) -> dict[str, str]:
        @self.app.task(shared=False)
        def last() -> None:
            self.done.set()

        signals.task_success.connect(self._success)
        signals.task_failure.connect(self._failure)
        logging.disable(logging.CRITICAL)
        try:
            with start_worker(self.app, perform_ping_check=False, pool="solo"):
                for job in jobs:
                    job()
                last.delay()
                assert self.done.wait(20)
        finally:
            logging.disable(logging.NOTSET)
            signals.task_success.disconnect(self._success)
            signals.task_failure.disconnect(self._failure)
        return self.ended

    def _success(self, sender: Any = None, **_: Any) -> None:
        self.ended[sender.name.rpartition(".")[2]] = "success"

    def _failure(self, sender: Any = None, exception: Any = None, **_: Any) -> None:
        self.ended[sender.name.rpartition(".")[2]] = type(exception).__name__


@pytest.fixture(params=[None, "cache+memory://"], ids=["no backend", "backend"])
def results(request: pytest.FixtureRequest) -> Results:
    return Results(request.param)


def test_a_result_is_encoded_only_for_a_backend_or_a_chain(results: Results) -> None:
    app = results.app
    kept = app.backend.__class__.__name__ != "DisabledBackend"

    @app.task(shared=False)
    def a_set() -> set[int]:
        return {1}

    @app.task(shared=False)
    def chained() -> set[int]:
        return {1}

    @app.task(ignore_result=True, shared=False)
    def ignored() -> set[int]:
        return {1}

    @app.task(shared=False)
    def handle() -> Any:
        return ignored.delay()

    @app.task(shared=False)
    def handles() -> Any:
        return [ignored.delay()]

    @app.task(shared=False)
    def generator() -> Iterator[int]:
        raise AssertionError("never runs")
        yield 1

    @app.task(shared=False)
    def after(value: Any) -> None:
        raise AssertionError("never reached")

    ended = results.run(a_set.delay, ignored.delay, handle.delay, handles.delay, generator.delay, chain(chained.s(), after.s()))
    error = "EncodeError" if kept else "success"
    assert ended["a_set"] == ended["handles"] == ended["generator"] == error
    assert ended["ignored"] == ended["handle"] == "success"
    assert ended["chained"] == "EncodeError"
    assert "after" not in ended
