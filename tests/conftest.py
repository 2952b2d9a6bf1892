"""The order of the tests: what takes minutes comes first, so that at the end no process is left alone with it."""

from __future__ import annotations

import pytest

LONG = "tests/test_same_answer.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
