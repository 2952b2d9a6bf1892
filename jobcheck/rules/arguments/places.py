"""Whether two descriptions of a place inside an argument mean the same: the enqueue's side and the job's."""

from __future__ import annotations

import re

from jobcheck.solve.kinds import EnumMember, Kind, Literal
from jobcheck.solve.tracing import Path, Step
from jobcheck.wire.judge import KEY, SOME

_TOKEN = re.compile(r"\[(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\]'\"]*)\]")
# Steps that may lead to any item.
_ANY = frozenset({"each", "each-value", "item"})
_KEYS = frozenset({"each", "each-key"})


def fits(place: str, path: Path, *, is_key: bool = False) -> bool:
    """Whether a trip's place (`['colors'][0]`) is, or is among, what a use's path leads to."""
    tokens = _TOKEN.findall(place)
    if len(tokens) != len(path):
        return False
    steps = path
    if is_key:
        if path[-1].what not in _KEYS:
            return False
        tokens, steps = tokens[:-1], path[:-1]
    return all(_step_fits(token, step) for token, step in zip(tokens, steps, strict=True))


def below(place: str, path: Path) -> Path | None:
    """The rest of a path that leads through the place; None when it leads elsewhere."""
    count = len(_TOKEN.findall(place))
    return path[count:] if len(path) >= count and fits(place, path[:count]) else None


def container(place: str) -> str:
    """The place of the dict whose key a trip is about."""
    tokens = _TOKEN.findall(place)
    return "".join(tokens[:-1])


def key_text(key: Kind | None) -> str:
    """How a place writes a key."""
    match key:
        case Literal(value):
            return f"[{value!r}]"
        case EnumMember(cls, _, str() as member):
            return f"[{cls.name}.{member}]"
        case _:
            return KEY


def _step_fits(token: str, step: Step) -> bool:
    if step.what == "key":
        return token in (SOME, key_text(step.key))
    return step.what in _ANY and (step.what != "item" or token == SOME)


def last(place: str) -> str:
    """The last step of a place as it is written."""
    tokens = _TOKEN.findall(place)
    return tokens[-1] if tokens else ""


def text_of_key(kind: Kind | None) -> str | None:
    """The string that JSON makes of a key; None where that is not known."""
    match kind:
        case Literal(None):
            return "null"
        case Literal(bool() as value):
            return str(value).lower()
        case Literal(int() | float() as value):
            return repr(value)
        case Literal(str() as value):
            return value
        case _:
            return None
