"""The Value of a real Python object, as the solver would know it at its best."""

import collections
import datetime as dt
import decimal
import enum
import uuid

from jobcheck.solve import kinds
from jobcheck.solve.kinds import UNKNOWN, ClassRef, Value, known

PLAIN = {dt.date: "date", dt.time: "time", dt.timedelta: "timedelta", decimal.Decimal: "decimal", uuid.UUID: "uuid",
         complex: "complex", bytearray: "bytearray", range: "range"}  # fmt: skip
MAPPINGS = {dict: "dict", collections.OrderedDict: "OrderedDict", collections.Counter: "Counter",
            collections.defaultdict: "defaultdict"}  # fmt: skip
SEQUENCES = (list, tuple, set, frozenset, collections.deque)


class NoFacts:
    """Nothing is known of any class."""

    def row(self, cls):
        return None


class Facts:
    """The row of a class by its name."""

    def __init__(self, **rows):
        self.rows = rows

    def row(self, cls):
        return self.rows.get(cls.name)


def value_of(thing) -> Value:
    return known(kind_of(thing))


def kind_of(thing) -> kinds.Kind:
    if isinstance(thing, enum.Enum):
        return kinds.EnumMember(ClassRef(type(thing).__name__), flavor(thing), thing.name)
    if thing is None or type(thing) in (bool, int, float, str, bytes):
        return kinds.Literal(thing)
    if isinstance(thing, dt.datetime):
        return kinds.Plain("datetime_aware" if thing.tzinfo else "datetime_naive")
    if type(thing) in MAPPINGS:
        return kinds.Mapping(MAPPINGS[type(thing)], tuple((value_of(k), value_of(v)) for k, v in thing.items()))
    if type(thing) in SEQUENCES:
        return kinds.Sequence(type(thing).__name__, UNKNOWN, tuple(map(value_of, thing)))
    return kinds.Plain(PLAIN[type(thing)])


def flavor(member) -> str:
    if isinstance(member, enum.Flag):
        return "intflag" if isinstance(member, int) else "flag"
    return "int" if isinstance(member, int) else "str" if isinstance(member, str) else "plain"
