"""Enqueuing after the commit: `enqueue_after_commit = True` on a job (ACTIVEJOB.md A6).

A hook knows one kind of transaction. Django's is built in, SQLAlchemy's is in commits_sqlalchemy.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Callback = Callable[[], Any]
Hook = Callable[[Callback], bool]


def register_commit_hook(hook: Hook) -> None:
    """Let jobs with `enqueue_after_commit` wait for another library's transactions.

    `hook(callback)` returns False when none is open; else it returns True and calls the callback once the outermost one
    has committed, and never when it is rolled back. It is asked in the thread that enqueues.
    """
    if hook not in _hooks:
        _hooks.append(hook)


def after_commit(callback: Callback) -> bool:
    """Have it called when all open transactions have committed; False, and not called, when there is none."""

    def next_one() -> None:
        if not after_commit(callback):
            callback()

    return any(hook(next_one) for hook in tuple(_hooks))


def _django(callback: Callback) -> bool:
    db, conf = sys.modules.get("django.db"), sys.modules.get("django.conf")
    if db is None or conf is None or not conf.settings.configured:
        return False
    for connection in db.connections.all(initialized_only=True):
        if connection.in_atomic_block:
            db.transaction.on_commit(callback, using=connection.alias)
            return True
    return False


_hooks: list[Hook] = [_django]
