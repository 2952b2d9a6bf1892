"""Kinds: what a value is, with the place that shows it.

A `Value` is what may stand at one place of the program: some alternatives, each a kind with the origin that makes it
so, and `open` when there may be others that jobcheck cannot see. A value that is nothing but open is unknown, and
unknown never produces a finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Protocol, Union, runtime_checkable

from jobcheck.values import dataclass

# Widening is fixed: a value keeps at most this many alternatives, a container this many known items, and containers
# nest this deep. What is beyond becomes open.
MOST_ALTERNATIVES = 8
MOST_ITEMS = 40
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Origin:
    """Bytes of a file (root-relative name) that show a value to be what it is."""

    filename: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class: declared in the project at `start` of `filename`, or outside of it when `filename` is None.

    `qualname` is dotted with its module where the module is known (`shop.models.Order`, `decimal.Decimal`).
    """

    qualname: str
    filename: str | None = None
    start: int = -1

    @property
    def name(self) -> str:
        return self.qualname.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function of the project: its file, qualified name within the module, and where its statement starts."""

    filename: str
    qualname: str
    start: int

    @property
    def name(self) -> str:
        return self.qualname.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant whose value is known."""

    value: bool | int | float | str | bytes | None

    # Equality must tell 1, True and 1.0 apart: they are different kinds.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and type(other.value) is type(self.value) and other.value == self.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Plain:
    """A value of a builtin or standard kind, named as in `PLAIN_NAMES`."""

    name: str


# The names of Plain, each with how a message calls it. What a wire does to each is in wire/.
PLAIN_NAMES: dict[str, str] = {
    "int": "an int",
    "float": "a float",
    "bool": "a bool",
    "none": "None",
    "str": "a str",
    "bytes": "bytes",
    "bytearray": "a bytearray",
    "memoryview": "a memoryview",
    "complex": "a complex number",
    "decimal": "a Decimal",
    "fraction": "a Fraction",
    "datetime": "a datetime",
    "datetime_naive": "a naive datetime",
    "datetime_aware": "an aware datetime",
    "date": "a date",
    "time": "a time",
    "timedelta": "a timedelta",
    "zoneinfo": "a time zone object",
    "uuid": "a UUID",
    "path": "a pathlib.Path",
    "pattern": "a compiled regular expression",
    "match": "a regular expression match",
    "ip": "an IP address object",
    "slice": "a slice",
    "range": "a range",
    "sentinel": "an object() sentinel",
    "iterator": "an iterator",
    "generator": "a generator",
    "map": "a map or filter iterator",
    "zip": "a zip iterator",
    "enumerate": "an enumerate iterator",
    "dict_keys": "a dict.keys() view",
    "dict_values": "a dict.values() view",
    "dict_items": "a dict.items() view",
    "file": "an open file",
    "tempfile": "an open temporary file",
    "bytesio": "a BytesIO",
    "stringio": "a StringIO",
    "lock": "a lock",
    "socket": "a socket",
    "thread": "a thread",
    "logger": "a logger",
    "contextvar": "a ContextVar",
    "weakref": "a weak reference",
    "coroutine": "an un-awaited coroutine",
    "lambda": "a lambda",
    "nan": "nan",
    "inf": "an infinity",
    "exception": "an exception",
    "traceback": "a traceback",
    "frame": "a frame",
    "redis_client": "a Redis client",
    "connection": "a database connection",
    "request": "a request",
    "response": "a response",
    "querydict": "a QueryDict",
    "queryset": "a QuerySet",
    "record": "a database record",
    "manager": "a model manager",
    "lazy_str": "a lazily translated string",
    "lazy_object": "a lazy object",
    "safe_str": "a SafeString",
    "uploaded_file": "an uploaded file",
    "np_scalar_int": "a numpy integer",
    "np_scalar_float": "a numpy float",
    "np_array": "a numpy array",
    "pd_frame": "a pandas DataFrame",
    "pd_timestamp": "a pandas Timestamp",
    "object_id": "an ObjectId",
    "async_result": "a job's result handle",
    "signature": "a job signature",
}


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, tuple, set, frozenset, deque, or `queryset`-less sequence.

    `items` when each item is known, in order (a display); otherwise None, and `element` stands for every item.
    """

    name: str
    element: Value
    items: tuple[Value, ...] | None = None
    depth: int = field(init=False, compare=False, repr=False, default=1)
    _hash: int = field(init=False, compare=False, repr=False, default=0)

    def __post_init__(self) -> None:
        depth = 1 + max(map(_depth, (self.element, *(self.items or ()))))
        if depth > DEEPEST:
            object.__setattr__(self, "element", UNKNOWN)
            object.__setattr__(self, "items", None)
            depth = 1
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "_hash", hash((self.name, self.element, self.items)))

    def __hash__(self) -> int:
        return self._hash  # containers nest, and are put into sets all the time


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict or one of its standard subclasses (`name`: dict, defaultdict, OrderedDict, Counter, mappingproxy).

    `entries` are the (key, value) pairs that are known; `rest` stands for the keys and values of the others, None
    when there are none.
    """

    name: str
    entries: tuple[tuple[Value, Value], ...] = ()
    rest: tuple[Value, Value] | None = None
    depth: int = field(init=False, compare=False, repr=False, default=1)
    _hash: int = field(init=False, compare=False, repr=False, default=0)

    def __post_init__(self) -> None:
        parts = [v for pair in (*self.entries, *([self.rest] if self.rest else [])) for v in pair]
        depth = 1 + max(map(_depth, parts), default=0)
        if depth > DEEPEST:
            object.__setattr__(self, "entries", ())
            object.__setattr__(self, "rest", (UNKNOWN, UNKNOWN))
            depth = 1
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "_hash", hash((self.name, self.entries, self.rest)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class Generator:
    """What a generator function or expression gives: it yields `element` each time."""

    element: Value
    depth: int = field(init=False, compare=False, repr=False, default=1)

    def __post_init__(self) -> None:
        depth = 1 + _depth(self.element)
        if depth > DEEPEST:
            object.__setattr__(self, "element", UNKNOWN)
            depth = 1
        object.__setattr__(self, "depth", depth)


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of an Enum class. `flavor`: plain, int, str, flag, intflag (what it is besides an Enum)."""

    cls: ClassRef
    flavor: str
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a class; what class of thing that is, the class tells (see `solve.classes`)."""

    cls: ClassRef


@dataclass(frozen=True, slots=True)
class ClassObject:
    """The class itself."""

    cls: ClassRef


@dataclass(frozen=True, slots=True)
class Function:
    """A function or unbound method of the project; `bound` is the value it is bound to, for methods."""

    ref: FunctionRef
    bound: Value | None = None


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A function defined inside another one, or a lambda: `node` is its number (see Solver.local_function)."""

    name: str
    node: int
    key: str


@dataclass(frozen=True, slots=True)
class Partial:
    """functools.partial(function, *args, **keywords)."""

    function: Value
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class External:
    """Something of a module outside the project, by its full name (`celery.shared_task`, `datetime.datetime`)."""

    qualname: str


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute of a value that is not stored anywhere, such as a method of a builtin: `owner.name`."""

    owner: Value
    name: str


@dataclass(frozen=True, slots=True)
class ModuleKind:
    """A module of the project."""

    filename: str | None
    dotted: str


@dataclass(frozen=True, slots=True)
class Coroutine:
    """The un-awaited result of an async function; awaiting gives `result`."""

    result: Value


@dataclass(frozen=True, slots=True)
class FrameworkValue:
    """A thing that a framework made: an app, a job, a signature, a canvas, a result. `data` belongs to it."""

    framework: str
    role: str
    data: object = None


@runtime_checkable
class Items(Protocol):
    """The data of a FrameworkValue that can be iterated over and sliced: a queryset, a query's result."""

    @property
    def element(self) -> Value:
        """What iterating over it gives, each time."""


@runtime_checkable
class Places(Protocol):
    """The data of a FrameworkValue that holds something at each index: a row of a result."""

    def at(self, index: int | None) -> Value:
        """What stands at an index; None where that is not known."""


@runtime_checkable
class Listed(Protocol):
    """The data of a FrameworkValue of which a slice is a list: a query, which a slice runs."""

    @property
    def listed(self) -> Value:
        """All of it as a list."""


@runtime_checkable
class Entered(Protocol):
    """The data of a FrameworkValue that a `with` statement opens: a session, a transaction."""

    @property
    def entered(self) -> Value:
        """What `with ... as name` gives the name."""


@runtime_checkable
class Keyed(Protocol):
    """The data of a FrameworkValue that can be asked for what it holds under a key."""

    def under(self, key: Kind | None) -> Value:
        """`owner[key]`; the key is None when it is not known."""


Kind = Union[
    Literal, Plain, Sequence, Mapping, Generator, EnumMember, Instance, ClassObject, Function, LocalFunction, Partial,
    External, Method, ModuleKind, Coroutine, FrameworkValue,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alt:
    """One alternative of a value, and where it comes from (None for what jobcheck derived)."""

    kind: Kind
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What may stand at a place: `alts`, and `open` when there may be more that cannot be seen."""

    alts: tuple[Alt, ...] = ()
    open: bool = False

    @property
    def unknown(self) -> bool:
        return not self.alts

    @property
    def vague(self) -> bool:
        """Whether something of it is not known: another alternative, or what a container holds."""
        return (
            self.open
            or not self.alts
            or any(
                (isinstance(a.kind, (Sequence, Generator)) and a.kind.element.vague)
                or (isinstance(a.kind, Partial) and a.kind.function.vague)
                for a in self.alts
            )
        )

    @property
    def only(self) -> Kind | None:
        """The kind, when it is the only alternative and there is no other."""
        return self.alts[0].kind if len(self.alts) == 1 and not self.open else None

    def kinds(self) -> tuple[Kind, ...]:
        return tuple(a.kind for a in self.alts)

    def opened(self) -> Value:
        """The same with other alternatives possible."""
        return self if self.open else Value(self.alts, True)

    def at(self, origin: Origin) -> Value:
        """The same with `origin` for the alternatives that have none."""
        alts = self.alts
        if len(alts) == 1:  # nearly always, and this is asked for each expression
            return self if alts[0].origin else Value((Alt(alts[0].kind, origin),), self.open)
        if all(a.origin for a in alts):
            return self
        return Value(tuple(a if a.origin else Alt(a.kind, origin) for a in alts), self.open)

    def without(self, *unwanted: Kind) -> Value:
        return Value(tuple(a for a in self.alts if a.kind not in unwanted), self.open)


def _depth(value: Value) -> int:
    """How deep containers nest in a value."""
    return max((a.kind.depth for a in value.alts if isinstance(a.kind, (Sequence, Mapping, Generator))), default=0)


UNKNOWN = Value((), True)
NOTHING = Value((), False)


def known(kind: Kind, origin: Origin | None = None) -> Value:
    """A value of just this kind."""
    return Value((Alt(kind, origin),))


def plain(name: str) -> Value:
    """A value of a Plain kind. Raises KeyError for a name that is not in PLAIN_NAMES."""
    PLAIN_NAMES[name]
    return known(Plain(name))


def join(values: Iterable[Value]) -> Value:
    """What may come from any of the values: each kind once (the first origin stays), widened to open when too many."""
    values = list(values)
    if len(values) == 1 and len(values[0].alts) == 1:
        return values[0]
    alts: dict[Kind, Alt] = {}
    is_open = False
    for value in values:
        is_open = is_open or value.open
        for alt in value.alts:
            if alt.kind not in alts:
                alts[alt.kind] = alt
    merged = tuple(alts.values())
    if len(merged) > MOST_ALTERNATIVES:
        return Value(merged[:MOST_ALTERNATIVES], True)
    return Value(merged, is_open)
