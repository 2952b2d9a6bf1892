"""MongoEngine's own values: querysets and methods; each a FrameworkValue with a role and its data."""

from __future__ import annotations

from dataclasses import replace

from jobcheck.code import ir
from jobcheck.solve.kinds import ClassRef, FrameworkValue, Instance, Kind, Value, known
from jobcheck.values import dataclass

NAME = "mongoengine"


@dataclass(frozen=True, slots=True)
class Query:
    """`Order.objects`, narrowed or not."""

    model: ClassRef
    lookups: tuple[tuple[str, ir.Expr], ...] = ()

    def narrowed(self, lookups: tuple[tuple[str, ir.Expr], ...]) -> Query:
        """The same with more conditions."""
        return replace(self, lookups=self.lookups + lookups)

    @property
    def element(self) -> Value:
        """What iterating over it gives."""
        return known(Instance(self.model))


@dataclass(frozen=True, slots=True)
class Method:
    """A method, not called yet."""

    owner: Kind
    name: str


def made(role: str, data: object = None) -> Value:
    """A value of MongoEngine's own."""
    return known(FrameworkValue(NAME, role, data))
