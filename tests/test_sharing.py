"""What several processes of one run read is the same whoever reads it, and nothing waits for a process that is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jobcheck.code import ir
from jobcheck.code.lower import lower
from jobcheck.project.shallow import index
from jobcheck.sharing import Sharing

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")

TEXT = b"import a\n\n\nclass B(a.C):\n    def d(self, e, *, f=1):\n        return [e.g(h=f)]\n"


def alone(code: str) -> str:
    """What a program prints: in an interpreter of its own no thread of other tests keeps it from forking."""
    program = textwrap.dedent("""
        import os, time
        from jobcheck import sharing
        from jobcheck.code.lower import lower
        from jobcheck.project.shallow import index
        from jobcheck.sharing import Sharing

        TEXT = b"import a\\n\\n\\nclass B(a.C):\\n    def d(self, e, *, f=1):\\n        return [e.g(h=f)]\\n"
        here = os.getpid()

        def same(one, other):
            return repr(one) == repr(other)

        def shape():
            print("read") if os.getpid() == here else None
            return index(TEXT)

        def island():
            print("read") if os.getpid() == here else None
            return lower(TEXT)

        def until(done):
            end = time.monotonic() + 20
            while not done() and time.monotonic() < end:
                time.sleep(0.001)
    """) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_other_processes_each_asks_for_itself() -> None:
    shared = Sharing(["a.py"])
    asked: list[int] = []
    for _ in range(2):
        assert shared.island("a.py", 0, 9, lambda: asked.append(1) or ir.Lowered([])).body == []  # type: ignore[func-returns-value]
        assert repr(shared.shape("a.py", lambda: index(TEXT))) == repr(index(TEXT))
    assert len(asked) == 2


def test_what_one_process_has_read_another_takes() -> None:
    assert (
        alone("""
        shared = Sharing(["a.py", "b.py"])

        def work(number, processes):
            shared.shape("a.py", shape)
            shared.island("a.py", 3, 7, island)
            shared.shape("b.py", shape)
            time.sleep(60)  # it is ended

        shared.beside(work, 1)
        until(lambda: shared._drain() and len(shared._kept) == 3)
        print(same(shared.shape("a.py", shape), index(TEXT)), same(shared.island("a.py", 3, 7, island), lower(TEXT)))
        shared.end()
        print(same(shared.shape("b.py", shape), index(TEXT)))
    """)
        == "True True\nTrue"
    )


def test_where_there_is_no_memory_for_it_a_file_on_disk_does() -> None:
    assert (
        alone("""
        def refused(*args):
            raise OSError(38, "Function not implemented")

        os.memfd_create = refused
        shared = Sharing(["a.py"])
        shared.beside(lambda number, processes: (shared.shape("a.py", shape), time.sleep(60)), 1)
        until(lambda: shared._drain())
        print(same(shared.shape("a.py", shape), index(TEXT)))
        shared.end()
    """)
        == "True"
    )


def test_a_shape_that_another_process_has_begun_is_waited_for() -> None:
    assert (
        alone("""
        shared = Sharing(["a.py"])
        begun, begin = os.pipe()

        def slowly():
            os.write(begin, b".")
            time.sleep(0.3)
            return shape()

        shared.beside(lambda number, processes: shared.shape("a.py", slowly), 1)
        os.read(begun, 1)
        print(same(shared.shape("a.py", shape), index(TEXT)))
        shared.end()
    """)
        == "True"
    )


def test_nobody_waits_long_for_a_process_that_is_gone() -> None:
    assert (
        alone("""
        sharing._PATIENCE = 0.05
        shared = Sharing(["a.py"])
        shared.beside(lambda number, processes: shared.shape("a.py", lambda: os._exit(1)), 1)
        until(lambda: shared._claims[0])
        print(same(shared.shape("a.py", shape), index(TEXT)))
        shared.end()
    """)
        == "read\nTrue"
    )


def test_a_file_that_cannot_be_read_is_asked_for_again() -> None:
    assert (
        alone("""
        shared = Sharing(["a.py"])
        done, tell = os.pipe()

        def fails():
            raise ValueError

        def work(number, processes):
            try:
                shared.shape("a.py", fails)
            except ValueError:
                os.write(tell, b".")
            time.sleep(60)

        shared.beside(work, 1)
        os.read(done, 1)
        print(same(shared.shape("a.py", shape), index(TEXT)))
        shared.end()
    """)
        == "read\nTrue"
    )


def test_where_no_room_is_left_each_reads_for_itself() -> None:
    assert (
        alone("""
        def full(descriptor, data):
            raise OSError(28, "No space left on device")

        shared = Sharing(["a.py"])
        print(shared.begin(2))
        os.write = full
        print(same(shared.shape("a.py", shape), index(TEXT)), same(shared.island("a.py", 0, 9, island), lower(TEXT)))
    """)
        == "True\nread\nread\nTrue True"
    )


def test_who_has_no_room_left_takes_what_others_read() -> None:
    assert (
        alone("""
        begun, begin = os.pipe()

        def work(number, processes):
            os.read(begun, 1)
            shared.shape("b.py", shape)
            time.sleep(60)

        shared = Sharing(["a.py", "b.py"])
        shared.beside(work, 1)
        write = os.write
        os.write = lambda descriptor, data: 0
        print(same(shared.shape("a.py", shape), index(TEXT)), len(shared._spools))
        os.write = write
        write(begin, b".")
        until(lambda: shared._drain())
        print(same(shared.shape("b.py", shape), index(TEXT)))
        shared.end()
    """)
        == "read\nTrue 2\nTrue"
    )


def test_what_was_half_written_is_nothing() -> None:
    assert (
        alone("""
        shared = Sharing(["a.py"])
        shared.begin(2)
        os.write(shared._spools[1], sharing._HEAD.pack(0, 3, 7, 100) + b"half")
        print(same(shared.island("a.py", 3, 7, island), lower(TEXT)))
    """)
        == "read\nTrue"
    )


def test_who_gets_no_process_or_no_memory_goes_on_alone() -> None:
    assert (
        alone("""
        def refused(*args):
            raise BlockingIOError(11, "Resource temporarily unavailable")

        shared = Sharing(["a.py"])
        os.fork = refused
        shared.beside(lambda number, processes: None, 1)
        print(same(shared.shape("a.py", shape), index(TEXT)))
        sharing._unnamed = refused
        print(shared.begin(2), same(shared.shape("a.py", shape), index(TEXT)))
    """)
        == "read\nTrue\nread\nFalse True"
    )


def test_what_was_read_by_another_is_the_same() -> None:
    lowered = lower(TEXT)
    assert alone("""
        shared = Sharing(["a.py"])
        shared.beside(lambda number, processes: (shared.island("a.py", 0, 9, island), time.sleep(60)), 1)
        until(lambda: shared._drain())
        print(repr(shared.island("a.py", 0, 9, island)))
        shared.end()
    """) == repr(lowered)


def test_a_run_leaves_no_process_and_no_file_behind(tmp_path: Path) -> None:
    (tmp_path / "jobs.py").write_text("from celery import shared_task\n\n\n@shared_task\ndef send(to):\n    print(to)\n")
    assert (
        alone(f"""
        from pathlib import Path
        from jobcheck import ahead, engine
        from jobcheck.config import settings_from
        from jobcheck.engine_types import RunOptions

        def left():
            try:
                print("a process is left", os.waitpid(-1, os.WNOHANG))
            except ChildProcessError:
                pass
            return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

        def check():
            return engine.check(RunOptions(Path({str(tmp_path)!r}), settings_from([]), jobs=3))

        forked, fork = [], os.fork
        os.fork = lambda: forked.append(fork()) or forked[-1]
        ahead.WORTH_IT = 0
        check()  # what is imported on the way may stay open
        before = left()
        print(len(forked) >= 3, check().jobs, left() == before)
        engine._Run._judge = lambda run: 1 // 0
        try:
            check()
        except ZeroDivisionError:
            print("broken off", left() == before)
    """)
        == "True 1 True\nbroken off True"
    )
