"""How messages speak of effects, of what repeats them and of what fails: for the rules about repetition."""

from __future__ import annotations

from jobcheck.findings import FindingBuilder
from jobcheck.registry import Cause
from jobcheck.rules.base import Context
from jobcheck.rules.delivery.replays import Replay
from jobcheck.solve.effects import Effect, Failure
from jobcheck.solve.kinds import Origin

_DOES = {
    "mail": "sends a mail (`{what}`)", "message": "sends a message (`{what}`)", "payment": "moves money (`{what}`)",
    "http": "posts to another service (`{what}`)", "insert": "writes {what}", "increment": "counts `{what}`",
    "file": "appends to a file", "job": "enqueues another job (`{what}`)",
}  # fmt: skip
_REMEDY = {
    "payment": "Give the provider an idempotency key made from the job's arguments",
    "insert": "Use get_or_create or update_or_create, or let the transaction take the row back",
    "increment": "Count inside the transaction that marks the work as done, or compute the number anew",
    "file": "Write the file anew, under a name made from the job's arguments",
}  # fmt: skip
_OTHERWISE = "Mark the work as done before what may fail, and look at the mark first; or make what follows a job of its own"
_EACH = "Make each item a job of its own, which is retried alone"
_KEYLESS = "no idempotency key is given here"
_MOST_KEYLESS = 5
MARK = "or say why twice does no harm: # jobcheck: idempotent -- reason."


def does(effect: Effect) -> str:
    """`sends a mail (`send_mail`)`."""
    return _DOES[effect.kind].format(what=effect.what)


def fails(failure: Failure) -> str:
    """`requests.put` fails; `Refused` is raised."""
    return f"`{failure.what.removeprefix('raise ')}` is raised" if failure.kind == "raise" else f"`{failure.what}` fails"


def remedy(replay: Replay) -> str:
    """What to do about an effect that is done again."""
    fix = _EACH if replay.looped else _REMEDY.get(replay.effect.kind, _OTHERWISE)
    return f"{fix}; {MARK}"


def direct(effect: Effect) -> bool:
    """Whether the job's own code does it."""
    return place_of(effect) == effect.origin


def repeats(cause: Cause) -> str:
    """What performs the job again, as the subject of a sentence."""
    return cause.form or ("retry()" if cause.why == "by-hand" else "the retry")


def place_of(effect: Effect) -> Origin:
    """Where the job does it: the call in its own code."""
    unit = effect.site.unit
    end = unit.offset + max(stmt.end for stmt in unit.body)
    own = effect.origin.filename == unit.filename and unit.offset <= effect.origin.start < end
    return effect.origin if own else unit.origin(effect.site.call)


def relate(builder: FindingBuilder, replay: Replay, context: Context) -> None:
    """Show the places that make the story: the effect's own, what fails, what repeats the job."""
    effect, failure, cause = replay.effect, replay.failure, replay.cause
    if not direct(effect):
        builder.relate(context.place(effect.origin), "this is where it is done")
    if effect.keyless is not None:
        builder.relate(context.place(effect.keyless), _KEYLESS)
    if failure is not None and not replay.looped and failure.origin != cause.origin:
        builder.relate(context.place(failure.origin), _fails(failure))
    said = {
        "by-hand": "this asks for another run", "worker-lost": "this gives the job back when its worker is lost",
        "retry": "this runs the job again", "redelivery": "this hands the job to another worker",
    }  # fmt: skip
    if cause.why == "raised":
        return  # the error that asks for it is shown
    unasked = cause.why == "retry" and cause.shared and cause.origin.filename == effect.site.unit.filename
    builder.relate(context.place(cause.origin), f"{cause.form} runs a failed job again unasked" if unasked else said[cause.why])


def relate_keyless(builder: FindingBuilder, replays: list[Replay], context: Context) -> None:
    """Show the job's other calls that leave an idempotency key out: they are mended together."""
    shown = {replays[0].effect.keyless}
    for replay in replays[1:]:
        keyless = replay.effect.keyless
        if keyless is not None and keyless not in shown and len(shown) < _MOST_KEYLESS:
            shown.add(keyless)
            builder.relate(context.place(keyless), f"and {_KEYLESS}")


def _fails(failure: Failure) -> str:
    return "this may be raised afterwards" if failure.kind == "raise" else "this may fail afterwards"
