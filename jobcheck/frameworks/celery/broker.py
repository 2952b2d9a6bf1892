"""Celery: which broker the project's settings name, and how long that waits for an acknowledgement."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING

from jobcheck.frameworks.settings_text import said
from jobcheck.registry import Broker
from jobcheck.solve.kinds import Origin

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_URLS = ("broker_url", "CELERY_BROKER_URL", "BROKER_URL", "CELERY_BROKER", "broker")
_OPTIONS = ("broker_transport_options", "CELERY_BROKER_TRANSPORT_OPTIONS", "BROKER_TRANSPORT_OPTIONS")
# What a URL begins with, or a name that says what it leads to: `env("REDIS_URL")`.
_KINDS = {
    "redis": re.compile(r"\b(?:rediss?|sentinel)://|redis", re.IGNORECASE),
    "sqs": re.compile(r"\bsqs://|\bsqs\b", re.IGNORECASE),
    "other": re.compile(
        r"\b(?:py)?amqps?://|librabbitmq|rabbit|amqp|\b(?:filesystem|kafka|mongodb|gcpubsub|sqla|sqlalchemy|django)\b[^'\"\n]*://",
        re.IGNORECASE,
    ),
}
# kombu 5.7.0: transport/redis.py and transport/SQS.
_DEFAULTS = {"redis": 3600.0, "sqs": 1800.0}
_ARITHMETIC = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Pow: operator.pow, ast.Div: operator.truediv,
}  # fmt: skip


def broker(solver: Solver) -> Broker | None:
    """The broker, when all that the settings say of it is of one kind and its patience can be read."""
    texts = [text for name in _URLS for text, _ in said(solver, name)]
    kinds = {kind for text in texts for kind, pattern in _KINDS.items() if pattern.search(text)}
    if len(kinds) != 1 or "other" in kinds:
        return None
    what = kinds.pop()
    found = _patience(solver)
    if found is None:
        return None
    seconds, origin = found
    return Broker(what, seconds or _DEFAULTS[what], origin)


def _patience(solver: Solver) -> tuple[float, Origin | None] | None:
    """The longest `visibility_timeout` that is said, 0 when none is; None when one cannot be read."""
    spoken = said(solver, "visibility_timeout")
    if not spoken:
        bundles = [text for name in _OPTIONS for text, _ in said(solver, name)]
        return (0.0, None) if all(text.startswith(("{", "dict(")) for text in bundles) else None
    read = [(_seconds(solver, text), origin) for text, origin in spoken]
    if any(seconds is None for seconds, _ in read):
        return None
    return max(((seconds, origin) for seconds, origin in read if seconds is not None), key=lambda pair: pair[0])


def _seconds(solver: Solver, text: str, follow: bool = True) -> float | None:
    """A number written as one or as a product of such, or the name of a setting that is."""
    node = _expression(text.partition("#")[0].strip())
    if isinstance(node, ast.Name) and follow:
        found = {_seconds(solver, other, False) for other, _ in said(solver, node.id)}
        return found.pop() if len(found) == 1 else None
    return _number(node)


def _expression(text: str) -> ast.expr | None:
    """What is written before the end of the dict or call around it."""
    while text:
        text = text.rstrip(", \t\n")
        try:
            return ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            if not text.endswith((")", "}", "]")):
                return None
            text = text[:-1]
    return None


def _number(node: ast.expr | None) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right = _number(node.left), _number(node.right)
        if left is None or right is None or (isinstance(node.op, ast.Pow) and right > 12):
            return None
        try:
            return float(_ARITHMETIC[type(node.op)](left, right))
        except (ZeroDivisionError, OverflowError):
            return None
    return None
