"""`jobcheck.values.dataclass` gives what the standard library's decorator does, of each kind of class that jobcheck declares."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import field

import pytest

from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    more: tuple[int, ...] = ()

    @property
    def far(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Other:
    x: int
    y: int = 2
    more: tuple[int, ...] = ()


@dataclass(eq=False, slots=True)
class Thing:
    name: str
    parts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Open:
    name: str
    parts: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counted:
    parts: tuple[int, ...]
    count: int = field(init=False, compare=False, repr=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", len(self.parts))


@dataclass(frozen=True, order=True, slots=True)
class Ordered:
    x: int
    y: int = 0


def test_values_are_compared_and_hashed_by_their_fields() -> None:
    assert Point(1) == Point(1, 2) != Point(1, 3)
    assert len({Point(1), Point(1, 2), Point(1, 3)}) == 2
    assert len({Point(1), Other(1), (1, 2, ())}) == 3
    assert Counted((1, 2)) == Counted((1, 2))
    assert Counted((1, 2)).count == 2
    assert hash(Counted((1,))) == hash(Counted((1,)))
    assert sorted([Ordered(2), Ordered(1, 5)]) == [Ordered(1, 5), Ordered(2)]
    assert hash(Ordered(1)) == hash(Ordered(1))


def test_things_are_what_they_are() -> None:
    one, other = Thing("a"), Thing("a")
    one.parts.append(1)
    assert one != other
    assert other.parts == []
    assert len({one, other}) == 2
    assert Open("a") == Open("a")
    with pytest.raises(TypeError):
        hash(Open("a"))


def test_patterns_and_properties() -> None:
    match Point(1, 2):
        case Point(x, y, more):
            assert (x, y, more) == (1, 2, ())
    assert Point(1).far == 3
    assert not hasattr(Point(1), "__dict__")
    assert not hasattr(Thing("a"), "__dict__")
    assert not hasattr(Open("a"), "__dict__")


@pytest.mark.parametrize("value", [Point(1), Thing("a", [1]), Open("a", [1]), Counted((1,)), Ordered(1)])
def test_the_standard_library_knows_them(value: Point) -> None:
    names = [f.name for f in dataclasses.fields(value) if f.init]
    again = dataclasses.replace(value)
    assert type(again) is type(value)
    assert all(getattr(again, name) == getattr(value, name) for name in names)
    copied = pickle.loads(pickle.dumps(value))
    assert type(copied) is type(value)
    assert all(getattr(copied, name) == getattr(value, name) for name in names)
    assert repr(value).startswith(type(value).__name__ + "(")
    assert f"{names[0]}=" in repr(value)


def test_what_a_value_is_is_not_inherited() -> None:
    with pytest.raises(TypeError, match="Deep"):

        @dataclass(frozen=True, slots=True)
        class Deep(Point):
            z: int = 3


@pytest.mark.parametrize(("cls", "args"), [(Point, ()), (Point, (1, 2, (), 4)), (Thing, ()), (Open, ()), (Counted, ((1,), 2))])
def test_missing_and_surplus_arguments_are_refused(cls: type, args: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        cls(*args)
    with pytest.raises(TypeError):
        cls(1, nothing=2)
