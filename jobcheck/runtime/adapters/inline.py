"""The inline adapter: an enqueued job runs at once, in the caller, with the arguments that came off the wire."""

from __future__ import annotations

from jobcheck.runtime.execution import execute
from jobcheck.runtime.payload import JobData


class InlineAdapter:
    """Has no queue and so no later. What the job raises comes out of `perform_later`."""

    name = "inline"

    def enqueue(self, data: JobData) -> None:
        """Perform the job now."""
        execute(data)

    def enqueue_at(self, data: JobData, at: float) -> None:
        """Raises NotImplementedError, as Active Job's (ACTIVEJOB.md A7): a job that ran early would hide what waits."""
        raise NotImplementedError("the inline adapter cannot wait; the async and test adapters can")
