"""ACTIVEJOB.md A4, fact by fact: the six callbacks."""

import pytest

from jobcheck.runtime import (
    EnqueueError,
    Halt,
    Job,
    after_discard,
    after_enqueue,
    after_perform,
    around_enqueue,
    around_perform,
    before_enqueue,
    before_perform,
    configure,
    perform_all_later,
)

BEFORE = {"enqueue": before_enqueue, "perform": before_perform}
AROUND = {"enqueue": around_enqueue, "perform": around_perform}
AFTER = {"enqueue": after_enqueue, "perform": after_perform}


@pytest.fixture(params=["enqueue", "perform"])
def moment(request):
    return request.param


class Trace(list):
    """Makes callbacks that write their names down."""

    def __init__(self, moment):
        self.moment = moment

    def before(self, name, halt=False):
        def callback(job):
            self.append(name)
            if halt:
                raise Halt

        return BEFORE[self.moment](callback)

    def after(self, name):
        return AFTER[self.moment](lambda job: self.append(name))

    def around(self, name, halt=False, yields=True):
        def callback(job):
            self.append(f"{name}s")
            if halt:
                raise Halt
            if yields:
                yield
            self.append(f"{name}e")

        return AROUND[self.moment](callback)

    def of(self, **callbacks):
        """What happens to a job with these callbacks: the trace as one line."""
        trace = self

        class Adapter:
            def enqueue(self, data):
                trace.append("X")

            enqueue_at = enqueue

        class Traced(Job):
            def perform(self):
                trace.append("X")

            locals().update(callbacks)

        configure(adapter=Adapter())
        self.result = Traced.perform_later() if self.moment == "enqueue" else Traced.perform_now()
        return " ".join(self)


@pytest.fixture
def trace(moment):
    return Trace(moment)


def test_a4_01_order(trace):
    """A4.1: entering in the order of declaration, leaving in the reverse order."""
    t = trace
    callbacks = {
        "b1": t.before("b1"), "b2": t.before("b2"), "a1": t.after("a1"), "a2": t.after("a2"),
        "r1": t.around("r1"), "r2": t.around("r2"), "b3": t.before("b3"),
    }  # fmt: skip
    assert t.of(**callbacks) == "b1 b2 r1s r2s b3 X r2e r1e a2 a1"


def test_a4_02_methods_only():
    """A4.2, deviation: no lambdas and no `if:`: a callback is a method, and a condition is an `if` in it."""
    for wrong in (3, "name", len):
        with pytest.raises(TypeError):
            before_perform(wrong)


def test_a4_03_halted_by_a_before(trace):
    """A4.3: the rest and all afters are skipped, and the result is False."""
    t = trace
    assert t.of(a=t.after("a"), b1=t.before("b1", halt=True), b2=t.before("b2"), r=t.around("r")) == "b1"
    assert t.result is False


def test_a4_04_halted_inside_an_around(trace):
    """A4.4: an around that was entered is left as usual; the afters are skipped."""
    t = trace
    assert t.of(a=t.after("a"), r=t.around("r"), b=t.before("b", halt=True)) == "rs b re"
    assert t.result is False


def test_a4_05_halted_by_an_around(trace):
    """A4.5: an around may halt ahead of its yield."""
    t = trace
    assert t.of(a=t.after("a"), r=t.around("r", halt=True), b=t.before("b")) == "rs"
    assert t.result is False


def test_a4_06_halting_gives_nothing_up():
    """A4.6: a halted run does not call after_discard."""
    called = []

    class Halted(Job):
        def perform(self): ...

        @before_perform
        def stop(self):
            raise Halt

        @after_discard
        def tell(self, error):
            called.append(error)

    assert Halted.perform_now() is False
    assert not called


def test_a4_07_an_around_that_does_not_yield():
    """A4.7: perform is skipped and the result is None, but nothing is halted: after_perform runs."""
    t = Trace("perform")
    assert t.of(a=t.after("a"), r=t.around("r", yields=False), b=t.before("b")) == "rs re a"
    assert t.result is None


def test_a4_08_after_enqueue_of_a_refused_job():
    """A4.8: after_enqueue runs although the adapter raised EnqueueError, and sees that."""
    seen = []

    class Full:
        def enqueue(self, data):
            raise EnqueueError

        enqueue_at = enqueue

    class Watched(Job):
        def perform(self): ...

        @after_enqueue
        def look(self):
            seen.append(self.successfully_enqueued)

    configure(adapter=Full())
    assert Watched.perform_later() is False
    assert seen == [False]


def test_a4_09_other_errors_of_the_adapter():
    """A4.9: only EnqueueError is swallowed."""

    class Broken:
        def enqueue(self, data):
            raise ConnectionError

        enqueue_at = enqueue

    class Plain(Job):
        def perform(self): ...

    configure(adapter=Broken())
    with pytest.raises(ConnectionError):
        Plain.perform_later()


def test_a4_10_many_at_once(adapter):
    """A4.10: perform_all_later calls no callback of the enqueue."""
    called = []

    class Watched(Job):
        def perform(self): ...

        @before_enqueue
        def look(self):
            called.append(1)

    perform_all_later(Watched(), Watched())
    assert (called, len(adapter.enqueued_jobs)) == ([], 2)


class TestInPythonsManner:
    """What the facts do not say, because Ruby has blocks."""

    def test_an_error_passes_through_the_arounds(self, trace):
        def careful(job):
            try:
                yield
            except ZeroDivisionError:
                trace.append("seen")
                raise

        class Fails(Job):
            around = AROUND[trace.moment](careful)
            after = trace.after("a")

            def perform(self):
                return 1 / 0

        configure(adapter="inline")
        with pytest.raises(ZeroDivisionError):
            Fails.perform_later()
        assert trace == ["seen"]

    def test_an_around_may_take_the_error(self):
        class Forgives(Job):
            @around_perform
            def forgive(self):
                try:
                    yield
                except ZeroDivisionError:
                    return

            def perform(self):
                return 1 / 0

        assert Forgives.perform_now() is None

    def test_the_yield_gives_the_result(self):
        seen = []

        class Counts(Job):
            @around_perform
            def look(self):
                seen.append((yield))

            def perform(self):
                return 42

        assert (Counts.perform_now(), seen) == (42, [42])

    def test_two_yields(self):
        class Twice(Job):
            @around_perform
            def twice(self):
                yield
                yield

            def perform(self): ...

        with pytest.raises(RuntimeError, match="yields once"):
            Twice.perform_now()

    def test_halting_too_late_is_an_error(self):
        class Late(Job):
            @after_perform
            def stop(self):
                raise Halt

            def perform(self): ...

        with pytest.raises(Halt):
            Late.perform_now()

    def test_a_callback_that_cannot_be_one(self):
        def generator(self):
            yield

        async def coroutine(self): ...

        for declare, wrong in [
            (before_perform, generator), (after_enqueue, generator), (around_perform, lambda self: None),
            (before_enqueue, coroutine),
        ]:  # fmt: skip
            with pytest.raises(TypeError):
                declare(wrong)

    def test_bases_first_and_overridden_in_place(self):
        seen = []

        class Base(Job):
            @before_perform
            def first(self):
                seen.append("base first")

            @before_perform
            def second(self):
                seen.append("second")

        class Derived(Base):
            @before_perform
            def third(self):
                seen.append("third")

            def first(self):
                seen.append("derived first")

            def perform(self): ...

        Derived.perform_now()
        assert seen == ["derived first", "second", "third"]

    def test_a_callback_may_change_the_arguments(self, adapter):
        class Fills(Job):
            def perform(self, number): ...

            @before_enqueue
            def fill(self):
                self.args = (self.args[0] + 1,)

        Fills.perform_later(1)
        assert adapter.enqueued_jobs[0].data["arguments"] == [2]
