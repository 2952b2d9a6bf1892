"""
## What it finds
A job that reads its options with a key that cannot be there after the trip: `options[1]`, `options.get(2)`,
`options[Color.RED]`, `None in options`, where the wire carries only strings as keys; or with an attribute
(`options.color`) where the queue brings a dict.

## Why it matters
Whatever the keys were when the job was enqueued, JSON brings strings: `options[1]` raises KeyError, `options.get(1)`
is always None and takes the default in silence. A job that is called directly in its tests does not show it. On Celery
this holds for json (its default) and msgpack, on the reference API for all wires.

## Example
```python
@app.task
def resize(image_id, sizes):
    small = sizes[1]                       # KeyError: the key is "1"

resize.delay(7, {1: "64x64"})
```

## Use instead
```python
@app.task
def resize(image_id, sizes):
    small = sizes["small"]

resize.delay(7, {"small": "64x64"})
```

## How to fix
Read with the string, and enqueue with the same string. For many keys convert once where the job begins:
`sizes = {int(key): value for key, value in sizes.items()}`.

## Options
`[tool.jobcheck.serializers]` names the serializer where the code does not say it.

## Known limits
Only jobs that something in the project enqueues are judged. A number may be a list's index, so it counts only where
the parameter is seen to be a dict. A dict that the job changes before it reads, and a read whose KeyError is caught
or that tries the string too, are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.registry import Argument, Job, Message
from jobcheck.rules.arguments import expects, places, trips
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity
from jobcheck.solve import operators
from jobcheck.solve.kinds import UNKNOWN, EnumMember, Kind, Literal, Mapping, Sequence, Value
from jobcheck.solve.tracing import Path
from jobcheck.solve.uses import Use, Uses
from jobcheck.values import dataclass
from jobcheck.wire.rows import key_rows, weakest

_DICT_METHODS = frozenset({"get", "items", "keys", "values", "setdefault", "update"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One enqueue that gives a value to the parameter."""

    message: Message
    argument: Argument


class KeyMismatch(Rule):
    """JOB105."""

    code = "JOB105"
    severity = Severity.ERROR
    subject = Job

    def check(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        messages = [m for m in context.registry.messages if m.job is job and _queued(m)]
        if not messages or job.signature is None or any(m.converted for m in messages):
            return
        for parameter in job.signature.parameters:
            uses = context.uses(job, parameter.name)
            if not uses.found:
                continue
            given = _deliveries(messages, parameter.name)
            annotated = parameter.annotation
            for use in uses.found:
                if use.changed or use.path in uses.tested or use.caught & expects.PREPARED:
                    continue
                yield from self.judge(use, uses, given, annotated, messages, context)

    def judge(
        self, use: Use, uses: Uses, given: list[Delivery], annotated: Value, messages: list[Message], context: Context
    ) -> Iterator[FindingBuilder]:  # fmt: skip
        """The finding about one use, if there is one."""
        key = use.other.only if use.how == "key" else None
        sure = is_dict(use.path, uses, given, annotated)
        if key is not None and _absent(key, messages, context) and not _reads_text_too(key, use, uses):
            if sure is None and not _no_index(key, use):
                return
            text = f"`{messages[0].job.label}` reads `{context.text(use.origin)}`, a key that no message can hold"
            yield self.finding(use, given, messages, context, f"{text}: keys arrive as strings", sure)
        elif use.how == "attribute" and not hasattr(dict, use.name) and _surely_plain(use, sure, given, messages, context):
            text = f"`{messages[0].job.label}` reads `{context.text(use.origin)}`, but the queue brings a dict"
            yield self.finding(use, given, messages, context, f"{text}, which has no such attribute", sure)

    def finding(
        self, use: Use, given: list[Delivery], messages: list[Message], context: Context, text: str, sure: bool | None
    ) -> FindingBuilder:  # fmt: skip
        """The finding at the read; sure by what an enqueue is seen to give, or by the code that reads."""
        level = max((m.confidence for m in messages), default=Confidence.LOW)
        if use.via or sure is False:
            level = min(level, Confidence.MEDIUM)
        builder = context.finding(self, use.origin, text, confidence=level, job=messages[0].job)
        builder.subject = context.text(use.origin)
        builder.what_happens = _what_happens(use)
        builder.how_to_fix = _remedy(use)
        for delivery in given[:3]:
            builder.relate(context.place(delivery.argument.origin), "enqueued with this")
        return builder


def _queued(message: Message) -> bool:
    enqueue = message.enqueue
    return bool(message.wires) and not enqueue.immediate and not enqueue.in_test


def _deliveries(messages: list[Message], parameter: str) -> list[Delivery]:
    """What each enqueue gives to a parameter, as far as it is seen."""
    return [
        Delivery(message, argument) for message in messages for argument, name, _ in trips.placed(message) if name == parameter
    ]


def is_dict(path: Path, uses: Uses, given: list[Delivery], annotated: Value) -> bool | None:
    """Whether what is read is a dict: True when an enqueue shows it, False when only the job's code says so; None else."""
    values = [value_at(d.argument.value, path) for d in given]
    known = [v for v in values if not v.unknown]
    if any(not isinstance(k, Mapping) and operators.plain_name(k) != "none" for v in known for k in v.kinds()):
        return None
    if any(isinstance(k, Mapping) for v in known for k in v.kinds()):
        return True
    if not path and any(isinstance(k, Mapping) for k in annotated.kinds()):
        return False
    return False if any(_shows_dict(use) for use in uses.of(path)) else None


def _shows_dict(use: Use) -> bool:
    """Whether a use is one that only a dict serves."""
    if use.how == "attribute":
        return use.name in _DICT_METHODS and isinstance(use.node, ir.Call)
    key = use.other.only
    return use.how == "key" and use.name != "in" and isinstance(key, Literal) and isinstance(key.value, str)


def value_at(value: Value, path: Path) -> Value:
    """What lies at a path of a value; unknown where that cannot be told."""
    for step in path:
        only = value.only
        if isinstance(only, Mapping) and step.what == "key":
            value = operators.lookup(only, step.key)
        elif isinstance(only, Sequence) and step.what in ("each", "item"):
            value = only.element
        else:
            return UNKNOWN
    return value


def _absent(key: Kind, messages: list[Message], context: Context) -> bool:
    """Whether no wire of the job's messages can bring such a key."""
    if isinstance(key, EnumMember) and key.flavor == "str":
        return False  # equal to its value, which may be there
    rows = key_rows(key, context.solver.classes)
    wires = {name for message in messages for name in message.wires}
    return bool(rows) and all(weakest(context.wire(name), rows)[1].kind != "same" for name in wires)


def _no_index(key: Kind, use: Use) -> bool:
    """Whether the key is none that a list or a str could be asked for."""
    if use.name == "in":
        return False
    return isinstance(key, EnumMember) and key.flavor == "plain"


def _reads_text_too(key: Kind, use: Use, uses: Uses) -> bool:
    """Whether the job also tries the key's text."""
    text = places.text_of_key(key)
    return text is not None and any(u.how == "key" and u.other.only == Literal(text) for u in uses.of(use.path))


def _surely_plain(use: Use, sure: bool | None, given: list[Delivery], messages: list[Message], context: Context) -> bool:
    """Whether what is read is a plain dict when it arrives: not a subclass with attributes of its own."""
    if sure:
        kinds = [k for d in given for k in value_at(d.argument.value, use.path).kinds()]
        return all(getattr(k, "name", "") in ("dict", "none") for k in kinds)
    # Only dicts, lists and plain values come out of these.
    wires = {context.wire(name) for message in messages for name in message.wires}
    return sure is False and all(w.format in ("json", "msgpack") and w.name != "activejob" for w in wires)


def _what_happens(use: Use) -> str:
    match use.how, use.name:
        case "attribute", _:
            return "It raises AttributeError when the job runs."
        case _, "get":
            return "It is always the default (None where none is given)."
        case _, "in":
            return "It is always False."
        case _:
            return "It raises KeyError when the job runs."


def _remedy(use: Use) -> str:
    if use.how == "attribute":
        return f'Read `["{use.name}"]`.'
    key = use.other.only
    if isinstance(key, EnumMember):
        return "Read with a str: the member's `.name`, or its `.value` where that is one; and enqueue with the same."
    text = places.text_of_key(key)
    return f'Read with a str (`"{text}"`, or better a name), and enqueue with the same.'
