"""Code that somebody runs by hand, and waits for: commands, scripts."""

from __future__ import annotations

import re

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.sites import Site

_BY_HAND = re.compile(
    r"(?:^|/)(?:commands|scripts?|tests(?:_\w+)?|bin|tools|\w*migrations|seed_\w+|fixtures|examples?)(?:\.py$|/)"
)


def is_by_hand(site: Site) -> bool:
    """Whether a call stands in such code, or in none that is a function."""
    function = site.unit.function
    if function is None or _BY_HAND.search(site.unit.filename) is not None:
        return True
    return any("command" in words_of(decorator.value) for decorator in function.decorators)


def words_of(node: ir.Expr) -> str:
    """The names in an expression."""
    return " ".join(part.attr if isinstance(part, ir.Attribute) else getattr(part, "id", "") for part in walk(node))
