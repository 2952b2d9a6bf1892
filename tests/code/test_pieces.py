"""f-strings read by themselves have the IR that libcst gives, and libcst is not asked for the plain ones."""

import ast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcheck.code import ir, pieces_cst
from jobcheck.code.lower_ast_expr import Expressions
from jobcheck.code.scanner import MismatchError, Scanner

PLAIN = [
    "f'{a}'", "f'{a.b[0]}-{c!r}'", "rf'\\d{n}\\''", 'f"{x:>{width}.{digits}}"', "f'{a = }{b=!s:>4}'", "f'{{}} {a} }}'",
    "f'''{a}\n{b\n+ c}'''", "f'{d[\"k\"]}'", "f'{a != b}{a == b}{a<=b}'", "f'{f(x=1, y={1: 2})}'", "f'\\N{DASH}{a}'",
    "'a' f'{b}' \"c\"", "('a'\n 'b')", "f'{(lambda x: x)(1)}'", "f'{a if b else c:%Y-%m}'", "f'é{ä}ö' 'ü'", "f'\\{a}'",
    "b'a' b'b'", "F\"{a[1:2]}\"", "f'{not a}'", "f''", "f'{a:{b}{c}x}'",
]  # fmt: skip
HARD = ["f'{(a, b)}{a, b}'", "f'{f\"{a}\"}'", "f'{(yield)}'", "f'{(x := 1)}'"]
PARTS = [
    "{a}", "{a.b}", "{a!r}", "{a:>{w}}", "{a=}", "{ a }", "{a[0]}", "{a == b}", "{a != b}", "{f(a, k=1)}", "{ {1: 2}[1] }",
    "{{", "}}", "x", " ", "é", "\\n", "\\\\", "=", "!", ":", "#", "{a:%H:%M}", "{a,}", "{'k'}", '{"k"}', "{a['k']}", "{*a, b}",
    "\\N{DASH}", "{lambda: 1}", "{a!s:x}", "\\'", '\\"', "{a if b else c}", "{-a}", "{a:{b}.{c}}", "{\n", "{", "}",
]  # fmt: skip


def of_text(source: str, start: int = 0) -> ir.Expr:
    """The pieces of a source from `start` on, and as many characters before its end."""
    inside = Expressions(source, "")
    inside.at.pos = start
    return inside.pieces(len(source) - start)


def forms(source: str) -> list[bytes | None]:
    """What either way gives for a source that is strings in parentheses or bare."""
    start = 1 if source.startswith("(") else 0
    end = len(source) - start
    found: list[bytes | None] = []
    for lowered in (lambda: of_text(source, start), lambda: pieces_cst.lowered(Scanner(source, start), end)):
        try:
            node = lowered()
        except MismatchError:
            found.append(None)
        else:
            found.append(msgspec.msgpack.encode(node))
    return found


@pytest.mark.parametrize("source", PLAIN)
def test_plain_ones_need_no_libcst(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own, other = forms(source)
    assert own is not None
    assert own == other
    monkeypatch.setattr(pieces_cst, "lowered", lambda *_: pytest.fail("libcst was asked"))
    start = 1 if source.startswith("(") else 0
    assert msgspec.msgpack.encode(of_text(source, start)) == own


@pytest.mark.parametrize("source", HARD)
def test_the_others_are_left_to_it(source: str) -> None:
    own, other = forms(source)
    assert own is not None
    assert own == other


@given(
    st.sampled_from(["f", "F", "rf", "fR", ""]), st.sampled_from(["'", '"', "'''", '"""']),
    st.lists(st.sampled_from(PARTS), max_size=6), st.booleans(),
)  # fmt: skip
def test_whatever_python_takes(prefix: str, quote: str, parts: list[str], twice: bool) -> None:
    source = f"{prefix}{quote}{''.join(parts)}{quote}" + (" 'z'" if twice else "")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError):
        return
    if not isinstance(tree, (ast.Constant, ast.JoinedStr)):
        return
    own, other = forms(source)
    assert own == other


def test_the_places_are_those_of_the_text() -> None:
    source = "f'ab{ name }{d[\"k\"]:{w}}'"
    found = of_text(source)
    assert isinstance(found, ir.FString)
    assert [source[v.start : v.end] for v in found.values] == ["name", 'd["k"]', "w"]
