"""The judge: which places inside a value do not survive a wire."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from jobcheck.solve import kinds
from jobcheck.solve.describe import describe
from jobcheck.solve.kinds import Alt, Kind, Origin, Value
from jobcheck.values import dataclass
from jobcheck.wire.rows import ClassFacts, key_rows, rows_of, weakest
from jobcheck.wire.tables import Outcome, Wire

# Deeper than kinds nest, so that nothing that is known is missed and nothing runs away.
DEEPEST = kinds.DEEPEST + 2
MOST_TRIPS = 60

# A place whose index or key is not known.
SOME = "[...]"
KEY = "[<key>]"


@dataclass(frozen=True, slots=True)
class Trip:
    """One place inside a value that does not arrive as it was.

    `path` is where, below the value itself: "", "['widget'][0]", "[...]" for some item, "[<key>]" for a key that has
    no short text. `certain` is False when another alternative there fares better (an error against a change counts).
    """

    path: str
    kind: Kind
    row: str
    outcome: Outcome
    origin: Origin | None
    certain: bool
    is_key: bool
    type_name: str


def judge(value: Value, wire: Wire, facts: ClassFacts) -> list[Trip]:
    """Every place of the value where the outcome is not "same", outside in, left to right. Unknown gives nothing."""
    trips: dict[tuple[str, str, Origin | None, bool, str], Trip] = {}
    for trip in Judge(wire, facts).value(value, "", 0):
        key = (trip.path, trip.row, trip.origin, trip.is_key, trip.type_name)
        trips.setdefault(key, trip)
        if len(trips) >= MOST_TRIPS:
            break
    return list(trips.values())


@dataclass(frozen=True, slots=True)
class Judge:
    """Walks a value on behalf of one wire."""

    wire: Wire
    facts: ClassFacts

    def value(self, value: Value, path: str, depth: int) -> Iterator[Trip]:
        """The trips of each alternative; they are certain when no alternative fares better."""
        if depth > DEEPEST:
            return
        found = [list(self.alternative(alt, path, depth)) for alt in value.alts]
        if len(found) == 1 and not value.open:
            yield from found[0]
            return
        least = 0 if value.open else min(map(_worst, found), default=0)
        for trips in found:
            for trip in trips:
                yield trip if trip.outcome.severity <= least else dataclasses.replace(trip, certain=False)

    def alternative(self, alt: Alt, path: str, depth: int) -> Iterator[Trip]:
        """The trips of one alternative: its own, then those of what it holds."""
        if isinstance(alt.kind, kinds.Instance) and self.wire.taken and self.facts.is_any(alt.kind.cls, self.wire.taken):
            return
        row, outcome = self.marked(alt.kind) or weakest(self.wire, rows_of(alt.kind, self.facts))
        if outcome.kind != "same":
            yield self.trip(alt, path, row, outcome)
        match alt.kind:
            case kinds.Sequence():
                yield from self.sequence(alt.kind, path, depth)
            case kinds.Mapping():
                yield from self.mapping(alt.kind, path, depth)
            # The parts of these come to light only where the whole travels.
            case kinds.Partial(_, args, keywords) if outcome.kind == "same":
                for held in (*args, *(item for _, item in keywords)):
                    yield from self.value(held, path + SOME, depth + 1)
            case kinds.Function(bound=Value() as owner) if outcome.kind == "same":
                yield from self.value(owner, path, depth + 1)
            case _:
                pass

    def sequence(self, kind: kinds.Sequence, path: str, depth: int) -> Iterator[Trip]:
        """The trips of the items."""
        if kind.items is None:
            yield from self.value(kind.element, path + SOME, depth + 1)
            return
        ordered = kind.name not in ("set", "frozenset")
        for index, item in enumerate(kind.items):
            yield from self.value(item, f"{path}[{index}]" if ordered else path + SOME, depth + 1)

    def mapping(self, kind: kinds.Mapping, path: str, depth: int) -> Iterator[Trip]:
        """The trips of the keys and the values."""
        colliding = _colliding(kind)
        for index, (key, item) in enumerate(kind.entries):
            place = path + _key_text(key)
            if index in colliding:
                yield from self.collision(key, place)
            yield from self.key(key, place)
            yield from self.value(item, path + _key_text(key, SOME), depth + 1)
        if kind.rest is not None:
            yield from self.key(kind.rest[0], path + KEY)
            yield from self.value(kind.rest[1], path + SOME, depth + 1)

    def key(self, key: Value, place: str) -> Iterator[Trip]:
        """The trips of one key's alternatives."""
        found = [(alt, *weakest(self.wire, key_rows(alt.kind, self.facts))) for alt in key.alts]
        least = 0 if key.open else min((outcome.severity for _, _, outcome in found), default=0)
        for alt, row, outcome in found:
            if outcome.kind != "same":
                trip = self.trip(alt, place, row, outcome, is_key=True)
                yield dataclasses.replace(trip, certain=outcome.severity <= least)

    def collision(self, key: Value, place: str) -> Iterator[Trip]:
        """The trip of a key that becomes the text of another."""
        row, outcome = weakest(self.wire, ("dict_collide",))
        if outcome.kind == "changed":
            yield self.trip(key.alts[0], place, row, outcome, is_key=True)

    def marked(self, kind: Kind) -> tuple[str, Outcome] | None:
        """The outcome of a dict that kombu takes for one of its own tagged values."""
        row = _marker_row(kind)
        found = weakest(self.wire, (row,)) if row else None
        return found if found and found[1].kind != "same" else None

    def trip(self, alt: Alt, path: str, row: str, outcome: Outcome, *, is_key: bool = False) -> Trip:
        """A trip that is certain as far as its own alternative goes."""
        name = describe(alt.kind, self.facts)
        return Trip(path, alt.kind, row, _named(outcome, alt.kind), alt.origin, True, is_key, name)


def _worst(trips: list[Trip]) -> int:
    return max((trip.outcome.severity for trip in trips if trip.certain), default=0)


def _named(outcome: Outcome, kind: Kind) -> Outcome:
    """The outcome with the class's name in the text of its error."""
    if outcome.error is None or "{type}" not in outcome.error:
        return outcome
    name = kind.cls.name if isinstance(kind, kinds.Instance | kinds.EnumMember) else "object"
    return dataclasses.replace(outcome, error=outcome.error.replace("{type}", name))


def _key_text(key: Value, other: str = KEY) -> str:
    """`['widget']`, `[1]` or `[Color.RED]` for a key that is known, else `other`."""
    match key.only:
        case kinds.Literal(value) if len(repr(value)) <= 40:
            return f"[{value!r}]"
        case kinds.EnumMember(cls, _, str() as member):
            return f"[{cls.name}.{member}]"
        case _:
            return other


def _colliding(kind: kinds.Mapping) -> set[int]:
    """The entries whose key, as JSON writes keys, is the same as an earlier one's."""
    seen: set[str] = set()
    found = set()
    for index, (key, _) in enumerate(kind.entries):
        match key.only:
            case kinds.Literal(value) if not isinstance(value, bytes):
                text = _json_key(value)
                if text in seen and not _repeated(kind, index):
                    found.add(index)
                seen.add(text)
            case _:
                pass
    return found


def _repeated(kind: kinds.Mapping, index: int) -> bool:
    """Whether an entry's key stands there before in the same words, which Python itself makes one entry."""
    return any(key.only == kind.entries[index][0].only for key, _ in kind.entries[:index])


def _json_key(value: bool | int | float | str | None) -> str:
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _:
            return repr(value)


def _marker_row(kind: Kind) -> str | None:
    if not isinstance(kind, kinds.Mapping) or kind.rest is not None or len(kind.entries) != 2:
        return None
    entries = {key.only.value: item for key, item in kind.entries if isinstance(key.only, kinds.Literal)}
    if set(entries) != {"__type__", "__value__"}:
        return None
    known = entries["__type__"].only
    if not isinstance(known, kinds.Literal):
        return None
    return "dict_kombu2" if known.value in KOMBU_MARKS else "dict_kombu"


KOMBU_MARKS = ("bytes", "base64", "datetime", "date", "time", "decimal", "uuid")
