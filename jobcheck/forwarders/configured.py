"""Forwarders that the configuration names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.config_forwarders import REST, Forwarder, Place
from jobcheck.frameworks import arguments
from jobcheck.frameworks.base import NoJobs
from jobcheck.frameworks.hinges import Hinges, of_call
from jobcheck.registry import Deferred, Enqueue, Job
from jobcheck.solve.kinds import External, Function, FunctionRef, Kind, Literal, Value

if TYPE_CHECKING:
    from jobcheck.registry import Registry
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver


class Configured(NoJobs):
    """Takes part as if it were a framework: its verbs are the names of the functions."""

    name = "forwarders"

    def __init__(self, entries: tuple[Forwarder, ...]) -> None:
        self.entries = entries
        self.verbs = frozenset(_last(entry) for entry in entries)
        self.seeds = self.forwarded = self.verbs
        self.marks = tuple(rb"\b" + re.escape(verb.encode()) + rb"\s*\(" for verb in sorted(self.verbs))

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """See Framework."""
        found = of_call(call, owner=False)
        given = (_given(call, entry.job) for entry in self.entries if _last(entry) == verb)
        found.jobs += [node for node in given if node is not None]
        return found

    def is_one(self, solver: Solver, ref: FunctionRef) -> bool:
        """Whether a function of the project is one of them."""
        name = f"{solver.project.module_name(ref.filename)}.{ref.qualname}"
        return any(_ends(name, entry.function) for entry in self.entries)

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework."""
        entry = next((entry for entry in self.entries if self._calls(solver, site, entry)), None)
        if entry is not None:
            registry.enqueues.extend(_enqueues(solver, site, entry))

    def _calls(self, solver: Solver, site: Site, entry: Forwarder) -> bool:
        func = site.call.func
        name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        if name != _last(entry):
            return False
        callee = solver.value(func, site.env)
        if callee.unknown:  # a method of what nobody knows: the configuration's word is all there is
            return isinstance(func, ir.Attribute)
        return any(_ends(full, entry.function) for full in _names_of(solver, callee))


def _last(entry: Forwarder) -> str:
    return entry.function.rpartition(".")[2]


def _ends(name: str, said: str) -> bool:
    return f".{name}".endswith(f".{said}")


def _names_of(solver: Solver, callee: Value) -> Iterator[str]:
    for kind in callee.kinds():
        if isinstance(kind, Function):
            yield f"{solver.project.module_name(kind.ref.filename)}.{kind.ref.qualname}"
        elif isinstance(kind, External):
            yield kind.qualname


def _enqueues(solver: Solver, site: Site, entry: Forwarder) -> Iterator[Enqueue]:
    own: dict[Place | None, ir.Expr | None] = {}
    own |= {place: _given(site.call, place) for place in (entry.job, entry.args, entry.kwargs) if place not in (None, REST)}
    node = own.get(entry.job)
    if node is None:
        return
    value = solver.value(node, site.env)
    jobs = tuple(job for kind in value.kinds() for job in _jobs(solver, kind, entry))
    name = value.only.value if isinstance(value.only, Literal) else None
    framework = jobs[0].framework if jobs else entry.framework or "celery"
    origin = site.unit.origin(site.call)
    made = Enqueue(framework, _last(entry), site, origin, jobs, name if isinstance(name, str) else None)
    made.named = site.unit.origin(node) if made.job_name is not None else None
    made.in_test = solver.is_test(site.unit.filename)
    made.deferred = Deferred("on_commit", origin) if entry.deferred else None
    _fill(solver, made, entry, own)
    yield made


def _jobs(solver: Solver, kind: Kind, entry: Forwarder) -> Iterator[Job]:
    """A job, or what a method or message of one stands on; a plain function where the framework takes these."""
    if isinstance(kind, Function) and entry.framework is not None:
        makers = (getattr(f, "job_of", None) for f in solver.frameworks if f.name == entry.framework)
        yield from (job for make in makers if make is not None and (job := make(solver, kind.ref)) is not None)
        return
    data = getattr(kind, "data", None)
    for found in (data, getattr(data, "job", None), getattr(getattr(data, "owner", None), "data", None)):
        if isinstance(found, Job):
            yield found
            return


def _fill(solver: Solver, made: Enqueue, entry: Forwarder, own: dict[Place | None, ir.Expr | None]) -> None:
    env, call = made.site.env, made.site.call
    taken = {id(node) for node in own.values() if node is not None}
    left = [a for a in call.args if id(a.value) not in taken]
    options = [a for a in left if a.keyword in entry.options]
    made.options, _ = arguments.options_of(solver, options, env)
    rest = [a for a in left if a.keyword not in entry.options or a.keyword is None]
    positional = [a for a in rest if a.keyword is None and a.star != "**"] if entry.args == REST else []
    keywords = [a for a in rest if a.keyword is not None or a.star == "**"] if entry.kwargs == REST else []
    given = arguments.from_call(solver, [*positional, *keywords], env)
    lists = (own.get(entry.args), own.get(entry.kwargs))
    given = arguments.from_parts(solver, *lists, env, given)
    made.arguments, made.open_args, made.open_kwargs = given.arguments, given.open_args, given.open_kwargs
    made.open_args = made.open_args or any(a.star == "*" for a in call.args)
    made.open_kwargs = made.open_kwargs or any(a.star == "**" for a in call.args)


def _given(call: ir.Call, place: Place | None) -> ir.Expr | None:
    """The expression given for a parameter: by position, or by name."""
    if isinstance(place, str):
        return next((a.value for a in call.args if a.keyword == place), None)
    positional: list[ir.Expr] = []
    for arg in call.args:
        if arg.star == "*":
            break
        if arg.keyword is None and not arg.star:
            positional.append(arg.value)
    return positional[place] if place is not None and place < len(positional) else None
