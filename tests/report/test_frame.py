"""Code frames: marks stay under what they mark."""

import pytest

from jobcheck.findings import Place
from jobcheck.report.frame import LONGEST, displayed, frame, source_lines


def drawn(source, row, column, end_row, end_column, context=0, label=""):
    """The frame as it looks with a gutter of one digit."""
    lines = source_lines(source.encode() if isinstance(source, str) else source)
    parts = frame(lines, Place("a.py", row, column, end_row, end_column), "^", label, context)
    return [f"{' ' if part.row is None else part.row or '.'}|{part.text}" for part in parts]


def test_one_row():
    assert drawn("f(user)\n", 1, 3, 1, 7, label="here") == ["1|f(user)", " |  ^^^^ here"]


def test_context_without_blank_edges():
    source = "\nbefore\nf(user)\n\nafter\n"
    assert drawn(source, 3, 3, 3, 7, context=1) == ["2|before", "3|f(user)", " |  ^^^^"]
    assert drawn(source, 3, 3, 3, 7, context=2) == ["2|before", "3|f(user)", " |  ^^^^", "4|", "5|after"]


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "marks"),
    [
        ("\tf(user)", 4, 8, "    f(user)", "      ^^^^"),
        ("a\tf(x)", 5, 6, "a   f(x)", "      ^"),
        ("f('日本', user)", 9, 13, "f('日本', user)", "          ^^^^"),
        ("f('日本')", 4, 6, "f('日本')", "   ^^^^"),
        ("e\u0301(user)", 4, 8, "e\u0301(user)", "  ^^^^"),
        ("f(😀, user)", 6, 10, "f(😀, user)", "      ^^^^"),
        ("f(\x1b[31m, user)", 10, 14, "f(␛[31m, user)", "         ^^^^"),
        ("f('\u202e', user)", 8, 12, "f('\ufffd', user)", "       ^^^^"),
        ("f('\0', user)", 8, 12, "f('␀', user)", "       ^^^^"),
        ("f()", 4, 4, "f()", "   ^"),
        ("f()", 90, 95, "f()", "   ^"),
    ],
)
def test_widths(line, column, end, shown, marks):
    assert drawn(line, 1, column, 1, end) == [f"1|{shown}", f" |{marks}"]


def test_several_rows_from_the_start_of_a_line():
    source = "f(\n    user,\n)\nx\n"
    assert drawn(source, 1, 1, 3, 2, label="call") == ["1|/ f(", "2||     user,", "3|| )", " ||_^ call"]


def test_several_rows_from_within_a_line():
    source = "x = f(\n    user,\n)\ny\n"
    assert drawn(source, 1, 5, 3, 2, context=1) == [
        "1|  x = f(",
        " | _____^",
        "2||     user,",
        "3|| )",
        " ||_^",
        "4|  y",
    ]


def test_many_rows_are_shortened():
    source = "def f():\n" + "".join(f"    a{n}\n" for n in range(2, 10))
    assert drawn(source, 1, 1, 10, 1) == [
        "1|/ def f():",
        "2||     a2",
        "3||     a3",
        "4||     a4",
        "5||     a5",
        "6||     a6",
        "7||     a7",
        "8||     a8",
        "9||     a9",
        " ||______^",
    ]
    long = "def f():\n" + "    a\n" * 40
    assert [line[0] for line in drawn(long, 1, 1, 9, 6)] == list("123456789 ")
    rows = [line.row for line in frame(long.splitlines(), Place("a.py", 1, 1, 30, 6), "^", "", 0)]
    assert rows == [1, 2, 3, 4, 5, 0, 29, 30, None]


def test_a_very_long_line_is_cut_around_the_place():
    line = "a" * 5000 + "user" + "b" * 5000
    text, marks = drawn(line, 1, 5001, 1, 5005)
    assert len(text) <= LONGEST + 10
    assert text[2:].startswith("...")
    assert text.endswith("...")
    start = marks.index("^")
    assert text[start : start + 4] == "user"


def test_a_long_place_is_marked_as_far_as_it_is_shown():
    text, marks = drawn("a" * 5000, 1, 11, 1, 4000)
    assert len(marks) <= len(text)


@pytest.mark.parametrize("place", [(5, 1, 5, 2), (9, 1, 12, 2)])
def test_a_place_outside_of_the_file_has_no_frame(place):
    assert drawn("x\n", *place) == []
    assert source_lines(None) == []


def test_a_place_that_ends_outside_of_the_file():
    assert drawn("f(\n  x\n", 1, 1, 9, 3) == ["1|/ f(", "2||   x", " ||___^"]


def test_line_ends_are_those_of_python():
    assert source_lines(b"a\r\nb\rc\nd\x0ce\xe2\x80\xa8f") == ["a", "b", "c", "d\x0ce\u2028f"]


def test_text_shows_no_controls():
    assert displayed("a\x07\x9b\ud800z")[0] == "a␇\ufffd\ufffdz"
