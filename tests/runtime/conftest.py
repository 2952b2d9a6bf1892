"""Every test has its own settings, and a test adapter unless it asks for another."""

import pytest

from jobcheck.runtime import ambient, configure
from jobcheck.runtime.settings import settings


@pytest.fixture(autouse=True)
def no_django(request, monkeypatch):
    """Another test of this process may have configured Django, whose language and zone would be taken along."""
    if "django" not in request.module.__name__:
        monkeypatch.setattr(ambient, "_django", lambda module: None)


@pytest.fixture(autouse=True)
def adapter():
    yield configure(adapter="test", strict=True)
    configure(adapter="test", strict=True)
    settings.adapter = None


@pytest.fixture
def lax():
    configure(strict=False)
