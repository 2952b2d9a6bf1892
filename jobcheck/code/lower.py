"""Lowering: from the bytes of an island to its IR. The only way into libcst, and the guard around it.

libcst kills the process, or takes minutes, when code nests too deep, and raises whatever it likes on odd input. `lower`
gives it only what is small and flat enough, and turns everything that goes wrong into a reason to refuse.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import libcst as cst

from jobcheck.code import ir, nesting
from jobcheck.code.literals import LONGEST_LITERAL
from jobcheck.code.lower_stmt import statements
from jobcheck.code.scanner import Scanner
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

# Reasons to refuse. Others, which nobody has seen yet, name an exception of libcst.
TOO_LARGE = "too large"
TOO_DEEP = "too deep"
NOT_UTF8 = "not UTF-8"
NOT_PARSED = "does not parse"
UNLIKE = "its tree does not give back its text"


_SHALLOW = 40  # so deep is hardly any real code, and libcst is content with half a megabyte of stack
_STACK = 16 * 2**20  # it needs a sixth of this for MAX_DEPTH
_starting = threading.Lock()  # held while the size of new threads' stacks is ours


class _RefusedError(Exception):
    """Carries the reason."""


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
        text, depth = _checked(data, indent)
        if depth > _SHALLOW:
            return _on_own_stack(text, indent)
        try:
            return _lower(text, indent)
        except RecursionError:  # the caller's stack is nearly full
            return _on_own_stack(text, indent)
    except _RefusedError as refused:
        return ir.Lowered([], str(refused))


def _on_own_stack(text: str, indent: bytes) -> ir.Lowered:
    """Lower in a thread, whose stack is empty, and large even where threads get small ones."""
    outcome = ir.Lowered([], TOO_DEEP)

    def run() -> None:
        nonlocal outcome
        try:
            outcome = _lower(text, indent)
        except _RefusedError as refused:
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
    nodes = _parse(text, indent)
    at = Scanner(text, 1 if text.startswith("\ufeff") else 0)
    try:
        body = statements(at, nodes)
        at.finish()
    except RecursionError:
        raise
    except Exception:  # a MismatchError, or what a tree newer than this code leads to
        raise _RefusedError(UNLIKE) from None
    if not text.isascii():
        _to_bytes(body, text)
    return ir.Lowered(body)


def _checked(data: bytes, indent: bytes) -> tuple[str, int]:
    """The text of `data` and how deep it nests, when it is fit for libcst."""
    if len(data) > MAX_BYTES:
        raise _RefusedError(TOO_LARGE)
    if indent.strip(b" \t\f"):
        raise _RefusedError(NOT_PARSED)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _RefusedError(NOT_UTF8) from None
    source = b"if 1:\n" + indent + data if indent else data
    depth = nesting.depth(source, _SHALLOW)
    if depth > MAX_DEPTH or nesting.readings(source) > nesting.MANY:
        raise _RefusedError(TOO_DEEP)
    return text, depth


def _parse(text: str, indent: bytes) -> Sequence[cst.CSTNode]:
    """The statements of `text`, as libcst has them."""
    if not indent:
        return _module(text.removeprefix("\ufeff")).body
    body = _module(f"if 1:\n{indent.decode()}{text}").body
    if len(body) != 1:
        raise _RefusedError(NOT_PARSED)
    wrapper = body[0]
    if not isinstance(wrapper, cst.If) or wrapper.orelse is not None:
        raise _RefusedError(NOT_PARSED)
    return wrapper.body.body


def _module(source: str) -> cst.Module:
    try:
        return cst.parse_module(source)
    except (KeyboardInterrupt, SystemExit, RecursionError):
        raise
    except (SyntaxError, cst.ParserSyntaxError):
        raise _RefusedError(NOT_PARSED) from None
    except BaseException as error:  # a panic in libcst's native part is a BaseException
        # Only the type's name: the text of libcst's own exceptions may recurse to death.
        raise _RefusedError(f"libcst: {type(error).__name__}") from None


def _to_bytes(body: list[ir.Stmt], text: str) -> None:
    """Turn spans counted in characters into spans counted in bytes."""
    widths = (1 if char < 0x80 else 2 if char < 0x800 else 3 if char < 0x10000 else 4 for char in map(ord, text))
    offsets = list(itertools.accumulate(widths, initial=0))
    for node in walk(body):
        node.start = offsets[node.start]
        node.end = offsets[node.end]
        if isinstance(node, ir.FunctionDef | ir.ClassDef):
            node.name_start = offsets[node.name_start]
