"""Lowering on all cores: a cold run's islands, before they are asked for one by one.

Lowering is a pure function of an island's bytes, so the result is the same with one process or many.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import msgspec

from jobcheck.code import ir
from jobcheck.code.islands import Island

# Below this many bytes of islands, starting processes costs more than it saves (measured on two cores).
WORTH_IT = 120_000
_CHUNK = 24_000


def lower_all(islands: Sequence[Island], processes: int) -> list[ir.Lowered | None]:
    """The IR of each island, in order; None where the caller has to lower it itself.

    `processes` 0 means as many as there are cores. Nothing is done with a single process, for little work, and where
    processes cannot be forked.
    """
    count = processes or os.cpu_count() or 1
    size = sum(len(i.data) for i in islands)
    if count < 2 or size < WORTH_IT or "fork" not in multiprocessing.get_all_start_methods():
        return [None] * len(islands)
    import jobcheck.code.lower  # noqa: F401  (imported before forking, so that the children need not)

    chunks = _chunks(islands)
    context = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(min(count, len(chunks)), mp_context=context) as executor:
            parts = list(executor.map(_lower_chunk, chunks))
    except (BrokenProcessPool, OSError):
        return [None] * len(islands)
    return [lowered for part in parts for lowered in _decoder.decode(part)]


def _chunks(islands: Sequence[Island]) -> list[list[tuple[bytes, bytes]]]:
    """Islands in order, in pieces of about equal size."""
    chunks: list[list[tuple[bytes, bytes]]] = [[]]
    size = 0
    for island in islands:
        if size > _CHUNK:
            chunks.append([])
            size = 0
        chunks[-1].append((island.data, island.indent))
        size += len(island.data)
    return chunks


def _lower_chunk(chunk: list[tuple[bytes, bytes]]) -> bytes:
    from jobcheck.code.lower import lower

    return msgspec.msgpack.encode([lower(data, indent) for data, indent in chunk])


_decoder = msgspec.msgpack.Decoder(list[ir.Lowered])
