"""Values that are callables where what they return was meant: `uuid4` for `uuid4()`, `delta.total_seconds`, `id`."""

from __future__ import annotations

import builtins

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Argument, Message
from jobcheck.rules.base import Context
from jobcheck.solve import stdlib
from jobcheck.solve.defs import all_params
from jobcheck.solve.kinds import (
    DEEPEST,
    Alt,
    External,
    Function,
    Kind,
    Literal,
    LocalFunction,
    Mapping,
    Method,
    Plain,
    Sequence,
    Value,
)
from jobcheck.solve.operators import plain_name

_CONTAINER_METHODS = {
    "dict": frozenset({"keys", "values", "items", "copy", "get", "pop"}),
    "list": frozenset({"copy", "pop", "count", "index"}),
    "set": frozenset({"copy", "pop", "union"}),
}
_NOTHING = (Plain("none"), Literal(None))


def find(value: Value, context: Context, depth: int = 0) -> Alt | None:
    """The first alternative of a value, or of what it holds, that is such a callable."""
    for alt in value.alts:
        if is_uncalled(alt.kind, context):
            return alt
        for part in _parts(alt.kind) if depth < DEEPEST else ():
            found = find(part, context, depth + 1)
            if found is not None:
                return found
    return None


def _parts(kind: Kind) -> tuple[Value, ...]:
    match kind:
        case Sequence(items=tuple() as items):
            return items
        case Sequence(element=element):
            return (element,)
        case Mapping(entries=entries, rest=rest):
            return (*(item for _, item in entries), *(rest[1:] if rest else ()))
        case _:
            return ()


def is_uncalled(kind: Kind, context: Context) -> bool:
    """Whether calling it as it stands gives a value, so that the brackets may be what is missing."""
    match kind:
        case External(qualname=name):
            return _is_known_callable(name)
        case Method(owner=owner, name=name):
            return any(_has_method(alt.kind, name) for alt in owner.alts)
        case Function():
            return _gives_value(kind, context)
        case LocalFunction():
            return _local_gives_value(kind, context)
        case _:
            return False


def _is_known_callable(name: str) -> bool:
    if "." not in name:
        found = getattr(builtins, name, None)
        return callable(found) and name not in stdlib.BUILTIN_EXCEPTIONS
    return name in stdlib.CALLS


def _has_method(owner: Kind, name: str) -> bool:
    if isinstance(owner, (Mapping, Sequence)):
        sort = "dict" if isinstance(owner, Mapping) else owner.name
        return name in _CONTAINER_METHODS.get(sort, ())
    return name in stdlib.METHODS.get(plain_name(owner), {})


def _gives_value(function: Function, context: Context) -> bool:
    """Whether a function or bound method of the project needs no arguments and returns something."""
    found = context.solver.function_decl(function.ref)
    if found is None or found[0].is_async or (found[1] is not None and function.bound is None):
        return False
    given = [p for p in found[0].params if not p.has_default and p.kind not in ("vararg", "kwarg")]
    needed = given[1:] if function.bound is not None else given
    return not needed and _returns(context.solver.returned(function.ref))


def _local_gives_value(function: LocalFunction, context: Context) -> bool:
    node, flow = context.solver.nested_node(function), context.solver.nested_flow(function)
    if node is None or flow is None or not isinstance(node[0], ir.FunctionDef) or node[0].is_async:
        return False
    params = node[0].params
    needed = [p for p in (*params.posonly, *params.args, *params.kwonly) if p.default is None]
    return not needed and _returns(context.solver.flow_value(flow))


def _returns(value: Value) -> bool:
    return value.only not in _NOTHING


def name_of(kind: Kind) -> str:
    """How a message writes it with the brackets that are missing."""
    match kind:
        case External(qualname=name) | Method(name=name) | LocalFunction(name=name):
            return name.rsplit(".", 1)[-1]
        case Function(ref=ref):
            return ref.name
        case _:
            return "it"


def is_callback(argument: Argument, message: Message, context: Context) -> bool:
    """Whether the job calls the parameter that takes the argument: then a function is what it wants."""
    unit = context.solver.function_unit(message.job.function) if message.job.function else None
    function = unit.function if unit is not None else None
    if function is None:
        return False
    name = argument.name or _position(argument, message)
    names = {p.name for p in all_params(function.params)} if name is None else {name}
    calls = [node.func for node in walk(function.body) if isinstance(node, ir.Call)]
    return any(isinstance(func, ir.Name) and func.id in names for func in calls)


def _position(argument: Argument, message: Message) -> str | None:
    """The parameter that a positional argument fills."""
    signature = message.job.signature
    if signature is None or message.enqueue.prepended is None:
        return None
    index = message.enqueue.positional.index(argument) + message.enqueue.prepended
    return signature.positional[index].name if index < len(signature.positional) else signature.vararg
