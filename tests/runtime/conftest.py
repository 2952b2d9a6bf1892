"""Every test has its own settings, and a test adapter unless it asks for another."""

import pytest

from jobcheck.runtime import configure
from jobcheck.runtime.settings import settings


@pytest.fixture(autouse=True)
def adapter():
    yield configure(adapter="test", strict=True)
    configure(adapter="test", strict=True)
    settings.adapter = None


@pytest.fixture
def lax():
    configure(strict=False)
