"""What becomes of each argument of a message on its way: shared by the rules about arguments."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.registry import Argument, Message
from jobcheck.rules.base import Context, FindingBuilder, Rule
from jobcheck.rules.calls import fit
from jobcheck.solve.kinds import Instance, Mapping, Origin, Sequence, Value
from jobcheck.values import dataclass
from jobcheck.wire.judge import SOME, Trip, judge
from jobcheck.wire.tables import Outcome


@dataclass(frozen=True, slots=True)
class ArgumentTrip:
    """One place inside one argument that does not arrive as it was.

    `parameter` is the job's parameter that gets the argument, where that is known; `path` how a message calls the
    place: `since['every']` by the parameter's name, else `args[0]['every']`.
    """

    argument: Argument
    parameter: str | None
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
    """The trips of all arguments: only those that end badly on every wire that may carry the message.

    Enqueues in tests are left out: they are often there to show just that.
    """
    enqueue = message.enqueue
    if enqueue.immediate or enqueue.in_test or not message.wires:
        return
    for argument, parameter, path in placed(message):
        for value, below in _values(argument):
            for trip in _everywhere(value, message, context):
                yield ArgumentTrip(argument, parameter, path + below + trip.path, trip, message.wires[0])


def placed(message: Message) -> Iterator[tuple[Argument, str | None, str]]:
    """Each argument with the parameter that gets it and what messages call it."""
    enqueue = message.enqueue
    # Where a base class converts arguments the job's parameters get other values than these.
    signature = None if message.converted else fit.meant(message)
    index: int | None = enqueue.prepended
    number = 0
    for argument in enqueue.arguments:
        if argument.name is not None:
            known = signature is not None and signature.parameter(argument.name) is not None
            yield argument, argument.name if known else None, argument.name
            continue
        if argument.star:
            index = None
            yield argument, None, "*args" if argument.star == "*" else "**kwargs"
            continue
        name = None
        if index is not None and signature is not None and index < len(signature.positional):
            name = signature.positional[index].name
        yield argument, name, name or f"args[{number}]"
        number += 1
        index = None if index is None else index + 1


def _values(argument: Argument) -> Iterator[tuple[Value, str]]:
    """What an argument puts into the message: of an unpacked one, its items."""
    if not argument.star:
        yield argument.value, ""
        return
    for kind in argument.value.kinds():
        if argument.star == "*" and isinstance(kind, Sequence):
            yield kind.element, SOME
        elif argument.star == "**" and isinstance(kind, Mapping):
            for _, value in kind.entries:
                yield value, SOME


def _everywhere(value: Value, message: Message, context: Context) -> Iterator[Trip]:
    """The trips that end badly on each of the wires."""
    facts = context.solver.classes
    found = [judge(value, context.wire(name), facts) for name in message.wires]
    for trip in found[0]:
        same = all(any((t.path, t.row) == (trip.path, trip.row) for t in more) for more in found[1:])
        if same and not _revived(trip, message, context):
            yield trip


def _revived(trip: Trip, message: Message, context: Context) -> bool:
    """Whether Celery's `pydantic=True` dumps and validates the value on both sides."""
    option = message.job.options.get("pydantic")
    if option is None or message.job.framework != "celery" or not isinstance(trip.kind, Instance):
        return False
    return context.solver.classes.row(trip.kind.cls) == "pydantic"


def confidence(found: ArgumentTrip, message: Message) -> Confidence:
    """HIGH where nothing else can stand there; one step down where it is one alternative among others."""
    level = message.confidence
    # A base class that changes arguments at enqueue may make plain values of them.
    sure = found.trip.certain and not message.rewritten
    return level if sure else min(level, Confidence.MEDIUM)


def first_of_each(found: list[ArgumentTrip]) -> Iterator[tuple[ArgumentTrip, int]]:
    """One trip for each argument, the surest, with the number of others: one argument is one finding."""
    groups: dict[int, list[ArgumentTrip]] = {}
    for trip in found:
        groups.setdefault(id(trip.argument), []).append(trip)
    for group in groups.values():
        best = next((t for t in group if t.trip.certain), group[0])
        yield best, len({t.path for t in group}) - 1


def serializer(found: ArgumentTrip, message: Message, context: Context) -> str:
    """How a message names the wire: `Celery json`, `jobcheck.runtime resque`."""
    return context.display(message.enqueue.framework) + " " + found.wire.rpartition("-")[2]


def failure(found: ArgumentTrip) -> str:
    """What happens to a value that the wire cannot carry, for the text of a message."""
    return "is refused at enqueue" if found.outcome.kind == "enqueue-error" else "cannot be read by the worker"


def what_happens(found: ArgumentTrip) -> str:
    """The error that is raised, and where."""
    error = found.outcome.error or ""
    if found.outcome.kind == "enqueue-error":
        return f"The call raises {error}." if error else "The call raises."
    return f"The worker cannot decode the message, and it is lost: {error}." if error else ""


def finding(
    rule: Rule, found: ArgumentTrip, message: Message, context: Context, text: str, level: Confidence | None = None
) -> FindingBuilder:
    """A finding at an argument, with the job and where the value is made."""
    builder = context.finding(
        rule,
        found.argument.origin,
        text,
        confidence=confidence(found, message) if level is None else level,
        job=message.job,
        subject=found.path,
        what_happens=what_happens(found) if found.outcome.is_error else "",
    )
    relate(builder, found.trip.origin, found.argument.origin, found.trip.type_name, context)
    context.relate_enqueue(builder, message.enqueue)
    return builder


def relate(builder: FindingBuilder, origin: Origin | None, at: Origin, what: str, context: Context) -> None:
    """Show where the value is made, when that is elsewhere."""
    if origin is not None and origin != at:
        builder.relate(context.place(origin), f"{what} is made here")


def more(number: int) -> str:
    """How a message says that the argument holds others like it."""
    return f" ({number} more in this argument)" if number else ""
