"""ACTIVEJOB.md A5, fact by fact: what an error means."""

import pytest

from jobcheck.runtime import (
    Halt,
    Job,
    OptionError,
    after_discard,
    before_perform,
    configure,
    discard_on,
    job,
    rescue_from,
    retry_on,
    subscribe,
)
from jobcheck.runtime.marks import marks_of


class E1(Exception): ...


class E2(Exception): ...


@pytest.fixture
def told():
    """Writes down what after_discard and callbacks are told."""
    return []


def failing(error, told, *decorators):
    """A job class that raises; decorators topmost first."""

    class Fails(Job):
        def perform(self):
            told.append("run")
            raise error

        @after_discard
        def tell(self, error):
            told.append(f"given up {type(error).__name__}")

    for decorate in reversed(decorators):
        Fails = decorate(Fails)
    return Fails


def drained(fails, adapter):
    fails.perform_later()
    return adapter.drain()


def delays(wait, n=5, **options):
    @retry_on(E1, wait=wait, **options)
    class Waits(Job): ...

    (policy,) = marks_of(Waits, "handlers")
    return [policy.delay(count) for count in range(1, n + 1)]


@pytest.mark.parametrize(("first", "second"), [("discard", "rescue"), ("rescue", "discard")])
def test_a5_01_of_two_that_match_the_topmost_wins(first, second, told):
    """A5.1, deviation: the last declared wins in Ruby; here the topmost in the text, as with `except`."""
    handlers = {
        "discard": discard_on(E1, callback=lambda job, error: told.append("discard")),
        "rescue": rescue_from(Exception, callback=lambda job, error: told.append("rescue")),
    }
    failing(E1(), told, handlers[first], handlers[second]).perform_now()
    assert told[1] == first


def test_a5_02_handlers_of_the_subclass_come_first(told):
    """A5.2: before those of its base."""
    Base = failing(E1(), told, discard_on(Exception))

    @rescue_from(Exception, callback=lambda job, error: told.append("derived"))
    class Derived(Base): ...

    Derived.perform_now()
    assert told == ["run", "derived"]


def test_a5_03_classes_not_names():
    """A5.3, deviation: error classes may not be named by strings: a misspelt one would never match."""
    with pytest.raises(TypeError):
        retry_on("shop.errors.Flaky")


def test_a5_04_the_cause_is_tried(told):
    """A5.4: when nothing matches the error, its causes are."""
    error = E1()
    error.__cause__ = E2()
    assert isinstance(failing(error, told, discard_on(E2)).perform_now(), E2)


@pytest.mark.parametrize(("attempts", "runs"), [(3, 3), (1, 1)])
def test_a5_05_attempts_count_the_first_run(attempts, runs, told, adapter):
    """A5.5: 3 are runs 1, 2, 3; 1 never retries, and after_discard runs at once."""
    with pytest.raises(E1):
        drained(failing(E1(), told, retry_on(E1, attempts=attempts)), adapter)
    assert told == ["run"] * runs + ["given up E1"]


def test_a5_06_unlimited(told, adapter):
    """A5.6: "unlimited" never stops."""
    failing(E1(), told, retry_on(E1, attempts="unlimited")).perform_later()
    for _ in range(30):
        adapter.perform_enqueued_jobs()
    assert told == ["run"] * 30


def test_a5_07_infinity_is_no_number_of_attempts():
    """A5.7, deviation: infinity is spelled "unlimited"."""
    with pytest.raises(OptionError):
        retry_on(E1, attempts=float("inf"))


def test_a5_08_the_counter_is_that_of_the_declaration(told, adapter):
    """A5.8: errors declared together share one, named by their list; others have their own; executions is the total."""

    @retry_on(E1, E2, attempts=4)
    @retry_on(KeyError, attempts=4)
    class Mixed(Job):
        def perform(self):
            raise [E1, E2, KeyError][self.executions - 1]

    Mixed.perform_later()
    for _ in range(3):
        adapter.perform_enqueued_jobs()
    data = adapter.enqueued_jobs[0].data
    assert (data["executions"], data["exception_executions"]) == (3, {"[E1, E2]": 2, "[KeyError]": 1})


def test_a5_09_another_order_is_another_counter(told):
    """A5.9: [E2, E1] counts anew."""
    fails = failing(E1(), told, retry_on(E2, E1, attempts=2))()
    fails.exception_executions = {"[E1, E2]": 1}
    fails.enqueue()
    assert isinstance(configure().enqueued_jobs[0].data["exception_executions"], dict)
    from jobcheck.runtime.execution import run

    assert isinstance(run(fails), E1)
    assert fails.exception_executions == {"[E1, E2]": 1, "[E2, E1]": 1}


def test_a5_10_a_number_with_jitter():
    """A5.10: wait + rand * wait * jitter; the default of both is 3 s, and none."""
    assert delays(3) == [3, 3, 3, 3, 3]
    assert all(10 <= delay <= 15 for delay in delays(10, 200, jitter=0.5))
    assert len(set(delays(10, 20, jitter=0.5))) > 1


def test_a5_11_polynomially_longer():
    """A5.11: n ** 4 + 2 without jitter, which is on the power only."""
    assert delays("polynomially_longer") == [3, 18, 83, 258, 627]
    assert all(18 <= delay <= 34 for _, delay in [delays("polynomially_longer", 2, jitter=1) for _ in range(50)])


def test_a5_12_n_is_that_of_the_declaration(adapter):
    """A5.12: n is this declaration's counter, not the number of runs."""

    @retry_on(E1, wait=lambda n: n * 100)
    @retry_on(E2, wait=1)
    class Mixed(Job):
        def perform(self):
            raise E2 if self.executions < 3 else E1

    waits = []
    end = subscribe(lambda event: waits.append(round(event.wait)), "enqueue_retry")
    Mixed.perform_later()
    for _ in range(3):
        adapter.perform_enqueued_jobs()
    end()
    assert waits == [1, 1, 100]


def test_a5_13_a_callable_has_no_jitter():
    """A5.13: its value is used as it is."""
    assert delays(lambda n: n * 10, 3, jitter=1) == [10, 20, 30]


def test_a5_14_a_callable_of_the_count_only():
    """A5.14, deviation: a callable of (count, error), which Rails has in an alpha, fails; the error says why."""

    @retry_on(E1, wait=lambda n, error: n)
    class Waits(Job):
        def perform(self):
            raise E1

    with pytest.raises(TypeError) as caught:
        Waits.perform_now()
    assert isinstance(caught.value.__cause__, E1)


def test_a5_15_the_class_may_have_a_jitter(adapter):
    """A5.15: retry_jitter of the class is the default, 0 in a declaration switches it off."""
    (policy,) = marks_of(retry_on(E1, wait=10)(type("J", (Job,), {"retry_jitter": 0.5})), "handlers")
    assert any(policy.delay(1, 0.5) > 10 for _ in range(100))
    (off,) = marks_of(retry_on(E1, wait=10, jitter=0)(type("J", (Job,), {})), "handlers")
    assert off.delay(1, 0.5) == 10


def test_a5_16_a_bad_wait_is_refused_where_it_stands():
    """A5.16: as Rails 8.2 does it; up to 8.1 it exploded at the first retry."""
    with pytest.raises(OptionError):
        retry_on(E1, wait="exponentially_longer")


def test_a5_17_a_retry_is_the_same_job(adapter):
    """A5.17: the same id; queue, priority and wait go into the message, and the job in memory is as it was."""
    ran = []

    @retry_on(E1, wait=60, queue="slow", priority=9, attempts=3)
    class Fails(Job):
        def perform(self):
            ran.append(self)
            raise E1

    sent = Fails.perform_later()
    adapter.perform_enqueued_jobs()
    (again,) = adapter.enqueued_jobs
    assert (again.data["job_id"], again.data["queue_name"], again.data["priority"]) == (sent.job_id, "slow", 9)
    assert again.at is not None
    assert (ran[0].queue_name, ran[0].priority, ran[0].scheduled_at) == ("default", None, None)
    adapter.perform_enqueued_jobs()
    assert ran[1].queue_name == "slow"


def test_a5_18_exhausted_with_a_callback(told, adapter):
    """A5.18: callback(job, error), then after_discard, and nothing is raised."""
    fails = failing(E1(), told, retry_on(E1, attempts=2, callback=lambda job, error: told.append("callback")))
    assert drained(fails, adapter) == 2
    assert told == ["run", "run", "callback", "given up E1"]


def test_a5_19_exhausted_without_one(told, adapter):
    """A5.19: retry_stopped, after_discard, then the error goes to the backend."""
    names = []
    end = subscribe(lambda event: names.append(event.name), "retry_stopped", "perform")
    with pytest.raises(E1):
        drained(failing(E1(), told, retry_on(E1, attempts=1)), adapter)
    end()
    assert (told, names) == (["run", "given up E1"], ["retry_stopped", "perform"])


def test_a5_20_no_error_reporter():
    """A5.20, deviation: `report` is no option: Python's programs report by `logging`, where each retry stands."""
    with pytest.raises(TypeError):
        retry_on(E1, report=True)


def test_a5_21_discard_on(told):
    """A5.21: event, callback, after_discard, swallowed."""
    names = []
    end = subscribe(lambda event: names.append(event.name), "discard")
    discard = discard_on(E1, callback=lambda job, error: told.append("callback"))
    assert isinstance(failing(E1(), told, discard).perform_now(), E1)
    end()
    assert (told, names) == (["run", "callback", "given up E1"], ["discard"])


def test_a5_22_a_callback_of_discard_on_that_raises(told):
    """A5.22: its error comes out, and after_discard does not run."""

    def broken(job, error):
        raise E2

    with pytest.raises(E2):
        failing(E1(), told, discard_on(E1, callback=broken)).perform_now()
    assert told == ["run"]


def test_a5_23_after_discard_of_an_unhandled_error(told):
    """A5.23: after_discard runs, then the error is raised."""
    with pytest.raises(E1):
        failing(E1(), told).perform_now()
    assert told == ["run", "given up E1"]


def test_a5_24_all_of_several_and_the_last_error(told):
    """A5.24: each after_discard runs whatever the others raise; the last error comes out."""

    class Fails(Job):
        def perform(self):
            raise KeyError

        @after_discard
        def first(self, error):
            told.append("first")
            raise E1

        @after_discard
        def second(self, error):
            told.append("second")
            raise E2

        @after_discard
        def third(self, error):
            told.append("third")

    with pytest.raises(E2):
        Fails.perform_now()
    assert told == ["first", "second", "third"]


def test_a5_25_a_rescued_error_gives_nothing_up(told):
    """A5.25: no after_discard for what a plain rescue_from took, or for a halted run."""
    assert isinstance(failing(E1(), told, rescue_from(E1, callback=lambda job, error: None)).perform_now(), E1)

    class Halted(failing(E1(), told)):
        @before_perform
        def stop(self):
            raise Halt

    assert Halted.perform_now() is False
    assert told == ["run"]


def test_a5_26_rescue_from_takes_any_exception(told):
    """A5.26: also those that are no Exception."""
    rescue = rescue_from(BaseException, callback=lambda job, error: told.append("rescued"))
    failing(KeyboardInterrupt(), told, rescue).perform_now()
    assert told == ["run", "rescued"]


def test_a5_27_retry_job_by_hand(adapter):
    """A5.27: with wait, wait_until, queue, priority; it is told as a retry."""

    class Waits(Job):
        def perform(self):
            raise E1

        @rescue_from(E1)
        def later(self, error):
            self.retry_job(wait=600, queue="slow", priority=1)

    waits = []
    end = subscribe(lambda event: waits.append(round(event.wait)), "enqueue_retry")
    sent = Waits.perform_later()
    adapter.perform_enqueued_jobs()
    end()
    (again,) = adapter.enqueued_jobs
    assert (again.data["job_id"], again.data["queue_name"], again.data["priority"]) == (sent.job_id, "slow", 1)
    assert waits == [600]


class TestInPythonsManner:
    def test_methods_come_after_what_stands_above_the_class_and_in_the_order_of_the_text(self, told):
        @rescue_from(E1, callback=lambda job, error: told.append("above"))
        class Fails(Job):
            def perform(self, error):
                raise error

            @rescue_from(E1, E2)
            def first(self, error):
                told.append("first")

            @rescue_from(Exception)
            def second(self, error):
                told.append("second")

        for error in (E1(), E2(), KeyError()):
            Fails.perform_now(error)
        assert told == ["above", "first", "second"]

    def test_on_a_function(self, told):
        @job
        @rescue_from(E1, callback=lambda job, error: told.append(type(job).__name__))
        def fails():
            raise E1

        fails.perform_now()
        assert told == ["fails"]

    def test_what_cannot_stand_there(self):
        with pytest.raises(TypeError, match="callback="):
            rescue_from(E1)(type("J", (Job,), {}))
        with pytest.raises(TypeError, match="callback="):
            job(rescue_from(E1)(lambda: None))
        with pytest.raises(TypeError, match="job class"):
            job(after_discard(lambda: None))
        with pytest.raises(TypeError, match="job class"):
            after_discard(type("J", (Job,), {}))
        with pytest.raises(TypeError, match="cannot be called"):
            discard_on(E1, callback="tell")

    @pytest.mark.parametrize("declare", [retry_on(E1), discard_on(E1), rescue_from(E1, callback=print)])
    def test_what_means_the_job_does_not_stand_on_its_method(self, declare):
        with pytest.raises(TypeError, match="stands above the class"):

            class Fails(Job):
                @declare
                def perform(self): ...

    def test_a_retry_that_a_callback_halts_is_not_lost(self, told, adapter):
        from jobcheck.runtime import before_enqueue

        class Halted(failing(E1(), told)):
            @before_enqueue
            def stop(self):
                if self.executions:
                    raise Halt

        with pytest.raises(E1):
            drained(retry_on(E1)(Halted), adapter)
        assert told == ["run", "given up E1"]
