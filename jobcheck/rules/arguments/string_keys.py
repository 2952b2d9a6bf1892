"""
## What it finds
A dict argument with keys that are not strings (Enum members, numbers, None, bools, tuples, UUIDs) on a wire that does
not carry such keys: it refuses them, or makes text of them in silence. Silent changes are reported where the job needs
the keys as they were, or hands them on to where nobody can see; a job that reads text keys, converts them, or only
looks at the values is left alone.

## Why it matters
A queue stores JSON objects, whose keys are strings, as a Ruby queue stores no symbols. Celery's json raises
`EncodeError` for an Enum member, a tuple or a UUID as key, and makes `"1"` of 1, `"null"` of None and `"true"` of True,
so that `options[1]` raises KeyError in the job and `options.get(1)` finds nothing. The `resque` wire of the reference
API does the same, `sidekiq` and `activejob` refuse all keys that are no strings. Celery's msgpack accepts a number at
enqueue and fails in the worker. Pickle keeps keys as they are.

## Example
```python
paint.delay({Color.RED: 0.5})
resize.delay({1: "small", 2: "large"})          # the job reads sizes[1]
```

## Use instead
```python
paint.delay({Color.RED.value: 0.5})             # a str
resize.delay({"small": 1, "large": 2})
```

## How to fix
Use names for option keys. Where numbers are meant, pass a list of pairs, or convert in the job:
`{int(key): value for key, value in sizes.items()}`.

## Options
`[tool.jobcheck.serializers]` names the serializer where the code does not say it.

## Known limits
Keys whose kind is not known are never reported. Members of a str Enum become their values, which are equal to them:
they are not reported where the wire takes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.registry import Message
from jobcheck.rules.arguments import expects, places, sight, trips
from jobcheck.rules.arguments.trips import ArgumentTrip
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve.kinds import EnumMember, Kind, Literal
from jobcheck.solve.uses import Use, Uses


class NonStringKey(Rule):
    """JOB104."""

    code = "JOB104"
    severity = Severity.ERROR
    subject = Message
    yields_to = ("JOB101",)

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        found = [t for t in trips.of_message(message, context) if t.is_key]
        colliding = {id(t.argument) for t in found if t.trip.row == "dict_collide" and not t.outcome.is_error}
        refused = [t for t in found if t.outcome.is_error]
        for trip, others in trips.first_of_each(refused):
            yield self.refused(trip, others, message, context)
        done = colliding | {id(t.argument) for t in refused}
        changed = [t for t in found if id(t.argument) not in done and not _is_text(t.trip.kind)]
        for trip, others in trips.first_of_each(changed):
            yield self.changed(trip, others, message, context)

    def refused(self, found: ArgumentTrip, others: int, message: Message, context: Context) -> FindingBuilder:
        """The wire does not take the key."""
        carrier = trips.serializer(found, message, context)
        text = f"{_given(found, message)}, which {trips.failure(found)} ({carrier}){trips.more(others)}"
        builder = trips.finding(self, found, message, context, text)
        builder.how_to_fix = _remedy(found.trip.kind)
        return builder

    def changed(self, found: ArgumentTrip, others: int, message: Message, context: Context) -> FindingBuilder:
        """The wire makes text of the key; how much that matters is the job's affair."""
        level, why = need(found, message, context)
        carrier = trips.serializer(found, message, context)
        as_text = places.text_of_key(found.trip.kind)
        arrives = "text" if as_text is None else f'"{as_text}"'
        text = f"{_given(found, message)}, which arrives as {arrives} ({carrier}){why}"
        level = min(level, trips.confidence(found, message))
        builder = trips.finding(self, found, message, context, text + trips.more(others), level)
        builder.severity = Severity.WARNING
        builder.what_happens = "The enqueue succeeds; in the worker the dict has text for keys."
        builder.how_to_fix = _remedy(found.trip.kind)
        return builder


def need(found: ArgumentTrip, message: Message, context: Context) -> tuple[Confidence, str]:
    """How sure it is that the job needs the keys as they were, and in words why."""
    if found.parameter is None or message.job.function is None:
        return Confidence.MEDIUM, ""
    uses = context.uses(message.job, found.parameter)
    place = places.container(found.trip.path)
    read = next((use for use in uses.found if reads_other_key(use, place)), None)
    if read is not None:
        return Confidence.HIGH, f": `{context.text(read.origin)}` does not find it"
    proof = expects.proof(found.trip, uses, message.job, context)
    if proof is not None:
        return Confidence.HIGH, f": {proof.text}"
    return _unseen(uses, place)


def _unseen(uses: Uses, place: str) -> tuple[Confidence, str]:
    return (Confidence.MEDIUM if sight.keys_out_of_sight(uses, place) else Confidence.LOW), ""


def reads_other_key(use: Use, place: str) -> bool:
    """Whether a use reads the dict at a place under a key that is no text."""
    if use.how != "key" or use.changed or use.caught & expects.PREPARED or not places.fits(place, use.path):
        return False
    key = use.other.only
    return (isinstance(key, Literal) and not isinstance(key.value, str)) or (isinstance(key, EnumMember) and key.flavor != "str")


def _is_text(kind: Kind) -> bool:
    return isinstance(kind, EnumMember) and kind.flavor == "str"


def _given(found: ArgumentTrip, message: Message) -> str:
    where = found.path.removesuffix(places.last(found.trip.path))
    return f"`{message.job.label}` is given a dict with {found.trip.type_name} as a key in `{where}`"


def _remedy(kind: Kind) -> str:
    if isinstance(kind, EnumMember):
        return f"Use `.name` or a `.value` that is a str, and make the `{kind.cls.name}` again in the job."
    return "Use strings as keys, or pass a list of pairs."
