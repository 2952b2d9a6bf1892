"""What becomes of each argument of a message on its way: shared by the rules about arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobcheck.findings import Confidence
from jobcheck.registry import Argument, Message
from jobcheck.rules.base import Context, FindingBuilder, Rule
from jobcheck.solve.kinds import Origin
from jobcheck.wire.judge import Trip, judge
from jobcheck.wire.tables import Outcome


@dataclass(frozen=True, slots=True)
class ArgumentTrip:
    """One place inside one argument that does not arrive as it was."""

    argument: Argument
    path: str
    trip: Trip
    wire: str

    @property
    def outcome(self) -> Outcome:
        return self.trip.outcome

    @property
    def is_key(self) -> bool:
        return self.trip.is_key


def of_message(message: Message, context: Context) -> Iterator[ArgumentTrip]:
    """The trips of all arguments: only those that end badly on every wire that may carry the message."""
    enqueue = message.enqueue
    if enqueue.immediate or not message.wires:
        return
    position = 0
    for argument in enqueue.arguments:
        if argument.star:
            continue
        path = f"kwargs[{argument.name!r}]" if argument.name else f"args[{position}]"
        position += 0 if argument.name else 1
        found = [judge(argument.value, context.wire(name), context.solver.classes) for name in message.wires]
        for trip in found[0]:
            others = [next((t for t in more if (t.path, t.row) == (trip.path, trip.row)), None) for more in found[1:]]
            if all(t is not None for t in others):
                yield ArgumentTrip(argument, path + trip.path, trip, message.wires[0])


def confidence(found: ArgumentTrip, message: Message) -> Confidence:
    """HIGH where nothing else can stand there; one step down where it is one alternative among others."""
    level = message.confidence
    return level if found.trip.certain else min(level, Confidence.MEDIUM)


def finding(rule: Rule, found: ArgumentTrip, message: Message, context: Context) -> FindingBuilder:
    """The finding for an argument that cannot be carried."""
    trip, job = found.trip, message.job
    serializer = context.display(message.enqueue.framework) + " " + found.wire.rpartition("-")[2]
    when = "is refused at enqueue" if trip.outcome.kind == "enqueue-error" else "cannot be read by the worker"
    text = f"`{job.label}` is given {trip.type_name} at {found.path}, which {when} ({serializer})"
    error = (trip.outcome.error or "").replace("{type}", trip.type_name)
    builder = context.finding(
        rule,
        found.argument.origin,
        text,
        confidence=confidence(found, message),
        job=job,
        subject=found.path,
        what_happens=f"The call raises {error}" if error and trip.outcome.kind == "enqueue-error" else error,
    )
    relate(builder, trip.origin, found.argument.origin, trip.type_name, context)
    return builder


def relate(builder: FindingBuilder, origin: Origin | None, at: Origin, what: str, context: Context) -> None:
    """Show where the value is made, when that is elsewhere."""
    if origin is not None and origin != at:
        builder.relate(context.place(origin), f"{what} is made here")
