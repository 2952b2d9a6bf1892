"""One run: from the message back to the job, and what comes out of it."""

import subprocess
import sys
import textwrap

import pytest

from jobcheck.runtime import DeserializationError, Job, UnknownJobClassError, discard_on, execute, job
from jobcheck.runtime.payload import dump, load


class ChargeOrder(Job):
    def perform(self, order_id):
        return self.job_id, order_id, self.executions


class Outer:
    class Inner(Job):
        def perform(self): ...


def test_perform_now_returns_what_perform_returns():  # ACTIVEJOB.md A1
    @job
    def answer():
        return 42

    assert answer.perform_now() == 42


def test_perform_now_does_not_use_the_wire():
    @job
    def give(value):
        return value

    thing = object()
    assert give.perform_now(thing) is thing


def test_execute_gives_the_job_its_state():
    job = ChargeOrder(7)
    assert execute(dump(job)) == (job.job_id, 7, 1)


def test_message_comes_back_whole():
    job = ChargeOrder(7).set(queue="low", priority=2, wait=60)
    job.executions, job.exception_executions = 2, {"[KeyError]": 2}
    again = load(dump(job))
    for name in ("job_id", "queue_name", "priority", "scheduled_at", "executions", "exception_executions"):
        assert getattr(again, name) == getattr(job, name), name
    assert again.enqueued_at is not None


def test_job_cannot_change_the_stored_message():
    @job(wire="sidekiq")
    def spoil(order):
        order["paid"] = True

    data = dump(spoil({}))
    execute(data)
    assert data["arguments"] == [{}]


@pytest.mark.parametrize("cls", [ChargeOrder, Outer.Inner])
def test_job_class_is_found_by_name(cls):
    job = cls(7) if cls is ChargeOrder else cls()
    assert type(load(dump(job))) is cls


@pytest.mark.parametrize("name", ["shop.jobs.Gone", f"{__name__}.Gone", f"{__name__}.Outer", "Gone", "", "os.path.join"])
def test_unknown_job_class(name):  # ACTIVEJOB.md A1
    data = dump(ChargeOrder(7))
    data["job_class"] = name
    with pytest.raises(UnknownJobClassError, match=r"Failed to instantiate job, class `.*` doesn't exist"):
        execute(data)


def test_another_process_imports_the_job(tmp_path):
    (tmp_path / "shopjobs.py").write_text(
        textwrap.dedent("""
            from jobcheck.runtime import job
            @job
            def charge(order_id):
                return f"charged {order_id}"
        """)
    )
    enqueue = "import json, shopjobs; from jobcheck.runtime.payload import dump; print(json.dumps(dump(shopjobs.charge(7))))"
    work = "import json, sys; from jobcheck.runtime import execute; print(execute(json.load(sys.stdin)))"
    paths = {"PYTHONPATH": f"{tmp_path}:{':'.join(path for path in sys.path if path)}"}
    message = subprocess.run([sys.executable, "-c", enqueue], env=paths, capture_output=True, check=True)
    done = subprocess.run([sys.executable, "-c", work], env=paths, input=message.stdout, capture_output=True, check=True)
    assert done.stdout.split(b"\n")[0].strip() == b"charged 7"


def test_defect_in_the_job_module_is_seen(tmp_path, monkeypatch):
    (tmp_path / "brokenjobs.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    data = dump(ChargeOrder(7))
    data["job_class"] = "brokenjobs.Charge"
    with pytest.raises(UnknownJobClassError, match="a_package_that_nobody_has") as caught:
        execute(data)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


BAD = {"_aj_serialized": "from-a-newer-release"}


class TestUnreadableArguments:
    def test_error_is_wrapped(self):  # ACTIVEJOB.md A1, A2
        @job(wire="activejob")
        def notify(value): ...

        data = dump(notify(1))
        data["arguments"] = [BAD]
        with pytest.raises(DeserializationError):
            execute(data)

    def test_cause_is_kept(self):
        @job(wire="activejob")
        def notify(value): ...

        data = dump(notify(1))
        data["arguments"] = [{"_aj_serialized": "date", "value": "31.1.2026"}]
        with pytest.raises(DeserializationError, match="Error while trying to deserialize arguments") as caught:
            execute(data)
        assert isinstance(caught.value.__cause__, ValueError)

    def test_handlers_see_it(self):  # ACTIVEJOB.md A1: lazily, inside perform_now
        @discard_on(DeserializationError)
        @job(wire="activejob")
        def notify(value): ...

        data = dump(notify(1))
        data["arguments"] = [BAD]
        assert isinstance(execute(data), DeserializationError)


class TestInstanceState:
    def test_attributes_do_not_travel(self):
        class Remember(Job):
            def perform(self):
                return getattr(self, "note", None)

        job = Remember()
        job.note = "set before the enqueue"
        assert execute(dump(job)) is None

    def test_init_of_a_subclass_runs_in_the_worker_without_arguments(self):  # ACTIVEJOB.md A1: class.new, then restore
        class Counting(Job):
            def __init__(self, *args):
                super().__init__(*args)
                self.count = len(args)

            def perform(self, order_id):
                return self.count, order_id

        assert execute(dump(Counting(7))) == (0, 7)
