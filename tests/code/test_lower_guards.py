"""Nothing that is handed to `lower` kills the process, takes long, or raises."""

import json
import subprocess
import sys
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import FLAT, SHAPES

from jobcheck.code import dispatch, ir, lower_ast, lower_cst, lower_operators
from jobcheck.code import lower as lowering
from jobcheck.code.lower import MAX_BYTES, lower
from jobcheck.code.refusal import TOO_DEEP, RefusedError
from jobcheck.code.walk import children

SECONDS = 5.0  # generous: the slowest takes half a second on an idle machine


def checked(data: bytes, indent: bytes = b"") -> ir.Lowered:
    started = time.perf_counter()
    lowered = lower(data, indent)
    assert time.perf_counter() - started < SECONDS
    assert lowered.refused is None or not lowered.body
    packed = msgspec.msgpack.encode(lowered)
    assert msgspec.msgpack.encode(msgspec.msgpack.decode(packed, type=ir.Lowered)) == packed
    return lowered


@pytest.mark.parametrize("stack", [0, 256])
@pytest.mark.parametrize("sizes", [(2, 24), (100,), (200, 1500), (5000,)])
def test_nested_code_is_lowered_or_refused(sizes, stack):
    """In another process, because the failure to see is its death; on its main thread, and on one with a small stack."""
    script = f"""
import json, sys, threading
sys.path[:0] = {json.dumps(sys.path)}
from shapes import SHAPES
from test_lower_guards import checked

def all_shapes():
    for name, shape in SHAPES.items():
        for size in {sizes}:
            print(name, size, flush=True)
            lowered = checked(shape(size).encode())
            if size == 2:
                assert lowered.refused in (None, "does not parse"), lowered.refused

if {stack}:
    failed = []
    threading.excepthook = failed.append
    threading.stack_size({stack} * 1024)
    thread = threading.Thread(target=all_shapes)
    thread.start()
    thread.join()
    sys.exit(bool(failed))
all_shapes()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, (done.stdout[-100:], done.stderr[-2000:])


def test_deep_code_in_long_text_is_lowered_or_refused():
    """As much of each shape as is read without measuring it first, below a string that is longer than that by itself."""
    script = f"""
import json, sys
sys.path[:0] = {json.dumps(sys.path)}
sys.setrecursionlimit(12_000)  # as the engine does
from shapes import SHAPES
from test_lower_guards import checked, lowering

text = "text = '" + "x" * lowering._SMALL + "'\\n"
most = lowering._SMALL // 2
for name, shape in SHAPES.items():
    source = text + shape(most - 100)
    if len(source) < lowering.MAX_BYTES:
        print(name, flush=True)
        checked(source.encode())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, (done.stdout[-100:], done.stderr[-2000:])


def levels(node):
    return 1 + max(map(levels, children(node)), default=0)


@pytest.mark.parametrize("shape", {**SHAPES, **FLAT})
def test_what_is_read_without_measuring_it_nests_little(shape, monkeypatch):
    """And is what it is when it is measured first."""
    sources = [{**SHAPES, **FLAT}[shape](size).encode() for size in (2, 8, 20, 40, 90, 200, 1000)]
    small = [s for s in sources if len(s) <= lowering._SMALL]
    unmeasured = [(s, body) for s in small if (body := lowering._plain(s.decode(), b""))]
    assert all(levels(node) <= 2 * lowering._ROOM for _, body in unmeasured for node in body)
    monkeypatch.setattr(lowering, "_SMALL", 0)
    for source, body in unmeasured:
        again = lower(source)
        assert again.refused == TOO_DEEP or msgspec.msgpack.encode(again.body) == msgspec.msgpack.encode(body)


@pytest.mark.parametrize("shape", FLAT)
def test_long_code_is_not_deep(shape):
    assert checked(FLAT[shape](1000).encode()).refused is None


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"() if 0 else(lambda:())", None),
        (b"try: pass\nexcept A : pass", None),
        (b"try: pass\nexcept A, B : pass", None),
        (b"try: pass\nexcept* A : pass", None),
        (b"f'{a!r :>3}'", None),
        (b"\x0cif a:\n\x0c    b", None),
        (b"a\r", None),
        (b"a = 1\r\rb = 2", None),
        (b"\xef\xbb\xbfa", None),
        (b"# -*- coding: latin-1 -*-\na = '\xc3\xa9'", None),
        (b"a\x00b", "does not parse"),
        (b"\x00", "does not parse"),
        (b"'\xff'", "not UTF-8"),
        (b"f(", "does not parse"),
        (b"x = 1 +\n", "does not parse"),
        (b"   a", "does not parse"),
        (b"'" * 100, "does not parse"),
        (b"a" * (MAX_BYTES + 1), "too large"),
        (b"def f(x): return " + b"'a' " * 5000, None),  # long, and flat to Python's parser
        (b"def f(x): return " + b"-" * 25_000 + b"x", "too deep"),
        (b"def f(x): return " + b"not " * 12_000 + b"x", "too deep"),
        (b"def f(x): return x" + b".a" * 12_000, "too deep"),
    ],
)
def test_oddities(data, refused):
    assert checked(data).refused == refused


def test_a_full_stack_of_the_caller_changes_nothing():
    data = b"(" * 150 + b"a" + b")" * 150 + b"\nf(g(h(i(j(k)))))"
    expected = msgspec.msgpack.encode(lower(data))

    def below(levels: int) -> bytes:
        return below(levels - 1) if levels else msgspec.msgpack.encode(lower(data))

    results = []
    for levels in range(0, sys.getrecursionlimit(), 23):
        try:
            results.append(below(levels))
        except RecursionError:
            break
    assert len(results) > 10
    assert set(results) == {expected}


@pytest.fixture
def by_libcst(monkeypatch):
    """Nothing is read by Python's own parser."""

    def refuse(text, indent, room=None):
        raise lower_ast.NotHereError

    monkeypatch.setattr(lower_ast, "statements", refuse)


@pytest.mark.usefixtures("by_libcst")
def test_what_libcst_cannot_read_is_refused():
    assert lower(b"() if 0 else(lambda:())").refused == "libcst: TypeError"


@pytest.mark.usefixtures("by_libcst")
@pytest.mark.parametrize("error", [KeyError("x"), TypeError(), BaseException("a panic"), MemoryError()])
def test_exceptions_of_libcst_are_reasons(monkeypatch, error):
    def fail(source):
        raise error

    monkeypatch.setattr(lower_cst.cst, "parse_module", fail)
    assert lower(b"a").refused == f"libcst: {type(error).__name__}"


@pytest.mark.usefixtures("by_libcst")
def test_a_tree_that_is_not_that_of_the_text_is_refused(monkeypatch):
    parse = lower_cst.cst.parse_module
    for other in ("a = 1", "a = 2; b", "b = 2", "a == 2", "a", "f(a=2)"):
        monkeypatch.setattr(lower_cst.cst, "parse_module", lambda source, other=other: parse(other))
        assert lower(b"a = 2").refused == "its tree does not give back its text", other


@pytest.mark.usefixtures("by_libcst")
def test_syntax_newer_than_this_code(monkeypatch):
    handlers = {kind: handler for kind, handler in dispatch._HANDLERS.items() if kind is not lower_cst.cst.Subscript}
    monkeypatch.setattr(dispatch, "_HANDLERS", handlers)
    (statement,) = lower(b"f((a [ 0]), b)").body
    opaque = statement.value.args[0].value
    assert isinstance(opaque, ir.Opaque)
    assert (opaque.start, opaque.end) == (3, 9)
    monkeypatch.setattr(lower_operators, "_BINARY", {})
    assert lower(b"a + b").refused == "its tree does not give back its text"


WORDS = """a 1 's' f' { } ( ) [ ] : , . = := * ** + - not lambda if else elif for in match case def class async await
    yield del with as try except import from @ ; # \\ !r type _ return pass t' b' \u00e9 \U0001f600"""
SPACES = [" ", "\n", "\n  ", "\n    ", "\t", "\x0c", "\r", "\r\n", "\\\n", "# c\n", '"' * 3]
SNIPPETS = st.sampled_from([*WORDS.split(), *SPACES])
SOUP = st.lists(SNIPPETS, max_size=40).map(" ".join) | st.lists(SNIPPETS, max_size=40).map("".join)


@settings(deadline=None, max_examples=400)
@given(SOUP, st.sampled_from([b"", b"  ", b"\t"]))
def test_any_soup_of_tokens(text, indent):
    checked(text.encode(), indent)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60), st.binary(max_size=3))
def test_any_bytes(data, indent):
    checked(data, indent)


@settings(deadline=None, max_examples=300)
@given(SOUP, st.sampled_from([b"", b"  ", b"\t"]))
def test_both_parsers_give_the_same(text, indent):
    both_ways(text.encode(), indent)


def both_ways(data: bytes, indent: bytes) -> None:
    """Where Python's parser gives an IR and libcst does, it is the same one."""
    margin = indent.decode()
    try:
        text = lowering._text(data, indent)
        lowering._depth(data, indent)  # soup may be more than libcst bears
        short = lower_ast.statements(text, margin)
        long = lower_cst.statements(text, margin)
    except (lower_ast.NotHereError, RefusedError):
        return
    assert msgspec.msgpack.encode(short) == msgspec.msgpack.encode(long)
