"""The values of literals, as far as the IR holds them."""

from __future__ import annotations

import re
import unicodedata

from jobcheck.code import ir

LONGEST_LITERAL = 2_000
"""Longer str and bytes literals keep this many characters in the IR."""

_LONGEST_NUMBER = 200  # 64 binary digits with an underscore each, and to spare; longer ones are slow to convert
_SIMPLE_ESCAPES = {
    "\n": "", "\\": "\\", "'": "'", '"': '"',
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(N\{[^}]*\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
_NOT_ENCODABLE = re.compile("[\ud800-\udfff]")


def string(token: str, start: int, end: int) -> ir.Constant:
    """The constant for one string token: `'...'`, `rb"..."`, with its prefix and quotes."""
    return constant(text_of(token), start, end)


def text_of(token: str) -> str | bytes:
    """What a string token stands for. Never fails: an escape that Python would refuse stays as written."""
    first = token.find(token[-1])
    prefix = token[:first].lower()
    quote = 3 if token.startswith(token[-1] * 3, first) and len(token) - first >= 6 else 1
    body = token[first + quote : -quote]
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in body and "r" not in prefix:
        body = _ESCAPE.sub(_byte_escape if "b" in prefix else _text_escape, body)
    return body.encode("latin-1", "replace") if "b" in prefix else body


def constant(value: str | bytes, start: int, end: int) -> ir.Constant:
    """The constant for a str or bytes value, shortened when it is very long.

    A text that MessagePack cannot hold (lone surrogates) is kept without value, as cut.
    """
    if isinstance(value, str) and not value.isascii() and _NOT_ENCODABLE.search(value):
        return ir.Constant(start, end, "str", None, True)
    cut = len(value) > LONGEST_LITERAL
    if cut:
        value = value[:LONGEST_LITERAL]
    return ir.Constant(start, end, "str" if isinstance(value, str) else "bytes", value, cut)


def integer(token: str) -> int | None:
    """The value of an integer literal, or None when it needs more than 64 bits."""
    if len(token) > _LONGEST_NUMBER:
        return None
    try:
        value = int(token, 0)
    except ValueError:
        return None
    return value if value < 2**64 else None


def floating(token: str) -> float | None:
    """The value of a float literal."""
    try:
        return float(token)
    except ValueError:
        return None


def identifier(token: str) -> str:
    """A name as Python knows it: identifiers are the same when their NFKC forms are."""
    return token if token.isascii() else unicodedata.normalize("NFKC", token)


def _text_escape(found: re.Match[str]) -> str:
    code = found[1]
    simple = _SIMPLE_ESCAPES.get(code)
    if simple is not None:
        return simple
    try:
        if code[0] == "N":
            return unicodedata.lookup(code[2:-1])
        return _numeric(code) or found[0]
    except (KeyError, ValueError, OverflowError):
        return found[0]


def _byte_escape(found: re.Match[str]) -> str:
    code = found[1]
    simple = _SIMPLE_ESCAPES.get(code)
    if simple is not None:
        return simple
    if code[0] in "NuU":
        return found[0]
    number = _numeric(code)
    return chr(ord(number) & 255) if number else found[0]


def _numeric(code: str) -> str:
    if code[0] in "xuU" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return ""
