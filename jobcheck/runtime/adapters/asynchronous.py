"""The async adapter (the default): threads of this process, jobs in memory. What waits at exit is lost."""

from __future__ import annotations

import atexit
import heapq
import itertools
import threading
import time
from contextlib import suppress

from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.execution import run
from jobcheck.runtime.payload import JobData, load


class AsyncAdapter:
    """Up to `threads` jobs run side by side, soonest due first. Errors of jobs are logged to `jobcheck.runtime`.

    When the program ends, jobs that wait or run are lost; the log says how many.
    """

    name = "async"

    def __init__(self, *, threads: int = 5) -> None:
        if threads < 1:
            raise OptionError(f"threads must be 1 or more, not {threads!r}")
        self._limit = threads
        self._waiting: list[tuple[float, int, JobData]] = []
        self._order = itertools.count()  # jobs due at one moment run in the order of their enqueues
        self._changed = threading.Condition()
        self._started = self._idle = self._running = 0
        atexit.register(self._say_what_is_lost)

    def enqueue(self, data: JobData) -> None:
        """Run the job as soon as a thread is free."""
        self.enqueue_at(data, time.time())

    def enqueue_at(self, data: JobData, at: float) -> None:
        """Run the job at that time, in seconds since the epoch, or as soon after it as a thread is free."""
        with self._changed:
            heapq.heappush(self._waiting, (at, next(self._order), data))
            if self._idle < len(self._waiting) and self._started < self._limit:
                self._started += 1
                # A daemon: the program may end whatever its jobs are doing.
                threading.Thread(target=self._work, name=f"jobcheck-{self._started}", daemon=True).start()
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no job runs or waits, at most so many seconds; return whether that came true."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._running, timeout)

    def _say_what_is_lost(self) -> None:
        if self._waiting or self._running:
            import logging

            logger = logging.getLogger("jobcheck.runtime")
            logger.warning("The program ends: %d waiting and %d running jobs are lost", len(self._waiting), self._running)

    def _work(self) -> None:
        while True:
            data = self._next()
            _perform(data)
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _next(self) -> JobData:
        with self._changed:
            self._idle += 1
            while not self._waiting or self._waiting[0][0] > time.time():
                due_in = self._waiting[0][0] - time.time() if self._waiting else None
                # threading refuses to wait for longer than some centuries
                self._changed.wait(None if due_in is None else min(max(due_in, 0), 3600))
            self._idle -= 1
            self._running += 1
            return heapq.heappop(self._waiting)[2]


def _perform(data: JobData) -> None:
    import logging

    try:
        job = load(data)
    except Exception as error:  # one message that cannot be read must not keep the others waiting
        logging.getLogger("jobcheck.runtime").exception("Dropped a message: %s", error)
        return
    # What the run raises is in the log, and a job that raises SystemExit must not take the thread along.
    with suppress(BaseException):
        run(job)
