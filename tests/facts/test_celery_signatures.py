"""What JOB201 says of Celery's run time, on the real Celery: where arguments that do not fit are noticed."""

# ruff: noqa: PLW0108 -- the call itself is what is tested

from __future__ import annotations

import functools
import logging

import pytest
from celery import Celery, Task, chain, chord, group, signature
from celery.beat import ScheduleEntry, Scheduler
from celery.contrib.testing.worker import start_worker

app = Celery("facts", broker="memory://", backend="cache+memory://")


def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


@app.task(name="add")
def add(a, b):
    return a + b


@app.task(name="one")
def one(a):
    return a


@app.task(name="zero")
def zero():
    return 0


@app.task(name="posonly")
def posonly(a, /, b):
    return a


@app.task(name="loose", typing=False)
def loose(a):
    return a


@app.task(name="wrapped")
@logged
def wrapped(a):
    return a


class Import(Task):
    name = "import"

    def run(self, a):
        return a


imported = app.register_task(Import())


@app.task(name="again", bind=True)
def again(self, a):
    raise self.retry(args=(1, 2, 3), countdown=0)


AT_THE_CALL = {
    "too few": lambda: add.delay(1),
    "too many": lambda: add.delay(1, 2, 3),
    "unknown name": lambda: add.delay(1, c=2),
    "twice": lambda: add.delay(1, a=2),
    "option among the arguments": lambda: add.delay(1, 2, countdown=5),
    "in lists": lambda: add.apply_async((1,), {"c": 2}),
    "sent signature": lambda: add.s(1).delay(),
    "signature by name": lambda: signature("add", (1,), app=app).delay(),
    "immutable takes no more": lambda: add.si(1).delay(2),
    "first link": lambda: chain(add.s(1), one.s())(),
    "part of a group": lambda: group(add.s(1), one.s(1))(),
    "header of a chord": lambda: chord([add.s(1)])(one.s()),
}

QUIET_AT_THE_CALL = {
    "positional-only by name": lambda: posonly.delay(a=1, b=2),
    "typing=False": lambda: loose.delay(),
    "under a wrapper": lambda: wrapped.delay(),
    "job class": lambda: imported.delay(),
    "send_task": lambda: app.send_task("add", (1,)),
    "a signature that is not sent": lambda: add.s(1, 2, 3),
    "map": lambda: add.map([1]).delay(),
    "later link": lambda: chain(add.s(1, 2), add.s(3, 4))(),
    "later immutable link": lambda: chain(add.s(1, 2), add.si(3))(),
    "body of a chord": lambda: chord([one.s(1)])(zero.s()),
}


@pytest.mark.parametrize("call", AT_THE_CALL.values(), ids=AT_THE_CALL.keys())
def test_raises_at_the_call(call):
    with pytest.raises(TypeError):
        call()


@pytest.mark.parametrize("call", QUIET_AT_THE_CALL.values(), ids=QUIET_AT_THE_CALL.keys())
def test_is_sent(call):
    call()


def test_fails_in_the_worker():
    app.control.purge()
    with start_worker(app, pool="threads", concurrency=2, perform_ping_check=False, loglevel="CRITICAL"):
        for name in sorted(QUIET_AT_THE_CALL.keys() - {"a signature that is not sent", "body of a chord"}):
            with pytest.raises(TypeError):
                QUIET_AT_THE_CALL[name]().get(timeout=10, disable_sync_subtasks=False)
        # Celery before 5.7 only logs these two errors, and no result ever comes.
        with pytest.raises(Exception, match=r"TypeError|timed out"):
            chord([one.s(1)])(zero.s()).get(timeout=10)
        with pytest.raises(Exception, match=r"TypeError|timed out"):
            again.delay(1).get(timeout=10)
        # What fits: results are put before the arguments, unless the signature is immutable.
        assert chain(add.s(1, 2), add.s(3))().get(timeout=10) == 6
        assert chain(add.s(1, 2), zero.si())().get(timeout=10) == 0
        assert chain(one.s(), add.s(3)).delay(4).get(timeout=10) == 7
        assert chord([one.s(1), one.s(2)])(one.s()).get(timeout=10) == [1, 2]
        assert add.starmap([(1, 2)]).delay().get(timeout=10) == [3]


def test_beat_logs_and_sends_nothing(caplog):
    app.control.purge()
    entry = ScheduleEntry(name="x", task="add", schedule=10.0, args=(1,), app=app)
    with caplog.at_level(logging.ERROR, logger="celery.beat"):
        Scheduler(app, lazy=True).apply_entry(entry)
    assert "missing 1 required positional argument" in caplog.text
    with app.connection_for_read() as connection:
        assert connection.default_channel.queue_purge("celery") == 0
