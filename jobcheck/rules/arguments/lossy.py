"""
## What it finds
An argument that arrives as another type or value than was enqueued, where the job needs the original: a tuple that
arrives as a list, an IntEnum member as an int, a QueryDict that keeps one value of each key, a dict whose keys `1` and
`"1"` become one. The job's need is shown by what it does with its parameter: an attribute that the arrived type lacks,
`is` a member, `==` a tuple, a key or a set member that must be hashable, an `isinstance` that it insists on; or by the
annotation (a member's or a named tuple's class) of a parameter that it hands on.

## Why it matters
The enqueue succeeds, so nothing is seen until the job runs: it raises there, or takes the wrong branch in silence.
Celery's json and the `resque` wire of the reference API make lists of tuples and plain values of Enum members; other
serializers lose other things (msgpack gives bytes for a bytearray, yaml lists for tuples). Pickle keeps all of these.

## Example
```python
@app.task
def repaint(color):
    if color is Color.RED:          # never true: 1 arrives, not Color.RED
        ...

repaint.delay(Color.RED)            # an IntEnum
```

## Use instead
```python
@app.task
def repaint(color):
    color = Color(color)
    if color is Color.RED:
        ...

repaint.delay(Color.RED.value)
```

## How to fix
Make the original again where the job begins (`Color(value)`, `tuple(pair)`, `Point(*point)`), and enqueue the plain
value, so that both sides say what travels.

## Options
`[tool.jobcheck.serializers]` names the serializer where the code does not say it.

## Known limits
The parameter is followed through new names, items and functions of the project, not into other libraries. After a type
test of the parameter nothing is concluded. A change that no use shows to matter is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.registry import Message
from jobcheck.rules.arguments import expects, sight, trips
from jobcheck.rules.arguments.trips import ArgumentTrip
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.kinds import EnumMember, Instance, Kind, Mapping, Sequence


class LossyArgument(Rule):
    """JOB102."""

    code = "JOB102"
    severity = Severity.WARNING
    subject = Message
    yields_to = ("JOB101", "JOB104")

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        seen: set[int] = set()
        for found in trips.of_message(message, context):
            if found.outcome.kind != "changed" or id(found.argument) in seen:
                continue
            builder = self.collision(found, message, context) or self.needed(found, message, context)
            builder = builder or self.promised(found, message, context)
            if builder is not None:
                seen.add(id(found.argument))
                yield builder

    def collision(self, found: ArgumentTrip, message: Message, context: Context) -> FindingBuilder | None:
        """Two keys become one: an entry is lost whatever the job does."""
        if found.trip.row != "dict_collide":
            return None
        text = f"`{message.job.label}` is given a dict whose key `{found.path}` becomes the text of another of its keys"
        builder = trips.finding(self, found, message, context, f"{text}: one of the two entries is lost")
        builder.what_happens = "Keys travel as text, so the later of the two entries replaces the earlier."
        builder.how_to_fix = "Give the dict keys that differ as text, or pass a list of pairs."
        return builder

    def needed(self, found: ArgumentTrip, message: Message, context: Context) -> FindingBuilder | None:
        """The job does something that what arrives cannot serve."""
        trip = found.trip
        if found.parameter is None or (found.is_key and not isinstance(trip.kind, EnumMember)):
            return None
        proof = expects.proof(trip, context.uses(message.job, found.parameter), message.job, context)
        if proof is None:
            return None
        level = trips.confidence(found, message)
        level = level if proof.sure else min(level, Confidence.MEDIUM)
        builder = self.finding(found, message, context, proof.text, level)
        builder.relate(context.place(proof.use.origin), "the job needs the original here")
        return builder

    def promised(self, found: ArgumentTrip, message: Message, context: Context) -> FindingBuilder | None:
        """The parameter's annotation promises the original, and the job hands it on to where that may matter."""
        signature, trip = message.job.signature, found.trip
        parameter = signature.parameter(found.parameter) if signature and found.parameter else None
        if parameter is None or trip.path or found.is_key or not _promises(parameter.annotation.kinds(), trip.kind):
            return None
        uses = context.uses(message.job, parameter.name)
        if () in uses.tested:
            return None
        # A list serves nearly everywhere where a tuple does; what a member or a named tuple has, a plain value has not.
        matters = isinstance(trip.kind, (EnumMember, Instance)) and sight.out_of_sight(uses, "")
        level = Confidence.MEDIUM if matters else Confidence.LOW
        text = "its annotation promises the original"
        return self.finding(found, message, context, text, min(level, trips.confidence(found, message)))

    def finding(self, found: ArgumentTrip, message: Message, context: Context, why: str, level: Confidence) -> FindingBuilder:
        """The finding, with what arrives and why that matters."""
        arrives = found.outcome.becomes or "something else"
        carrier = trips.serializer(found, message, context)
        text = f"`{message.job.label}` is given {found.trip.type_name} as `{found.path}`, which arrives as {arrives}"
        builder = trips.finding(self, found, message, context, f"{text} ({carrier}): {why}", level)
        builder.what_happens = f"The enqueue succeeds; in the worker the job is given {arrives}."
        builder.how_to_fix = _remedy(found.trip.kind)
        return builder


def _promises(annotated: tuple[Kind, ...], kind: Kind) -> bool:
    """Whether the annotation names the original's type and not one that arrives in its place."""
    own = [k for k in annotated if _same_type(k, kind)]
    return bool(own) and all(_same_type(k, kind) or getattr(k, "name", "") == "none" for k in annotated)


def _same_type(one: Kind, other: Kind) -> bool:
    if isinstance(one, (Sequence, Mapping)) and isinstance(other, (Sequence, Mapping)):
        return one.name == other.name
    if isinstance(one, (EnumMember, Instance)) and isinstance(other, (EnumMember, Instance)):
        return one.cls == other.cls
    return False


def _remedy(kind: Kind) -> str:
    match kind:
        case EnumMember(cls) | Instance(cls):
            return f"Make the original again in the job (`{cls.name}(...)`), and enqueue the plain values."
        case Sequence("tuple"):
            return "Make it a tuple again in the job, or let the job work with a list, and enqueue a list."
        case _:
            return "Enqueue what arrives, and make of it in the job what the job needs."
