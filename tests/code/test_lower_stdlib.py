"""The standard library as CPython reads it, against what `lower` makes of it."""

import hashlib

import corpus
import msgspec
import pytest

from jobcheck.code import ir, lower_ast, lower_cst
from jobcheck.code.lower import lower
from jobcheck.code.walk import walk

MODULES = corpus.standard_library(sample=90)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_spans_are_those_of_ast(path):
    data = path.read_bytes()
    tree = corpus.parse(data)
    if tree is None:
        pytest.skip("not for this Python")
    for island, node in corpus.islands_of(data, tree):
        lowered = lower(island.data, island.indent)
        assert lowered.refused is None
        assert corpus.differences(data, island, node, lowered) == []
        packed = msgspec.msgpack.encode(lowered)
        assert msgspec.msgpack.encode(msgspec.msgpack.decode(packed, type=ir.Lowered)) == packed


@pytest.mark.parametrize("path", MODULES[40:], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_libcst_gives_the_same_as_pythons_own_parser(path):
    data = path.read_bytes()
    tree = corpus.parse(data)
    for island, _ in corpus.islands_of(data, tree) if tree else ():
        text, indent = island.data.decode(), island.indent.decode()
        try:
            short = lower_ast.statements(text, indent)
        except lower_ast.NotHereError:
            continue
        assert msgspec.msgpack.encode(short) == msgspec.msgpack.encode(lower_cst.statements(text, indent)), text


@pytest.mark.parametrize("path", MODULES[:40], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_text_of_a_span_is_the_node(path):
    """Lowering a node's text alone gives the node again."""
    data = path.read_bytes()
    tree = corpus.parse(data)
    for island, _ in corpus.islands_of(data, tree) if tree else ():
        for node in walk(lower(island.data, island.indent).body):
            if _chosen(path.name, island.offset + node.start):
                _assert_exact(island.data, island.indent, node)


def _chosen(name: str, offset: int) -> bool:
    return hashlib.md5(f"{name}{offset}".encode()).digest()[0] < 8


def _assert_exact(data: bytes, indent: bytes, node: ir.Node) -> None:
    text = data[node.start : node.end]
    if isinstance(node, ir.Stmt.__args__):
        again = _only(lower(text, _indent_of(data, indent, node)))
    elif isinstance(node, ir.Starred | ir.SliceExpr) or (isinstance(node, ir.TupleExpr) and not node.parenthesized):
        again = _only(lower(b"_[\n" + text + b"\n]")).value.index
        again = again.elements[0] if isinstance(node, ir.Starred) else again
    elif isinstance(node, ir.Expr.__args__):
        again = _only(lower(b"(\n" + text + b"\n)")).value
    else:
        return
    assert _shape(again) == _shape(node), text


def _only(lowered: ir.Lowered) -> ir.Stmt:
    assert lowered.refused is None
    (statement,) = lowered.body
    return statement


def _indent_of(data: bytes, indent: bytes, node: ir.Node) -> bytes:
    line = max(data.rfind(b"\n", 0, node.start), data.rfind(b"\r", 0, node.start)) + 1
    before = data[line : node.start].removesuffix(b"el")  # an `elif` starts at its `if`
    if line == 0 and not before:
        return indent
    return b"" if before.strip() else before


def _shape(node: ir.Node) -> object:
    """The node with offsets from its start."""
    plain = msgspec.to_builtins(node)

    def shift(value: object) -> object:
        if isinstance(value, dict):
            return {k: v - node.start if k in {"start", "end", "name_start"} else shift(v) for k, v in value.items()}
        return [shift(item) for item in value] if isinstance(value, list) else value

    return shift(plain)
