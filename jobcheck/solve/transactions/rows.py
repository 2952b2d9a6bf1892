"""The rows that a transaction writes, and the keys by which a job may find them, as data."""

from __future__ import annotations

from jobcheck.solve.kinds import ClassRef, Origin
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass


@dataclass(eq=False, slots=True)
class Row:
    """One write. `record` is what it writes, where that can be said; `origin` shows it, in the function on the way.

    act: create, upsert, save, update, delete; `before`: it comes after the enqueue (a receiver of `pre_save`).
    """

    act: str
    model: ClassRef | None
    record: Source | None
    origin: Origin
    operation: Operation | None = None


@dataclass(eq=False, slots=True)
class Key:
    """An expression by which the job may find a row. `record` is the record that it is a key of, or is itself; `source` where
    the expression itself comes from. `parent`: it is the key of what the record belongs to (`item.order_id`)."""

    source: Source
    record: Source | None
    origin: Origin
    parent: bool = False
