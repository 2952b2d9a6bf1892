"""What must not be open when processes are forked: Django's connections, of which two processes would share one."""

from __future__ import annotations

import sys


def let_go() -> None:
    """Close what can be opened again. Raises ValueError for what other processes would not see."""
    db, conf = sys.modules.get("django.db"), sys.modules.get("django.conf")
    if db is None or conf is None or not conf.settings.configured:
        return
    for connection in db.connections.all(initialized_only=True):
        if connection.connection is None:
            continue
        if connection.in_atomic_block:
            raise ValueError(f"a transaction is open on database {connection.alias!r}, and no other process sees what is in it")
        if connection.vendor == "sqlite" and connection.is_in_memory_db():
            raise ValueError(f"database {connection.alias!r} is in memory, where no other process sees it: use a file")
        connection.close()
