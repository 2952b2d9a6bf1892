"""How a job is declared: as a class, as a function, with its options and marks."""

import pytest

from jobcheck.runtime import Job, OptionError, discard_on, idempotent, job, retry_on
from jobcheck.runtime.marks import marks_of


def test_class_declares_its_options():
    class ChargeOrder(Job):
        queue_as = "billing"
        priority = 10
        wire = "sidekiq"

        def perform(self, order_id): ...

    job = ChargeOrder(7)
    assert (job.queue_name, job.priority, job.wire, job.args) == ("billing", 10, "sidekiq", (7,))


def test_defaults_are_those_of_the_notes():  # ACTIVEJOB.md A1: queue "default", priority nil
    class Plain(Job):
        def perform(self): ...

    assert (Plain().queue_name, Plain().priority, Plain.wire, Plain.idempotency) == ("default", None, "resque", None)


def test_function_becomes_a_job_class():
    @job(queue_as="mail", wire="activejob", priority=3)
    def notify(user_id, *, urgent=False):
        """Tell the user."""
        return user_id, urgent

    assert issubclass(notify, Job)
    assert (notify.__name__, notify.__doc__, notify.__module__) == ("notify", "Tell the user.", __name__)
    assert (notify.queue_as, notify.wire, notify.priority) == ("mail", "activejob", 3)
    assert notify.perform_now(7, urgent=True) == (7, True)
    assert notify.perform(7) == (7, False)


def test_bare_decorator():
    @job
    def notify(user_id): ...

    assert notify(7).queue_name == "default"


def test_queue_and_priority_may_be_callables_of_the_job(adapter):  # ACTIVEJOB.md A1: queue_as { ... }, lazily
    class ChargeOrder(Job):
        def queue_as(self):
            return f"shop-{self.args[0]}"

        def priority(self):
            return self.args[0]

        def perform(self, shop_id): ...

    ChargeOrder.perform_later(7)
    (enqueued,) = adapter.enqueued_jobs
    assert (enqueued.data["queue_name"], enqueued.data["priority"]) == ("shop-7", 7)
    assert adapter.perform_enqueued_jobs() == 1


def test_function_takes_callables_too():
    @job(queue_as=lambda job: "vip" if job.args[0] == 1 else "mail")
    def notify(user_id): ...

    assert (notify(1).queue_name, notify(2).queue_name) == ("vip", "mail")


@pytest.mark.parametrize(
    "declared",
    [{"wire": "reskue"}, {"wire": None}, {"queue_as": ""}, {"queue_as": None}, {"queue_as": 7}, {"priority": "high"}],
)
def test_bad_declaration_is_refused_where_it_stands(declared):
    with pytest.raises(OptionError):
        type("Bad", (Job,), declared)
    with pytest.raises(OptionError):
        job(**declared)(lambda: None)


def test_misspelt_wire_names_the_near_one():
    with pytest.raises(OptionError, match="did you mean 'resque'"):
        job(wire="reskue")(lambda: None)


def test_callable_queue_must_give_a_name():
    @job(queue_as=lambda job: None)
    def notify(): ...

    with pytest.raises(OptionError, match="queue_as gave no name"):
        notify.perform_later()


@pytest.mark.parametrize("bad", [{"queue": "mail"}, {"retries": 3}])
def test_unknown_decorator_option(bad):
    with pytest.raises(TypeError, match=next(iter(bad))):
        job(**bad)


@pytest.mark.parametrize("bad", [7, "mail", type("Plain", (), {}), type("Sub", (Job,), {})])
def test_decorator_belongs_on_a_function(bad):
    with pytest.raises(TypeError, match="belongs on a function"):
        job(bad)


class TestIdempotent:
    def test_reason_is_recorded(self):
        @idempotent("the order id is the payment key")
        class ChargeOrder(Job): ...

        assert ChargeOrder.idempotency == ChargeOrder().idempotency == "the order id is the payment key"

    def test_above_and_below_the_job_decorator(self):
        @idempotent("above")
        @job
        def above(): ...

        @job
        @idempotent("below")
        def below(): ...

        assert (above.idempotency, below.idempotency) == ("above", "below")

    def test_subclass_keeps_it_or_says_its_own(self):
        @idempotent("base")
        class Base(Job): ...

        class Heir(Base): ...

        @idempotent("own")
        class Other(Base): ...

        assert (Heir.idempotency, Other.idempotency, Base.idempotency) == ("base", "own", "base")

    @pytest.mark.parametrize("reason", ["", "  ", None, 7, lambda: None])
    def test_reason_is_required(self, reason):
        with pytest.raises(TypeError, match="takes the reason"):
            idempotent(reason)


class TestMarks:
    def test_order_is_that_of_the_text_then_of_the_bases(self):
        @retry_on(KeyError)
        class Base(Job): ...

        @retry_on(ValueError)
        @discard_on(TypeError)
        class Heir(Base): ...

        assert [mark.errors for mark in marks_of(Heir, "handlers")] == [(ValueError,), (TypeError,), (KeyError,)]
        assert [mark.errors for mark in marks_of(Base, "handlers")] == [(KeyError,)]

    def test_order_on_both_sides_of_the_job_decorator(self):
        @retry_on(KeyError)
        @job
        @retry_on(ValueError)
        @discard_on(TypeError)
        def notify(): ...

        assert [mark.errors for mark in marks_of(notify, "handlers")] == [(KeyError,), (ValueError,), (TypeError,)]

    @pytest.mark.parametrize("bad", [7, "notify", print, type("Plain", (), {})])
    def test_marks_belong_on_jobs(self, bad):
        with pytest.raises(TypeError, match="a job class or function"):
            retry_on(KeyError)(bad)
