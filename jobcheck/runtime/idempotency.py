"""`idempotent`: the author's word, and reason, that running the job twice does no harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from jobcheck.runtime.marks import marker, marks_of

if TYPE_CHECKING:
    from jobcheck.runtime.job import Job

Declared = TypeVar("Declared", bound=Callable[..., Any])


def idempotent(reason: str) -> Callable[[Declared], Declared]:
    """Record why the job may run twice, readable as `idempotency` on the job; nothing is done differently.

    Raises TypeError without a reason: a promise that nobody can check is worth little.
    """
    given: object = reason  # a bare @idempotent hands over the job
    if not isinstance(given, str) or not given.strip():
        raise TypeError('idempotent takes the reason: @idempotent("the order id is the payment key")')
    return marker("idempotency", reason)


class Idempotency:
    """Reads the reason from a job class or a job; None when it is not marked. A base's word holds for subclasses."""

    def __get__(self, job: Job | None, owner: type[Job]) -> str | None:
        return next(marks_of(owner, "idempotency"), None)
