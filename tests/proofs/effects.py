"""What examples did outside of their process, noted by the stand-ins and by Django's own outbox."""

from __future__ import annotations

from collections import Counter

DONE: list[str] = []


def note(what: str) -> None:
    """Say that something was done, in a few words."""
    DONE.append(what)


def told() -> list[str]:
    """Each effect once, with how often it was done, in the order of their first."""
    from django.core import mail

    mails = [f"mail {message.subject!r}: {message.body}" for message in getattr(mail, "outbox", [])]
    counted = Counter([*DONE, *mails])
    return [what if number == 1 else f"{number} times {what}" for what, number in counted.items()]
