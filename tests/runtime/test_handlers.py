"""What an error means: retry_on and discard_on, on class and function jobs."""

from datetime import timedelta

import pytest

from jobcheck.runtime import EnqueueError, Job, OptionError, SignatureError, configure, discard_on, job, retry_on
from jobcheck.runtime.handlers import Retry
from jobcheck.runtime.marks import marks_of


class Flaky(Exception): ...


class VeryFlaky(Flaky): ...


def failing(error, *decorators):
    """A job that raises `error` each time; the decorators topmost first."""
    runs = []

    def fail():
        runs.append(1)
        raise error

    for decorate in reversed(decorators):
        fail = decorate(fail)
    return job(fail), runs


def policy(declared) -> Retry:
    return next(marks_of(declared, "handlers"))


class TestRetry:
    def test_a_retry_sends_what_the_run_left_of_its_arguments(self, adapter):
        seen = []

        @job
        @retry_on(Flaky, attempts=2)
        def export(options):
            seen.append(dict(options))
            options.pop("format", None)
            raise Flaky

        export.perform_later({"format": "csv"})
        with pytest.raises(Flaky):
            adapter.drain()
        assert seen == [{"format": "csv"}, {}]

    def test_attempts_count_the_first_run(self, adapter):  # ACTIVEJOB.md A5
        charge, runs = failing(Flaky(), retry_on(Flaky, attempts=3))
        charge.perform_later()
        with pytest.raises(Flaky):
            adapter.drain()
        assert len(runs) == 3

    def test_one_attempt_never_retries(self, adapter):  # ACTIVEJOB.md A5
        charge, runs = failing(Flaky(), retry_on(Flaky, attempts=1))
        charge.perform_later()
        with pytest.raises(Flaky):
            adapter.drain()
        assert len(runs) == 1

    def test_unlimited(self, adapter):
        charge, runs = failing(Flaky(), retry_on(Flaky, attempts="unlimited"))
        charge.perform_later()
        for _ in range(50):
            adapter.perform_enqueued_jobs()
        assert len(runs) == 50
        assert len(adapter.enqueued_jobs) == 1

    def test_defaults(self, adapter):  # ACTIVEJOB.md A5: wait 3 s, 5 attempts
        charge, runs = failing(Flaky(), retry_on(Flaky))
        assert policy(charge).delay(1) == 3
        charge.perform_later()
        with pytest.raises(Flaky):
            adapter.drain()
        assert len(runs) == 5

    def test_class_job(self, adapter):
        @retry_on(Flaky, wait=5, attempts=2)
        class Charge(Job):
            def perform(self, order_id):
                if self.executions == 1:
                    raise Flaky

        Charge.perform_later(7)
        assert adapter.drain() == 2

    def test_same_job_with_its_arguments_and_counters(self, adapter):  # ACTIVEJOB.md A5
        @job
        @retry_on(Flaky, KeyError)
        def charge(order_id):
            raise Flaky

        enqueued = charge.perform_later(7)
        adapter.perform_enqueued_jobs()
        (again,) = adapter.enqueued_jobs
        assert (again.data["job_id"], again.data["arguments"]) == (enqueued.job_id, [7])
        assert (again.data["executions"], again.data["exception_executions"]) == (1, {"[Flaky, KeyError]": 1})

    def test_waits(self, adapter, monkeypatch):
        monkeypatch.setattr("time.time", lambda: 1000.0)
        charge, _ = failing(Flaky(), retry_on(Flaky, wait=5))
        charge.perform_now()
        assert adapter.enqueued_jobs[0].at == 1005.0

    def test_separate_declarations_count_apart(self, adapter):  # ACTIVEJOB.md A5
        @retry_on(Flaky, attempts=2)
        @retry_on(KeyError, attempts=2)
        class Charge(Job):
            def perform(self):
                raise [Flaky, KeyError, Flaky][self.executions - 1]

        Charge.perform_later()
        with pytest.raises(Flaky):
            adapter.drain()
        assert len(adapter.performed_jobs) == 3

    def test_errors_declared_together_share_a_counter(self, adapter):  # ACTIVEJOB.md A5
        @retry_on(Flaky, KeyError, attempts=2)
        class Charge(Job):
            def perform(self):
                raise [Flaky, KeyError][self.executions - 1]

        Charge.perform_later()
        with pytest.raises(KeyError):
            adapter.drain()

    def test_queue_and_priority_stay_from_the_retry_on(self, adapter):  # ACTIVEJOB.md A5
        seen = []

        @retry_on(Flaky, queue="low", priority=50)
        class Charge(Job):
            queue_as = "billing"

            def perform(self):
                seen.append((self.queue_name, self.priority))
                if self.executions < 3:
                    raise Flaky

        Charge.perform_later()
        adapter.drain()
        assert seen == [("billing", None), ("low", 50), ("low", 50)]

    def test_job_in_memory_is_as_it_was(self):  # ACTIVEJOB.md A5
        jobs = []

        @retry_on(Flaky, queue="low", priority=50)
        class Charge(Job):
            def perform(self):
                jobs.append(self)
                raise Flaky

        Charge.perform_now()
        assert (jobs[0].queue_name, jobs[0].priority, jobs[0].scheduled_at) == ("default", None, None)

    def test_perform_now_returns_the_error_that_was_taken(self):  # ACTIVEJOB.md A1
        error = Flaky()
        charge, _ = failing(error, retry_on(Flaky))
        assert charge.perform_now() is error

    def test_refused_retry_raises(self):
        class Full:
            def enqueue(self, data): ...

            def enqueue_at(self, data, at):
                raise EnqueueError

        configure(adapter=Full())
        charge, _ = failing(Flaky(), retry_on(Flaky))
        with pytest.raises(Flaky):
            charge.perform_now()

    def test_retry_that_fails_shows_both_errors(self):
        error = Flaky()
        configure(adapter="inline")
        charge, _ = failing(error, retry_on(Flaky))
        with pytest.raises(NotImplementedError) as caught:
            charge.perform_later()
        assert caught.value.__cause__ is error

    def test_arguments_changed_in_place_are_retried_as_changed(self, adapter):
        @job
        @retry_on(Flaky)
        def charge(order):
            order["seen"] = True
            raise Flaky

        charge.perform_later({"id": 7})
        adapter.perform_enqueued_jobs()
        assert adapter.enqueued_jobs[0].data["arguments"] == [{"id": 7, "seen": True}]

    def test_by_hand(self, adapter):
        class Charge(Job):
            def perform(self):
                if self.executions == 1:
                    self.retry_job(queue="low")

        Charge.set(wait=60).perform_later()
        adapter.perform_enqueued_jobs()
        (again,) = adapter.enqueued_jobs
        assert (again.data["queue_name"], again.at) == ("low", None)


class TestWait:
    @pytest.mark.parametrize("wait", [5, 5.0, timedelta(seconds=5), lambda count: 5, lambda count: timedelta(seconds=5)])
    def test_forms(self, wait):
        charge, _ = failing(Flaky(), retry_on(Flaky, wait=wait))
        assert [policy(charge).delay(count) for count in (1, 2)] == [5, 5]

    def test_callable_gets_the_number_of_failures(self):
        charge, _ = failing(Flaky(), retry_on(Flaky, wait=lambda count: count * 10))
        assert [policy(charge).delay(count) for count in (1, 2, 3)] == [10, 20, 30]

    def test_polynomially_longer(self):  # ACTIVEJOB.md A5: 3, 18, 83, 258, 627 s without jitter
        charge, _ = failing(Flaky(), retry_on(Flaky, wait="polynomially_longer"))
        assert [policy(charge).delay(count) for count in range(1, 6)] == [3, 18, 83, 258, 627]

    def test_jitter_adds_a_share(self):
        charge, _ = failing(Flaky(), retry_on(Flaky, wait=100, jitter=0.15))
        delays = {policy(charge).delay(1) for _ in range(50)}
        assert all(100 <= delay <= 115 for delay in delays)
        assert len(delays) > 1

    def test_no_jitter_on_a_callable(self):  # ACTIVEJOB.md A5
        charge, _ = failing(Flaky(), retry_on(Flaky, wait=lambda count: 5, jitter=1.0))
        assert policy(charge).delay(1) == 5

    def test_bad_result_of_a_callable_shows_both_errors(self):
        error = Flaky()
        charge, _ = failing(error, retry_on(Flaky, wait=lambda count: -1))
        with pytest.raises(OptionError, match="wait") as caught:
            charge.perform_now()
        assert caught.value.__cause__ is error

    @pytest.mark.parametrize("bad", [-1, timedelta(-1), float("nan"), "5", "exponentially_longer", None, True])
    def test_bad_wait_is_refused_at_declaration(self, bad):  # ACTIVEJOB.md A5: Rails to 8.1 explodes on the first retry
        with pytest.raises(OptionError, match="wait"):
            retry_on(Flaky, wait=bad)

    @pytest.mark.parametrize("bad", [0, -1, 1.5, True, None, "forever"])
    def test_bad_attempts(self, bad):
        with pytest.raises(OptionError, match="attempts"):
            retry_on(Flaky, attempts=bad)

    @pytest.mark.parametrize("bad", [{"queue": ""}, {"priority": "low"}, {"jitter": -1}])
    def test_other_bad_options(self, bad):
        with pytest.raises(OptionError, match=next(iter(bad))):
            retry_on(Flaky, **bad)

    @pytest.mark.parametrize("declare", [retry_on, discard_on])
    @pytest.mark.parametrize("bad", [(), ("Flaky",), (Flaky(),), (int,), ((Flaky, KeyError),)])
    def test_no_exception_class(self, declare, bad):
        with pytest.raises(TypeError, match="exception class"):
            declare(*bad)


class TestDiscard:
    def test_swallows(self, adapter):
        charge, runs = failing(Flaky(), discard_on(Flaky))
        charge.perform_later()
        assert adapter.drain() == 1
        assert len(runs) == 1

    def test_subclasses_too_others_not(self):
        error = VeryFlaky()
        assert failing(error, discard_on(Flaky))[0].perform_now() is error
        with pytest.raises(KeyError):
            failing(KeyError(), discard_on(Flaky))[0].perform_now()


class TestLookup:
    def test_topmost_wins_as_in_except(self, adapter):  # ACTIVEJOB.md A5: last declared, which decorators are at the top
        charge, _ = failing(VeryFlaky(), discard_on(VeryFlaky), retry_on(Flaky))
        charge.perform_now()
        assert adapter.enqueued_jobs == []

    def test_broad_handler_above_shadows(self, adapter):
        charge, _ = failing(VeryFlaky(), retry_on(Flaky), discard_on(VeryFlaky))
        charge.perform_now()
        assert len(adapter.enqueued_jobs) == 1

    def test_subclass_handlers_come_before_those_of_the_base(self, adapter):  # ACTIVEJOB.md A5
        @retry_on(VeryFlaky)
        class Base(Job):
            def perform(self):
                raise VeryFlaky

        @discard_on(Exception)
        class Heir(Base): ...

        Heir.perform_now()
        assert adapter.enqueued_jobs == []
        Base.perform_now()
        assert len(adapter.enqueued_jobs) == 1

    def test_error_behind_the_error(self):  # ACTIVEJOB.md A5, A1: the cause is matched, and returned
        cause = Flaky()

        @discard_on(Flaky)
        @job
        def explicit():
            raise RuntimeError from cause

        @discard_on(Flaky)
        @job
        def during():
            try:
                raise cause
            except Flaky:
                raise RuntimeError  # noqa: B904

        assert explicit.perform_now() is cause
        assert during.perform_now() is cause

    def test_error_comes_before_what_is_behind_it(self):
        @discard_on(Flaky)
        @discard_on(RuntimeError)
        @job
        def charge():
            raise RuntimeError from Flaky()

        assert isinstance(charge.perform_now(), RuntimeError)

    def test_cause_that_was_cut_off(self):
        @discard_on(Flaky)
        @job
        def charge():
            try:
                raise Flaky
            except Flaky:
                raise RuntimeError from None

        with pytest.raises(RuntimeError):
            charge.perform_now()

    def test_unhandled_error_is_the_very_one(self):
        error = KeyError("x")
        with pytest.raises(KeyError) as caught:
            failing(error, retry_on(Flaky))[0].perform_now()
        assert caught.value is error
        assert caught.traceback[-1].name == "fail"

    def test_exit_is_not_swallowed(self):
        with pytest.raises(SystemExit):
            failing(SystemExit(), retry_on(Exception))[0].perform_now()


def test_call_that_does_not_fit_is_no_error_of_the_job(adapter):
    @discard_on(TypeError)
    @job
    def charge(order_id): ...

    with pytest.raises(SignatureError):
        charge.perform_later()
