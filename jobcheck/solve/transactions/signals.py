"""The project's own signals: a receiver runs where the signal is sent, inside of whatever is open there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.kinds import External, Function, Instance, Origin, Sequence, Value
from jobcheck.solve.sites import Site
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

RECEIVERS = frozenset({"django.dispatch.receiver", "django.dispatch.dispatcher.receiver"})
_SIGNAL = frozenset({"django.dispatch.Signal", "django.dispatch.dispatcher.Signal"})
_SENDS = frozenset({"send", "send_robust", "asend", "asend_robust"})
# How many signals of one receiver, and places that send one, are looked at.
_MOST_SIGNALS = 6
_MOST_SENDS = 12


class Sends:
    """Answers about functions; those about signals are remembered."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._known: dict[Origin, list[Site]] = {}

    def to(self, unit: Unit) -> list[Site]:
        """The calls that send a signal which a function receives."""
        function = unit.function
        if function is None or function.params.kwarg is None:
            return []  # Django takes no receiver without `**kwargs`
        signals = dict(list(self._received(unit, function))[:_MOST_SIGNALS])
        return [site for origin, name in signals.items() for site in self._sent(origin, name)]

    def _received(self, unit: Unit, function: ir.FunctionDef) -> Iterator[tuple[Origin, str]]:
        env = Env(unit, {}, None, frozenset())
        for decorator in function.decorators:
            call = decorator.value
            given = argument(call, 0, "signal") if isinstance(call, ir.Call) else None
            if isinstance(call, ir.Call) and given is not None and self._is_receiver(call, env):
                nodes = given.elements if isinstance(given, (ir.ListExpr, ir.TupleExpr)) else [given]
                for node in nodes:
                    yield from self._signals(node, env)
        yield from self._connected(unit, function)

    def _is_receiver(self, call: ir.Call, env: Env) -> bool:
        only = self._solver.value(call.func, env).only
        return isinstance(only, External) and only.qualname in RECEIVERS

    def _signals(self, node: ir.Expr, env: Env) -> Iterator[tuple[Origin, str]]:
        """The signals of the project that an expression is: where each is made, and what it is called here."""
        name = dotted(node).rpartition(".")[2] if isinstance(node, (ir.Name, ir.Attribute)) else ""
        for origin in self._origins(self._solver.value(node, env)) if name else ():
            yield origin, name

    def _origins(self, value: Value) -> Iterator[Origin]:
        for alt in value.alts:
            if alt.origin is not None and isinstance(alt.kind, Instance) and self._is_signal(alt.kind):
                yield alt.origin
            elif isinstance(alt.kind, Sequence):
                for item in alt.kind.items or ():
                    yield from self._origins(item)

    def _is_signal(self, kind: Instance) -> bool:
        info = self._solver.classes.info(kind.cls)
        return kind.cls.qualname in _SIGNAL or (info is not None and bool(info.externals & _SIGNAL))

    @cached_property
    def _connecting(self) -> dict[str, bytes]:
        """The files that connect anything to anything."""
        texts = ((name, self._solver.raw(name) or b"") for name in self._solver.callers.mentions.files("connect"))
        return {name: data for name, data in texts if b".connect(" in data}

    def _connected(self, unit: Unit, function: ir.FunctionDef) -> Iterator[tuple[Origin, str]]:
        """`paid.connect(handler)`, `paid.connect(Handlers.on_paid)` somewhere else."""
        pattern = re.compile(rb"\.connect\(\s*(?:receiver\s*=\s*)?[\w.]*\b" + re.escape(function.name.encode()) + rb"\b")
        mentions = self._solver.callers.mentions
        connecting = self._connecting
        if not any(pattern.search(connecting[name]) for name in mentions.files(function.name) if name in connecting):
            return
        for other in self._solver.callers.units_mentioning(function.name) or ():
            for site in self._solver.flow(other).sites:
                func, given = site.call.func, argument(site.call, 0, "receiver")
                if not isinstance(func, ir.Attribute) or func.attr != "connect" or given is None:
                    continue
                if any(_is(kind, unit) for kind in self._solver.value(given, site.env).kinds()):
                    yield from self._signals(func.value, site.env)

    def _sent(self, origin: Origin, name: str) -> list[Site]:
        if origin not in self._known:
            self._known[origin] = []  # asked again while it is being answered
            self._known[origin] = list(self._sending(origin, name))[:_MOST_SENDS]
        return self._known[origin]

    def _sending(self, origin: Origin, name: str) -> Iterator[Site]:
        for unit in self._solver.callers.units_mentioning(name) or ():
            for site in self._solver.flow(unit).sites if not unit.refused else ():
                func = site.call.func
                if not isinstance(func, ir.Attribute) or func.attr not in _SENDS:
                    continue
                named = dotted(func.value).rpartition(".")[2] == name
                if named and origin in self._origins(self._solver.value(func.value, site.env)):
                    yield site


def _is(kind: object, unit: Unit) -> bool:
    return isinstance(kind, Function) and (kind.ref.filename, kind.ref.start) == (unit.filename, unit.offset)
