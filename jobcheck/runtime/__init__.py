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

from jobcheck.runtime.configured import ConfiguredJob
from jobcheck.runtime.enqueuing import perform_all_later
from jobcheck.runtime.errors import (
    DeserializationError,
    EnqueueError,
    JobError,
    KeywordArgumentsError,
    OptionError,
    RecordNotFound,
    SerializationError,
    SignatureError,
    UnknownJobClassError,
)
from jobcheck.runtime.execution import execute
from jobcheck.runtime.functions import job
from jobcheck.runtime.handlers import discard_on, retry_on
from jobcheck.runtime.idempotency import idempotent
from jobcheck.runtime.job import Job
from jobcheck.runtime.payload import JobData
from jobcheck.runtime.settings import Adapter, configure
from jobcheck.runtime.wires.records import register_record, register_session

__all__ = [
    # declaring
    "Job",
    "job",
    "retry_on",
    "discard_on",
    "idempotent",
    # enqueuing
    "ConfiguredJob",
    "perform_all_later",
    # running
    "Adapter",
    "JobData",
    "configure",
    "execute",
    "register_record",
    "register_session",
    # errors
    "DeserializationError",
    "EnqueueError",
    "JobError",
    "KeywordArgumentsError",
    "OptionError",
    "RecordNotFound",
    "SerializationError",
    "SignatureError",
    "UnknownJobClassError",
]
