"""Keywords for a job whose signature cannot be known whole, one of which is nearly a parameter that nothing fills."""

from __future__ import annotations

import difflib

from jobcheck.registry import Argument, Message

# How alike two names are to be taken for one another.
CUTOFF = 0.8


def misnamed(message: Message) -> tuple[Argument, str] | None:
    """The one keyword that the function does not have, and the required parameter that it resembles.

    What stands between function and job may fill parameters or take some out; that it renames one is not believed.
    """
    job, enqueue = message.job, message.enqueue
    if job.signature is not None or job.decl is None or enqueue.positional or enqueue.open_args or enqueue.open_kwargs:
        return None
    params = job.decl.params
    if enqueue.partial or any(p.kind == "kwarg" for p in params):
        return None
    strange = [a for a in enqueue.keywords if a.name not in {p.name for p in params}]
    if len(strange) != 1 or strange[0].name is None:
        return None
    given = {a.name for a in enqueue.keywords}
    absent = [p.name for p in params if p.kind in ("arg", "kwonly") and not p.has_default and p.name not in given]
    near = difflib.get_close_matches(strange[0].name, absent, n=1, cutoff=CUTOFF)
    return (strange[0], near[0]) if near else None
