"""What JOB110 says of Celery's run time, on the real Celery, performed in this process."""

from __future__ import annotations

import pytest
from celery import Celery
from celery.app.trace import build_tracer
from celery.utils.serialization import UnpickleableExceptionWrapper


class GatewayError(Exception):
    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"gateway said {status}")
        self.status = status


class TariffChanged(ValueError):
    def __init__(self, old: int, new: int) -> None:
        super().__init__("the tariff has changed")


class Kept(Exception):
    def __init__(self, status: int, body: str) -> None:
        super().__init__(status, body)


@pytest.mark.parametrize(
    ("error", "seen", "matches"),
    [
        (GatewayError(502, "x"), UnpickleableExceptionWrapper, False),
        (TariffChanged(1, 2), ValueError, False),
        (Kept(502, "x"), Kept, True),
    ],
    ids=["no base can be rebuilt", "a base can", "rebuilt"],
)
def test_what_a_failed_job_leaves_behind(error: Exception, seen: type, *, matches: bool) -> None:
    app = Celery("facts", broker="memory://", backend="cache+memory://")
    handled: list[object] = []

    def job() -> None:
        raise error

    task = app.task(job, name="facts.job", throws=(type(error),), shared=False)
    task.on_failure = lambda exc, *args: handled.append(exc)
    build_tracer("facts.job", task, app=app)("id", (), {}, {"id": "id"})

    assert type(handled[0]) is seen
    assert isinstance(handled[0], task.throws) is matches
    with pytest.raises(seen) as raised:
        app.AsyncResult("id").get(timeout=1)
    assert type(raised.value) is seen
