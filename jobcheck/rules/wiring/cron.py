"""What the fields of a cron expression stand for, as Celery's `crontab` reads them."""

from __future__ import annotations

import re

from jobcheck.registry import Argument
from jobcheck.solve.kinds import Kind, Literal, Sequence
from jobcheck.values import dataclass

# Least and greatest number of each field.
RANGES = {"minute": (0, 59), "hour": (0, 23), "day_of_week": (0, 6), "day_of_month": (1, 31), "month_of_year": (1, 12)}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PART = re.compile(r"(?:(?P<star>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?P<stepped>/(?P<step>\d+))?")
# Spellings of other crons that Celery refuses: `5/15`, `?`, `L`, `@daily`, a whole line of five fields.
_FOREIGN = re.compile(r"\d+/\d+|\?|L|@\w+|(?:\S+\s+){4}\S+")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the numbers it stands for (None: not known), why it is refused, and the step of a lone `*/step`."""

    numbers: frozenset[int] | None = None
    problem: str | None = None
    step: int | None = None


_UNKNOWN = Field()


def read(name: str, argument: Argument) -> Field:
    """The field that an argument gives."""
    if name not in RANGES or argument.star or argument.value.only is None:
        return _UNKNOWN
    return _of_kind(name, argument.value.only)


def _of_kind(name: str, kind: Kind) -> Field:
    match kind:
        case Literal(bool()) | Literal(bytes()):
            return _UNKNOWN
        case Literal(int() as number):
            return _of_numbers(name, [number])
        case Literal(str() as text):
            return parse(name, text)
        case Literal(None) | Literal(float()):
            return Field(problem=f"{kind.value!r} is neither a number nor text")
        case Sequence(items=tuple() as items):
            numbers = [i.only.value for i in items if isinstance(i.only, Literal) and type(i.only.value) is int]
            return _of_numbers(name, numbers) if len(numbers) == len(items) else _UNKNOWN
        case _:
            return _UNKNOWN


def _of_numbers(name: str, numbers: list[int]) -> Field:
    least, most = RANGES[name]
    for number in numbers:
        if not least <= number <= most:
            return Field(problem=f"{number} is not within {least}-{most}")
    return Field(frozenset(numbers))


def parse(name: str, text: str) -> Field:
    """The field that a text gives: `*/5`, `1,15`, `8-17/2`, `mon-fri`."""
    if _FOREIGN.fullmatch(text.strip()):
        return Field(problem=f"`{text}` is no pattern of its own")
    numbers: set[int] = set()
    for part in text.split(","):
        found = _part(name, part.strip())
        if found.numbers is None:
            return found
        numbers |= found.numbers
    lone = _PART.fullmatch(text.strip())
    step = int(lone["step"]) if lone and lone["star"] and lone["step"] else None
    return Field(frozenset(numbers), None, step)


def _part(name: str, part: str) -> Field:
    match = _PART.fullmatch(part)
    if not match or (match["step"] and (int(match["step"]) == 0 or not (match["star"] or match["last"]))):
        return _UNKNOWN
    least, most = RANGES[name]
    if match["star"]:
        numbers = list(range(least, most + 1))
    else:
        ends = [_number(word) for word in (match["first"], match["last"]) if word is not None]
        if None in ends:
            return _UNKNOWN
        outside = next((e for e in ends if e is not None and not least <= e <= most), None)
        if outside is not None:
            return Field(problem=f"{outside} is not within {least}-{most}")
        numbers = _between(ends[0] or 0, ends[-1] or 0, least, most)
    return Field(frozenset(numbers[:: int(match["step"] or 1)]))


def _between(first: int, last: int, least: int, most: int) -> list[int]:
    if last >= first:
        return list(range(first, last + 1))
    return [*range(first, most + 1), *range(least, last + 1)]


def _number(word: str) -> int | None:
    if word.isdecimal():
        return int(word)
    short = word[:3].lower()
    if short in _MONTHS:
        return _MONTHS.index(short) + 1
    return _DAYS.index(short) if short in _DAYS else None


def is_whole(name: str, field: Field) -> bool:
    """Whether the field leaves nothing out."""
    least, most = RANGES[name]
    return field.numbers is not None and len(field.numbers) == most - least + 1


def is_span(field: Field) -> bool:
    """Whether the field is a run of neighbours, such as office hours or weekdays."""
    numbers = sorted(field.numbers or ())
    return len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1


def is_uneven(name: str, field: Field) -> bool:
    """Whether `*/step` does not mean "every step": the last gap before the field starts anew is much shorter."""
    least, most = RANGES[name]
    size = most - least + 1
    return field.step is not None and (size / 2 < field.step < size or field.step > size)
