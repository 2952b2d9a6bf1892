"""Adapters by name. An adapter is any object with `enqueue` and `enqueue_at` (settings.Adapter)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.options import suggestion
from jobcheck.runtime.settings import Adapter


def build(name: str, options: dict[str, Any]) -> Adapter:
    """A new adapter of that name. Raises OptionError for an unknown name or an option it does not have."""
    if name not in _ADAPTERS:
        raise OptionError(f"unknown adapter {name!r}{suggestion(name, tuple(_ADAPTERS))}")
    try:
        return _ADAPTERS[name](**options)
    except TypeError as error:
        raise OptionError(f"adapter {name!r}: {error}") from error


def _inline(**options: Any) -> Adapter:
    from jobcheck.runtime.adapters.inline import InlineAdapter

    return InlineAdapter(**options)


def _test(**options: Any) -> Adapter:
    from jobcheck.runtime.adapters.test import TestAdapter

    return TestAdapter(**options)


def _async(**options: Any) -> Adapter:
    from jobcheck.runtime.adapters.asynchronous import AsyncAdapter

    return AsyncAdapter(**options)


_ADAPTERS: dict[str, Callable[..., Adapter]] = {"async": _async, "inline": _inline, "test": _test}
