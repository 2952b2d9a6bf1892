"""The data of managers and querysets: what a FrameworkValue of Django's holds, and how it takes its model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    Coroutine,
    FrameworkValue,
    Generator,
    Instance,
    Kind,
    Mapping,
    Origin,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.values import dataclass

NAME = "django"
# The model of a queryset's own methods, which serve any: it stands for the one of the queryset they are called on.
OWN = ClassRef("django.db.models.Model")

# What a path such as "customer__name" leads to from a model.
Path = Callable[[ClassRef, str], Value]


@dataclass(frozen=True, slots=True)
class Query:
    """A manager or queryset: the data of its FrameworkValue.

    model    the class of its records; None when not known
    classes  the project's own manager and queryset classes that its methods are looked up in
    locked   select_for_update has been called
    row      what each item is, for `values()` and the like; None: records
    related  a manager of related records
    """

    model: ClassRef | None
    classes: tuple[ClassRef, ...] = ()
    locked: bool = False
    row: Value | None = None
    related: bool = False

    @property
    def record(self) -> Value:
        """One of its records."""
        return known(Instance(self.model)) if self.model is not None else plain("record")

    @property
    def element(self) -> Value:
        """One item that iterating over it gives; what is only said to be a QuerySet may be one of values."""
        if self.row is not None:
            return self.row
        return self.record if self.model is not None or self.classes else self.record.opened()


@dataclass(frozen=True, slots=True)
class Column:
    """The values of a field, by its path, of a model that is not known yet."""

    text: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a manager, queryset or record, not called yet."""

    owner: Value
    name: str


def query_of(kind: Kind) -> Query | None:
    """The query that a kind is, when it is one."""
    data = kind.data if isinstance(kind, FrameworkValue) and kind.framework == NAME else None
    return data if isinstance(data, Query) else None


def as_manager(query: Query) -> Value:
    """The value of a manager."""
    return known(FrameworkValue(NAME, "manager", query))


def as_queryset(query: Query) -> Value:
    """The value of a queryset, of records or of rows of values."""
    return known(FrameworkValue(NAME, "queryset" if query.row is None else "rows", query))


def data_of(kind: Kind | None, role: str) -> Query | None:
    """The query of a value of a role."""
    found = query_of(kind) if kind is not None else None
    return found if isinstance(kind, FrameworkValue) and kind.role == role else None


def rebound(value: Value, query: Query, path: Path) -> Value:
    """A value of a queryset's own method, with the model that the queryset is of in the place of OWN."""
    parts = [_at(_rebound(alt.kind, query, path), alt.origin) for alt in value.alts]
    found = join(parts) if parts else Value()
    return found.opened() if value.open else found


def _at(value: Value, origin: Origin | None) -> Value:
    return value.at(origin) if origin is not None else value


def _rebound(kind: Kind, query: Query, path: Path) -> Value:
    match kind:
        case Instance(cls=cls) if cls == OWN:
            return query.record
        case ClassObject(cls=cls) if cls == OWN and query.model is not None:
            return known(ClassObject(query.model))
        case FrameworkValue(framework="django", data=Column(text=text)):
            return path(query.model, text) if query.model is not None else UNKNOWN
        case FrameworkValue(framework="django", data=Query(model=model) as data) if model == OWN:
            row = rebound(data.row, query, path) if data.row is not None else None
            return known(FrameworkValue(NAME, kind.role, replace(data, model=query.model, row=row)))
        case Sequence():
            items = tuple(rebound(i, query, path) for i in kind.items) if kind.items is not None else None
            return known(Sequence(kind.name, rebound(kind.element, query, path), items))
        case Mapping():
            entries = tuple((rebound(k, query, path), rebound(v, query, path)) for k, v in kind.entries)
            rest = (rebound(kind.rest[0], query, path), rebound(kind.rest[1], query, path)) if kind.rest else None
            return known(Mapping(kind.name, entries, rest))
        case Generator(element=element):
            return known(Generator(rebound(element, query, path)))
        case Coroutine(result=result):
            return known(Coroutine(rebound(result, query, path)))
        case _:
            return known(kind)
