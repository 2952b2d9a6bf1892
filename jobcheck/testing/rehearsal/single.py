"""The schedules in which one thing goes wrong: each repeat, each delay, and a death behind each effect there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from jobcheck.testing.rehearsal.schedule import WORKERS, Move

MOST = 300


def single(calm: Sequence[Move], effects: Mapping[int, int], brought: Mapping[int, int]) -> list[list[Move]]:
    """What can happen to the jobs of the calm performance, one by one, in other processes.

    `effects` says how many each job has, `brought` which move enqueued it.
    """
    moves = [move._replace(worker=WORKERS[0]) if move.job else move for move in calm]
    every = [moves, [move for move in moves if not move.job], _backwards(moves)]
    for place, move in enumerate(moves):
        if move.job:
            every += islice(_of(moves, place, effects.get(move.job, 0), brought[move.job] + 1), MOST)
    return every[:MOST]


def _of(moves: list[Move], place: int, effects: int, earliest: int) -> Iterator[list[Move]]:
    before, move, behind = moves[:place], moves[place], moves[place + 1 :]
    yield [*before, *behind, move]
    yield [*before, move._replace(again=True), move, *behind]
    yield [*before, move._replace(again=True), *behind, move]
    yield [*moves[:earliest], move._replace(at_once=True), *moves[earliest:place], *behind]
    for effect in range(1, effects + 1):
        yield [*before, move._replace(dies=effect), move, *behind]


def _backwards(moves: list[Move]) -> list[Move]:
    """Jobs that wait at the same time, the last one first."""
    made: list[Move] = []
    start = 0
    for move in moves:
        if move.job:
            made.insert(start, move)
        else:
            made.append(move)
            start = len(made)
    return made
