"""Where an argument goes out of sight in its job: what nobody can say is harmless."""

from __future__ import annotations

from jobcheck.rules.arguments import places
from jobcheck.solve.kinds import ClassObject, External, Method
from jobcheck.solve.uses import Use, Uses

# Calls that take the arrived value as well as the original: they convert, count, print or encode it.
_CONVERTERS = frozenset({
    "bool", "dict", "enumerate", "float", "frozenset", "int", "iter", "len", "list", "max", "min", "print", "range",
    "repr", "reversed", "set", "sorted", "str", "sum", "tuple", "zip", "any", "all", "next", "filter", "map",
    "json.dumps", "copy.copy", "copy.deepcopy", "pprint.pprint", "decimal.Decimal", "uuid.UUID", "pathlib.Path",
})  # fmt: skip
_LOGGING = frozenset({
    "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "fatal",
    "bind", "bind_contextvars", "bound_contextvars", "contextualize",  # structlog, loguru: said with each line
})  # fmt: skip
# Queries that take a number as text, too.
_QUERIES = frozenset({
    "get", "filter", "exclude", "get_or_create", "update_or_create", "get_object_or_404", "in_bulk", "filter_by",
})  # fmt: skip
_TEXT = frozenset({"format", "join", "write", "encode"})


def escapes(use: Use) -> bool:
    """Whether the value is handed to where jobcheck does not follow it."""
    if use.how == "escapes":
        return True
    if use.how != "argument":
        return False
    only = use.other.only
    if use.name in _LOGGING or use.name in _TEXT:
        return False
    if isinstance(only, ClassObject):
        return False  # made into what it was
    if isinstance(only, External):
        return only.qualname not in _CONVERTERS
    return not (isinstance(only, Method) and use.name in _TEXT)


def out_of_sight(uses: Uses, place: str) -> bool:
    """Whether what is at the place, or an item of it, is handed on."""
    return any(places.below(place, use.path) is not None and escapes(use) for use in uses.found)


def keys_out_of_sight(uses: Uses, place: str) -> bool:
    """Whether the dict at the place is handed on as a whole, or one of its keys is."""
    for use in uses.found:
        rest = places.below(place, use.path)
        if rest is None or (rest and rest[0].what not in ("each", "each-key", "pair")):
            continue
        if escapes(use) and use.name not in _QUERIES:
            return True
        if rest and use.how == "hashed":
            return True
    return False
