"""Each kind of statement: its node and its span."""

import pytest
from test_lower_expressions import name, show

from jobcheck.code import ir
from jobcheck.code.lower import lower


def body(source: str, indent: bytes = b"") -> list[ir.Stmt]:
    lowered = lower(source.encode(), indent)
    assert lowered.refused is None, lowered.refused
    return lowered.body


def shown(source: str) -> object:
    return show(body(source), source.encode())


def text(source: str, node: ir.Node) -> str:
    return source.encode()[node.start : node.end].decode()


PASS = ("Simple", "pass", "pass")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("pass; break ; continue;", [PASS, ("Simple", "break", "break"), ("Simple", "continue", "continue")]),
        ("a = (b) = c, d", [("Assign", "a = (b) = c, d", [name("a"), name("b")],
                             ("TupleExpr", "c, d", [name("c"), name("d")], False))]),
        ("a: b = c", [("AnnAssign", "a: b = c", name("a"), name("b"), name("c"))]),
        ("a.b: c", [("AnnAssign", "a.b: c", ("Attribute", "a.b", name("a"), "b"), name("c"), None)]),
        ("a //= b", [("AugAssign", "a //= b", name("a"), "//", name("b"))]),
        ("a >>= yield", [("AugAssign", "a >>= yield", name("a"), ">>", ("Yield", "yield", None, False))]),
        ("return", [("Return", "return", None)]),
        ("return (a)", [("Return", "return (a)", name("a"))]),
        ("raise a from b", [("Raise", "raise a from b", name("a"), name("b"))]),
        ("raise", [("Raise", "raise", None, None)]),
        ("del a, b", [("Delete", "del a, b", [name("a"), name("b")])]),
        ("del (a, b)", [("Delete", "del (a, b)", [("TupleExpr", "(a, b)", [name("a"), name("b")], True)])]),
        ("assert a, b", [("Assert", "assert a, b", name("a"), name("b"))]),
        ("global a, b", [("ScopeDecl", "global a, b", "global", ["a", "b"])]),
        ("nonlocal a", [("ScopeDecl", "nonlocal a", "nonlocal", ["a"])]),
        ("import a . b as c, d", [("Import", "import a . b as c, d",
                                   [("Alias", "a . b as c", "a.b", "c"), ("Alias", "d", "d", None)])]),
        ("from ... a.b import (c as d,)", [("ImportFrom", "from ... a.b import (c as d,)", "a.b", 3,
                                            [("Alias", "c as d", "c", "d")], False)]),
        ("from . import *", [("ImportFrom", "from . import *", "", 1, [], True)]),
        ("type A[*T, **P, U: int] = B", [("OpaqueStmt", "type A[*T, **P, U: int] = B")]),
        ("if a: pass\nelif b: pass\nelse: pass  # end", [("If", "if a: pass\nelif b: pass\nelse: pass",
            name("a"), [PASS],
            [("If", "if b: pass\nelse: pass", name("b"), [PASS], [PASS])])]),
        ("while a: pass\nelse: pass", [("While", "while a: pass\nelse: pass", name("a"), [PASS], [PASS])]),
        ("async for a, in b, c: pass\nelse: pass", [("For", "async for a, in b, c: pass\nelse: pass",
            ("TupleExpr", "a,", [name("a")], False), ("TupleExpr", "b, c", [name("b"), name("c")], False),
            [PASS], [PASS], True)]),
        ("try: pass\nexcept a as b: pass\nexcept : pass\nelse: pass\nfinally: pass", [
            ("Try", "try: pass\nexcept a as b: pass\nexcept : pass\nelse: pass\nfinally: pass", [PASS],
             [("Handler", "except a as b: pass", [PASS], name("a"), "b"),
              ("Handler", "except : pass", [PASS], None, None)],
             [PASS], [PASS], False)]),
        ("try: pass\nexcept * a : pass", [("Try", "try: pass\nexcept * a : pass", [PASS],
            [("Handler", "except * a : pass", [PASS], name("a"), None)], [], [], True)]),
        ("with a as (b), c: pass", [("With", "with a as (b), c: pass",
            [("WithItem", "a as (b)", name("a"), name("b")), ("WithItem", "c", name("c"), None)], [PASS], False)]),
        ("async with (a as b, c,): pass", [("With", "async with (a as b, c,): pass",
            [("WithItem", "a as b", name("a"), name("b")), ("WithItem", "c", name("c"), None)], [PASS], True)]),
        ("with (a): pass", [("With", "with (a): pass", [("WithItem", "a", name("a"), None)], [PASS], False)]),
        ("with (a), b: pass", [("With", "with (a), b: pass",
            [("WithItem", "(a)", name("a"), None), ("WithItem", "b", name("b"), None)], [PASS], False)]),
        ("@a . b\n@c(d)\nclass E(F, g=h): pass", [("ClassDef", "@a . b\n@c(d)\nclass E(F, g=h): pass", "E", 19,
            [("Arg", "F", name("F"), None, ""), ("Arg", "g=h", name("h"), "g", "")], [PASS],
            [("Decorator", "@a . b", ("Attribute", "a . b", name("a"), "b")), ("Decorator", "@c(d)", ("Call", "c(d)",
             name("c"), [("Arg", "d", name("d"), None, "")]))])]),
        ("class A[T = int]: pass", [("ClassDef", "class A[T = int]: pass", "A", 6, [], [PASS], [])]),
        ("class A(): pass", [("ClassDef", "class A(): pass", "A", 6, [], [PASS], [])]),
    ],
)  # fmt: skip
def test_nodes(source, expected):
    assert shown(source) == expected


def test_function():
    source = "@a\nasync def f[T](a: int, /, b=1, *c: *T, d, **e) -> str:\n    '''Doc.'''\n    return a  # no\n\n# after\n"
    (function,) = body(source)
    assert isinstance(function, ir.FunctionDef)
    assert text(source, function).startswith("@a")
    assert text(source, function).endswith("return a")
    assert source[function.name_start] == "f"
    assert function.is_async
    params = function.params
    assert [text(source, p) for p in params.posonly + params.args + params.kwonly] == ["a: int", "b=1", "d"]
    assert [text(source, params.vararg), text(source, params.kwarg)] == ["c: *T", "e"]
    assert isinstance(params.vararg.annotation, ir.Starred)
    assert text(source, function.returns) == "str"


@pytest.mark.parametrize(
    ("pattern", "binds", "mentions", "irrefutable"),
    [
        ("a", ["a"], [], True), ("_", [], [], True), ("(a)", ["a"], [], True), ("a as b", ["a", "b"], [], True),
        ("a if b", ["a"], [], False), ("1 | a", ["a"], ["1"], True), ("None", [], ["None"], False),
        ("(-1)", [], ["-1"], False), ("a.b", [], ["a.b"], False), ("a, *b, _", ["a", "b"], [], False),
        ("[*_, (a), 'x' 'y']", ["a"], ["'x' 'y'"], False), ("(a,)", ["a"], [], False), ("()", [], [], False),
        ("{1: a, b.c: _, **r,}", ["a", "r"], ["1", "b.c"], False), ("{}", [], [], False),
        ("A(a, b=B(c),) as d", ["a", "c", "d"], ["A", "B"], False), ("a.A()", [], ["a.A"], False),
        ("(A(x) | B(x))", ["x"], ["A", "B"], False), ("1+2j", [], ["1+2j"], False),
    ],
)  # fmt: skip
def test_match(pattern, binds, mentions, irrefutable):
    source = f"match a, b:\n  case {pattern}:\n    pass\n  # end"
    (match,) = body(source)
    (case,) = match.cases
    assert (case.binds, case.irrefutable) == (binds, irrefutable)
    assert [text(source, mention) for mention in case.mentions] == mentions
    assert text(source, match.subject) == "a, b"
    assert text(source, case) == f"case {pattern}:\n    pass"


def test_several_statements_and_what_stands_between():
    source = "\ufeff# first\n\na = 1 ; b = 2  # c\n\x0c\ndef f(): return 'é' ; pass\n# last"
    assert [text(source, node) for node in body(source)] == ["a = 1", "b = 2", "def f(): return 'é' ; pass"]


def test_crlf_and_tabs():
    source = "def f():\r\n\tif a:\r\n\t\treturn 1\r\n\telse:\r\n\t\treturn 2"
    (function,) = body(source)
    assert text(source, function) == source
    assert text(source, function.body[0].orelse[0]) == "return 2"


@pytest.mark.parametrize("indent", [b"    ", b"\t", b" \t ", b"\x0c  "])
def test_indented_islands(indent):
    tab = indent.decode().lstrip("\x0c")
    source = f"@a\n{tab}def f(self):\n{tab}  '''\nDoc.'''\n{tab}  return (\n1)\n{tab}@b\n{tab}def g(): pass"
    first, second = body(source, indent)
    assert text(source, first).endswith("(\n1)")
    assert text(source, second).startswith("@b")


def test_an_island_that_is_not_a_whole_statement_is_refused():
    for source in ("a\nelse:\n  b", "a\nb", "else: pass", "elif a: pass", "except a: pass", "return )"):
        assert lower(source.encode(), b"  ").refused == "does not parse", source


def test_empty():
    assert body("") == []
    assert body("# only a comment") == []
