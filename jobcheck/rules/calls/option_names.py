"""Options among the arguments of an enqueue: shared by JOB201, which is silent about them, and JOB203."""

from __future__ import annotations

from jobcheck.frameworks import options
from jobcheck.registry import Argument, Enqueue, Message

# Forms whose keywords are all arguments of the job.
ARGUMENTS_ONLY = frozenset({"delay", "delay_on_commit", "s", "si", "perform_later", "perform_now", "perform_all_later"})


def is_misplaced(argument: Argument, message: Message) -> bool:
    """Whether a keyword that the job does not have is an option of the framework."""
    table = options.of(message.job.framework)
    signature = message.job.signature
    if table is None or signature is None or argument.name is None or not _arguments_only(message.enqueue):
        return False
    if signature.parameter(argument.name) is not None:
        return False
    if signature.kwarg is not None:
        return argument.name in table.telling
    return argument.name in table.enqueue.documented or argument.name in table.declared_only


def _arguments_only(enqueue: Enqueue) -> bool:
    return enqueue.arguments_only or enqueue.form in ARGUMENTS_ONLY
