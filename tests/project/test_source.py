"""Sources: encodings as Python reads them, and places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcheck.project.source import Source, UnreadableSource


@pytest.mark.parametrize(
    ("raw", "data"),
    [
        (b"", b""),
        (b"x = 1\n", b"x = 1\n"),
        ("x = 'é'\n".encode(), "x = 'é'\n".encode()),
        (b"\xef\xbb\xbfx = 1\n", b"x = 1\n"),
        (b"\xef\xbb\xbf# coding: utf-8\nx", b"# coding: utf-8\nx"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n".encode()),
        (b"#!/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'", None),
        (b"# a\r# coding: latin-1\rx = '\xe9'", "# a\r# coding: latin-1\rx = 'é'".encode()),
        (b"x = 1\n# coding: latin-1\n", b"x = 1\n# coding: latin-1\n"),
        (b"# coding: gbk\nx = '\xc4\xe3'\n", "# coding: gbk\nx = '你'\n".encode()),
    ],
)
def test_reads_what_python_reads(raw: bytes, data: bytes | None) -> None:
    source = Source.decode("a.py", raw)
    assert source.data == data or (data is None and "€" in source.data.decode())
    compile(raw, "a.py", "exec")


@pytest.mark.parametrize(
    ("raw", "reason", "row"),
    [
        (b"x = 1\r\ny = '\xe9'\n", "not utf-8 text: ", 2),
        (b"a\rb\rc\xff", "not utf-8 text: ", 3),
        (b"a\n\nb\0c\n", "source code cannot contain null bytes", 3),
        ("x = 1\n".encode("utf-16"), "encoded as UTF-16", 1),
        (b"# coding: klingon\n", "unknown encoding", 1),
        (b"# coding: rot13\n", "cannot be decoded as", 1),
        (b"# coding: punycode\nx", "unsupported source encoding", 1),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem", 1),
        (b"# coding: ascii\n# \xe9", "not ", 2),
        (b"# coding: utf-7\nx = '+2AA-'\n", "", 1),
    ],
)
def test_says_why_it_cannot_be_read(raw: bytes, reason: str, row: int) -> None:
    with pytest.raises(UnreadableSource) as caught:
        Source.decode("a.py", raw)
    assert reason in caught.value.reason
    assert "\n" not in caught.value.reason
    assert (caught.value.row, caught.value.filename) == (row, "a.py")


def test_places_count_code_points_and_all_newlines() -> None:
    text = "é = 1\r\nab = '🐍' + c\rd\n\x0ce\n"
    source = Source.decode("p/a.py", text.encode())
    start = source.data.index(b"c\r")
    place = source.place(start, start + 1)
    assert (place.filename, place.row, place.column, place.end_row, place.end_column) == ("p/a.py", 2, 12, 2, 13)
    assert source.text(start, start + 1) == "c"
    assert source.row_of(source.data.index(b"d\n")) == 3
    assert source.place(source.data.index(b"e\n"), len(source.data)).row == 4
    assert source.place(source.data.index(b"e\n"), len(source.data)).column == 2


@pytest.mark.parametrize(("text", "row", "column"), [("", 1, 1), ("a", 1, 2), ("a\n", 2, 1), ("a\r\nb", 2, 2)])
def test_the_end_of_a_file_has_a_place(text: str, row: int, column: int) -> None:
    source = Source("a.py", text.encode())
    for end in (len(source.data), len(source.data) + 9):
        place = source.place(end, end)
        assert (place.row, place.column, place.end_row, place.end_column) == (row, column, row, column)


@given(st.binary())
def test_any_bytes_are_a_source_or_unreadable(raw: bytes) -> None:
    row = 1
    try:
        Source.decode("a.py", raw).data.decode("utf-8")
    except UnreadableSource as error:
        row = error.row
    assert 1 <= row <= raw.count(b"\n") + raw.count(b"\r") + 1


@given(st.text(alphabet="aé🐍\r\n \x0c\u2028"), st.data())
def test_places_and_offsets_are_inverse(text: str, data: st.DataObject) -> None:
    source = Source("a.py", text.encode())
    offset = len(text[: data.draw(st.integers(0, len(text)))].encode())
    place = source.place(offset, offset)
    assert source.offset(place.row, place.column) == offset
