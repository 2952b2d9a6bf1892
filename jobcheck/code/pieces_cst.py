"""f-strings that `pieces` leaves: the one thing inside an island for which `lower_ast` asks libcst."""

from __future__ import annotations

import libcst as cst

from jobcheck.code import ir
from jobcheck.code.dispatch import handler_of
from jobcheck.code.lower_expr import expr  # noqa: F401  (registers the handlers)
from jobcheck.code.scanner import MismatchError, Scanner


def lowered(at: Scanner, end: int) -> ir.Expr:
    """The expression from the scanner's place to `end`, which is made of string tokens alone."""
    try:
        node = cst.parse_expression(f"({at.text[at.pos : end]}\n)")
    except (KeyboardInterrupt, SystemExit, RecursionError):
        raise
    except BaseException:  # a panic in libcst's native part is a BaseException
        raise MismatchError from None
    found = handler_of(node)(at, node)
    if at.pos != end:
        raise MismatchError
    return found
