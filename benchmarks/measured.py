"""One run of a command: how long, how much processor time, and how much memory its processes took together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.05


@dataclass(frozen=True)
class Run:
    """Seconds and megabytes. `finished` is False when it was stopped at the time limit: all figures are then lower bounds."""

    wall: float
    cpu: float
    memory: float
    finished: bool
    code: int


def measure(command: list[str], cwd: Path, limit: float) -> Run:
    """Run a command in a process group of its own, its output thrown away.

    It may keep its byte code, as every installed tool does: a source tree would else be compiled anew in each run.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=env, start_new_session=True,
    )  # fmt: skip
    watch = _Watch(process.pid, limit)
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = code = os.waitstatus_to_exitcode(status)
    watch.done.set()
    watch.join()
    memory = max(watch.peak, usage.ru_maxrss * 1024) / 1e6
    return Run(wall, max(usage.ru_utime + usage.ru_stime, watch.cpu), memory, not watch.stopped, code)


class _Watch(threading.Thread):
    """Looks at a process and what it started: adds up their memory, and ends them all at the time limit.

    Memory is the proportional set size where the system tells it (Linux): what processes share counts once. Without it
    the largest single process is what is reported.
    """

    def __init__(self, pid: int, limit: float) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.limit = limit
        self.peak = 0
        self.cpu = 0.0
        self.stopped = False
        self.done = threading.Event()

    def run(self) -> None:
        ends = time.monotonic() + self.limit
        while not self.done.wait(INTERVAL):
            pids = tree(self.pid)
            self.peak = max(self.peak, sum(map(proportional_set_size, pids)))
            if time.monotonic() > ends:
                self.stopped = True
                self.cpu = sum(map(cpu_seconds, pids))  # a process that is killed takes its children's figures along
                os.killpg(self.pid, signal.SIGKILL)
                return


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found, pending = [], [pid]
    while pending:
        pid = pending.pop()
        found.append(pid)
        with contextlib.suppress(OSError):  # ended meanwhile
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                pending.extend(map(int, children.read_text().split()))
    return found


def proportional_set_size(pid: int) -> int:
    """In bytes; 0 when it cannot be read."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def cpu_seconds(pid: int) -> float:
    """Of the process and its children that have ended; 0 when it cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
