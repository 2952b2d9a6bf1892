"""What the setting Q_CLUSTER says of django-q2's broker: whether it delivers a message again, and when.

Source: django_q/conf.py, monitor.py and brokers/ of django-q2 1.11.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.frameworks.settings_text import said
from jobcheck.solve.kinds import Origin
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Brokers that hand out again what is not acknowledged, by their keys; Redis forgets what it has handed out.
_DELIVERING = {"orm": "the ORM broker", "sqs": "SQS", "mongo": "MongoDB", "iron_mq": "IronMQ"}
_OTHERS = ("redis", "django_redis", "broker_class")
_KEY = re.compile(r"""["'](\w+)["']\s*\]?\s*[:=]""")
_COMMENT = re.compile(r"#[^\n]*")
_ITEM = r"""["']%s["']\s*\]?\s*[:=]\s*([\w.]+)\s*(?:[,}\n]|$)"""
# How many lines a setting may have, and how long django-q2 waits unless it is told.
_LINES = 60
_RETRY = 60.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A broker that delivers again: its name, after how many seconds, and how long a job may run before it is stopped.

    `repeats`: a job that failed is run again, too (`ack_failures` and `max_attempts` would have it otherwise).
    """

    broker: str
    patience: float | None
    limit: float | None
    repeats: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Said:
    """All that the project says of its cluster: the keys, and the texts with their places."""

    keys: frozenset[str]
    texts: tuple[tuple[str, Origin], ...]

    @property
    def in_table(self) -> bool:
        return "orm" in self.keys

    @property
    def elsewhere(self) -> bool:
        return bool(self.keys & {*_OTHERS, "sqs", "mongo", "iron_mq"})


def read(solver: Solver) -> Said:
    """The settings of the project, tests aside; nothing where they are computed."""
    texts = [(_COMMENT.sub("", text), origin) for text, origin in said(solver, "Q_CLUSTER", _LINES)]
    keys = {key for text, _ in texts for key in _KEY.findall(text)}
    for filename in dict.fromkeys(origin.filename for _, origin in texts):
        data = (solver.raw(filename) or b"").decode("utf-8", "replace")
        keys |= set(re.findall(r"""\bQ_CLUSTER\[["'](\w+)["']\]\s*=""", data))
    return Said(frozenset(keys), tuple(texts))


def delivering(found: Said) -> Cluster | None:
    """The broker, where one that delivers again is the only one named."""
    named = sorted(found.keys & _DELIVERING.keys())
    if len(named) != 1 or found.keys & set(_OTHERS):
        return None
    text, origin = next(((t, o) for t, o in found.texts if named[0] in _KEY.findall(t)), ("", None))
    if origin is None:
        return None
    acknowledged = _item(text, "ack_failures") not in (None, "False")
    attempts = _item(text, "max_attempts")
    repeats = not acknowledged and (attempts is None or (attempts.isdigit() and attempts != "1"))
    patience = _item(text, "retry")
    return Cluster(_DELIVERING[named[0]], _RETRY if patience is None else _number(patience), _number(_item(text, "timeout")),
                   repeats, origin)  # fmt: skip


def _item(text: str, name: str) -> str | None:
    """What a key is set to: a word, or "?" for more than that; None where it is not there."""
    if f'"{name}"' not in text and f"'{name}'" not in text:
        return None
    match = re.search(_ITEM % name, text)
    return match[1] if match else "?"


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.replace(".", "", 1).isdigit() else None
