"""What a program decides once for all its jobs: the adapter, and whether to be strict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload, runtime_checkable

if TYPE_CHECKING:
    from jobcheck.runtime.adapters.asynchronous import AsyncAdapter
    from jobcheck.runtime.adapters.inline import InlineAdapter
    from jobcheck.runtime.adapters.test import TestAdapter
    from jobcheck.runtime.payload import JobData


@runtime_checkable
class Adapter(Protocol):
    """Where jobs go. Both methods get a message of JSON values only, which is the adapter's to keep.

    They may return the id under which the queue knows the job, and raise EnqueueError when the queue refuses it.
    """

    def enqueue(self, data: JobData) -> str | None:
        """Have the job performed as soon as possible."""

    def enqueue_at(self, data: JobData, at: float) -> str | None:
        """Have the job performed at a time in seconds since the epoch, or soon after it."""


class Settings:
    """The settings in force; the async adapter is made when the first job needs it."""

    def __init__(self) -> None:
        self.strict = True
        self._adapter: Adapter | None = None

    @property
    def adapter(self) -> Adapter:
        """The adapter in force."""
        if self._adapter is None:
            from jobcheck.runtime.adapters import build

            self._adapter = build("async", {})
        return self._adapter

    @adapter.setter
    def adapter(self, adapter: Adapter | None) -> None:
        self._adapter = adapter

    def snapshot(self) -> tuple[bool, Adapter | None]:
        """What is in force, for `restore`; a default adapter is not made for it."""
        return self.strict, self._adapter

    def restore(self, snapshot: tuple[bool, Adapter | None]) -> None:
        """Put in force what was."""
        self.strict, self._adapter = snapshot


settings = Settings()
AdapterT = TypeVar("AdapterT", bound=Adapter)


@overload
def configure(*, adapter: Literal["test"], strict: bool | None = None) -> TestAdapter: ...
@overload
def configure(*, adapter: Literal["inline"], strict: bool | None = None) -> InlineAdapter: ...
@overload
def configure(*, adapter: Literal["async"], strict: bool | None = None, threads: int = 5) -> AsyncAdapter: ...
@overload
def configure(*, adapter: AdapterT, strict: bool | None = None) -> AdapterT: ...
@overload
def configure(*, adapter: str | Adapter | None = None, strict: bool | None = None, **options: Any) -> Adapter: ...
def configure(*, adapter: str | Adapter | None = None, strict: bool | None = None, **options: Any) -> Adapter:
    """Change settings for the whole process, and return the adapter in force.

    `adapter` is a name ("async", "inline", "test"), its options beside it, or an object with both methods of Adapter.
    `strict=False` lets pass what Active Job lets pass: calls that do not fit the job, unknown options, NaN.
    Raises OptionError for an unknown adapter name or option, TypeError for an object that is no adapter.
    """
    from jobcheck.runtime.adapters import build

    if isinstance(adapter, str):
        settings.adapter = build(adapter, options)
    elif options:
        raise TypeError(f"options {', '.join(options)} belong to an adapter given by name")
    elif adapter is not None:
        settings.adapter = _checked(adapter)
    if strict is not None:
        settings.strict = strict
    return settings.adapter


def _checked(adapter: Adapter) -> Adapter:
    if isinstance(adapter, type) or not isinstance(adapter, Adapter):
        raise TypeError(f"an adapter has enqueue and enqueue_at; this is {adapter!r}")
    return adapter
