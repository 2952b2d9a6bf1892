"""Celery: where a signature's first argument comes from, once it is part of a chain, group or chord."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from jobcheck.frameworks import arguments
from jobcheck.frameworks.celery import model, names, results
from jobcheck.frameworks.celery.config import older
from jobcheck.registry import Enqueue, Option, Refusal, Registry
from jobcheck.solve.flow import Pipe, Site
from jobcheck.solve.kinds import FrameworkValue, Literal, Origin, Sequence, Value

if TYPE_CHECKING:
    from jobcheck.frameworks.celery.record import Recorder
    from jobcheck.solve.solver import Solver

Incoming = Union[int, model.Canvas, None]


def note(solver: Solver, site: Site, registry: Registry) -> None:
    """A call of chain, group or chord: its parts learn their place."""
    only = solver.value(site.call, site.env).only
    data = model.data_of(only, "canvas") if only is not None else None
    if isinstance(data, model.Canvas):
        place_parts(data)


def place_parts(data: model.Canvas) -> None:
    """Tell each part of a canvas where its first argument comes from."""
    for index, part in enumerate(data.parts):
        if data.what == "group":
            consume(part, data)
        elif data.what == "chord":
            consume(part, data if index == 0 else 1)
        elif data.open:
            consume(part, None)
        else:
            consume(part, data if index == 0 else 1)
            if index:
                results.feed(data.parts[index - 1], part)


def consume(value: Value, incoming: Incoming) -> None:
    """Signatures, and canvases, in a value are put where `incoming` says."""
    for kind in value.kinds():
        if isinstance(kind, Sequence):
            for item in kind.items if kind.items is not None else (kind.element,):
                consume(item, incoming)
        if isinstance(kind, FrameworkValue) and isinstance(kind.data, (model.Signature, model.Canvas)):
            kind.data.uses.append(incoming)


def pipe(solver: Solver, left: Value, right: Value, origin: Origin) -> Value | None:
    """`left | right`: a chain of both; None when no operand is a signature or canvas."""
    if not _composable(left) and not _composable(right):
        return None
    first = left.only
    before = first.data if isinstance(first, FrameworkValue) else None
    if isinstance(before, model.Canvas) and before.what == "chain" and not before.open:
        return model.canvas(model.Canvas("chain", origin, [*before.parts, right]))
    return model.canvas(model.Canvas("chain", origin, [left, right]))


def _composable(value: Value) -> bool:
    return any(isinstance(k, FrameworkValue) and k.role in ("signature", "canvas") for k in value.kinds())


def piped(solver: Solver, found: Pipe) -> None:
    """A `|` expression: the right operand gets the left one's result."""
    left = solver.value(found.node.left, found.env)
    right = solver.value(found.node.right, found.env)
    if not _composable(left) and not _composable(right):
        return
    whole = solver.value(found.node, found.env).only
    data = model.data_of(whole, "canvas") if whole is not None else None
    consume(right, 1)
    results.feed(left, right)
    if isinstance(data, model.Canvas):
        consume(left, data)


def called(solver: Solver, site: Site, data: model.Canvas) -> None:
    """`chord(header)(body)`, `group(...)()`, `chain(...)()`."""
    data.uses.append(0)
    if data.what == "chord" and site.call.args:
        consume(solver.value(site.call.args[0].value, site.env), 1)


def sent(solver: Solver, recorder: Recorder, site: Site, owner: FrameworkValue, verb: str, registry: Registry) -> None:
    """`.delay()`, `.apply_async()`, `.set()`, `.link()` on a signature or canvas."""
    data = owner.data
    assert isinstance(data, (model.Signature, model.Canvas))
    if verb in names.SENDING:
        given = len([a for a in site.call.args if a.keyword is None or a.keyword in ("args", "kwargs")])
        if (verb == "delay" and site.call.args) or (verb != "delay" and given):
            data.uses.append(None)
            if isinstance(data, model.Signature):
                data.extended = True
        else:
            data.uses.append(0)
        options, _ = arguments.options_of(solver, site.call.args, site.env, frozenset({"args", "kwargs"}))
        if verb != "delay":
            _add_options(data, options)
        if isinstance(data, model.Canvas):
            _refuse(solver, site, data, options, registry)
        for name, incoming in (("link", 1), ("link_error", None)):
            if name in options:
                consume(options[name].value, incoming)
    elif verb == "set":
        options, is_open = arguments.options_of(solver, site.call.args, site.env)
        immutable = options.pop("immutable", None)
        if isinstance(data, model.Signature) and (immutable is not None or is_open):
            data.immutable = True if arguments.truth(immutable) and not is_open else None
        _add_options(data, options)
    elif verb in ("clone", "partial"):
        data.uses.append(None)
    elif verb in ("link", "then"):
        for arg in site.call.args[:1]:
            consume(solver.value(arg.value, site.env), 1)
    elif verb in ("link_error", "on_error"):
        for arg in site.call.args[:1]:
            consume(solver.value(arg.value, site.env), None)


# Since then a chord gives the callbacks that it is sent with to its body.
_CHORD_CALLBACKS = (5, 7)


def _refuse(solver: Solver, site: Site, data: model.Canvas, options: dict[str, Option], registry: Registry) -> None:
    """Callbacks for a group, which has nothing to hang them on, and for a chord, which once handed them to its group."""
    if data.what != "group" and not (data.what == "chord" and older(solver, _CHORD_CALLBACKS)):
        return
    for name in ("link", "link_error"):
        if name in options and _is_given(options[name].value):
            in_test = solver.is_test(site.unit.filename)
            made = site.unit.origin(site.call.func)
            registry.refusals.append(Refusal(model.NAME, data.what, options[name], "TypeError is raised", in_test, made))


def _is_given(value: Value) -> bool:
    """Whether a value is known and is not None."""
    return bool(value.alts) and not value.open and not any(kind == Literal(None) for kind in value.kinds())


def _add_options(data: model.Signature | model.Canvas, options: dict[str, Option]) -> None:
    if isinstance(data, model.Signature):
        data.options.update(options)


def incoming_of(data: model.Signature | model.Canvas, depth: int = 0) -> int | None:
    """How many results are put before the arguments; None when that is not known."""
    if depth > 12 or not data.uses:
        return None
    found: set[int | None] = set()
    for use in data.uses:
        found.add(incoming_of(use, depth + 1) if isinstance(use, model.Canvas) else use)
    return found.pop() if len(found) == 1 else None


def settle(enqueue: Enqueue, data: model.Signature, *, rewritten: bool) -> None:
    """Set what is known of a signature's arguments once all uses are recorded.

    `rewritten`: the code around it touches `.args` or `.kwargs` of a signature.
    """
    enqueue.options = {**enqueue.options, **data.options}
    incoming = incoming_of(data)
    enqueue.follows = bool(incoming)
    if data.immutable:
        enqueue.prepended, enqueue.partial = 0, False
        return
    if data.immutable is None:
        incoming = None
    enqueue.prepended = incoming
    enqueue.partial = incoming is None or data.extended or rewritten
