"""Each kind of expression: its node, its values, its span."""

import msgspec
import pytest

from jobcheck.code import ir
from jobcheck.code.lower import LONGEST_LITERAL, lower


def value(source: str) -> ir.Expr:
    """The expression that `source` is."""
    lowered = lower(source.encode())
    assert lowered.refused is None, lowered.refused
    (statement,) = lowered.body
    assert isinstance(statement, ir.ExprStmt)
    return statement.value


def show(node: object, data: bytes) -> object:
    """A node as nested tuples, with its source text instead of offsets."""
    if isinstance(node, ir.Node):
        fields = [getattr(node, name) for name in node.__struct_fields__ if name not in {"start", "end"}]
        return (type(node).__name__, data[node.start : node.end].decode(), *(show(field, data) for field in fields))
    if isinstance(node, ir.Parameters):
        return [show(getattr(node, group), data) for group in node.__struct_fields__]
    if isinstance(node, list):
        return [show(item, data) for item in node]
    return node


def shown(source: str) -> object:
    return show(value(source), source.encode())


def name(text: str) -> tuple[str, str, str]:
    return ("Name", text, text)


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        ("None", "none", None), ("True", "bool", True), ("False", "bool", False), ("...", "ellipsis", None),
        ("0x_ff", "int", 255), ("1_000", "int", 1000), ("00", "int", 0), ("18446744073709551615", "int", 2**64 - 1),
        ("18446744073709551616", "int", None), ("9" * 5000, "int", None), ("1e3", "float", 1000.0),
        (".5", "float", 0.5), ("1e999", "float", float("inf")), ("2j", "complex", None),
        ("''", "str", ""), ('""""""', "str", ""), ("'a' 'b'\"c\"", "str", "abc"), ("b'a' rb'\\n'", "bytes", b"a\\n"),
        ("'''a\n'''", "str", "a\n"), (r"'\x41\u00e9\N{BULLET}\101\
'", "str", "A\u00e9\u2022A"),
        (r"R'\n'", "str", r"\n"), (r"b'\xff\400'", "bytes", b"\xff\x00"), (r"'\q'", "str", r"\q"), ("u'a'", "str", "a"),
        (r"'\ud800'", "str", None), (r"'\x4'", "str", r"\x4"), (r"'\N{no such}'", "str", r"\N{no such}"),
        (r"'\U99999999'", "str", r"\U99999999"), (r"b'\u0041'", "bytes", rb"\u0041"), ("'\"\"\"'", "str", '"""'),
    ],
)  # fmt: skip
def test_constants(source, kind, expected):
    constant = value(source)
    assert isinstance(constant, ir.Constant)
    assert (constant.kind, constant.value) == (kind, expected)
    assert (constant.start, constant.end) == (0, len(source))


def test_crlf_in_a_string_is_a_newline():
    assert value("'''a\r\nb'''").value == "a\nb"


def test_long_literals_are_cut():
    constant = value(repr("x" * (LONGEST_LITERAL + 1)))
    assert constant.cut
    assert constant.value == "x" * LONGEST_LITERAL
    assert not value(repr("x" * LONGEST_LITERAL)).cut


def test_surrogates_are_cut_because_they_do_not_travel():
    assert value(r"'\ud800'").cut


def test_identifiers_are_normalized_but_spans_are_of_the_bytes():
    attribute = value("\ufb01.\ufb01")
    assert (attribute.attr, attribute.value.id) == ("fi", "fi")
    assert (attribute.start, attribute.value.end, attribute.end) == (0, 3, 7)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("((a))", name("a")),
        ("( a ).b", ("Attribute", "( a ).b", name("a"), "b")),
        ("a [ 0 ]", ("Subscript", "a [ 0 ]", name("a"), ("Constant", "0", "int", 0, False))),
        ("a[b,]", ("Subscript", "a[b,]", name("a"), ("TupleExpr", "b,", [name("b")], False))),
        ("a[*b]", ("Subscript", "a[*b]", name("a"), ("TupleExpr", "*b", [("Starred", "*b", name("b"))], False))),
        ("a[(b, c)]", ("Subscript", "a[(b, c)]", name("a"), ("TupleExpr", "(b, c)", [name("b"), name("c")], True))),
        ("a[b:c:d]", ("Subscript", "a[b:c:d]", name("a"), ("SliceExpr", "b:c:d", name("b"), name("c"), name("d")))),
        ("a[: :]", ("Subscript", "a[: :]", name("a"), ("SliceExpr", ": :", None, None, None))),
        ("a[:, b]", ("Subscript", "a[:, b]", name("a"),
                     ("TupleExpr", ":, b", [("SliceExpr", ":", None, None, None), name("b")], False))),
        ("f(a, *b, c = d, **e,)", ("Call", "f(a, *b, c = d, **e,)", name("f"), [
            ("Arg", "a", name("a"), None, ""), ("Arg", "*b", name("b"), None, "*"),
            ("Arg", "c = d", name("d"), "c", ""), ("Arg", "**e", name("e"), None, "**")])),
        ("a, b", ("TupleExpr", "a, b", [name("a"), name("b")], False)),
        ("a,", ("TupleExpr", "a,", [name("a")], False)),
        ("((a, *b))", ("TupleExpr", "(a, *b)", [name("a"), ("Starred", "*b", name("b"))], True)),
        ("()", ("TupleExpr", "()", [], True)),
        ("[a, *b]", ("ListExpr", "[a, *b]", [name("a"), ("Starred", "*b", name("b"))])),
        ("{a, b,}", ("SetExpr", "{a, b,}", [name("a"), name("b")])),
        ("{a: b, **c}", ("DictExpr", "{a: b, **c}", [("DictItem", "a: b", name("b"), name("a")),
                                                      ("DictItem", "**c", name("c"), None)])),
        ("a+b-c", ("BinOp", "a+b-c", "-", ("BinOp", "a+b", "+", name("a"), name("b")), name("c"))),
        ("a ** -b", ("BinOp", "a ** -b", "**", name("a"), ("UnaryOp", "-b", "-", name("b")))),
        ("(a) // (b)", ("BinOp", "(a) // (b)", "//", name("a"), name("b"))),
        ("a and not b", ("BoolOp", "a and not b", "and", name("a"), ("UnaryOp", "not b", "not", name("b")))),
        ("a < b not  in c is  not d", ("Compare", "a < b not  in c is  not d", name("a"), ["<", "not in", "is not"],
                                       [name("b"), name("c"), name("d")])),
        ("a if b else c", ("IfExp", "a if b else c", name("b"), name("a"), name("c"))),
        ("(a := b)", ("NamedExpr", "a := b", name("a"), name("b"))),
        ("(yield)", ("Yield", "yield", None, False)),
        ("(yield a, b)", ("Yield", "yield a, b", ("TupleExpr", "a, b", [name("a"), name("b")], False), False)),
        ("(yield from a)", ("Yield", "yield from a", name("a"), True)),
        ("await a", ("Await", "await a", name("a"))),
        ("[a for b in c if d if e async for f in g]", ("Comprehension", "[a for b in c if d if e async for f in g]",
            "list", name("a"), [("Clause", "for b in c if d if e", name("b"), name("c"), [name("d"), name("e")], False),
            ("Clause", "async for f in g", name("f"), name("g"), [], True)], None)),
        ("{a: b for c in d}", ("Comprehension", "{a: b for c in d}", "dict", name("b"),
                               [("Clause", "for c in d", name("c"), name("d"), [], False)], name("a"))),
        ("{a for b in c}", ("Comprehension", "{a for b in c}", "set", name("a"),
                            [("Clause", "for b in c", name("b"), name("c"), [], False)], None)),
        ("((a for b in c))", ("Comprehension", "(a for b in c)", "generator", name("a"),
                              [("Clause", "for b in c", name("b"), name("c"), [], False)], None)),
        ("f(a for b in c)", ("Call", "f(a for b in c)", name("f"), [("Arg", "a for b in c",
            ("Comprehension", "a for b in c", "generator", name("a"),
             [("Clause", "for b in c", name("b"), name("c"), [], False)], None), None, "")])),
        ("f'{{{a!r:>{b}}}} {c = }' 'd'", ("FString", "f'{{{a!r:>{b}}}} {c = }' 'd'", [name("a"), name("b"), name("c")],
                                          False)),
    ],
)  # fmt: skip
def test_nodes(source, expected):
    assert shown(source) == expected


def test_comments_and_line_joins_between_tokens():
    source = "(a # ( b\n  . \\\n  b # )\n  (c # ,\n))"
    data = source.encode()
    call = value(source)
    assert data[call.start : call.end] == data[1:-1]
    assert [data[arg.start : arg.end] for arg in call.args] == [b"c"]


def test_lambda_parameters():
    source = "lambda a, /, b=1, *c, d=2, **e: a"
    params = value(source).params
    names = [[p.name for p in group] for group in (params.posonly, params.args, params.kwonly)]
    assert names == [["a"], ["b"], ["d"]]
    assert (params.vararg.name, params.kwarg.name) == ("c", "e")
    assert source[params.args[0].start : params.args[0].end] == "b=1"
    assert source[params.kwarg.start : params.kwarg.end] == "e"
    assert value("lambda *, a: a").params.vararg is None


@pytest.mark.skipif(not hasattr(__import__("libcst"), "TemplatedString"), reason="this libcst does not know it")
def test_template_strings():
    template = value("t'a{b}'")
    assert (template.template, template.values[0].id) == (True, "b")


def test_a_lowered_expression_travels():
    source = "f(1, 'a', b'c', None, 2.0, 1e999, x=[{y: z}], *a, **b)[1:2] if not (lambda q=1: q) else f'{a}' < (yield)"
    lowered = lower(source.encode())
    packed = msgspec.msgpack.encode(lowered)
    again = msgspec.msgpack.decode(packed, type=ir.Lowered)
    assert show(again.body, source.encode()) == show(lowered.body, source.encode())
    assert msgspec.msgpack.encode(again) == packed
