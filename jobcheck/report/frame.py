"""Code frames: source lines with a gutter, and marks under a region that stay in line with wide characters and tabs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate

from jobcheck.findings import Place
from jobcheck.values import dataclass

TAB = 4
LONGEST = 160
_BEFORE_MARK = 60
_MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class FrameLine:
    """One line of a frame: the row number (None below code), the text, and whether it holds marks."""

    row: int | None
    text: str
    is_mark: bool = False


def source_lines(data: bytes | None) -> list[str]:
    """The lines of UTF-8 source without their ends, split where Python splits them."""
    return [line.decode("utf-8", "replace") for line in data.splitlines()] if data else []


def frame(lines: Sequence[str], place: Place, mark: str, label: str, context: int) -> list[FrameLine]:
    """The lines around a place, with marks under it. Nothing when the place is not in the lines."""
    if not 1 <= place.row <= len(lines):
        return []
    last = _last_row(place, len(lines))
    marked = _one_row(lines, place, mark, label) if last == place.row else _more_rows(lines, place, last, mark, label)
    before = [FrameLine(row, _cut(lines[row - 1])) for row in range(max(1, place.row - context), place.row)]
    after = [FrameLine(row, _cut(lines[row - 1])) for row in range(last + 1, min(len(lines), last + context) + 1)]
    while before and not before[0].text.strip():
        before.pop(0)
    while after and not after[-1].text.strip():
        after.pop()
    if last > place.row:  # room for the bar beside the region
        before, after = ([FrameLine(line.row, f"  {line.text}".rstrip()) for line in part] for part in (before, after))
    return [*before, *marked, *after]


def _last_row(place: Place, rows: int) -> int:
    last = place.end_row - (place.end_column == 1 and place.end_row > place.row)
    return min(last, rows)


def _one_row(lines: Sequence[str], place: Place, mark: str, label: str) -> list[FrameLine]:
    line = lines[place.row - 1]
    start = place.column - 1
    end = place.end_column - 1 if place.end_row == place.row else len(line)
    text, start, end = _window(line, start, end)
    shown, offsets = displayed(text)
    left = offsets[min(start, len(text))]
    right = offsets[min(max(end, start), len(text))]
    marks = " " * left + mark * max(1, right - left)
    return [FrameLine(place.row, shown), FrameLine(None, f"{marks} {label}".rstrip(), is_mark=True)]


def _more_rows(lines: Sequence[str], place: Place, last: int, mark: str, label: str) -> list[FrameLine]:
    """A region of several rows, with a bar at its left."""
    first = lines[place.row - 1]
    start = displayed(first)[1][min(place.column - 1, len(first))]
    at_start = not first[: place.column - 1].strip()
    result = [FrameLine(place.row, f"{'/' if at_start else ' '} {_cut(first)}")]
    if not at_start and start < LONGEST:
        result.append(FrameLine(None, f" {'_' * (start + 1)}{mark}", is_mark=True))
    for row in _rows_between(place.row + 1, last):
        result.append(FrameLine(row, f"| {_cut(lines[row - 1])}".rstrip() if row else "| ..."))
    end_line = lines[last - 1]
    end_column = place.end_column - 1 if last == place.end_row else len(end_line)
    end = displayed(end_line)[1][min(max(end_column, 1), len(end_line))]
    result.append(FrameLine(None, f"|{'_' * min(max(end, 1), LONGEST)}{mark} {label}".rstrip(), is_mark=True))
    return result


def _rows_between(first: int, last: int) -> Iterator[int]:
    """The rows to show; 0 stands for those left out."""
    if last - first < _MOST_ROWS:
        yield from range(first, last + 1)
        return
    yield from range(first, first + _MOST_ROWS // 2)
    yield 0
    yield from range(last - 1, last + 1)


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a very long line that holds the region, and where in it the region is."""
    if len(line) <= LONGEST:
        return line, start, end
    left = max(0, min(start - _BEFORE_MARK, len(line) - LONGEST))
    text, shift = line[left : left + LONGEST], left
    if left:
        text, shift = f"...{text}", left - 3
    if left + LONGEST < len(line):
        text += "..."
    return text, start - shift, min(end - shift, len(text))


def _cut(line: str) -> str:
    return displayed(line if len(line) <= LONGEST else f"{line[:LONGEST]}...")[0].rstrip()


def displayed(text: str) -> tuple[str, list[int]]:
    """The text as it is put on a terminal, and the terminal column at which each code point starts (and the end)."""
    shown: list[str] = []
    column = 0
    widths = []
    for char in text:
        width, picture = _cell(char, column)
        shown.append(picture)
        widths.append(width)
        column += width
    return "".join(shown), list(accumulate(widths, initial=0))


def _cell(char: str, column: int) -> tuple[int, str]:
    """How wide a character is, and what stands for it: controls must not reach the terminal."""
    if " " <= char <= "~":
        return 1, char
    if char == "\t":
        width = TAB - column % TAB
        return width, " " * width
    if char < " ":
        return 1, chr(0x2400 + ord(char))
    category = unicodedata.category(char)
    if category in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(char) in _DIRECTIONS:
        return 1, "\N{REPLACEMENT CHARACTER}"
    if category in ("Mn", "Me", "Cf"):
        return 0, char
    return (2 if unicodedata.east_asian_width(char) in "WF" else 1), char


_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
