"""What every adapter has to do, as one test class: a test file derives from it for an adapter of its own.

    class TestKafka(AdapterConformance):
        def make(self):
            return KafkaAdapter(topic="jobs")

        def settle(self, adapter):
            adapter.work_until_idle()

Its jobs write into files, so that workers may be other processes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from jobcheck.runtime import Adapter, Job, configure, perform_all_later, retry_on
from jobcheck.runtime.payload import JobData, dump
from jobcheck.runtime.settings import settings

HARD = ["text", "\u00fcml\u00e4ut \U0001f511", 'quote " and \\', 0, -1, 2**60, 0.1, True, None, [], {}, [[1], {"a": [None]}]]


class Planned(Exception):  # noqa: N818 - no error of anybody
    """What a job of these tests raises."""


class Write(Job):
    """Writes down what it was given, and what it knows of itself."""

    wire = "activejob"

    def perform(self, path: str, *values: Any) -> None:
        import json

        line = [list(values), self.job_id, self.queue_name, self.priority, self.executions, time.time()]
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class WriteAndFail(Write):
    """Fails, each time."""

    def perform(self, path: str, *values: Any) -> None:
        super().perform(path, *values)
        raise Planned


@retry_on(Planned, wait=0, attempts=3)
class WriteAndRetry(WriteAndFail):
    """Fails three times."""


class WriteLater(Job):
    """Enqueues another job."""

    def perform(self, path: str) -> None:
        Write.perform_later(path, "child")


class AdapterConformance:
    """Override `make` and `settle`; `waits = False` for an adapter whose `enqueue_at` raises NotImplementedError."""

    waits = True

    def make(self) -> Adapter:
        """A new adapter, its queue empty."""
        raise NotImplementedError

    def settle(self, adapter: Any) -> None:
        """Have performed what is due, what these jobs enqueue too; errors of jobs do not come out."""

    def test_it_is_an_adapter(self) -> None:
        with _in_force(self.make()) as adapter:
            assert isinstance(adapter, Adapter)

    def test_a_job_is_performed_once(self, tmp_path: Path) -> None:
        with _in_force(self.make()) as adapter:
            job = Write.perform_later(str(tmp_path / "out"), "x")
            assert job
            assert job.provider_job_id is None or isinstance(job.provider_job_id, str)
            self.settle(adapter)
        assert [line[0] for line in _lines(tmp_path)] == [["x"]]

    def test_arguments_arrive(self, tmp_path: Path) -> None:
        with _in_force(self.make()) as adapter:
            Write.perform_later(str(tmp_path / "out"), *HARD)
            self.settle(adapter)
        assert _lines(tmp_path)[0][0] == HARD

    def test_the_job_knows_itself(self, tmp_path: Path) -> None:
        with _in_force(self.make()) as adapter:
            job = Write.set(queue="low", priority=3).perform_later(str(tmp_path / "out"))
            assert job
            self.settle(adapter)
        assert _lines(tmp_path)[0][1:5] == [job.job_id, "low", 3, 1]

    def test_a_message_is_its_own(self, tmp_path: Path) -> None:
        values = ["before"]
        with _in_force(self.make()) as adapter:
            data = dump(Write(str(tmp_path / "out"), values))
            text = repr(data)
            adapter.enqueue(data)
            assert repr(data) == text, "the adapter has changed the message it was given"
            self.settle(adapter)
        assert _lines(tmp_path)[0][0] == [["before"]]

    def test_a_job_waits_for_its_time(self, tmp_path: Path) -> None:
        due = datetime.now(timezone.utc) + timedelta(seconds=0.4)
        with _in_force(self.make()) as adapter:
            if not self.waits:
                _raises(NotImplementedError, lambda: Write.set(wait_until=due).perform_later(str(tmp_path / "out")))
                return
            Write.set(wait_until=due).perform_later(str(tmp_path / "out"))
            self.settle(adapter)
            time.sleep(max(0.0, due.timestamp() - time.time()) + 0.1)
            self.settle(adapter)
        (line,) = _lines(tmp_path)
        assert line[5] >= due.timestamp() - 0.01

    def test_a_time_that_is_over(self, tmp_path: Path) -> None:
        if not self.waits:
            return
        with _in_force(self.make()) as adapter:
            Write.set(wait_until=datetime(2020, 1, 1, tzinfo=timezone.utc)).perform_later(str(tmp_path / "out"))
            self.settle(adapter)
        assert len(_lines(tmp_path)) == 1

    def test_a_failure_costs_no_other_job(self, tmp_path: Path) -> None:
        out = str(tmp_path / "out")
        with _in_force(self.make()) as adapter:
            for job in (Write(out, 1), WriteAndFail(out, 2), Write(out, 3)):
                with suppress(Planned):
                    job.enqueue()
            self.settle(adapter)
        assert sorted(line[0][0] for line in _lines(tmp_path)) == [1, 2, 3]

    def test_a_message_that_cannot_be_read_costs_no_other_job(self, tmp_path: Path) -> None:
        good = dump(Write(str(tmp_path / "out"), "good"))
        unknown: JobData = {**good, "job_class": "nowhere.Gone", "job_id": "1"}
        newer: JobData = {**good, "version": 99, "job_id": "2"}
        broken: JobData = {**good, "arguments": {"a": 1}, "job_id": "3"}  # type: ignore[typeddict-item]
        strange: JobData = {**good, "arguments": [{"_aj_serialized": "of a later release"}], "job_id": "4"}
        with _in_force(self.make()) as adapter:
            for data in (unknown, newer, broken, strange, good):
                with suppress(Exception):
                    adapter.enqueue(data)
            self.settle(adapter)
        assert [line[0] for line in _lines(tmp_path)] == [["good"]]

    def test_a_retry_is_the_same_job(self, tmp_path: Path) -> None:
        if not self.waits:
            return
        with _in_force(self.make()) as adapter:
            job = WriteAndRetry.perform_later(str(tmp_path / "out"))
            assert job
            for _ in range(3):
                self.settle(adapter)
        assert [(line[1], line[4]) for line in _lines(tmp_path)] == [(job.job_id, 1), (job.job_id, 2), (job.job_id, 3)]

    def test_a_job_may_enqueue(self, tmp_path: Path) -> None:
        with _in_force(self.make()) as adapter:
            WriteLater.perform_later(str(tmp_path / "out"))
            self.settle(adapter)
        assert [line[0] for line in _lines(tmp_path)] == [["child"]]

    def test_many_at_once(self, tmp_path: Path) -> None:
        with _in_force(self.make()) as adapter:
            jobs = [Write(str(tmp_path / "out"), number) for number in range(5)]
            perform_all_later(jobs)
            assert all(job.successfully_enqueued for job in jobs)
            self.settle(adapter)
        assert sorted(line[0][0] for line in _lines(tmp_path)) == [0, 1, 2, 3, 4]


@contextmanager
def _in_force(adapter: Adapter) -> Iterator[Any]:
    before = settings.snapshot()
    try:
        yield configure(adapter=adapter)
    finally:
        settings.restore(before)


def _lines(folder: Path) -> list[list[Any]]:
    import json

    out = folder / "out"
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []


def _raises(error: type[Exception], call: Any) -> None:
    try:
        call()
    except error:
        return
    raise AssertionError(f"this adapter was to raise {error.__name__}")
