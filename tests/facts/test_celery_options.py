"""What JOB203, 204, 205 and 213 say of Celery's run time, and that their tables hold what the installed Celery has."""

from __future__ import annotations

import inspect
from datetime import date, datetime, timedelta, timezone

import pytest
from celery import Celery, Task
from celery.app.amqp import AMQP
from kombu import Producer
from kombu.transport.virtual.base import Channel
from kombu.utils.json import dumps

from jobcheck.frameworks import options
from jobcheck.frameworks.celery import names

app = Celery("facts", broker="memory://", backend="cache+memory://")
TABLE = options.of("celery")


@app.task(name="options.send", bind=True)
def send(self, message_id, urgent=False):
    return message_id


def test_options_of_an_enqueue_are_all_known():
    real = (Task.apply_async, Celery.send_task, AMQP.as_task_v2, Producer.publish, app.amqp.send_task_message)
    found = {p.name for f in real for p in inspect.signature(f).parameters.values() if p.kind is not p.VAR_KEYWORD}
    assert found - names.ENQUEUE_OPTIONS <= {"self", "body", "message"}


def test_options_of_a_job_are_all_known():
    # Attributes that are data, of the class that options become attributes of.
    found = {name for name, value in vars(Task).items() if not name.startswith("_") and not callable(value)}
    unknown = {n for n in found - names.TASK_OPTIONS if not isinstance(inspect.getattr_static(Task, n), property)}
    unknown -= {n for n in unknown if isinstance(inspect.getattr_static(Task, n), classmethod)}
    assert unknown <= {"app", "request", "request_stack", "from_config"}


def test_methods_are_methods():
    assert all(callable(getattr(Task, name)) for name in TABLE.methods)


def test_what_is_recommended_exists():
    known = TABLE.enqueue.documented | TABLE.declaration.documented
    said = {*TABLE.enqueue.elsewhere.values(), *TABLE.declaration.elsewhere.values()}
    assert {text for text in said if text.isidentifier()} <= known
    assert not TABLE.enqueue.elsewhere.keys() & names.ENQUEUE_OPTIONS
    assert not TABLE.declaration.elsewhere.keys() & names.TASK_OPTIONS


SILENT = (
    {"counttdown": 5}, {"max_retries": 5}, {"urgent": True}, {"delay": 5}, {"options": {"queue": "slow"}},
    {"eta": datetime.now(timezone.utc)}, {"expires": 5}, {"countdown": 5.5}, {"priority": "low"},
)  # fmt: skip


@pytest.mark.parametrize("given", SILENT, ids=[f"{next(iter(given))}-{n}" for n, given in enumerate(SILENT)])
def test_is_silently_accepted(given):
    send.apply_async((1,), **given)


REFUSED = (
    ({"countdown": timedelta(1)}, TypeError), ({"countdown": "5"}, TypeError), ({"countdown": datetime.now()}, TypeError),
    ({"eta": 5}, AttributeError), ({"eta": timedelta(1)}, AttributeError), ({"expires": timedelta(1)}, TypeError),
    ({"expires": date.today()}, TypeError), ({"link": send}, Exception),
)  # fmt: skip


@pytest.mark.parametrize(("given", "error"), REFUSED, ids=[f"{next(iter(given))}-{n}" for n, (given, _) in enumerate(REFUSED)])
def test_raises_at_the_call(given, error):
    with pytest.raises(error):
        send.apply_async((1,), **given)


def test_a_time_limit_that_is_a_timedelta_cannot_be_written():
    with pytest.raises(TypeError):
        dumps({"timelimit": [timedelta(1), None]})


def test_redis_ignores_a_priority_that_is_no_number():
    channel = Channel.__new__(Channel)
    assert channel._get_message_priority({"properties": {"priority": "low"}}) == channel.default_priority


MALFORMED = (1, "ab", {"a": 1}, {1}, (n for n in (1,)), date.today(), "a")


@pytest.mark.parametrize("args", MALFORMED, ids=lambda a: type(a).__name__)
def test_arguments_that_are_no_list(args):
    with pytest.raises(TypeError):
        send.apply_async(args)
    with pytest.raises(TypeError):
        app.send_task("elsewhere.job", args)


@pytest.mark.parametrize("kwargs", ['{"message_id": 1}', [("message_id", 1)], 5], ids=str)
def test_keyword_arguments_that_are_no_dict(kwargs):
    with pytest.raises(TypeError):
        send.apply_async(kwargs=kwargs)


def test_what_is_false_means_none():
    for args in ("", 0, None, ()):
        app.send_task("elsewhere.job", args, {})


def test_a_signature_takes_text_and_dicts_apart():
    assert send.signature("ab").args == ("a", "b")
    assert send.signature({"message_id": 1}).args == ("message_id",)
    with pytest.raises(TypeError):
        send.signature(5)


def test_declared_options_that_nothing_reads():
    @app.task(bind=True, max_retry=7, retries=7, name="options.misspelt")
    def misspelt(self):
        return None

    assert misspelt.max_retries == 3


def test_a_declared_retry_or_delay_hides_the_method():
    @app.task(bind=True, retry=True, delay=5, name="options.hidden")
    def hidden(self):
        raise self.retry()

    assert isinstance(hidden.apply().result, TypeError)
    with pytest.raises(TypeError):
        hidden.delay()


@pytest.mark.parametrize("given", [{"default_retry_delay": timedelta(1)}, {"max_retries": "3"}], ids=str)
def test_a_retry_that_cannot_count(given):
    @app.task(bind=True, name=f"options.{given}", **given)
    def counting(self):
        self.request.called_directly = False
        self.request.is_eager = False
        raise self.retry()

    assert "not supported between instances" in repr(counting.apply().result)
