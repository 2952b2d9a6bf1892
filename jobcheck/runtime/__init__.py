"""The reference implementation of the job API: what jobcheck judges code against, as code that runs.

    from jobcheck.runtime import Job, configure

    class ChargeOrder(Job):
        queue_as = "billing"
        def perform(self, order_id): ...

    configure(adapter="inline")
    ChargeOrder.perform_later(7)

Semantics follow Active Job in Python's manners; the strict mode (the default) refuses what Rails lets pass and regrets.
Only the standard library is imported, and nothing of the analyzer.
"""

from jobcheck.runtime.ambient import register_ambient
from jobcheck.runtime.callbacks import (
    after_enqueue,
    after_perform,
    around_enqueue,
    around_perform,
    before_enqueue,
    before_perform,
)
from jobcheck.runtime.commits import register_commit_hook
from jobcheck.runtime.commits_sqlalchemy import watch_session
from jobcheck.runtime.configured import ConfiguredJob
from jobcheck.runtime.enqueuing import perform_all_later
from jobcheck.runtime.errors import (
    DeserializationError,
    EnqueueError,
    Halt,
    JobError,
    KeywordArgumentsError,
    OptionError,
    PayloadError,
    RecordNotFound,
    SerializationError,
    SignatureError,
    UnknownJobClassError,
)
from jobcheck.runtime.events import Event, subscribe
from jobcheck.runtime.execution import execute
from jobcheck.runtime.functions import job
from jobcheck.runtime.handlers import after_discard, discard_on, rescue_from, retry_on
from jobcheck.runtime.idempotency import idempotent
from jobcheck.runtime.job import Job
from jobcheck.runtime.messages import to_text
from jobcheck.runtime.payload import JobData
from jobcheck.runtime.settings import Adapter, configure
from jobcheck.runtime.wires.records import register_record, register_session
from jobcheck.runtime.wires.serializers import register_serializer

__all__ = [
    # declaring
    "Job",
    "job",
    "retry_on",
    "discard_on",
    "rescue_from",
    "after_discard",
    "idempotent",
    "before_enqueue",
    "around_enqueue",
    "after_enqueue",
    "before_perform",
    "around_perform",
    "after_perform",
    # enqueuing
    "ConfiguredJob",
    "perform_all_later",
    # running
    "Adapter",
    "JobData",
    "configure",
    "execute",
    "to_text",
    "Event",
    "subscribe",
    "register_ambient",
    "register_commit_hook",
    "register_record",
    "register_serializer",
    "register_session",
    "watch_session",
    # errors
    "DeserializationError",
    "EnqueueError",
    "Halt",
    "JobError",
    "KeywordArgumentsError",
    "OptionError",
    "PayloadError",
    "RecordNotFound",
    "SerializationError",
    "SignatureError",
    "UnknownJobClassError",
]
