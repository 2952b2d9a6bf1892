"""Pieces of work on several processes: each is done once, in order of the answers, whatever becomes of a process."""

from __future__ import annotations

import os
import threading

import pytest

from jobcheck.abreast import abreast

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
# The tests' own workers run threads; the children here touch nothing of theirs.
forks = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@forks
@pytest.mark.parametrize("processes", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_answers_stand_in_order(processes: int, count: int) -> None:
    assert abreast([lambda n=n: n * n for n in range(count)], processes) == [n * n for n in range(count)]  # type: ignore[misc]


@forks
def test_several_processes_take_part() -> None:
    ready, go = os.pipe()

    def piece(number: int) -> int:
        """The first to come waits for the second."""
        if number:
            os.write(go, b".")
        else:
            os.read(ready, 1)
        return os.getpid()

    assert len(set(abreast([lambda: piece(0), lambda: piece(1)], 2))) == 2


@forks
def test_the_pieces_of_a_process_that_dies_are_done_again() -> None:
    here = os.getpid()
    ready, go = os.pipe()

    def dies(number: int) -> int:
        if os.getpid() != here:
            os.write(go, b".")
            os._exit(1)
        if number == 0:
            os.read(ready, 1)  # until the other process has taken its piece
            os.write(go, b".")
        return number

    assert abreast([lambda n=n: dies(n) for n in range(4)], 2) == [0, 1, 2, 3]  # type: ignore[misc]


@forks
def test_what_a_piece_raises_is_raised() -> None:
    def fails() -> None:
        raise KeyError("here")

    with pytest.raises(KeyError):
        abreast([fails, fails, fails], 2)


@forks
def test_no_process_is_forked_beside_threads() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert set(abreast([os.getpid] * 8, 2)) == {os.getpid()}
    finally:
        stop.set()
        thread.join()
