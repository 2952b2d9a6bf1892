"""Which identifiers occur in a file: the cheap question that decides whether a file can hold job code."""

from __future__ import annotations

# Everything that cannot be part of an identifier becomes a blank; bytes from 0x80 are parts of non-ASCII names.
# Splitting takes half the time of re.findall: 0.7 s against 1.2 s for 57 MB in 11,000 files.
_BLANKED = bytes(c if c >= 0x80 or c == ord("_") or chr(c).isalnum() else ord(" ") for c in range(256))


def identifiers(data: bytes) -> frozenset[bytes]:
    """All identifiers, keywords and numbers in UTF-8 source, also those in strings and comments."""
    return frozenset(data.translate(_BLANKED).split())
