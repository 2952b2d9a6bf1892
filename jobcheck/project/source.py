"""One source file as the rest of jobcheck sees it: UTF-8 bytes, with rows and columns on demand."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from itertools import accumulate
from tokenize import detect_encoding

from jobcheck.findings import Place
from jobcheck.values import dataclass

# A module written for Python 3.6 or older says so in its code, not only in its texts.
_ASYNC_BOUND = re.compile(rb"^(?:from[^\n#]+ import async\b|import async\b|async[ \t]*=|@async\.)", re.MULTILINE)
_ASYNC_NAME = re.compile(
    rb"(?<=import )async\b|^async(?=[ \t]*[.=])|(?<=@)async(?=\.)|(?<=[\s(=,\[{])async(?=\.\w|[ \t]*[),\]}=])", re.MULTILINE
)
_FIRST_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)?")
# CPython would take these, but they decode in quadratic time or produce surrogates: no source file is written so.
_REFUSED_ENCODINGS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})


class UnreadableSource(Exception):  # noqa: N818 - a state of the file, and the name of the contract
    """A file whose text cannot be had: `reason` says why, `row` where (1 when it concerns the whole file)."""

    def __init__(self, filename: str, reason: str, row: int = 1) -> None:
        super().__init__(f"{filename}:{row}: {reason}")
        self.filename = filename
        self.reason = reason
        self.row = row


@dataclass(frozen=True)
class Source:
    """A file's text as UTF-8 without BOM. All offsets in jobcheck are offsets into `data`.

    `shown` is what a reader is shown: the same, but for names that newer Pythons do not take.
    """

    filename: str
    data: bytes = field(repr=False)
    shown: bytes = field(repr=False, default=b"")

    @classmethod
    def decode(cls, filename: str, raw: bytes) -> Source:
        """The source held by the bytes of a file.

        Raises UnreadableSource when they hold NUL or are not text in the encoding the file declares (PEP 263).
        """
        text = to_utf8(filename, raw)
        return cls(filename, _old_names(text), text)

    @cached_property
    def _line_starts(self) -> list[int]:
        lengths = map(len, self.data.splitlines(keepends=True))
        return list(accumulate(lengths, initial=0))

    def row_of(self, offset: int) -> int:
        """The row, from 1, in which the byte at `offset` lies."""
        starts = self._line_starts
        row = bisect_right(starts, offset)
        if row == len(starts) and row > 1 and self.data[-1:] not in (b"\n", b"\r"):
            row -= 1  # the end of a file without a final newline is still on its last line
        return row

    def text(self, start: int, end: int) -> str:
        """The text between two byte offsets."""
        return (self.shown or self.data)[start:end].decode("utf-8", "replace")

    def place(self, start: int, end: int) -> Place:
        """The region between two byte offsets; offsets outside of the file are moved to its ends."""
        size = len(self.data)
        start = min(max(start, 0), size)
        end = min(max(end, start), size)
        row, column = self._position(start)
        end_row, end_column = (row, column) if end == start else self._position(end)
        return Place(self.filename, row, column, end_row, end_column)

    def offset(self, row: int, column: int) -> int:
        """The byte offset of a row and a column in code points (the inverse of `place`, clipped to the line)."""
        starts = self._line_starts
        begin = starts[min(max(row, 1), len(starts)) - 1]
        end = starts[row] if row < len(starts) else len(self.data)
        prefix = self.data[begin:end].decode("utf-8", "replace")[: max(column - 1, 0)]
        return begin + len(prefix.encode("utf-8"))

    def _position(self, offset: int) -> tuple[int, int]:
        row = self.row_of(offset)
        begin = self._line_starts[row - 1]
        return row, len(self.data[begin:offset].decode("utf-8", "replace")) + 1


def _old_names(data: bytes) -> bytes:
    """The same text with a name `async`, which Python 3.7 made a keyword, spelt otherwise in as many bytes.

    Programs written for Python 3.6 and older run; the files of one project all get the same spelling.
    """
    return _ASYNC_NAME.sub(b"asynk", data) if b"async" in data and _ASYNC_BOUND.search(data) else data


def to_utf8(filename: str, raw: bytes) -> bytes:
    """The bytes of a Python file re-encoded as UTF-8 without BOM, or UnreadableSource."""
    if (nul := raw.find(b"\0")) >= 0:
        raise UnreadableSource(filename, _about_nul(raw), _row_in(raw, nul))
    encoding = _declared_encoding(filename, raw)
    body = raw.removeprefix(codecs.BOM_UTF8)
    if encoding == "utf-8" and body.isascii():
        return body
    try:
        return body.decode(encoding).encode("utf-8")
    except UnicodeDecodeError as error:
        reason = f"not {encoding} text: {error.reason} (byte 0x{body[error.start]:02x})"
        raise UnreadableSource(filename, reason, _row_in(body, error.start)) from None
    except UnicodeEncodeError:
        raise UnreadableSource(filename, "holds lone surrogates") from None
    except (LookupError, ValueError, AssertionError):
        raise UnreadableSource(filename, f"cannot be decoded as {encoding}") from None


def _declared_encoding(filename: str, raw: bytes) -> str:
    if b"coding" not in raw[:400] and raw.isascii():
        return "utf-8"
    try:
        encoding, _ = detect_encoding(_first_lines(raw).__next__)
    except SyntaxError as error:
        if str(error.msg).startswith("invalid or missing encoding declaration"):
            return "utf-8"  # plain bad UTF-8 in the first lines: decoding will name the row
        raise UnreadableSource(filename, str(error.msg)) from None
    name = codecs.lookup(encoding).name
    if name.replace("-", "_") in _REFUSED_ENCODINGS:
        raise UnreadableSource(filename, f"unsupported source encoding {encoding}")
    return "utf-8" if name in ("utf-8", "utf-8-sig") else encoding


def _first_lines(raw: bytes) -> Iterator[bytes]:
    """The first two lines, with the newlines Python takes: a lone carriage return ends one too."""
    position = 0
    for _ in range(2):
        match = _FIRST_LINES.match(raw, position)
        line = match.group() if match else b""
        position += len(line)
        yield line.rstrip(b"\r\n") + b"\n" if line else b""


def _about_nul(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        return "encoded as UTF-16 or UTF-32, which Python does not read"
    return "source code cannot contain null bytes"


def _row_in(raw: bytes, offset: int) -> int:
    before = raw[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
