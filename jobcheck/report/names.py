"""File names as the reader needs them: relative to where they stand, with forward slashes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

Names = Callable[[str], str]
"""From a root-relative file name to the one that is shown."""


def names_from(root: Path, folder: Path) -> Names:
    """Names relative to `folder`; absolute where there is no way from there (another drive)."""

    def name(filename: str) -> str:
        path = os.path.join(root, filename)
        try:
            relative = os.path.relpath(path, folder)
        except ValueError:
            relative = path
        return readable(relative.replace(os.sep, "/"))

    return name


def readable(text: str) -> str:
    """Text that can be written as UTF-8: undecodable bytes of a file name become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text).decode("utf-8", "replace") if _from_bytes(text) else text.encode("utf-8", "replace").decode()
    return text


def _from_bytes(text: str) -> bool:
    return all(0xDC80 <= ord(char) <= 0xDCFF for char in text if 0xD800 <= ord(char) <= 0xDFFF)
