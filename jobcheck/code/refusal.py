"""Why an island may have no IR."""

from __future__ import annotations

# Reasons to refuse. Others, which nobody has seen yet, name an exception of libcst.
TOO_LARGE = "too large"
TOO_DEEP = "too deep"
NOT_UTF8 = "not UTF-8"
NOT_PARSED = "does not parse"
UNLIKE = "its tree does not give back its text"


class RefusedError(Exception):
    """Carries the reason."""
