"""Pieces of work on several processes: each is done once, in order of the answers, whatever becomes of a process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading

import pytest

from jobcheck.abreast import abreast

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")


def alone(code: str) -> str:
    """What a program prints: in an interpreter of its own no thread of other tests keeps it from forking."""
    program = "import os\nfrom jobcheck.abreast import abreast\n" + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("processes", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_answers_stand_in_order(processes: int, count: int) -> None:
    assert alone(f"print(abreast([[lambda n=n: n * n for n in range({count})]], {processes}))") == str(
        [[n * n for n in range(count)]]
    )


def test_several_processes_take_part() -> None:
    assert (
        alone("""
        ready, go = os.pipe()

        def piece(number):
            os.write(go, b".") if number else os.read(ready, 1)  # the first to come waits for the second
            return os.getpid()

        print(len(set(abreast([[lambda: piece(0), lambda: piece(1)]], 2)[0])))
    """)
        == "2"
    )


def test_a_process_begins_with_a_group_of_its_own_and_then_helps() -> None:
    assert (
        alone("""
        first, second = os.pipe(), os.pipe()

        def piece(group, number):
            if number == 0:  # both are at work before either goes on
                os.write((first, second)[group][1], b".")
                os.read((second, first)[group][0], 1)
            return os.getpid()

        groups = abreast([[lambda g=g, n=n: piece(g, n) for n in range(20 if g else 1)] for g in range(2)], 2)
        print(groups[0][0] == os.getpid(), groups[1][0] != os.getpid(), [len(g) for g in groups])
        print(abreast([[], [lambda: 1], [lambda: 2, lambda: 3]], 2))
    """)
        == "True True [1, 20]\n[[], [1], [2, 3]]"
    )


def test_the_pieces_of_a_process_that_dies_are_done_again() -> None:
    assert (
        alone("""
        here = os.getpid()
        ready, go = os.pipe()

        def dies(number):
            if os.getpid() != here:
                os.write(go, b".")
                os._exit(1)
            if number == 0:
                os.read(ready, 1)  # until the other process has taken its piece
                os.write(go, b".")
            return number

        print(abreast([[lambda n=n: dies(n) for n in range(4)]], 2))
    """)
        == "[[0, 1, 2, 3]]"
    )


def test_what_a_piece_raises_is_raised() -> None:
    assert (
        alone("""
        try:
            abreast([[lambda: {}[n] for n in range(3)]], 2)
        except KeyError:
            print("raised")
    """)
        == "raised"
    )


def test_who_gets_no_process_does_it_alone() -> None:
    assert (
        alone("""
        def refused():
            raise BlockingIOError(11, "Resource temporarily unavailable")

        os.fork = refused
        print(abreast([[lambda n=n: n for n in range(3)]], 4))
    """)
        == "[[0, 1, 2]]"
    )


def test_no_process_is_forked_beside_threads() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert set(abreast([[os.getpid] * 8], 2)[0]) == {os.getpid()}
    finally:
        stop.set()
        thread.join()
