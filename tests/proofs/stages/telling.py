"""Words for what was measured: the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CHANCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<= at )0x[0-9a-f]+|(?<=/tmp/tmp)\w{8}(?=\.)")
"""What is another one in each run: ids, addresses, names of temporary files."""
_FOLDER = re.compile(r"/\S*/tmp(?=/)")


def words(error: BaseException) -> str:
    """An error's type and the first line of its text."""
    text = _CHANCE.sub("...", _FOLDER.sub("/tmp", str(error))).splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def times(number: int, many: int) -> str:
    """How often, where `many` means that it would go on."""
    if number >= many:
        return f"{many} times and goes on"
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def sentence(parts: Iterable[str]) -> str:
    return "; ".join(parts)


NOT_AT_HAND = "not at hand: "
"""How an outcome begins when the place cannot be had on this machine."""
