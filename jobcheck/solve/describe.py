"""How messages name a kind: "a set", "a lambda", "`Color.RED` (an Enum member)", "an instance of `Order`"."""

from __future__ import annotations

from typing import Protocol

from jobcheck.solve import kinds
from jobcheck.solve.kinds import Kind, Value

LONGEST = 40

_SEQUENCES = {"list": "a list", "tuple": "a tuple", "set": "a set", "frozenset": "a frozenset", "deque": "a deque"}
_MAPPINGS = {"dict": "a dict", "OrderedDict": "an OrderedDict", "mappingproxy": "a mappingproxy"}
_MEMBERS = {
    "plain": "an Enum member",
    "int": "an IntEnum member",
    "str": "a str Enum member",
    "flag": "a Flag",
    "intflag": "an IntFlag",
}
_DJANGO = {"queryset": "a QuerySet", "rows": "a QuerySet of values", "manager": "a model manager"}
_MAPPED = {
    "row": "a Row", "query": "a Query", "statement": "a statement", "rows": "a query's result", "session": "a session",
    "page": "a page of rows", "sessions": "a sessionmaker", "database": "a database object", "begun": "a transaction",
}  # fmt: skip
_INSTANCES = {
    "dataclass": "a dataclass",
    "dataclass_frozen_slots": "a dataclass",
    "pydantic": "a pydantic model",
    "pydantic_dc": "a pydantic dataclass",
    "attrs": "an attrs class",
    "namedtuple": "a namedtuple",
    "typing_namedtuple": "a NamedTuple",
    "exception": "an exception",
    "exception_custom_init": "an exception",
    "dj_model": "a Django model",
    "sqlalchemy": "a SQLAlchemy model",
    "peewee": "a Peewee model",
    "mongoengine": "a MongoEngine document",
    "str_subclass": "a subclass of str",
    "int_subclass": "a subclass of int",
    "dict_subclass": "a subclass of dict",
    "list_subclass": "a subclass of list",
}


class Rows(Protocol):
    """What `describe` asks about classes: `wire.rows.ClassFacts`, or what is like it."""

    def row(self, cls: kinds.ClassRef) -> str | None: ...


def describe(kind: Kind, facts: Rows | None = None) -> str:
    """The kind as a message names it, with its article; facts, where given, say what sort of class it is of."""
    match kind:
        case kinds.Literal(value):
            return _literal(value)
        case kinds.Plain(name):
            return kinds.PLAIN_NAMES.get(name, name)
        case kinds.Sequence(name):
            return _SEQUENCES.get(name, _article(name))
        case kinds.Mapping(name):
            return _MAPPINGS.get(name, _article(name))
        case kinds.Generator():
            return kinds.PLAIN_NAMES["generator"]
        case kinds.EnumMember(cls, flavor, member):
            return f"`{cls.name}.{member}` ({_MEMBERS[flavor]})" if member else f"a member of `{cls.name}`"
        case kinds.Instance(cls):
            sort = _INSTANCES.get(facts.row(cls) or "") if facts else None
            return f"an instance of `{cls.name}`" + (f" ({sort})" if sort else "")
        case kinds.FrameworkValue("django", role):
            return _DJANGO.get(role, _article(role.replace("_", " ")))
        case kinds.FrameworkValue("sqlalchemy" | "peewee" | "mongoengine", role) if role in _MAPPED:
            return _MAPPED[role]
        case kinds.FrameworkValue(role="result"):
            return kinds.PLAIN_NAMES["async_result"]
        case kinds.FrameworkValue(role=role):
            return _article(role.replace("_", " "))
        case _:
            return _code(kind)


def _code(kind: Kind) -> str:
    """The kinds that are code."""
    match kind:
        case kinds.ClassObject(cls):
            return f"the class `{cls.name}`"
        case kinds.Function(ref, bound):
            return f"the method `{ref.name}`" if bound is not None else f"the function `{ref.name}`"
        case kinds.LocalFunction(name):
            return f"the nested function `{name}`" if name.isidentifier() and name != "lambda" else "a lambda"
        case kinds.Partial():
            return "a functools.partial"
        case kinds.External(qualname):
            return f"`{qualname}`"
        case kinds.Method(owner, name):
            return f"the method `{name}` of {_owner(owner)}"
        case kinds.ModuleKind(dotted=dotted):
            return f"the module `{dotted}`"
        case kinds.Coroutine():
            return "an un-awaited coroutine"
        case _:
            return "a value"


def _owner(owner: Value) -> str:
    return describe(owner.alts[0].kind) if owner.alts else "a value"


def _literal(value: bool | int | float | str | bytes | None) -> str:
    text = repr(value)
    if not isinstance(value, str | bytes):
        return text if len(text) <= LONGEST else "a large number"
    noun = "a str" if isinstance(value, str) else "bytes"
    return f"{noun} {text}" if len(text) <= LONGEST else f"{noun} of length {len(value)}"


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
