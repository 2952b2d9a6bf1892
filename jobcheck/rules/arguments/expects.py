"""Whether a job needs an argument as it was before the trip: what it does with it that the arrived value cannot do."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import pathlib
import uuid

from jobcheck.registry import Job
from jobcheck.rules.arguments import places
from jobcheck.rules.base import Context
from jobcheck.solve import kinds, stdlib
from jobcheck.solve.kinds import (
    ClassObject,
    EnumMember,
    External,
    Function,
    Instance,
    Kind,
    Mapping,
    Plain,
    Sequence,
    Value,
)
from jobcheck.solve.operators import plain_name
from jobcheck.solve.uses import Use, Uses
from jobcheck.values import dataclass
from jobcheck.wire.judge import Trip

_ARRIVED: dict[str, type] = {
    "a list": list, "a str": str, "an int": int, "a float": float, "a dict": dict, "a tuple": tuple, "bytes": bytes,
    "a datetime": datetime.datetime, "a dict with only the last value of each key": dict, "a dict with str keys": dict,
    "another object()": object,
}  # fmt: skip
_ORIGINAL: dict[str, type] = {
    "tuple": tuple, "list": list, "deque": collections.deque, "set": set, "frozenset": frozenset,
    "defaultdict": collections.defaultdict, "OrderedDict": collections.OrderedDict, "Counter": collections.Counter,
    "dict": dict, "bytes": bytes, "bytearray": bytearray, "decimal": decimal.Decimal, "fraction": fractions.Fraction,
    "datetime": datetime.datetime, "datetime_naive": datetime.datetime, "datetime_aware": datetime.datetime,
    "date": datetime.date, "time": datetime.time, "timedelta": datetime.timedelta, "uuid": uuid.UUID,
    "path": pathlib.PurePath, "int": int, "float": float, "str": str, "complex": complex,
}  # fmt: skip
_QUERYDICT = frozenset({"getlist", "setlist", "lists", "appendlist", "setlistdefault", "urlencode", "dict"})
_ENUM = frozenset({"name", "value", "label", "_value_", "_name_"})
_NAMEDTUPLE = frozenset({"_asdict", "_replace", "_fields"})
# Functions outside the project that take a tuple and refuse a list.
_WANTS_TUPLE = frozenset({"time.mktime", "time.strftime", "time.asctime", "calendar.timegm"})
# What may catch the errors that the arrived value causes: then the job is prepared for it.
PREPARED = frozenset({"AttributeError", "TypeError", "KeyError", "LookupError", "IndexError", "ValueError"})
_CACHES = frozenset({"functools.lru_cache", "functools.cache"})
_ORDERED = frozenset({"int", "float", "decimal", "datetime", "datetime_naive", "datetime_aware", "date", "timedelta"})
# What no str is equal to.
_NEVER_TEXT = frozenset({
    "int", "float", "bool", "none", "uuid", "decimal", "date", "datetime", "datetime_naive", "datetime_aware", "bytes",
    "path",
})  # fmt: skip
_ARITHMETIC = frozenset({"+", "-", "/", "//", "*", "**"})


@dataclass(frozen=True, slots=True)
class Proof:
    """A use that the arrived value cannot serve, and in words what happens there. `sure`: without any doubt."""

    use: Use
    text: str
    sure: bool = True


def proof(trip: Trip, uses: Uses, job: Job, context: Context) -> Proof | None:
    """The first use in the job that shows that it needs the original."""
    arrived = str if trip.is_key else _ARRIVED.get(trip.outcome.becomes or "")
    if arrived is None:
        return None
    checker = _Checker(trip, arrived, context)
    for use in uses.found:
        if not places.fits(trip.path, use.path, is_key=trip.is_key) or use.caught & PREPARED:
            continue
        if use.how == "typetest":
            text = checker.typetest(use)
            if text:
                return Proof(use, text, use.name == "must")
        elif use.path not in uses.tested and not use.changed:
            text = checker.broken(use)
            if text:
                return Proof(use, text)
    return None


class _Checker:
    """Judges uses of one value that arrives as something else."""

    def __init__(self, trip: Trip, arrived: type, context: Context) -> None:
        self.kind = trip.kind
        self.arrived = arrived
        self.context = context
        self.solver = context.solver
        name = arrived.__name__
        self.noun = f"{'an' if name[0] in 'aeiou' else 'a'} {name}"

    def broken(self, use: Use) -> str:
        """What goes wrong at a use; empty where nothing does."""
        source = f"`{self.context.text(use.origin)}`"
        match use.how:
            case "attribute" if self.lost_attribute(use.name):
                return f"{source} raises AttributeError: {self.noun} has no `{use.name}`"
            case "compare" if self.never(use):
                truth = "false" if use.name in ("!=", "is not", "not in") else "true"
                return f"{source} is never {truth} of {self.noun}"
            case "compare" if use.name in ("<", ">", "<=", ">=") and self.incomparable(use.other):
                return f"{source} raises TypeError: {self.noun} has no order with it"
            case "operator" if self.inoperable(use):
                return f"{source} fails: it is {self.noun} there"
            case "hashed" if self.unhashable():
                return f"{source} raises TypeError: {self.noun} cannot be hashed"
            case "argument" if self.refused(use):
                return f"{source} raises TypeError: it is given {self.noun}"
            case _:
                return ""

    # --- each way ----------------------------------------------------------------------------------------------

    def lost_attribute(self, name: str) -> bool:
        """Whether the original has the attribute and what arrives has not."""
        if hasattr(self.arrived, name):
            return False
        kind = self.kind
        if isinstance(kind, EnumMember):
            return name in _ENUM or self._declares(kind.cls, name)
        if isinstance(kind, Instance):
            return name in _NAMEDTUPLE or self._declares(kind.cls, name)
        if plain_name(kind) == "querydict":
            return name in _QUERYDICT
        original = _original_type(kind)
        return original is not None and hasattr(original, name)

    def _declares(self, cls: kinds.ClassRef, name: str) -> bool:
        return any(True for _ in self.solver.member(cls, name))

    def never(self, use: Use) -> bool:
        """Whether a comparison with the original's like can never hold."""
        others = use.other.kinds()
        if use.name in ("in", "not in"):
            others = _items(use.other)
        if not others or use.other.open:
            return False
        if use.name in ("is", "is not"):
            return all(isinstance(k, EnumMember) or k == Plain("sentinel") for k in others)
        if use.name not in ("==", "!=", "in", "not in"):
            return False
        return self.unequal() and all(self.alike(k) for k in others)

    def unequal(self) -> bool:
        """Whether what arrives is equal to no value of the original's type."""
        kind = self.kind
        if isinstance(kind, EnumMember):
            return kind.flavor == "plain" or (kind.flavor != "str" and self.arrived is str)
        if isinstance(kind, Instance):
            return self.is_named_tuple() and self.arrived is list
        if isinstance(kind, Sequence):
            return kind.name == "tuple" and self.arrived is list
        return plain_name(kind) in _NEVER_TEXT and self.arrived is str

    def alike(self, other: Kind) -> bool:
        kind = self.kind
        if isinstance(kind, EnumMember):
            return isinstance(other, EnumMember) or (kind.flavor != "plain" and plain_name(other) == "int")
        if isinstance(kind, (Sequence, Instance)):
            return isinstance(other, Sequence) and other.name == "tuple"
        return plain_name(other) == plain_name(kind)

    def is_named_tuple(self) -> bool:
        rows = ("namedtuple", "typing_namedtuple")
        return isinstance(self.kind, Instance) and self.solver.classes.row(self.kind.cls) in rows

    def incomparable(self, other: Value) -> bool:
        only = other.only
        name = plain_name(only) if only is not None else ""
        return self.arrived is str and name in _ORDERED

    def inoperable(self, use: Use) -> bool:
        """Whether an operator fails on what arrives, or means something else."""
        other = use.other.only
        if other is None:
            return False
        if self.arrived is list and self.is_tuple():
            if use.name == "%" and use.right:
                return plain_name(other) == "str" and isinstance(self.kind, Sequence) and len(self.kind.items or ()) > 1
            return use.name == "+" and isinstance(other, Sequence) and other.name == "tuple"
        number = plain_name(self.kind) in _ORDERED or plain_name(self.kind) in ("path", "fraction")
        return self.arrived is str and number and use.name in _ARITHMETIC and plain_name(other) not in ("", "str")

    def is_tuple(self) -> bool:
        return self.is_named_tuple() or (isinstance(self.kind, Sequence) and self.kind.name == "tuple")

    def unhashable(self) -> bool:
        frozen = isinstance(self.kind, Sequence) and self.kind.name == "frozenset"
        return self.arrived in (list, dict) and (self.is_tuple() or frozen)

    def refused(self, use: Use) -> bool:
        """Whether a call takes only the original: `text.startswith(p)`, `hash(p)`, a cached function."""
        if self.arrived is not list or not self.is_tuple():
            return False
        if use.name in ("startswith", "endswith"):
            return use.other.unknown or isinstance(use.other.only, kinds.Method)
        if isinstance(use.other.only, External):
            return use.name == "hash" or use.name in _WANTS_TUPLE
        return isinstance(use.other.only, Function) and self.is_cached(use.other.only)

    def is_cached(self, function: Function) -> bool:
        found = self.solver.function_decl(function.ref)
        names = [self.solver.decorator_name(function.ref.filename, d) for d in found[0].decorators] if found else []
        return any(n in _CACHES for n in names)

    def typetest(self, use: Use) -> str:
        """A test that the code insists on, which the arrived value fails."""
        if not use.name or not self.tests_original(use.other):
            return ""
        return f"`{self.context.text(use.origin)}` is never true of {self.noun}"

    def tests_original(self, classes: Value) -> bool:
        """Whether an isinstance test is true of the original and false of what arrives."""
        found = list(_classes(classes))
        if not found or classes.open:
            return False
        return all(self.is_class_of_original(k) for k in found)

    def is_class_of_original(self, kind: Kind) -> bool:
        if isinstance(kind, ClassObject):
            return isinstance(self.kind, (EnumMember, Instance)) and kind.cls == self.kind.cls
        if not isinstance(kind, External):
            return False
        original = _original_type(self.kind)
        if kind.qualname == "tuple" and self.is_named_tuple():
            return self.arrived is not tuple
        if kind.qualname == "enum.Enum":
            return isinstance(self.kind, EnumMember)
        named = _ORIGINAL.get(stdlib.CLASSES.get(kind.qualname) or kind.qualname.rpartition(".")[2])
        return named is not None and original is named and not issubclass(self.arrived, named)


def _original_type(kind: Kind) -> type | None:
    if isinstance(kind, kinds.Literal):
        return type(kind.value)
    name = kind.name if isinstance(kind, (Sequence, Mapping)) else plain_name(kind)
    return _ORIGINAL.get(name)


def _items(value: Value) -> tuple[Kind, ...]:
    """The items of a container that `in` looks through; none when one is not known."""
    only = value.only
    if isinstance(only, Sequence) and not only.element.open:
        return only.element.kinds()
    return ()


def _classes(value: Value) -> list[Kind]:
    found: list[Kind] = []
    for kind in value.kinds():
        if isinstance(kind, Sequence) and kind.items is not None:
            for item in kind.items:
                found.extend(item.kinds() or [Plain("sentinel")])
        else:
            found.append(kind)
    return found
