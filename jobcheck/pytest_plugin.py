"""pytest fixtures: `job_queue`, and the helpers of `jobcheck.testing` as fixtures of their own names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from jobcheck.runtime.adapters.test import TestAdapter


@pytest.fixture
def job_queue() -> Iterator[TestAdapter]:
    """The test adapter, empty, in force for this test; afterwards all is as it was."""
    from jobcheck.runtime import configure
    from jobcheck.runtime.settings import settings

    before = settings.snapshot()
    try:
        yield configure(adapter="test")
    finally:
        settings.restore(before)


def _helper(name: str) -> Any:
    def fixture(job_queue: TestAdapter) -> Callable[..., Any]:
        import jobcheck.testing

        helper: Callable[..., Any] = getattr(jobcheck.testing, name)
        return helper

    fixture.__doc__ = f"`jobcheck.testing.{name}`, on an empty queue of this test's own."
    return pytest.fixture(name=name)(fixture)


assert_enqueued = _helper("assert_enqueued")
assert_no_enqueued = _helper("assert_no_enqueued")
assert_performed = _helper("assert_performed")
assert_no_performed = _helper("assert_no_performed")
perform_enqueued_jobs = _helper("perform_enqueued_jobs")
assert_idempotent = _helper("assert_idempotent")
rehearse = _helper("rehearse")
