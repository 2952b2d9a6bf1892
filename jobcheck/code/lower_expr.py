"""Lowering of expressions: each libcst expression, with the scanner before it, becomes an IR expression."""

from __future__ import annotations

# Imported for what they register.
from jobcheck.code import lower_access, lower_displays, lower_names, lower_operators
from jobcheck.code.dispatch import expr, maybe
from jobcheck.code.lower_access import arguments, parameters

__all__ = [
    "arguments",
    "expr",
    "lower_access",
    "lower_displays",
    "lower_names",
    "lower_operators",
    "maybe",
    "parameters",
]
