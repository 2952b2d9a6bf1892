"""Words for what was measured: the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable


def words(error: BaseException) -> str:
    """An error's type and the first line of its text."""
    text = str(error).splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def times(number: int, many: int) -> str:
    """How often, where `many` means that it would go on."""
    if number >= many - 1:
        return "again and again"
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def sentence(parts: Iterable[str]) -> str:
    return "; ".join(parts)
