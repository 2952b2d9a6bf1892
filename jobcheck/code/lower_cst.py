"""Lowering by way of libcst, which reads the newest syntax on every Python."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from jobcheck.code import ir
from jobcheck.code.lower_stmt import statements as lower_statements
from jobcheck.code.refusal import NOT_PARSED, UNLIKE, RefusedError
from jobcheck.code.scanner import Scanner


def statements(text: str, indent: str) -> list[ir.Stmt]:
    """The IR of the statements in `text`, with spans in characters. Raises RefusedError, and RecursionError."""
    nodes = _parse(text, indent)
    at = Scanner(text, 1 if text.startswith("\ufeff") else 0)
    try:
        body = lower_statements(at, nodes)
        at.finish()
    except RecursionError:
        raise
    except Exception:  # a MismatchError, or what a tree newer than this code leads to
        raise RefusedError(UNLIKE) from None
    return body


def _parse(text: str, indent: str) -> Sequence[cst.CSTNode]:
    """The statements of `text`, as libcst has them."""
    if not indent:
        return _module(text.removeprefix("\ufeff")).body
    body = _module(f"if 1:\n{indent}{text}").body
    if len(body) != 1:
        raise RefusedError(NOT_PARSED)
    wrapper = body[0]
    if not isinstance(wrapper, cst.If) or wrapper.orelse is not None:
        raise RefusedError(NOT_PARSED)
    return wrapper.body.body


def _module(source: str) -> cst.Module:
    try:
        return cst.parse_module(source)
    except (KeyboardInterrupt, SystemExit, RecursionError):
        raise
    except (SyntaxError, cst.ParserSyntaxError):
        raise RefusedError(NOT_PARSED) from None
    except BaseException as error:  # a panic in libcst's native part is a BaseException
        # Only the type's name: the text of libcst's own exceptions may recurse to death.
        raise RefusedError(f"libcst: {type(error).__name__}") from None
