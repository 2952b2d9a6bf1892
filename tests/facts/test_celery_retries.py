"""What JOB403, JOB404 and JOB405 say of Celery's run time, on the real Celery, performed in this process."""

from __future__ import annotations

from collections.abc import Callable

import celery
import pytest
from celery import Celery, Task
from celery.exceptions import Ignore, Reject, Retry, SoftTimeLimitExceeded
from celery.result import denied_join_result


class Sent:
    """What a job has put on the queue: one entry for each message."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: list[object] = []
        monkeypatch.setattr("celery.canvas.Signature.apply_async", self._note)

    def _note(self, *args: object, **options: object) -> None:
        self.messages.append(options)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    return Sent(monkeypatch)


def performed(body: Callable[[Task], object], retries: int = 0, **options: object) -> object:
    """Run a job as a worker does, and give what its function returned or raised."""
    app = Celery("facts", broker="memory://")
    app.task(bind=True, name="facts.job", shared=False, **options)(body)
    job = app.tasks["facts.job"]
    job.push_request(called_directly=False, is_eager=False, retries=retries, id="1", args=(), kwargs={})
    try:
        return job.run()
    except BaseException as error:  # SystemExit too
        return error
    finally:
        job.pop_request()


@pytest.mark.parametrize("kind", [Retry, Ignore, Reject, SoftTimeLimitExceeded])
def test_control_is_told_by_exceptions_that_a_broad_except_takes(kind: type) -> None:
    assert issubclass(kind, Exception)


def test_a_swallowed_retry_is_sent_all_the_same(sent: Sent) -> None:
    def job(self: Task) -> str:
        try:
            raise self.retry()
        except Exception:
            return "success"

    assert performed(job) == "success"
    assert len(sent.messages) == 1


def test_a_retry_of_a_retry_is_two_messages(sent: Sent) -> None:
    def job(self: Task) -> None:
        try:
            raise self.retry()
        except Exception as error:
            raise self.retry(exc=error) from error

    assert isinstance(performed(job), Retry)
    assert len(sent.messages) == 2


@pytest.mark.parametrize(("retries", "again"), [(2, True), (3, False)])
def test_none_at_the_call_means_the_limit_of_the_job(sent: Sent, retries: int, *, again: bool) -> None:
    def by_hand(self: Task) -> None:
        raise self.retry(exc=KeyError("x"), max_retries=None)

    def automatic(self: Task) -> None:
        raise KeyError("x")

    expected = Retry if again else KeyError
    assert isinstance(performed(by_hand, retries), expected)
    options = {"autoretry_for": (KeyError,), "retry_kwargs": {"max_retries": None}}
    assert isinstance(performed(automatic, retries, **options), expected)
    assert isinstance(performed(automatic, 1000, max_retries=None, **options), Retry)


def test_backoff_is_nothing_to_a_retry_by_hand(sent: Sent) -> None:
    def by_hand(self: Task) -> None:
        raise self.retry()

    def automatic(self: Task) -> None:
        raise KeyError("x")

    options = {"retry_backoff": 7, "retry_jitter": False}
    by_itself = performed(automatic, autoretry_for=(KeyError,), **options)
    assert [performed(by_hand, **options).when, by_itself.when] == [180, 7]


def test_below_zero_is_never(sent: Sent) -> None:
    def job(self: Task) -> None:
        raise KeyError("x")

    assert isinstance(performed(job, autoretry_for=(KeyError,), max_retries=-1), KeyError)


def test_an_error_by_position_is_taken_for_the_arguments(sent: Sent) -> None:
    def error(self: Task) -> None:
        raise self.retry(KeyError("x"))

    def number(self: Task) -> None:
        raise self.retry(60)

    for job in (error, number):
        assert isinstance(performed(job), TypeError)
    assert not sent.messages


def test_text_for_the_error_hides_it_after_the_last_run(sent: Sent) -> None:
    def job(self: Task) -> None:
        raise self.retry(exc="text")

    assert isinstance(performed(job), Retry)
    assert isinstance(performed(job, 3), TypeError)


@pytest.mark.parametrize("errors", [("KeyError",), "KeyError", (KeyError("x"),)])
def test_what_is_no_class_fails_where_the_job_fails(sent: Sent, errors: object) -> None:
    def job(self: Task) -> None:
        raise KeyError("x")

    assert isinstance(performed(job, autoretry_for=errors), TypeError)
    assert not sent.messages


@pytest.mark.parametrize("errors", [KeyError, True, KeyError("x")])
def test_what_is_no_sequence_fails_at_once(errors: object) -> None:
    def job(self: Task) -> None: ...

    with pytest.raises(TypeError, match="not iterable"):
        performed(job, autoretry_for=errors)


def test_system_exit_is_retried_and_then_raised(sent: Sent) -> None:
    def job(self: Task) -> None:
        raise SystemExit(3)

    assert isinstance(performed(job, autoretry_for=(SystemExit,)), Retry)
    assert isinstance(performed(job, 3, autoretry_for=(SystemExit,)), SystemExit)


def test_a_worker_refuses_to_wait_even_for_what_is_done() -> None:
    app = Celery("facts", broker="memory://", backend="cache+memory://")

    @app.task(name="facts.done", shared=False)
    def job() -> int:
        return 1

    with denied_join_result(), pytest.raises(RuntimeError, match="Never call"):
        job.apply().get()
    with denied_join_result(), pytest.raises(RuntimeError, match="Never call"):
        app.AsyncResult("1").get()


@pytest.mark.parametrize(("args", "kwargs", "refused"), [(([1],), {}, True), ((), {"pks": [1]}, False)])
def test_new_keywords_meet_the_positions_of_the_first_call_before_5_7(
    args: tuple[object, ...], kwargs: dict[str, object], refused: bool
) -> None:
    app = Celery("facts", broker="memory://")

    @app.task(bind=True, name="facts.pks", shared=False)
    def job(self: Task, pks: list[int]) -> None:
        self.retry(kwargs={"pks": [2]})

    job.push_request(called_directly=False, is_eager=False, retries=0, id="1", args=args, kwargs=kwargs)
    old = tuple(map(int, celery.__version__.split(".")[:2])) < (5, 7)
    try:
        with pytest.raises(Reject if refused and old else Retry):
            job.run(*args, **kwargs)
    finally:
        job.pop_request()
