"""What a job reads of a context that its framework does not send along: for ambient-context."""

from __future__ import annotations

from jobcheck.registry import Forgotten
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule

_HAPPENS = "The message carries the records and the few keys that the framework keeps: what is asked for here is not there."
_FIX = "Pass it as an argument of the job, or add it to the keys that are kept (`_job_prepare_context_before_enqueue_keys`)."


def told(rule: Rule, found: Forgotten, context: Context) -> FindingBuilder:
    """The finding about one key."""
    builder = context.finding(
        rule,
        found.given.origin,
        f"`{found.job}` is enqueued with `{found.given.name}` in its context, and reads it there: the message does not keep it",
        confidence=Confidence.HIGH if found.sure and found.direct else Confidence.MEDIUM,
        framework=found.enqueue.framework,
        subject=found.given.name or "",
        what_happens=_HAPPENS,
        how_to_fix=_FIX,
    )
    if found.enqueue.origin != found.given.origin:
        builder.relate(context.place(found.enqueue.origin), "it is enqueued here")
    for call in found.path:
        builder.relate(context.place(call), "called from here")
    for read in found.reads:
        builder.relate(context.place(read), "it is read here" if found.sure else f"a `{found.job}` reads it here")
    return builder
