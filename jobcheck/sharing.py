"""What the processes of one run read of the project's files, so that each thing is read once.

A shape and an island's IR are pure functions of a file's bytes: it makes no difference to any answer who reads them. Each
process appends what it reads to a file of its own without a name, and takes from those of the others what it is asked for. Of
a file that another has begun with it waits for the shape; of islands, which take a millisecond, it does not.
"""

from __future__ import annotations

import contextlib
import functools
import mmap
import os
import struct
import tempfile
import time
from collections.abc import Callable

import msgspec

from jobcheck.abreast import end, forked, may_fork
from jobcheck.code import ir
from jobcheck.project.shape import Shape

# Number of the file, start and end of the island, bytes of what follows.
_HEAD = struct.Struct("<IIII")
_WHOLE = 0xFFFFFFFF  # in place of an island's start and end: the shape of the file
# How long to wait for a shape that another process has begun, in seconds: that process may have died.
_PATIENCE = 2.0
_PAUSE = 0.0002
_MOST = 250  # processes are told apart by one byte


class Sharing:
    """What is shared by the processes of a run. Before `begin` has been called, and where nothing can be shared, each thing is
    read by who asks."""

    def __init__(self, filenames: list[str]) -> None:
        self._numbers = {filename: number for number, filename in enumerate(filenames)}
        self._claims: mmap.mmap | None = None
        self._spools: list[int] = []
        self._taken: list[int] = []  # bytes of each that are in `_kept`
        self._own = 0
        self._full = False
        self._readers: list[int] = []
        self._kept: dict[tuple[int, int, int], bytes] = {}
        self._shape = msgspec.msgpack.Decoder(Shape)
        self._island = msgspec.msgpack.Decoder(ir.Lowered)

    # --- processes ---------------------------------------------------------------------------------------------

    def begin(self, processes: int) -> bool:
        """Before processes are forked: prepare for so many of them, this one among them. False where that cannot be."""
        self.end()
        with contextlib.suppress(OSError, ValueError):
            self._claims = mmap.mmap(-1, max(len(self._numbers), 1))
            while len(self._spools) < min(processes, _MOST):
                self._spools.append(_unnamed())
            self._taken = [0] * len(self._spools)
            self._full = False
            return True
        self.end()
        return False

    def become(self, number: int) -> None:
        """In a process that was forked: be the one of this number; the one that called `begin` is 0."""
        self._own = number
        self._readers = []

    def beside(self, work: Callable[[int, int], None], processes: int) -> None:
        """Let so many other processes do some work for what is read on the way; its other results are lost.

        `work` is told the process's number, from 0, and how many there are.
        """
        if processes < 1 or not may_fork() or not self.begin(processes + 1):
            return

        def one(number: int) -> None:
            self.become(number + 1)
            work(number, processes)

        with contextlib.suppress(OSError):  # no more processes are to be had
            for number in range(processes):
                self._readers.append(forked(functools.partial(one, number)))

    def end(self) -> None:
        """End the processes beside this one, and the sharing; what they have read stays at hand."""
        for pid in self._readers:
            end(pid)
        self._readers = []
        if self._spools:
            self._drain()
        for spool in self._spools:
            os.close(spool)
        self._spools = []
        self._claims = None

    # --- reading -----------------------------------------------------------------------------------------------

    def shape(self, filename: str, read: Callable[[], Shape]) -> Shape:
        """The shape of a file, read by `read` unless another process has done so. Raises what that raises."""
        number = self._numbers.get(filename, -1)
        data = self._kept.pop((number, _WHOLE, _WHOLE), None)
        claims, mine = self._claims, self._own + 1
        if data is None and claims is not None and number >= 0 and claims[number] not in (0, mine):
            data = self._awaited(claims, number)
        if data is not None:
            return self._shape.decode(data)
        if claims is None or number < 0:
            return read()
        claims[number] = mine
        try:
            shape = read()
        except BaseException:
            claims[number] = 0  # who asks next finds out what is wrong with it
            raise
        if not self._put(number, _WHOLE, _WHOLE, shape):
            claims[number] = 0
        return shape

    def island(self, filename: str, start: int, end: int, read: Callable[[], ir.Lowered]) -> ir.Lowered:
        """An island, read by `read` unless another process has done so."""
        number = self._numbers.get(filename, -1)
        if self._spools:
            self._drain()
        data = self._kept.pop((number, start, end), None)
        if data is not None:
            return self._island.decode(data)
        lowered = read()
        if number >= 0 and self._spools:
            self._put(number, start, end, lowered)
        return lowered

    # --- files without a name ----------------------------------------------------------------------------------

    def _awaited(self, claims: mmap.mmap, number: int) -> bytes | None:
        """A shape that another process has or is about to have."""
        until = time.monotonic() + _PATIENCE
        while (data := self._kept.pop((number, _WHOLE, _WHOLE), None)) is None:
            if not self._drain():
                if time.monotonic() > until or not claims[number]:
                    return None
                time.sleep(_PAUSE)
        return data

    def _put(self, number: int, start: int, end: int, thing: Shape | ir.Lowered) -> bool:
        """Write down for the others what was read; False where it cannot be."""
        if self._full or self._own >= len(self._spools):
            return False
        data = msgspec.msgpack.encode(thing)
        whole = _HEAD.pack(number, start, end, len(data)) + data
        try:
            written = os.write(self._spools[self._own], whole)
        except OSError:
            written = 0
        self._full = written < len(whole)  # no room is left: what this process reads from now on, others read for themselves
        return not self._full

    def _drain(self) -> bool:
        """Take note of what others have written since; False when there is nothing new."""
        before = sum(self._taken)
        for number, spool in enumerate(self._spools):
            if number != self._own:
                with contextlib.suppress(OSError):
                    self._take(number, spool)
        return sum(self._taken) > before

    def _take(self, number: int, spool: int) -> None:
        begin = self._taken[number]
        size = os.fstat(spool).st_size - begin
        if size < _HEAD.size:
            return
        data, at = os.pread(spool, size, begin), 0
        while at + _HEAD.size <= len(data):
            file, start, end, length = _HEAD.unpack_from(data, at)
            after = at + _HEAD.size + length
            if after > len(data):
                break  # it is still being written
            self._kept[file, start, end] = data[at + _HEAD.size : after]
            at = after
        self._taken[number] += at


def _unnamed() -> int:
    """The descriptor of a file that ends with the processes that have it open. Raises OSError."""
    if hasattr(os, "memfd_create"):
        with contextlib.suppress(OSError):  # some sandboxes have none
            return os.memfd_create("jobcheck", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
