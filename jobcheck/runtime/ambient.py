"""Locale and time zone: caught where the job is enqueued, in force again around its run (ACTIVEJOB.md A10).

Django's are known without importing it; other libraries' are told by `register_ambient`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jobcheck.runtime.errors import OptionError

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

Name = Literal["locale", "timezone"]


class Source(NamedTuple):
    """How to ask for the present value, and how to put one in force for the length of a `with`."""

    capture: Callable[[], str | None]
    restore: Callable[[str], AbstractContextManager[Any]]


def register_ambient(
    name: Name, *, capture: Callable[[], str | None], restore: Callable[[str], AbstractContextManager[Any]]
) -> None:
    """Say how the program keeps its "locale" or its "timezone", instead of Django's way.

    `capture` gives the present one as text, or None; `restore(text)` is a context manager that puts it in force.
    Other state of the caller (the user, the tenant) belongs in the job's arguments. Raises OptionError for another name.
    """
    if name not in _sources:
        raise OptionError(f"{name!r} does not travel with a job; 'locale' and 'timezone' do, the rest are arguments")
    _sources[name] = Source(capture, restore)


def captured(name: Name) -> str | None:
    """The present value; None where nobody keeps one."""
    return _sources[name].capture()


@contextmanager
def restored(job: Job) -> Iterator[None]:
    """Put the job's locale and time zone in force. One that this process does not know is left out, and logged."""
    with ExitStack() as stack:
        values: list[tuple[Name, str | None]] = [("locale", job.locale), ("timezone", job.timezone)]
        for name, value in values:
            if value is not None:
                try:
                    stack.enter_context(_sources[name].restore(value))
                except Exception:
                    import logging

                    logging.getLogger("jobcheck.runtime").exception("The %s %r of %r is unknown here", name, value, job)
        yield


def _django(module: str) -> Any:
    """A module of a Django that is in use, else None."""
    conf = sys.modules.get("django.conf")
    return sys.modules.get(module) if conf is not None and conf.settings.configured else None


def _locale() -> str | None:
    translation = _django("django.utils.translation")
    language: str | None = translation.get_language() if translation else None
    return language


def _restore_locale(value: str) -> AbstractContextManager[Any]:
    translation = _django("django.utils.translation")
    return translation.override(value) if translation else ExitStack()


def _timezone() -> str | None:
    timezone = _django("django.utils.timezone")
    # Only a named zone can be found again: an offset is none.
    key: str | None = getattr(timezone.get_current_timezone(), "key", None) if timezone else None
    return key


def _restore_timezone(value: str) -> AbstractContextManager[Any]:
    timezone = _django("django.utils.timezone")
    return timezone.override(value) if timezone else ExitStack()


_sources: dict[Name, Source] = {
    "locale": Source(_locale, _restore_locale),
    "timezone": Source(_timezone, _restore_timezone),
}
