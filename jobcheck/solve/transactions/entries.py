"""Functions that a framework calls inside a transaction: views, admins, receivers of signals, a model's own methods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import ClassObject, ClassRef, External, Function, Kind, Literal, Origin, Sequence, Value, known
from jobcheck.solve.orm.django import DjangoModels
from jobcheck.solve.orm.django_classes import Sorts
from jobcheck.solve.orm.frappe import HOOKS as FRAPPE_HOOKS
from jobcheck.solve.orm.frappe import FrappeDocuments
from jobcheck.solve.transactions.blocks import Blocks
from jobcheck.solve.transactions.openings import CERTAIN, LIKELY, Opening
from jobcheck.solve.transactions.saves import Saves
from jobcheck.solve.transactions.settings import atomic_requests
from jobcheck.solve.transactions.signals import RECEIVERS
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_SIGNALS = "django.db.models.signals."
_ALWAYS = {
    "pre_delete": "Django sends it inside the transaction of the delete",
    "post_delete": "Django sends it inside the transaction of the delete",
    "m2m_changed": "Django sends it inside the transaction of the change",
}
_ACTS = {"post_save": "save", "pre_save": "before", "post_delete": "delete", "pre_delete": "delete", "m2m_changed": "save"}
# Methods that Django's admin calls inside the transaction of its add, change and delete views, and what is saved by then.
_ADMIN = {
    "save_form": None, "save_model": None, "delete_model": None, "save_related": "form", "save_formset": None,
    "response_add": "obj", "response_change": "obj", "response_delete": None, "log_addition": "obj", "log_change": "obj",
    "construct_change_message": None,
}  # fmt: skip
_NON_ATOMIC = "django.db.transaction.non_atomic_requests"
_EVENTS = frozenset({"sqlalchemy.event.listens_for", "sqlalchemy.event.api.listens_for"})
_FLUSHED = frozenset({
    "after_insert", "after_update", "after_delete", "before_insert", "before_update", "before_delete", "after_flush",
    "before_flush", "after_flush_postexec", "before_commit",
})  # fmt: skip
_MODEL_METHODS = frozenset({"save", "save_base"})
_JOB_WORDS = ("task", "job", "actor", "receiver", "command")


class Entries:
    """Answers about functions; what the settings and the project's saves say is found once."""

    def __init__(self, solver: Solver, blocks: Blocks) -> None:
        self._solver = solver
        self._blocks = blocks
        self._saves: Saves | None = None
        self._setting: list[Opening | None] = []
        self._known: dict[int, tuple[Unit, list[Opening]]] = {}

    def of(self, unit: Unit) -> list[Opening]:
        """What is open around a function because of who calls it."""
        found = self._known.get(id(unit))
        if found is None:
            found = self._known[id(unit)] = (unit, list(self._of(unit)))
        return found[1]

    @property
    def sorts(self) -> Sorts | None:
        """What Django's classes are; None without Django's mapper."""
        mapper = next((f for f in self._solver.frameworks if isinstance(f, DjangoModels)), None)
        return mapper.parts(self._solver).sorts if mapper is not None else None

    @property
    def saves(self) -> Saves:
        """Where the project saves rows of a model inside of a transaction."""
        if self._saves is None:
            self._saves = Saves(self._solver, self._blocks, self.sorts, self.setting)
        return self._saves

    def _of(self, unit: Unit) -> Iterator[Opening]:
        function = unit.function
        if function is None:
            return
        sort = self.sorts.of(unit.cls) if self.sorts is not None and unit.cls is not None else ""
        if sort == "admin" and function.name in _ADMIN:
            yield self._of_admin(unit, function)
        elif sort in ("view", "serializer", "form") or (unit.cls is None and self._is_view(unit, function)):
            yield from self._of_request(unit, function, sort)
        if unit.cls is not None and function.name in _MODEL_METHODS and self._solver.classes.record(unit.cls) == "dj_model":
            yield from self._of_save(unit, function)
        if (unit.cls is None and function.params.args) or function.name in FRAPPE_HOOKS:
            yield from self._of_hook(unit, function)
        if unit.cls is None or function.decorators:
            yield from self._of_receiver(unit, function)

    # --- requests ----------------------------------------------------------------------------------------------

    @property
    def setting(self) -> Opening | None:
        """What ATOMIC_REQUESTS opens."""
        if not self._setting:
            self._setting.append(atomic_requests(self._solver))
        return self._setting[0]

    def _of_request(self, unit: Unit, function: ir.FunctionDef, sort: str) -> Iterator[Opening]:
        if self.setting is not None and not self._opted_out(unit, function):
            yield self.setting if sort in ("", "view") else replace(self.setting, level=min(self.setting.level, LIKELY))

    def _is_view(self, unit: Unit, function: ir.FunctionDef) -> bool:
        """A function of a request: its first parameter says so."""
        params = [*function.params.posonly, *function.params.args]
        if self.setting is None or not params or params[0].name != "request":
            return False
        found = self._solver.function_at(unit.filename, unit.offset)
        names = [d.dotted.lower() for d in found[0].decorators] if found is not None else []
        return not any(word in name for word in _JOB_WORDS for name in names)

    def _opted_out(self, unit: Unit, function: ir.FunctionDef) -> bool:
        env = Env(unit, {}, None, frozenset())
        if any(self._is_opt_out(d.value, env) for d in function.decorators):
            return True
        info = self._solver.classes.info(unit.cls) if unit.cls is not None else None
        if info is None:
            return False
        data = self._solver.raw(info.filename) or b""
        if any(b"non_atomic_requests" in data[d.start : d.end] for d in info.decl.decorators):
            return True
        dispatch = [decl for above, decl in self._solver.classes.lookup(info.ref, "dispatch") if above.filename == info.filename]
        return any(b"non_atomic_requests" in data[d.start : d.start + 400] for d in dispatch)

    def _is_opt_out(self, node: ir.Expr, env: Env) -> bool:
        if isinstance(node, ir.Call):
            return self._is_opt_out(node.func, env) or any(self._is_opt_out(a.value, env) for a in node.args)
        return self._solver.value(node, env).only == External(_NON_ATOMIC)

    # --- admins, models ----------------------------------------------------------------------------------------

    def _of_admin(self, unit: Unit, function: ir.FunctionDef) -> Opening:
        saved = _ADMIN[function.name]
        model = self.sorts.model(unit.cls) if self.sorts is not None and unit.cls is not None else None
        note = "Django's admin runs this inside a transaction"
        return Opening("admin", _name(unit, function), note, saved=saved, act="save" if saved else "", model=model)

    def _of_save(self, unit: Unit, function: ir.FunctionDef) -> Iterator[Opening]:
        found = self.saves.of(unit.cls) if unit.cls is not None else None
        if found is not None:
            yield replace(found, how="save", model=unit.cls)

    def _of_hook(self, unit: Unit, function: ir.FunctionDef) -> Iterator[Opening]:
        """What Frappe calls when it has written a document: methods of it, and functions that hooks.py names."""
        mapper = next((f for f in self._solver.frameworks if isinstance(f, FrappeDocuments)), None)
        documents = mapper.documents(self._solver) if mapper is not None else None
        if documents is None or not function.params.args:
            return
        model, events = unit.cls, [function.name]
        if model is None:
            model, events = documents.handled(unit.filename, unit.offset)
        for event in events if documents.is_document(model) else ():
            if event in FRAPPE_HOOKS:
                note = "Frappe calls this when it has written the document, and commits when the request or the job ends"
                saved, act = function.params.args[0].name, FRAPPE_HOOKS[event]
                yield Opening("hook", _name(unit, function), note, CERTAIN, "frappe", saved=saved, act=act, model=model)

    # --- receivers ---------------------------------------------------------------------------------------------

    def _of_receiver(self, unit: Unit, function: ir.FunctionDef) -> Iterator[Opening]:
        env = Env(unit, {}, None, frozenset())
        for decorator in function.decorators:
            call = decorator.value
            if not isinstance(call, ir.Call):
                continue
            for kind in self._solver.value(call.func, env).kinds():
                if isinstance(kind, External) and kind.qualname in RECEIVERS:
                    yield from self._signals(unit, call, env, unit.origin(decorator.value), argument(call, 0, "signal"))
                elif isinstance(kind, External) and kind.qualname in _EVENTS:
                    yield from self._event(unit, call, env)
        if not function.decorators:
            yield from self._connected(unit, function)

    def _connected(self, unit: Unit, function: ir.FunctionDef) -> Iterator[Opening]:
        """`post_save.connect(handler, sender=Order)` somewhere else."""
        params = function.params
        if not any(p.name in ("instance", "sender") for p in (*params.posonly, *params.args, *params.kwonly)):
            return
        for other in self._solver.callers.units_mentioning(function.name) or ():
            for site in self._solver.flow(other).sites:
                func, given = site.call.func, argument(site.call, 0, "receiver")
                if not isinstance(func, ir.Attribute) or func.attr != "connect" or given is None:
                    continue
                if any(_is(k, unit) for k in self._solver.value(given, site.env).kinds()):
                    yield from self._signals(unit, site.call, site.env, other.origin(site.call), func.value)

    def _signals(self, unit: Unit, call: ir.Call, env: Env, origin: Origin, signal: ir.Expr | None) -> Iterator[Opening]:
        names = list(_signal_names(self._solver.value(signal, env))) if signal is not None else []
        sender = argument(call, 1, "sender")
        models = self._models(self._solver.value(sender, env), unit.filename) if sender is not None else [None]
        for name in names:
            saved = "instance" if name in _ACTS else None
            for model in models or [None]:
                if name in _ALWAYS:
                    yield Opening("signal", origin, _ALWAYS[name], saved=saved, act=_ACTS[name], model=model)
                elif name in _ACTS:
                    found = self.saves.of(model)
                    if found is not None:
                        whole = found.how != "setting"
                        yield replace(found, how="signal", saved=saved, act=_ACTS[name], model=model, whole=whole)

    def _models(self, value: Value, filename: str) -> list[ClassRef | None]:
        found: list[ClassRef | None] = []
        for kind in value.kinds():
            found.extend(self._model_of(kind, filename))
        return found

    def _model_of(self, kind: Kind, filename: str) -> list[ClassRef | None]:
        match kind:
            case ClassObject(cls=cls):
                return [cls]
            case Literal(value=str()) | External() if self.sorts is not None:
                return [self.sorts.models.model_of(known(kind), filename)]
            case _:
                return []

    def _event(self, unit: Unit, call: ir.Call, env: Env) -> Iterator[Opening]:
        """SQLAlchemy's mapper events: they are sent within a flush."""
        node = argument(call, 1, "identifier")
        only = self._solver.value(node, env).only if node is not None else None
        if not isinstance(only, Literal) or only.value not in _FLUSHED or unit.function is None:
            return
        name = str(only.value)
        params = [*unit.function.params.posonly, *unit.function.params.args]
        target = params[2].name if len(params) > 2 and name not in ("after_flush", "before_flush", "before_commit") else None
        act = "before" if name.startswith("before") else "delete" if name == "after_delete" else "save"
        first = argument(call, 0, "target")
        models = self._models(self._solver.value(first, env), unit.filename) if first is not None else []
        note = "SQLAlchemy sends this event inside a flush, before the commit"
        model = models[0] if models else None
        yield Opening("event", unit.origin(call), note, CERTAIN, "sqlalchemy", saved=target, act=act, model=model)


def _is(kind: Kind, unit: Unit) -> bool:
    return isinstance(kind, Function) and (kind.ref.filename, kind.ref.start) == (unit.filename, unit.offset)


def _signal_names(value: Value) -> Iterator[str]:
    for kind in value.kinds():
        if isinstance(kind, External) and kind.qualname.startswith(_SIGNALS):
            yield kind.qualname.removeprefix(_SIGNALS).removeprefix("signals.")
        elif isinstance(kind, Sequence):
            for item in kind.items or ():
                yield from _signal_names(item)


def _name(unit: Unit, function: ir.FunctionDef) -> Origin:
    start = unit.offset + function.name_start
    return Origin(unit.filename, start, start + len(function.name.encode()))
