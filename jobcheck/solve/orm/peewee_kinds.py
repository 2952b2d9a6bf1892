"""Peewee's own values: models' methods, columns, queries; each a FrameworkValue with a role and its data."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.solve.kinds import UNKNOWN, ClassRef, FrameworkValue, Kind, Sequence, Value, known
from jobcheck.values import dataclass

NAME = "peewee"


@dataclass(frozen=True, slots=True)
class Column:
    """`Order.total`, as queries use it."""

    cls: ClassRef
    name: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query that has not run. `verb`: select, insert, upsert, update, delete; `item` is what a row is."""

    verb: str
    model: ClassRef
    item: Value = UNKNOWN
    lookups: tuple[tuple[str, ir.Expr], ...] = ()
    fields: frozenset[str] | None = None
    atomic: bool = False
    lock: bool = False

    @property
    def element(self) -> Value:
        """What iterating over it gives."""
        return self.item

    @property
    def listed(self) -> Value:
        """What a slice of it gives: it runs then."""
        return known(Sequence("list", self.item))


@dataclass(frozen=True, slots=True)
class Method:
    """A method, not called yet."""

    owner: Kind
    name: str


def made(role: str, data: object = None) -> Value:
    """A value of Peewee's own."""
    return known(FrameworkValue(NAME, role, data))
