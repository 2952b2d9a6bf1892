"""How a class is named in a message, and found again by that name in the worker."""

from __future__ import annotations

import sys


def name_of(cls: type) -> str:
    """`shop.jobs.ChargeOrder` for the class of that module."""
    return f"{cls.__module__}.{cls.__qualname__}"


def locate(name: str) -> object | None:
    """What stands under a dotted name, importing its module; None when there is nothing.

    The longest importable prefix is the module, the rest are attributes, so that nested classes are found too.
    Errors raised by the module's own code while it is imported pass through.
    """
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None  # a name may come from a message
    for cut in range(len(parts) - 1, 0, -1):
        module = _module(".".join(parts[:cut]))
        if module is not None:
            return _attribute(module, parts[cut:])
    return None


def is_importable(cls: type) -> bool:
    """Whether another process would find this very class by its name: no local, replaced or generated class."""
    return "<locals>" not in cls.__qualname__ and locate(name_of(cls)) is cls


def _module(name: str) -> object | None:
    if name in sys.modules:
        return sys.modules[name]
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        # A module that exists and misses another one is a defect to be seen, not an absent module.
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            return None
        raise
    return sys.modules[name]


def _attribute(found: object, names: list[str]) -> object | None:
    for name in names:
        found = getattr(found, name, None)
        if found is None:
            return None
    return found
