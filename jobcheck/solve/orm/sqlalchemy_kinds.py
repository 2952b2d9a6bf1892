"""SQLAlchemy's own values: sessions, statements, results, rows; each a FrameworkValue with a role and its data."""

from __future__ import annotations

from typing import Literal as OneOf

from jobcheck.code import ir
from jobcheck.solve.kinds import UNKNOWN, ClassRef, FrameworkValue, Instance, Kind, Literal, Sequence, Value, join, known
from jobcheck.values import dataclass

NAME = "sqlalchemy"

# Packages whose names are SQLAlchemy's, or stand for them.
PACKAGES = frozenset({
    "sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_appbuilder", "sqlalchemy_utils", "flask_sqlalchemy_lite",
    "quart_sqlalchemy", "flask_sqlalchemy_session", "zope", "fastapi_sqlalchemy", "marshmallow_sqlalchemy",
})  # fmt: skip

Verb = OneOf["select", "insert", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Column:
    """`Order.total`: an attribute of a mapped class, as statements use it. `label` is its name in a row."""

    cls: ClassRef
    name: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A query or statement that has not run.

    `entities` are what the columns of a row hold, `names` how they are called; `models` the classes whose rows are
    read or written. `whole`: a row is the entity itself (`session.query(Order)`). `asks`: count, exists, or "".
    """

    verb: Verb = "select"
    entities: tuple[Value, ...] = ()
    names: tuple[str, ...] = ()
    models: tuple[ClassRef, ...] = ()
    whole: bool = False
    lookups: tuple[tuple[str, ir.Expr], ...] = ()
    fields: frozenset[str] | None = None
    lock: bool = False
    atomic: bool = False
    upsert: bool = False
    asks: str = ""

    @property
    def model(self) -> ClassRef | None:
        return self.models[0] if len(self.models) == 1 else None

    @property
    def rows(self) -> Rows:
        return Rows(self.entities, self.names, self.whole)

    @property
    def element(self) -> Value:
        """What iterating over a query gives."""
        return self.rows.element

    @property
    def listed(self) -> Value:
        """What a slice of it gives: it runs then."""
        return self.rows.listed


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave. `whole`: each row is its first entity (after `.scalars()`)."""

    entities: tuple[Value, ...] = ()
    names: tuple[str, ...] = ()
    whole: bool = False

    @property
    def first(self) -> Value:
        """The first column of a row."""
        return self.entities[0] if self.entities else UNKNOWN

    @property
    def element(self) -> Value:
        """One row."""
        return self.first if self.whole else made("row", Row(self.entities, self.names))

    @property
    def listed(self) -> Value:
        """All rows as a list."""
        return known(Sequence("list", self.element))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of several columns: a tuple with names, and yet no tuple."""

    entities: tuple[Value, ...] = ()
    names: tuple[str, ...] = ()

    def at(self, index: int | None) -> Value:
        """What stands at an index."""
        there = index is not None and -len(self.entities) <= index < len(self.entities)
        return self.entities[index] if there and index is not None else UNKNOWN

    def named(self, name: str) -> Value:
        """What a name stands for."""
        return self.entities[self.names.index(name)] if name in self.names else UNKNOWN


@dataclass(frozen=True, slots=True)
class Page:
    """A Pagination of rows."""

    rows: Rows

    @property
    def element(self) -> Value:
        """What iterating over it gives."""
        return self.rows.element


@dataclass(frozen=True, slots=True)
class Session:
    """A session or connection, or what makes or opens one. `flavor`: sync, async."""

    flavor: str = "sync"

    @property
    def entered(self) -> Value:
        """What `with` gives: a session."""
        return made("session", self)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of one of these values, not called yet."""

    owner: FrameworkValue
    name: str


def made(role: str, data: object = None) -> Value:
    """A value of SQLAlchemy's own."""
    return known(FrameworkValue(NAME, role, data))


def is_ours(kind: Kind, *roles: str) -> bool:
    """Whether a kind is one of these values, of one of the roles if any are given."""
    return isinstance(kind, FrameworkValue) and kind.framework == NAME and (not roles or kind.role in roles)


def ours(value: Value, *roles: str) -> FrameworkValue | None:
    """The one of these values that a value may be: an open value with one such alternative counts."""
    found = [k for k in value.kinds() if isinstance(k, FrameworkValue) and is_ours(k, *roles)]
    return found[0] if found and len(found) == len(value.alts) else None


def short(qualname: str) -> str:
    """`Column` for `sqlalchemy.schema.Column`; "" for names of other packages."""
    top, _, rest = qualname.partition(".")
    return rest.rpartition(".")[2] if top in PACKAGES else ""


def maybe(value: Value) -> Value:
    """The value, or None."""
    return join([value, known(Literal(None))])


def instance(cls: ClassRef) -> Value:
    """A record."""
    return known(Instance(cls))
