"""What the file of each object-relational mapper answers, so that a rule asks one question for all of them.

An `Operation` is what one call does to the database; a `FieldInfo` is what a class of records declares. Both are facts
about a call or a class and nothing more: what follows from them for a job, rules and the rooms above decide.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from jobcheck.code import ir
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import UNKNOWN, ClassRef, Instance, Value
from jobcheck.solve.sites import Site
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

Act = Literal[
    "fetch", "lock", "exists", "count", "create", "upsert", "save", "update", "delete", "refresh", "add", "flush",
    "commit", "rollback",
]  # fmt: skip


@dataclass(eq=False, slots=True)
class Operation:
    """What one call does to the database.

    act      fetch    rows are read (`.get()`, `.first()`, get_object_or_404, `session.get`, evaluating a query)
             lock     rows are read with a lock that lasts to the end of the transaction (select_for_update, evaluated)
             exists, count
             create   a new row is written (`objects.create`, bulk_create; `.save()` of an instance made just before)
             upsert   get_or_create, update_or_create, `ON CONFLICT`: running it twice leaves one row
             save     a record is written back (`record.save()`); `fields` when it says which
             update   rows are changed in the database by a query (`.update(...)`), `fields` are those
             delete, refresh (`refresh_from_db`, `session.refresh`)
             add      put into a session, written at flush; flush; commit; rollback
    orm      django, sqlalchemy, peewee, mongoengine
    model    the class of the rows; None when not known
    record   the expression of the record that it is called on or given (`order` of `order.save()`, of `session.add(order)`)
    fields   the names written; None: all, or not known
    lookups  the fields compared, with the expressions (`pk=order_id`); `by_key` when that is the primary key
    atomic   the new value is computed by the database (`F("n") + 1`), so that two writers do not lose one another
    using    the database alias or session expression, where the call names one
    """

    act: Act
    orm: str
    site: Site
    model: ClassRef | None = None
    record: ir.Expr | None = None
    fields: frozenset[str] | None = None
    lookups: tuple[tuple[str, ir.Expr], ...] = ()
    by_key: bool = False
    atomic: bool = False
    using: ir.Expr | None = None

    @property
    def writes(self) -> bool:
        return self.act in ("create", "upsert", "save", "update", "delete", "add")


@dataclass(eq=False, slots=True)
class FieldInfo:
    """One attribute that a class of records declares.

    `value` is what reading it gives. `relation` is the class it refers to, `many` when reading gives a collection or
    manager. `unique`: two rows cannot have the same. `auto` says who writes it: key (the database), now (each save),
    add (the first save), or nobody (""). `column` is the name of the stored value where that differs (`customer_id`).
    """

    name: str
    value: Value = UNKNOWN
    relation: ClassRef | None = None
    many: bool = False
    unique: bool = False
    key: bool = False
    auto: Literal["", "key", "now", "add"] = ""
    column: str | None = None
    together: frozenset[str] = field(default=frozenset())


@runtime_checkable
class Orm(Protocol):
    """A framework (see frameworks/base.py) that also knows records."""

    def operation(self, solver: Solver, site: Site) -> Operation | None:
        """What a call does to the database; None when it is not this mapper's."""

    def fields(self, solver: Solver, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """What a class of records declares, inherited fields included; None when it is not this mapper's."""


@runtime_checkable
class Infers(Protocol):
    """A mapper that also knows the values of annotations and of calls that nothing else explains."""

    def promised(self, solver: Solver, qualname: str, arguments: tuple[Value, ...]) -> Value | None:
        """A value annotated with a class outside the project (`Session`, `Query[Order]`), or None."""

    def entered(self, solver: Solver, context: Instance) -> Value | None:
        """What `with` gives for an instance of a class that derives from one of the mapper's, or None."""

    def inferred(self, solver: Solver, node: ir.Call, env: Env) -> Value | None:
        """A call on something unknown that its arguments explain (`anything.query(Order)`), or None."""


class Records:
    """Asks every mapper, and remembers. `solver.records` is the one of a run."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._operations: dict[int, tuple[Site, Operation | None]] = {}
        self._fields: dict[ClassRef, dict[str, FieldInfo]] = {}
        self._mappers = [f for f in solver.frameworks if isinstance(f, Orm)]
        self._infers = [f for f in solver.frameworks if isinstance(f, Infers)]
        self.memo: defaultdict[str, dict[Any, Any]] = defaultdict(dict)

    def promised(self, qualname: str, arguments: tuple[Value, ...]) -> Value | None:
        """What an annotation with a class outside the project means to a mapper."""
        found = (mapper.promised(self._solver, qualname, arguments) for mapper in self._infers)
        return next((value for value in found if value is not None), None)

    def entered(self, context: Instance) -> Value | None:
        """What `with` gives for an instance of a class, where that is a mapper's matter."""
        found = (mapper.entered(self._solver, context) for mapper in self._infers)
        return next((value for value in found if value is not None), None)

    def inferred(self, node: ir.Call, env: Env) -> Value | None:
        """What a call on something unknown must give, by its arguments."""
        found = (mapper.inferred(self._solver, node, env) for mapper in self._infers)
        return next((value for value in found if value is not None), None)

    def operation(self, site: Site) -> Operation | None:
        """What a call does to the database; None when it does nothing there, or that is not known."""
        found = self._operations.get(id(site))
        if found is None:
            answers = (mapper.operation(self._solver, site) for mapper in self._mappers)
            found = self._operations[id(site)] = (site, next((a for a in answers if a is not None), None))
        return found[1]

    def fields(self, cls: ClassRef) -> dict[str, FieldInfo]:
        """The fields of a class of records by name; empty for other classes."""
        if cls not in self._fields:
            self._fields[cls] = {}  # a class that refers to itself
            answers = (mapper.fields(self._solver, cls) for mapper in self._mappers)
            self._fields[cls] = next((a for a in answers if a is not None), {})
        return self._fields[cls]

    def field(self, cls: ClassRef, name: str) -> FieldInfo | None:
        """One field of a class of records, also by the name of its stored value (`customer_id`, `pk`)."""
        fields = self.fields(cls)
        if name in fields:
            return fields[name]
        return next((f for f in fields.values() if f.column == name or (name == "pk" and f.key)), None)
