"""Helpers for a program's own tests of its jobs, as functions (as fixtures: pytest_plugin.py).

from jobcheck.testing import assert_enqueued, assert_idempotent, perform_enqueued_jobs
"""

from jobcheck.testing.conformance import AdapterConformance
from jobcheck.testing.idempotence import assert_idempotent
from jobcheck.testing.queue import (
    assert_enqueued,
    assert_no_enqueued,
    assert_no_performed,
    assert_performed,
    perform_enqueued_jobs,
)
from jobcheck.testing.rehearsal import RehearsalFailed, rehearse

__all__ = [
    "AdapterConformance",
    "RehearsalFailed",
    "assert_enqueued",
    "assert_idempotent",
    "assert_no_enqueued",
    "assert_no_performed",
    "assert_performed",
    "perform_enqueued_jobs",
    "rehearse",
]
