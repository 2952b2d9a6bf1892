"""What JOB214 says of callbacks that a canvas is sent with, on the real Celery."""

from __future__ import annotations

from collections.abc import Callable

import celery
import pytest
from celery import Celery, chord, group
from celery.canvas import Signature

OLD = tuple(map(int, celery.__version__.split(".")[:2])) < (5, 7)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> tuple[Signature, Signature, list[str]]:
    app = Celery("facts", broker="memory://", backend="cache+memory://", set_as_current=False)
    sent: list[str] = []
    monkeypatch.setitem(app.amqp.__dict__, "send_task_message", lambda producer, name, message, **_: sent.append(name))

    @app.task(name="facts.part", shared=False)
    def part(number: int) -> int:
        return number

    return part.s(1), part.s(), sent


@pytest.mark.parametrize("option", ["link", "link_error"])
def test_a_group_takes_no_callback(parts: tuple[Signature, Signature, list[str]], option: str) -> None:
    part, callback, sent = parts
    with pytest.raises(TypeError, match="Cannot add link to group"):
        group([part, part]).apply_async(**{option: callback})
    assert sent == []


@pytest.mark.parametrize("option", ["link", "link_error"])
def test_a_chord_takes_callbacks_since_5_7(parts: tuple[Signature, Signature, list[str]], option: str) -> None:
    part, body, sent = parts

    def send() -> object:
        return chord([part, part], body).apply_async(**{option: body})

    if OLD:
        refused(send)
    else:
        send()
    assert len(sent) == (0 if OLD else 2)


def refused(send: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="Cannot add link to group"):
        send()


def test_on_error_is_taken_by_all(parts: tuple[Signature, Signature, list[str]]) -> None:
    part, body, sent = parts
    chord([part, part], body).on_error(body).apply_async()
    assert len(sent) == 2
