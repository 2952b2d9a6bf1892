"""What worker commands read from, as people write them."""

import pytest

from jobcheck.solve.kinds import Origin
from jobcheck.workers.consumers import consumers
from jobcheck.workers.texts import pieces
from jobcheck.workers.words import commands

NOBODY = "nobody"


def read(text, words=()):
    """(framework, queues, modules) of every worker that a text starts."""
    origin = Origin("Procfile", 0, 0)
    return [(c.framework, c.queues, c.modules) for line in commands(text, words) for c in consumers(line, origin)]


@pytest.mark.parametrize(
    ("text", "queues"),
    [
        ("celery -A shop worker", ()),
        ("celery worker -A shop -l info -Q high,low", ("high", "low")),
        ("celery -A shop worker -Qhigh", ("high",)),
        ("celery -A shop worker --queues=high -Q low", ("high", "low")),
        ("celery -A shop worker -Q 'high, low'", ("high", "low")),
        ("python -m celery -A shop worker -B -Q high", ("high",)),
        ("newrelic-admin run-program celery -A shop worker -c 4", ()),
        ("exec /opt/bin/celery --app=shop worker -n high@%h --loglevel=$LEVEL", ()),
        ("celery -A shop worker -Q $QUEUES", None),
        ("celery -A shop worker -Q ${QUEUES:-high}", None),
        ("celery -A shop worker $OPTIONS", None),
        ("celery -A shop worker -B $OPTIONS", None),
        ('celery -A shop worker "$@"', None),
        ("celery -A shop worker -Q %(ENV_QUEUES)s", None),
        ("celery -A shop $ROLE", None),
        ("celery multi start 2 -A shop -Q:1 high", None),
        ("sh -c 'sleep 3; celery -A shop worker -Q high'", ("high",)),
        ('bash -c "\n  set -ex\n  celery -A shop worker -Q high"', ("high",)),
        ("./wait-for-it.sh redis:6379 -- celery -A shop worker -Q high", ("high",)),
        ("watchmedo auto-restart -d . -- celery -A shop worker -Q high", ("high",)),
        ("watchfiles 'celery -A shop worker -Q high' shop", ("high",)),
        ("docker compose exec app celery -A shop worker -Q high", ("high",)),
        ("celery -A shop beat", NOBODY),
        ("celery -A shop inspect active_queues", NOBODY),
        ("celery -A shop flower -Q high", NOBODY),
        ("pip install celery worker", NOBODY),
        ("pkill -f 'celery -A shop worker -Q high'", NOBODY),
        ("pkill -9 celery worker", NOBODY),
        ("docker compose restart celery worker", NOBODY),
        ("echo celery worker", NOBODY),
        ("# celery -A shop worker -Q high", NOBODY),
        ("cd worker && ls celery", NOBODY),
        ("celery -A shop worker -Q 'high", ("high",)),
    ],
)
def test_celery(text, queues):
    found = [queues for _, queues, _ in read(text)]
    assert found == ([] if queues == NOBODY else [queues])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rq worker", ("rq", (), ())),
        ("rq worker -u redis://r -w shop.Worker high low", ("rq", ("high", "low"), ())),
        ("rq worker --with-scheduler high", ("rq", ("high",), ())),
        ("rq worker $QUEUES", ("rq", None, ())),
        ("rq worker -c settings", ("rq", None, ())),
        ("python manage.py rqworker high --sentry-dsn=$DSN", ("rq", ("high",), ())),
        ("flask rq worker low", ("rq", ("low",), ())),
        ("dramatiq shop.worker", ("dramatiq", (), ("shop.worker",))),
        ("dramatiq -p 1 -t 4 shop.a shop.b -Q x y", ("dramatiq", ("x", "y"), ("shop.a", "shop.b"))),
        ("dramatiq -Q x y --watch shop -f shop.fork:start shop.a", ("dramatiq", ("x", "y"), ("shop.a",))),
        ("dramatiq shop.a -Q $QUEUES", ("dramatiq", None, None)),
        ("python manage.py rundramatiq --queues x", ("dramatiq", ("x",), None)),
        ("procrastinate --app=shop.app worker -q a,b", ("procrastinate", ("a", "b"), ())),
        ("procrastinate --app=shop.app worker", ("procrastinate", (), ())),
        ("procrastinate --app=shop.app worker -q $Q", ("procrastinate", None, ())),
    ],
)
def test_others(text, expected):
    assert read(text) == [expected]


@pytest.mark.parametrize("text", ["rq info", "rq empty high", "procrastinate --app=shop schema --apply", "dramatiq --version"])
def test_other_commands_are_no_workers(text):
    assert read(text) == []


def test_words_of_a_list():
    words = ("sh", "-c", "celery -A shop worker -Q high")
    assert read("", words) == [("celery", ("high",), ("shop",))]


def test_a_command_under_two_keys_is_one():
    text = b"spec:\n  containers:\n    - command: [celery, -A, shop]\n      args: [worker, -Q, high]\n"
    found = pieces("deploy.yaml", text)
    assert [read(piece.text, piece.words) for piece in found if "worker" in piece.words] == [[("celery", ("high",), ("shop",))]]


@pytest.mark.parametrize("text", [b"a: {{ b }}\n", b"a: [\n", b"\xff", b"a: *b\n"])
def test_yaml_that_cannot_be_read(text):
    assert pieces("a.yml", text) is None


def test_anchors_that_hold_themselves_end():
    assert pieces("a.yml", b"a: &x\n  b: *x\n") is not None


def test_places_count_bytes():
    text = "à: é\nworker:\n  command: celery -A shop worker\n".encode()
    found = [p for p in pieces("c.yml", text) if p.text.startswith("celery")]
    assert [text[p.start : p.end] for p in found] == [b"celery -A shop worker"]
