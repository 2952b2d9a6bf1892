"""Reading ahead on all cores: the shapes of files that may hold job code, and the IR of the islands in them.

Both are pure functions of a file's bytes, so the result is the same with one process or many.
"""

from __future__ import annotations

import bisect
import os
from collections.abc import Iterator, Sequence

import msgspec

from jobcheck.code import ir
from jobcheck.code.islands import cut
from jobcheck.marks import Marks
from jobcheck.project.shallow import index
from jobcheck.project.shape import FunctionDecl, Shape

# Below this many bytes of files, starting processes costs more than it saves (measured on two cores).
WORTH_IT = 400_000
_CHUNK = 100_000
_MAKERS = frozenset({"task", "shared_task", "job"})


class Read(msgspec.Struct, array_like=True, eq=False):
    """What was read of one file: its shape, the islands in it by their bytes, and where its job code shows."""

    shape: Shape
    islands: list[tuple[int, int, ir.Lowered]]
    offsets: list[int]


def any_between(offsets: list[int], start: int, end: int) -> bool:
    """Whether one of the offsets, which are in order, lies in a span."""
    place = bisect.bisect_left(offsets, start)
    return place < len(offsets) and offsets[place] < end


def read_ahead(files: Sequence[bytes], marks: Marks, processes: int) -> list[Read | None]:
    """Shape and islands of each file, in order; None where the caller has to read it itself.

    `processes` 0 means as many as there are cores. Nothing is done with a single process, for little work, and where
    processes cannot be forked.
    """
    count = processes or os.cpu_count() or 1
    if count < 2 or sum(map(len, files)) < WORTH_IT or not hasattr(os, "fork"):
        return [None] * len(files)
    import multiprocessing  # these take a tenth of the start of a small run, which does not need them
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    import jobcheck.code.lower  # noqa: F401  (imported before forking, so that the children need not)

    chunks = _chunks(files)
    context = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(min(count, len(chunks)), mp_context=context) as executor:
            parts = list(executor.map(_read_chunk, chunks, [marks] * len(chunks)))
    except (BrokenProcessPool, OSError):
        return [None] * len(files)
    return [read for part in parts for read in _decoder.decode(part)]


def _chunks(files: Sequence[bytes]) -> list[list[bytes]]:
    """Files in order, in pieces of about equal size."""
    chunks: list[list[bytes]] = [[]]
    for data in files:
        if sum(map(len, chunks[-1])) > _CHUNK:
            chunks.append([])
        chunks[-1].append(data)
    return chunks


def _read_chunk(chunk: list[bytes], marks: Marks) -> bytes:
    return msgspec.msgpack.encode([_read(data, marks) for data in chunk])


def _read(data: bytes, marks: Marks) -> Read | None:
    """One file. A file that makes trouble here is left to the run itself, which says so where it belongs."""
    from jobcheck.code.lower import lower

    try:
        shape = index(data)
        offsets = marks.offsets(data, shape)
        islands = [cut(data, start, end) for start, end in _spans(shape, offsets)]
    except (ValueError, RecursionError):
        return None
    return Read(shape, [(i.offset, i.offset + len(i.data), lower(i.data, i.indent)) for i in islands], offsets)


def _spans(shape: Shape, offsets: list[int]) -> Iterator[tuple[int, int]]:
    """Functions that hold a mark or look like jobs."""
    for decl in _functions(shape):
        jobs = any(d.dotted.rpartition(".")[2] in _MAKERS for d in decl.decorators)
        if jobs or any_between(offsets, decl.start, decl.end):
            yield decl.start, decl.end


def _functions(shape: Shape) -> Iterator[FunctionDecl]:
    yield from shape.functions
    pending = list(shape.classes)
    while pending:
        decl = pending.pop()
        yield from decl.functions
        pending.extend(decl.classes)


_decoder = msgspec.msgpack.Decoder(list[Read | None])
