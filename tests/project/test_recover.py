"""Broken files: one bad function costs that function, and only a real syntax error is called one."""

from __future__ import annotations

import pytest

from jobcheck.project import recover
from jobcheck.project.shallow import index

GOOD = b"import a\n\n@dec\ndef first(x):\n    pass\n\n"
LAST = b"\nclass Last(Base):\n    def m(self, y=1): pass\n\nz = 1\n"


@pytest.mark.parametrize(
    ("bad", "row"),
    [
        (b"def bad(:\n    pass\n", 7),
        (b"def bad():\n    call(1,\n", 8),
        (b"@dec(\ndef bad():\n    pass\n", 7),
        (b"class Bad(\n    x = 1\n", 7),
        (b"def bad():\n    x = 'unclosed\n", 8),
        (b"async def bad(x):\n    return x y\n", 8),
    ],
)
def test_one_bad_definition_costs_itself(bad: bytes, row: int) -> None:
    shape = index(GOOD + bad + LAST)
    assert shape.broken
    assert {"a", "first", "Last", "z"} <= shape.names
    assert "bad" not in shape.names
    assert [(h.row, bool(h.message)) for h in shape.holes] == [(row, True)]
    (hole,) = shape.holes
    assert (GOOD + bad + LAST)[hole.start : hole.end].startswith(bad)
    last = shape.classes[-1]
    assert (GOOD + bad + LAST)[last.name_start : last.name_end] == b"Last"


def test_a_bad_statement_costs_itself() -> None:
    shape = index(b"import a\nx = foo(\nimport b\ny = 1\ndef f(): pass\n")
    assert {"a", "b", "y", "f"} <= shape.names
    assert [h.row for h in shape.holes] == [2]


def test_an_unclosed_docstring_costs_its_function() -> None:
    code = b'def a():\n    """One."""\ndef b():\n    """Two.\n    pass\n'
    code += b'def c():\n    """Three."""\ndef d():\n    """Four."""\n'
    shape = index(code)
    assert shape.names == {"a", "c", "d"}
    assert [h.row for h in shape.holes] == [4]


def test_code_in_a_string_is_no_code() -> None:
    shape = index(b'T = """\ndef no(): pass\n@no\n"""\ndef yes(): pass\nx = (\ndef also(): pass\n')
    assert shape.names == {"T", "yes", "also"}


def test_line_numbers_in_messages_are_those_of_the_file() -> None:
    shape = index(b"a = 1\n\n\ndef f():\n    x = [1, (2]\n    return x\n")
    assert shape.holes[0].row == 5
    assert "line" not in shape.holes[0].message or "line 5" in shape.holes[0].message


def test_valid_code_that_tree_sitter_refuses_is_read_from_ast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recover._Recovery, "_take_by_tree", lambda self, piece, code=None: False)
    scope, holes = recover.read_broken(GOOD + LAST)
    assert holes == []
    assert [f.name for f in scope.functions] == ["first"]
    data = GOOD + LAST
    assert data[scope.classes[0].name_start :].startswith(b"Last")


def test_code_that_only_libcst_reads_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes) -> None:
        raise SyntaxError("too new")

    monkeypatch.setattr(recover.from_ast, "parse", refuse)
    monkeypatch.setattr(recover._Recovery, "_take_by_tree", lambda self, piece, code=None: False)
    _, holes = recover.read_broken(b"def f[T](x): pass\n")
    assert [(h.row, h.message) for h in holes] == [(1, "")]


@pytest.mark.parametrize(
    "code",
    [
        b"x = " + b"[" * 10_000,
        b"x = " + b"lambda:" * 10_000,
        b"x = " + b"-" * 10_000 + b"1 1",
        b"-\\\n" * 10_000 + b"1 1",
        b"x = a" + b".b()" * 20_000 + b" c",
        b"'" * 10_001,
        b"x = (\n" * 2_000,
    ],
)
def test_deep_broken_code_harms_nobody(code: bytes) -> None:
    shape = index(code + b"\ndef f(): pass\n")
    assert shape.broken


def test_offsets_in_ast_pieces_count_from_the_file() -> None:
    data = "é = 1\nclass Ä:\n    @x.y\n    def m(self, a: int = (1)): pass\n".encode()
    scope, _ = recover.read_broken(data)
    method = scope.classes[0].functions[0]
    assert data[method.start : method.name_end] == b"@x.y\n    def m"
    assert method.params[1].default is not None
    assert data[slice(*method.params[1].default)] == b"(1)"


@pytest.mark.parametrize("code", [b'print "x"\n', b"f(a=1, 2)\n", b"if x:\npass\n", b"x = 0777\n", b"def f(a=1, b): pass\n"])
def test_what_tree_sitter_lets_pass_is_a_syntax_error(code: bytes) -> None:
    assert not index(b"x = 1\n" + code).broken
    hole = recover.syntax_error(b"x = 1\n" + code)
    assert hole is not None
    assert hole.row in (2, 3)
    assert hole.message


def test_valid_code_has_no_syntax_error() -> None:
    assert recover.syntax_error(GOOD + LAST) is None
    assert recover.syntax_error(b"type X = int\ndef f[T](x: T): pass\n") is None
