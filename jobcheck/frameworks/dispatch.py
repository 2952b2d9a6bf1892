"""Dispatch by string: functions of the project that are handed a job's name and its arguments.

`enqueue("orders.created", order_id)` may put the pair into a list that something else sends later; no flow of values
leads from there to the queue. But a function whose first argument is, wherever it is called, the name of a job is one
that enqueues. What it does with the rest its own parameters say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.frameworks import arguments
from jobcheck.registry import Deferred, Enqueue, Job, Registry
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import Function, FunctionRef

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_CALL = re.compile(rb"""\b(\w+)\(\s*(?:"([\w.:/-]+)"|'([\w.:/-]+)')\s*[,)]""")
_WORD = re.compile(r"[^\W\d]\w*")
# How many different jobs a function must name, and which part of all its names must be jobs', to be a dispatcher.
_FEWEST_NAMES = 2
_SHARE = 0.75


def enqueues(
    solver: Solver, framework: str, by_name: dict[str, list[Job]], registry: Registry, options: frozenset[str]
) -> Iterator[Enqueue]:
    """An enqueue for each call of a dispatcher that is not recorded yet; `options` the framework takes out of any call."""
    said = [j.options.get(n) for jobs in by_name.values() for j in jobs for n in ("name", "actor_name", "task_name")]
    if not any(said):
        return  # nobody gives jobs names: the strings in calls are something else
    known = {(e.unit.filename, e.unit.offset + e.site.call.start) for e in registry.enqueues}
    for name, files in _dispatchers(solver, frozenset(by_name)):
        for filename in files:
            for site in _calls(solver, filename, name):
                if (filename, site.unit.offset + site.call.start) not in known:
                    made = _enqueue(solver, framework, site, options)
                    if made is not None:
                        yield made


def _dispatchers(solver: Solver, names: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """Functions whose first argument is nearly always a job's name, with the files that call them so."""
    told: dict[str, list[tuple[str, str]]] = {}
    words = {part for name in names for part in _WORD.findall(name)[-1:]}
    for filename in solver.callers.mentions.any_of(words):
        for match in _CALL.finditer(solver.raw(filename) or b""):
            text = (match[2] or match[3]).decode("utf-8", "replace")
            told.setdefault(match[1].decode("utf-8", "replace"), []).append((text, filename))
    for name, pairs in sorted(told.items()):
        matching = [text for text, _ in pairs if text in names]
        if len(set(matching)) >= _FEWEST_NAMES and len(matching) >= _SHARE * len(pairs):
            yield name, sorted({filename for _, filename in pairs})


def _calls(solver: Solver, filename: str, name: str) -> Iterator[Site]:
    """The calls of a name in a file."""
    for offset in solver.callers.mentions.offsets(filename, name):
        unit = solver.callers.unit_at(filename, offset)
        if unit is None or unit.refused:
            continue
        for site in solver.flow(unit).sites:
            func = site.call.func
            last = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
            if last == name and func.end + unit.offset == offset + len(name.encode()):
                yield site


def _enqueue(solver: Solver, framework: str, site: Site, options: frozenset[str]) -> Enqueue | None:
    """What a dispatcher is told; None for other functions of its name."""
    first = site.call.args[0] if site.call.args else None
    only = solver.value(site.call.func, site.env).only
    if first is None or first.keyword or first.star or not isinstance(only, Function):
        return None
    taken = _own_parameters(solver, only.ref, only.bound is not None)
    text = first.value.value if isinstance(first.value, ir.Constant) else None
    if taken is None or not isinstance(text, str):
        return None
    made = Enqueue(framework, only.ref.name, site, site.unit.origin(site.call), (), text)
    made.named = site.unit.origin(first.value)
    made.in_test = solver.is_test(site.unit.filename)
    made.deferred = Deferred("dispatched", made.origin)  # it may wait in a list: when it is sent, nobody sees
    own, adds = _own_keywords(solver, only.ref)
    kept = taken | options
    rest = [a for a in site.call.args[1:] if a.keyword is None or a.keyword not in kept | own]
    given = arguments.from_call(solver, rest, site.env)
    made.arguments, made.open_args, made.open_kwargs = given.arguments, given.open_args, given.open_kwargs or adds
    made.options, _ = arguments.options_of(solver, [a for a in site.call.args if a.keyword in kept and a.keyword], site.env)
    return made


def _own_keywords(solver: Solver, ref: FunctionRef) -> tuple[frozenset[str], bool]:
    """The keywords that a dispatcher knows by name, and whether it may add some to those that it is given."""
    unit = solver.function_unit(ref)
    function = unit.function if unit is not None else None
    kwarg = function.params.kwarg if function is not None else None
    if function is None or kwarg is None:
        return frozenset(), True
    named = frozenset(n.value for n in walk(function.body) if isinstance(n, ir.Constant) and isinstance(n.value, str))
    return named, any(_adds(node, kwarg.name) for node in walk(function.body))


def _adds(node: ir.Node, kwarg: str) -> bool:
    """`{"trace": x, **kwargs}`, `kwargs["trace"] = x`, `kwargs.update(...)`, `send(trace=x, **kwargs)`."""
    match node:
        case ir.DictExpr(items=items):
            return len(items) > 1 and any(i.key is None and _is(i.value, kwarg) for i in items)
        case ir.Assign(targets=targets):
            return any(isinstance(t, ir.Subscript) and _is(t.value, kwarg) for t in targets)
        case ir.Call(func=ir.Attribute(value=owner, attr="update" | "setdefault")) if _is(owner, kwarg):
            return True
        case ir.Call(args=args):
            return any(a.star == "**" and _is(a.value, kwarg) for a in args) and any(a.keyword for a in args)
        case _:
            return False


def _is(node: ir.Expr, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


def _own_parameters(solver: Solver, ref: FunctionRef, bound: bool) -> frozenset[str] | None:
    """The parameters that a dispatcher keeps, when it is `(name, *args, option=..., **kwargs)`; None for others."""
    found = solver.function_decl(ref)
    if found is None:
        return None
    params = found[0].params[1 if bound else 0 :]
    kinds = [p.kind for p in params]
    if kinds.count("posonly") + kinds.count("arg") != 1 or "vararg" not in kinds or "kwarg" not in kinds:
        return None
    return frozenset(p.name for p in params if p.kind == "kwonly")
