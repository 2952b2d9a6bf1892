"""Which queues a Celery worker reads, and where messages go, as Celery itself says."""

from celery import Celery
from kombu import Queue


def app(**conf):
    made = Celery("shop", broker="memory://")
    made.conf.update(conf)
    return made


def read(made, named=None):
    if named is not None:
        made.amqp.queues.select(named)
    return sorted(made.amqp.queues.consume_from)


def test_a_worker_that_names_none_reads_the_default_queue_only():
    made = app(task_routes={"shop.check": {"queue": "spam"}})
    assert read(made) == ["celery"]
    # Asked last: before Celery 5.7 a process that sends to a queue lists it from then on, too.
    assert made.amqp.router.route({}, "shop.check")["queue"].name == "spam"


def test_or_all_that_are_declared():
    assert read(app(task_queues=[Queue("a"), Queue("b")])) == ["a", "b"]


def test_a_declared_default_is_not_read_beside_others():
    assert read(app(task_default_queue="default", task_queues=[Queue("a")])) == ["a"]


def test_named_queues_are_read_and_nothing_else():
    assert read(app(task_default_queue="default"), ["a", "b"]) == ["a", "b"]


def test_the_queue_of_the_call_comes_before_the_route():
    made = app(task_routes={"shop.check": {"queue": "spam"}})
    assert made.amqp.router.route({"queue": "high"}, "shop.check")["queue"].name == "high"


def test_one_of_two_jobs_of_a_name_is_kept():
    made = app()

    @made.task(name="shop.check")
    def first():
        return "first"

    @made.task(name="shop.check")
    def second():
        return "second"

    assert first.run() == second.run() == made.tasks["shop.check"].run()
