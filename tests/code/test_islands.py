"""Cutting islands, and the bounds on their nesting."""

import pytest

from jobcheck.code import islands, nesting
from jobcheck.code.lower import lower


def island(source: bytes, piece: bytes) -> islands.Island:
    start = source.index(piece)
    return islands.cut(source, start, start + len(piece))


@pytest.mark.parametrize(
    ("source", "piece", "indent"),
    [
        (b"def f(): pass", b"def f(): pass", b""),
        (b"class A:\n\tdef f(self):\n\t\tpass\n", b"def f(self):\n\t\tpass", b"\t"),
        (b"if a:\r    b = (\r1)\r", b"b = (\r1)", b"    "),
        (b"class A:\n  x = 1; y = (2,\n3); z = 4\n", b"y = (2,\n3)", b""),
        (b"class A:\n  if x: y()\n", b"y()", b""),
        (b"class A:\n  if x: return '''\n  '''; b\n", b"b", b""),
        (b"if x: \\\n   y()\n", b"y()", b"   "),
    ],
)
def test_cut(source, piece, indent):
    found = island(source, piece)
    assert (found.data, found.indent) == (piece, indent)
    assert source[found.offset :].startswith(piece)
    lowered = lower(found.data, found.indent)
    assert lowered.refused is None
    assert (lowered.body[0].start, lowered.body[0].end) == (0, len(piece))


@pytest.mark.parametrize(
    "nest",
    ["(" * 50 + ")" * 50, "a" + ".b" * 50, "a" + " + a" * 50, "x" + "()" * 50, "[a" + " for a in b" * 50 + "]",
     "if a: pass\n" + "elif b: pass\n" * 50, "import a" + ".b" * 50, "'a' " * 200, "(" * 50, "lambda: " * 50 + "a"],
)  # fmt: skip
def test_depth_counts_what_libcst_nests(nest):
    assert 50 <= islands.depth(nest.encode()) <= 110
    assert islands.depth(nest.encode(), 30) > 30


def test_depth_does_not_count_what_is_flat():
    flat = "\n".join(["f(a, b, c)"] * 500 + ["x = [" + "1, " * 500 + "]", "a" + " < b" * 500])
    assert islands.depth(flat.encode()) < 8


def test_readings_double_in_patterns():
    def case(depth: int) -> bytes:
        return b"match a:\n  case " + b"{1: " * depth + b"b" + b"}" * depth + b": pass"

    assert nesting.readings(case(3)) * 3 < nesting.readings(case(4)) < nesting.MANY
    assert nesting.readings(case(30)) > nesting.MANY
    assert nesting.readings(case(30).replace(b"case", b"a =")) == 0
