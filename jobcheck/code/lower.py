"""Lowering: from the bytes of an island to its IR. The only way into the parsers, and the guard around them.

libcst kills the process, or takes minutes, when code nests too deep, and raises whatever it likes on odd input. `lower`
gives it only what is small and flat enough, and turns everything that goes wrong into a reason to refuse. It asks
Python's own parser first: the result is the same, and there several times sooner.
"""

from __future__ import annotations

import bisect
import itertools
import re
import threading

from jobcheck.code import ir, lower_ast, nesting
from jobcheck.code.literals import LONGEST_LITERAL
from jobcheck.code.refusal import NOT_PARSED, NOT_UTF8, TOO_DEEP, TOO_LARGE, UNLIKE, RefusedError
from jobcheck.code.walk import walk

__all__ = [
    "LONGEST_LITERAL",
    "MAX_BYTES",
    "MAX_DEPTH",
    "NOT_PARSED",
    "NOT_UTF8",
    "TOO_DEEP",
    "TOO_LARGE",
    "UNLIKE",
    "lower",
]

MAX_BYTES = 400_000
MAX_DEPTH = 200

_SHALLOW = 40  # so deep is hardly any real code, and libcst is content with half a megabyte of stack
_ROOM = 24  # levels of Python's own tree; each is three of the shallow tree at most, so this stays far below MAX_DEPTH
# Characters. The longest chain that fits is 10,000 levels: with 12,000 Python 3.10 to 3.13 do not need eight megabytes of
# stack (measured for each operator), and with 512 kilobytes they die of 3,000.
_SMALL = 20_000
# A level of code takes one of these at least, wherever it stands; longer text with few of them is mostly names and strings.
_LEVEL = re.compile(r"[-+*/%|&^~<>@.:(\[{]|not|else|await|yield").findall
_STACK = 16 * 2**20  # it needs a sixth of this for MAX_DEPTH
_WIDE = re.compile(r"[^\x00-\x7f]").finditer
_starting = threading.Lock()  # held while the size of new threads' stacks is ours


def lower(data: bytes, indent: bytes = b"") -> ir.Lowered:
    """Lower the statements in `data`, which is UTF-8.

    Args:
        data: one statement or several. The first line stands without its indentation, the others keep theirs.
        indent: the indentation of the first line in the file (`Island.indent`).

    Returns:
        The IR, with spans in bytes of `data`; or a `Lowered` without body that says in `refused` why.
        The same for the same arguments, whatever the depth of the caller's stack. Raises nothing.
    """
    try:
        indent = indent.rpartition(b"\f")[2]  # a form feed begins the indentation anew
        text = _text(data, indent)
        body = _plain(text, indent)
        if body is not None:
            return ir.Lowered(body)
        depth = _depth(data, indent)
        if depth > _SHALLOW:
            return _on_own_stack(text, indent)
        try:
            return _lower(text, indent)
        except RecursionError:  # the caller's stack is nearly full
            return _on_own_stack(text, indent)
    except RefusedError as refused:
        return ir.Lowered([], str(refused))


def _on_own_stack(text: str, indent: bytes) -> ir.Lowered:
    """Lower in a thread, whose stack is empty, and large even where threads get small ones."""
    outcome = ir.Lowered([], TOO_DEEP)

    def run() -> None:
        nonlocal outcome
        try:
            outcome = _lower(text, indent)
        except RefusedError as refused:
            outcome = ir.Lowered([], str(refused))
        except RecursionError:
            pass  # someone has set a very low limit: too deep

    with _starting:
        before = threading.stack_size(_STACK)
        try:
            thread = threading.Thread(target=run)
            thread.start()
        except RuntimeError:  # no threads to be had
            return outcome
        finally:
            threading.stack_size(before)
    thread.join()
    return outcome


def _lower(text: str, indent: bytes) -> ir.Lowered:
    """Python's own parser is several times faster; libcst reads what it does not take, on every Python alike."""
    try:
        body = lower_ast.statements(text, indent.decode())
    except lower_ast.NotHereError:
        from jobcheck.code import lower_cst

        body = lower_cst.statements(text, indent.decode())
    if not text.isascii():
        _to_bytes(body, text)
    return ir.Lowered(body)


def _plain(text: str, indent: bytes) -> list[ir.Stmt] | None:
    """The IR of what is small and nests so little that nothing can go wrong: nearly all code. None of the rest.

    How deep a text of this size can nest at all, Python's own parser bears or refuses on the main thread's stack; measuring
    it first, with a parser of its own, would cost a fifth of all lowering. The stacks of other threads may be smaller.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    if len(text) > _SMALL and len(_LEVEL(text)) > _SMALL // 2:
        return None
    try:
        body = lower_ast.statements(text, indent.decode(), _ROOM)
    except (lower_ast.NotHereError, RecursionError):
        return None
    if not text.isascii():
        _to_bytes(body, text)
    return body


def _text(data: bytes, indent: bytes) -> str:
    """The text of `data`, when it is fit for a parser."""
    if len(data) > MAX_BYTES:
        raise RefusedError(TOO_LARGE)
    if indent.strip(b" \t\f"):
        raise RefusedError(NOT_PARSED)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise RefusedError(NOT_UTF8) from None


def _depth(data: bytes, indent: bytes) -> int:
    """How deep `data` nests, when libcst can bear it."""
    source = b"if 1:\n" + indent + data if indent else data
    depth = nesting.depth(source, _SHALLOW)
    if depth > MAX_DEPTH or nesting.readings(source) > nesting.MANY:
        raise RefusedError(TOO_DEEP)
    return depth


def _to_bytes(body: list[ir.Stmt], text: str) -> None:
    """Turn spans counted in characters into spans counted in bytes."""
    wide = [found.start() for found in _WIDE(text)]
    more = [0, *itertools.accumulate(len(text[at].encode()) - 1 for at in wide)]  # bytes beyond one for each character
    for node in walk(body):
        node.start += more[bisect.bisect_left(wide, node.start)]
        node.end += more[bisect.bisect_left(wide, node.end)]
        if isinstance(node, (ir.FunctionDef, ir.ClassDef)):
            node.name_start += more[bisect.bisect_left(wide, node.name_start)]
